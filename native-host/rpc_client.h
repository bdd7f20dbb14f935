#pragma once
// The command line's end of the local socket: plain descriptors, blocking calls with a limit, no event loop. Notifications that
// come between are kept until they are taken. Single thread; owns its descriptor.

#include "rpc/frame.h"

#include <QJsonObject>
#include <QString>

#include <chrono>
#include <deque>
#include <optional>

namespace weir {

constexpr int kProtocolSpoken = 1;

/// Who says hello.
struct Greeting {
    QString role = QStringLiteral("client"); ///< or "browser"
    QString origin;                          ///< of a browser's extension
};

class RpcClient {
public:
    /// Connects and says hello. DaemonNotRunning: nobody listens there; SocketPathTooLong, DaemonUnreachable, RpcVersion ...
    static Result<RpcClient> connect(const QString& socketPath, const Greeting& greeting = {});
    ~RpcClient();
    RpcClient(RpcClient&& other) noexcept;
    RpcClient& operator=(RpcClient&& other) noexcept;

    static constexpr std::chrono::milliseconds kPatience{60'000};
    /// The result, or the daemon's error. ConnectionLost: it went away; DaemonUnreachable: no answer in time.
    Result<QJsonObject> call(
        const QString& method, const QJsonObject& params = {}, std::chrono::milliseconds patience = kPatience);

    /// Waits until something has come, `alsoWatch` is readable, a signal came, or the time is over.
    Result<void> wait(std::chrono::milliseconds atMost, int alsoWatch = -1);
    std::optional<QJsonObject> takeNotification();

    qint64 daemonPid() const { return pid_; }
    QString daemonVersion() const { return version_; }
    /// The socket itself, blocking from now on; the caller's.
    int release();

private:
    explicit RpcClient(int descriptor) : descriptor_(descriptor) {}
    using Deadline = std::chrono::steady_clock::time_point;
    Result<void> send(const QByteArray& bytes, Deadline deadline);
    Result<void> readSome();
    Result<void> sort();
    Result<void> hello(const Greeting& greeting);

    int descriptor_ = -1;
    int lastId_ = 0;
    bool ended_ = false; ///< the end of the stream was seen
    FrameReader reader_{64u << 20};
    std::deque<QJsonObject> replies_, notifications_;
    qint64 pid_ = 0;
    QString version_;
};

/// What a JSON-RPC error object says, as an Error.
Error errorFromRpc(const QJsonObject& error);

} // namespace weir
