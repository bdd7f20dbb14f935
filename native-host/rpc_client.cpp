#include "rpc_client.h"

#include <QFile>
#include <QJsonDocument>

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace weir {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

QString errnoText(int number) { return QString::fromLocal8Bit(std::strerror(number)); }

int remaining(steady_clock::time_point deadline)
{
    const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
    return int(std::max<qint64>(0, left.count()));
}

} // namespace

Error errorFromRpc(const QJsonObject& error)
{
    const QJsonObject data = error.value(QLatin1String("data")).toObject();
    const int number = data.value(QLatin1String("number")).toInt(error.value(QLatin1String("code")).toInt(-1));
    const QString detail = data.value(QLatin1String("detail")).toString();
    if (const ErrorRow* row = findErrorRow(number))
        return {row->code, detail};
    const QString message = error.value(QLatin1String("message")).toString();
    return {Code::Internal, detail.isEmpty() ? message : message + QStringLiteral(": ") + detail};
}

RpcClient::~RpcClient()
{
    if (descriptor_ >= 0)
        ::close(descriptor_);
}

RpcClient::RpcClient(RpcClient&& other) noexcept { *this = std::move(other); }

RpcClient& RpcClient::operator=(RpcClient&& other) noexcept
{
    if (this != &other) {
        if (descriptor_ >= 0)
            ::close(descriptor_);
        descriptor_ = std::exchange(other.descriptor_, -1);
        lastId_ = other.lastId_;
        ended_ = other.ended_;
        reader_ = std::move(other.reader_);
        replies_ = std::move(other.replies_);
        notifications_ = std::move(other.notifications_);
        pid_ = other.pid_;
        version_ = other.version_;
    }
    return *this;
}

Result<RpcClient> RpcClient::connect(const QString& socketPath, const Greeting& greeting)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const QByteArray path = QFile::encodeName(socketPath);
    if (path.size() >= qsizetype(sizeof address.sun_path))
        return failure(Code::SocketPathTooLong, socketPath);
    std::memcpy(address.sun_path, path.constData(), std::size_t(path.size()));
    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        return failure(Code::DaemonUnreachable, errnoText(errno), errno);
    RpcClient client(descriptor);
    if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        const bool nobody = errno == ENOENT || errno == ECONNREFUSED;
        return failure(nobody ? Code::DaemonNotRunning : Code::DaemonUnreachable,
            socketPath + QStringLiteral(": ") + errnoText(errno), errno);
    }
    ::fcntl(descriptor, F_SETFL, O_NONBLOCK);
    if (const auto said = client.hello(greeting); !said)
        return failure(said.error());
    return client;
}

Result<void> RpcClient::hello(const Greeting& greeting)
{
    QJsonObject params{{QStringLiteral("client"), QStringLiteral("weir")},
        {QStringLiteral("version"), QStringLiteral(WEIR_VERSION)}, {QStringLiteral("protocol"), kProtocolSpoken},
        {QStringLiteral("role"), greeting.role}};
    if (!greeting.origin.isEmpty())
        params.insert(QStringLiteral("origin"), greeting.origin);
    const auto reply = call(QStringLiteral("session.hello"), params, 10s);
    if (!reply)
        return failure(reply.error());
    pid_ = qint64(reply->value(QLatin1String("pid")).toDouble());
    version_ = reply->value(QLatin1String("version")).toString();
    if (reply->value(QLatin1String("protocol")).toInt(kProtocolSpoken) != kProtocolSpoken)
        return failure(Code::RpcVersion, QStringLiteral("the daemon is %1").arg(version_));
    return {};
}

int RpcClient::release()
{
    ::fcntl(descriptor_, F_SETFL, 0);
    return std::exchange(descriptor_, -1);
}

