#pragma once
// The daemon's door: a unix socket that only its user may open. Each connection is checked for the peer's user, framed, and
// given a Session. Main thread; the daemon owns it. Expects that the instance lock is held: a socket file that lies there is
// stale.

#include "rpc/session.h"

#include <QLocalServer>

namespace weir {

class LocalServer {
public:
    static constexpr int kMaxClients = 64;

    explicit LocalServer(Backend& backend);
    ~LocalServer(); ///< ends all connections, removes the socket file

    /// SocketPathTooLong, RuntimeDirUnsafe, DaemonStartFailed.
    Result<void> listen(const QString& path);
    /// No new clients; those that are there stay until the end.
    void stopAccepting();
    int clients() const { return int(connections_.size()); }
    /// After a client has come or gone.
    void onClients(std::function<void()> listener) { clientsChanged_ = std::move(listener); }

private:
    class Connection;
    void accept();
    void refuse(QLocalSocket* socket, const Error& error);
    void ended(Connection* connection);

    Backend& backend_;
    QLocalServer server_;
    std::vector<std::unique_ptr<Connection>> connections_;
    std::function<void()> clientsChanged_;
};

} // namespace weir
