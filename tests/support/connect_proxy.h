#pragma once
// An HTTP proxy that knows CONNECT, and what proxies are made of: connections to this machine, and bytes passed on.

#include "support/plain_http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace weir::test {

/// A connected socket to a port of this machine; -1: refused.
inline int dial(quint16 port)
{
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0)
        return socket;
    close(socket);
    return -1;
}

/// Copies both ways until one side closes.
inline void relay(Connection& client, int server)
{
    for (;;) {
        pollfd sides[]{{client.socket(), POLLIN, 0}, {server, POLLIN, 0}};
        if (poll(sides, 2, -1) <= 0)
            break;
        if (sides[0].revents) {
            const QByteArray bytes = client.read();
            if (bytes.isEmpty() || send(server, bytes.constData(), std::size_t(bytes.size()), MSG_NOSIGNAL) != bytes.size())
                break;
        }
        if (sides[1].revents) {
            QByteArray bytes(65536, Qt::Uninitialized);
            bytes.resize(std::max<qsizetype>(recv(server, bytes.data(), 65536, 0), 0));
            if (bytes.isEmpty() || !client.write(bytes))
                break;
        }
    }
    close(server);
}

/// Reads until `mark`.
inline QByteArray readUntil(Connection& from, QByteArrayView mark)
{
    QByteArray bytes;
    while (!bytes.contains(mark)) {
        const QByteArray more = from.read(1);
        if (more.isEmpty())
            break;
        bytes += more;
    }
    return bytes;
}

/// CONNECT, and nothing else; remembers what was asked for.
class ConnectProxy {
public:
    explicit ConnectProxy(QByteArray refusal = {})
        : refusal_(std::move(refusal)),
          server_([this](Connection& client) { serve(client); })
    {}
    QUrl url() const { return QUrl(QStringLiteral("http://127.0.0.1:%1").arg(server_.port())); }
    int accepted() const { return server_.accepted(); }
    QByteArray lastHead() const
    {
        const std::lock_guard lock(mutex_);
        return head_;
    }

private:
    void serve(Connection& client)
    {
        const QByteArray head = readUntil(client, "\r\n\r\n");
        {
            const std::lock_guard lock(mutex_);
            head_ = head;
        }
        if (!refusal_.isEmpty()) {
            client.write(refusal_);
            return;
        }
        const QByteArray target = head.mid(8, head.indexOf(' ', 8) - 8); // after "CONNECT "
        const int server = dial(target.mid(target.lastIndexOf(':') + 1).toUShort());
        if (server < 0)
            return;
        client.write("HTTP/1.1 200 ok\r\nX-Of-The-Proxy: 1\r\n\r\n");
        relay(client, server);
    }
    const QByteArray refusal_;
    mutable std::mutex mutex_;
    QByteArray head_;
    SocketServer server_;
};

} // namespace weir::test