Result<QJsonObject> RpcClient::call(const QString& method, const QJsonObject& params, milliseconds patience)
{
    const Deadline deadline = steady_clock::now() + patience;
    const int id = ++lastId_;
    const QJsonObject request{{QStringLiteral("jsonrpc"), QStringLiteral("2.0")}, {QStringLiteral("id"), id},
        {QStringLiteral("method"), method}, {QStringLiteral("params"), params}};
    const QByteArray json = QJsonDocument(request).toJson(QJsonDocument::Compact);
    if (json.size() > qsizetype(kMaxFrameFromClient))
        return failure(Code::RpcFrameTooBig, method);
    if (const auto sent = send(frame(json), deadline); !sent)
        return failure(sent.error());
    for (;;) {
        while (!replies_.empty()) {
            const QJsonObject reply = std::move(replies_.front());
            replies_.pop_front();
            // An id of null answers a request that the daemon could not read: it is this one, there is no other.
            if (const QJsonValue answered = reply.value(QLatin1String("id")); !answered.isNull() && answered.toInt() != id)
                continue;
            if (reply.contains(QLatin1String("error")))
                return failure(errorFromRpc(reply.value(QLatin1String("error")).toObject()));
            return reply.value(QLatin1String("result")).toObject();
        }
        if (remaining(deadline) == 0)
            return failure(Code::DaemonUnreachable, QStringLiteral("no answer to %1").arg(method));
        if (const auto waited = wait(milliseconds(remaining(deadline))); !waited)
            return failure(waited.error());
    }
}

Result<void> RpcClient::send(const QByteArray& bytes, Deadline deadline)
{
    for (qsizetype at = 0; at < bytes.size();) {
        const ssize_t sent = ::send(descriptor_, bytes.constData() + at, std::size_t(bytes.size() - at), MSG_NOSIGNAL);
        if (sent > 0) {
            at += sent;
            continue;
        }
        if (sent < 0 && errno != EAGAIN && errno != EINTR)
            return failure(Code::ConnectionLost, errnoText(errno), errno);
        if (remaining(deadline) == 0)
            return failure(Code::DaemonUnreachable, QStringLiteral("it does not read"));
        // Reading meanwhile: a daemon whose outbox is full may not read before we do.
        pollfd ready{descriptor_, POLLOUT | POLLIN, 0};
        if (::poll(&ready, 1, remaining(deadline)) > 0 && (ready.revents & POLLIN)) {
            if (const auto got = readSome(); !got)
                return got;
        }
    }
    return {};
}

Result<void> RpcClient::wait(milliseconds atMost, int alsoWatch)
{
    pollfd ready[2] = {{descriptor_, POLLIN, 0}, {alsoWatch, POLLIN, 0}};
    const int count = ::poll(ready, alsoWatch >= 0 ? 2 : 1, int(std::max<qint64>(0, atMost.count())));
    if (count <= 0 || !ready[0].revents)
        return {};
    return readSome();
}

Result<void> RpcClient::readSome()
{
    char bytes[64 * 1024];
    // At most so much at once: what came must be shown before the next.
    for (int round = 0; round < 16; ++round) {
        const ssize_t got = ::recv(descriptor_, bytes, sizeof bytes, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EAGAIN)
            break;
        if (got <= 0) {
            if (const auto sorted = sort(); !sorted)
                return sorted;
            if (!std::exchange(ended_, true) && (!replies_.empty() || !notifications_.empty()))
                return {}; // they are taken first; the end shows again at the next read
            return failure(got < 0   ? Code::ConnectionLost
                    : reader_.idle() ? Code::ConnectionLost
                                     : Code::RpcFrameTruncated,
                got < 0 ? errnoText(errno) : QStringLiteral("the daemon closed it"), got < 0 ? errno : 0);
        }
        reader_.append(QByteArrayView(bytes, got));
    }
    return sort();
}

Result<void> RpcClient::sort()
{
    for (;;) {
        auto message = reader_.next();
        if (!message)
            return failure(message.error());
        if (!*message)
            return {};
        QJsonParseError fault;
        const QJsonDocument document = QJsonDocument::fromJson(**message, &fault);
        if (!document.isObject())
            return failure(Code::RpcParse, fault.errorString());
        QJsonObject object = document.object();
        if (object.contains(QLatin1String("id")))
            replies_.push_back(std::move(object));
        else if (object.contains(QLatin1String("method")))
            notifications_.push_back(std::move(object));
        else
            return failure(Code::RpcInvalid, QStringLiteral("from the daemon"));
    }
}

std::optional<QJsonObject> RpcClient::takeNotification()
{
    if (notifications_.empty())
        return std::nullopt;
    QJsonObject first = std::move(notifications_.front());
    notifications_.pop_front();
    return first;
}

} // namespace weir
