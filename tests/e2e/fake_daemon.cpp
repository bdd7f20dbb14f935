#include "fake_daemon.h"

#include <QFile>
#include <QJsonDocument>

#include <cstring>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace weir::test {

namespace {

void sendObject(int client, const QJsonObject& object)
{
    const QByteArray bytes = frame(QJsonDocument(object).toJson(QJsonDocument::Compact));
    for (qsizetype at = 0; at < bytes.size();) {
        const ssize_t sent = ::send(client, bytes.constData() + at, std::size_t(bytes.size() - at), MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        at += sent;
    }
}

} // namespace

FakeDaemon::FakeDaemon(const QString& path, Script script, int protocol) : script_(std::move(script)), protocol_(protocol)
{
    QFile::remove(path);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, QFile::encodeName(path).constData(), sizeof address.sun_path - 1);
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || ::listen(listener_, 8) != 0
        || ::pipe(stop_) != 0)
        std::abort();
    thread_ = std::thread([this] { serve(); });
}

FakeDaemon::~FakeDaemon()
{
    ::close(stop_[1]);
    thread_.join();
    ::close(stop_[0]);
    ::close(listener_);
}

std::vector<QString> FakeDaemon::called() const
{
    const std::lock_guard lock(mutex_);
    std::vector<QString> out;
    for (const auto& [method, params] : calls_)
        out.push_back(method);
    return out;
}

QJsonObject FakeDaemon::paramsOf(const QString& method) const
{
    const std::lock_guard lock(mutex_);
    for (auto call = calls_.rbegin(); call != calls_.rend(); ++call) {
        if (call->first == method)
            return call->second;
    }
    return {};
}

void FakeDaemon::serve()
{
    for (;;) {
        pollfd ready[2] = {{listener_, POLLIN, 0}, {stop_[0], POLLIN, 0}};
        ::poll(ready, 2, -1);
        if (ready[1].revents)
            return;
        const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (client < 0)
            continue;
        const bool goesOn = serveOne(client);
        ::close(client);
        if (!goesOn)
            return;
    }
}

bool FakeDaemon::serveOne(int client)
{
    FrameReader reader;
    for (;;) {
        pollfd ready[2] = {{client, POLLIN, 0}, {stop_[0], POLLIN, 0}};
        ::poll(ready, 2, -1);
        if (ready[1].revents)
            return false;
        char bytes[65536];
        const ssize_t got = ::recv(client, bytes, sizeof bytes, 0);
        if (got <= 0)
            return true;
        reader.append(QByteArrayView(bytes, got));
        for (;;) {
            const auto message = reader.next();
            if (!message || !*message)
                break;
            if (!answer(client, QJsonDocument::fromJson(**message).object()))
                return true;
        }
    }
}

bool FakeDaemon::answer(int client, const QJsonObject& request)
{
    const QString method = request[QLatin1String("method")].toString();
    const QJsonObject params = request[QLatin1String("params")].toObject();
    QJsonObject reply{{QStringLiteral("jsonrpc"), QStringLiteral("2.0")}, {QStringLiteral("id"), request[QLatin1String("id")]}};
    if (method == u"session.hello") {
        reply.insert(QStringLiteral("result"),
            QJsonObject{{QStringLiteral("version"), QStringLiteral("0.1.0")}, {QStringLiteral("protocol"), protocol_},
                {QStringLiteral("pid"), 4711}, {QStringLiteral("role"), QStringLiteral("client")}});
        sendObject(client, reply);
        return true;
    }
    {
        const std::lock_guard lock(mutex_);
        calls_.emplace_back(method, params);
    }
    const Reply said = script_(method, params);
    if (said.error.isEmpty())
        reply.insert(QStringLiteral("result"), said.result);
    else
        reply.insert(QStringLiteral("error"), said.error);
    sendObject(client, reply);
    for (const QJsonObject& notification : said.notifications)
        sendObject(client, notification);
    return !said.hangUp;
}

} // namespace weir::test
