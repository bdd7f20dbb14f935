#include "rpc/session.h"

namespace weir {

Session::Session(Backend& backend, Transport& transport)
    : backend_(backend),
      transport_(transport),
      self_(std::make_shared<Session*>(this))
{}

Session::~Session()
{
    *self_ = nullptr;
    const auto actions = std::exchange(atEnd_, {});
    for (const auto& [number, action] : actions)
        action();
}

void Session::receive(const QByteArray& message)
{
    ++calls_;
    callMethods(backend_, *this, message, [self = self_](const QByteArray& json) {
        if (*self)
            (*self)->answer(json);
    });
}

void Session::answer(const QByteArray& json)
{
    const bool took = takesInput();
    --calls_;
    if (!json.isEmpty()) {
        replyBytes_ += json.size();
        outbox_.push_back({json, false});
        pump();
    }
    if (!took && takesInput())
        transport_.inputWanted();
}

Result<void> Session::hello(const QString& client, int protocol, const QString& role, const QString& origin)
{
    if (greeted_)
        return failure(Code::RpcHelloTwice);
    if (protocol != kProtocol) {
        closing_ = true;
        return failure(Code::RpcVersion,
            QStringLiteral("the client speaks %1, this daemon (%2) speaks %3")
                .arg(protocol)
                .arg(backend_.version)
                .arg(kProtocol));
    }
    if (role == QLatin1StringView("client") && origin.isEmpty())
        role_ = Role::Client;
    else if (role == QLatin1StringView("browser"))
        role_ = Role::Browser;
    else
        return failure(Code::RpcBadRole,
            QStringLiteral("\"%1\"; client or browser is expected, and an origin only with browser").arg(role.left(64)));
    client_ = client;
    origin_ = origin;
    greeted_ = true;
    return {};
}

bool Session::notify(const QByteArray& json, const QByteArray& instead)
{
    notificationBytes_ += json.size();
    outbox_.push_back({json, true});
    pump();
    if (notificationBytes_ <= kMaxNotifications)
        return true;
    std::erase_if(outbox_, [](const Outgoing& item) { return item.notification; });
    notificationBytes_ = instead.size();
    outbox_.push_back({instead, true});
    return false;
}

void Session::pump()
{
    const bool took = takesInput();
    while (!outbox_.empty() && transport_.pending() < kTransportWindow) {
        const Outgoing item = std::move(outbox_.front());
        outbox_.pop_front();
        (item.notification ? notificationBytes_ : replyBytes_) -= item.json.size();
        transport_.write(item.json);
    }
    if (closing_ && outbox_.empty() && calls_ == 0)
        transport_.close();
    else if (!took && takesInput())
        transport_.inputWanted();
}

quint64 Session::atEnd(std::function<void()> action)
{
    atEnd_.emplace_back(++lastAction_, std::move(action));
    return lastAction_;
}

void Session::forget(quint64 action)
{
    std::erase_if(atEnd_, [action](const auto& entry) { return entry.first == action; });
}

} // namespace weir
