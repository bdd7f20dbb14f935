#include "rpc/method_lists.h"

#include "rpc/params.h"
#include "rpc/session.h"

#include <QDateTime>

namespace weir {

namespace {

constexpr qsizetype kMaxText = 1024;

Queue::Done answerNothing(Reply reply)
{
    return [reply = std::move(reply)](const Result<QList<TaskId>>& done) {
        if (!done)
            return reply(failure(done.error()));
        reply(Answer());
    };
}

/// Scope, key and owner; the scopes that mean one thing need a key, the others have none.
HoldRecord readHold(Params& params)
{
    HoldRecord hold;
    hold.scope = params.requiredText("scope");
    hold.key = params.text("key").left(kMaxText);
    hold.owner = params.text("owner", QStringLiteral("user")).left(kMaxText);
    const bool wide = hold.scope == QLatin1StringView("all") || hold.scope == QLatin1StringView("network");
    if (!Holds::isScope(hold.scope))
        params.fail("scope", QStringLiteral("task, kind, volume, host, network or all is expected"));
    else if (wide != hold.key.isEmpty())
        params.fail("key", wide ? QStringLiteral("this scope has none") : QStringLiteral("this scope needs one"));
    return hold;
}

void list(Backend& backend, Session&, const QJsonObject& given, Reply reply)
{
    if (const auto problem = Params(given).problem())
        return reply(failure(*problem));
    QJsonArray holds;
    for (const HoldRecord& hold : backend.queue.holds().all()) {
        const QJsonValue until = hold.until
            ? QJsonValue(QDateTime::fromMSecsSinceEpoch(hold.until, Qt::UTC).toString(Qt::ISODateWithMs))
            : QJsonValue();
        holds.append(QJsonObject{{QStringLiteral("scope"), hold.scope}, {QStringLiteral("key"), hold.key},
            {QStringLiteral("owner"), hold.owner}, {QStringLiteral("reason"), hold.reason}, {QStringLiteral("until"), until}});
    }
    reply(QJsonObject{{QStringLiteral("holds"), holds}});
}

void place(Backend& backend, Session&, const QJsonObject& given, Reply reply)
{
    Params params(given);
    HoldRecord hold = readHold(params);
    hold.reason = params.requiredText("reason").left(kMaxText);
    hold.until = params.moment("until");
    if (const auto problem = params.problem())
        return reply(failure(*problem));
    backend.queue.hold(std::move(hold), answerNothing(std::move(reply)));
}

void release(Backend& backend, Session&, const QJsonObject& given, Reply reply)
{
    Params params(given);
    const HoldRecord hold = readHold(params);
    if (const auto problem = params.problem())
        return reply(failure(*problem));
    backend.queue.release(hold.scope, hold.key, hold.owner, answerNothing(std::move(reply)));
}

void setLimits(Backend& backend, Session& session, const QJsonObject& given, Reply reply)
{
    Params params(given);
    const auto ids = params.ids("ids");
    const auto down = params.integer("down", 0, Params::kMaxInteger);
    const auto up = params.integer("up", 0, Params::kMaxInteger);
    if (!down && !up)
        params.fail("down", QStringLiteral("`down` or `up` is expected"));
    if (const auto problem = params.problem())
        return reply(failure(*problem));
    if (ids) {
        Selection which;
        which.ids = *ids;
        which.browserOnly = session.fromBrowser();
        QJsonObject options;
        if (down)
            options.insert(QStringLiteral("limit"), *down);
        if (up)
            options.insert(QStringLiteral("limitUp"), *up);
        return backend.queue.setOptions(which, options, answerNothing(std::move(reply)));
    }
    if (session.fromBrowser())
        return reply(failure(Code::RpcNotAllowed, QStringLiteral("limits.set without ids")));
    const std::pair<const char*, std::optional<qint64>> limits[] = {{"limits.down", down}, {"limits.up", up}};
    for (const auto& [key, rate] : limits) {
        if (!rate)
            continue;
        if (auto ok = backend.settings.set(QString::fromLatin1(key), QString::number(*rate), Settings::Layer::User); !ok)
            return reply(failure(ok.error()));
    }
    reply(Answer());
}

constexpr Method kMethods[] = {
    {"hold.list", Role::Client, list, "", "All holds: who keeps which tasks from running, and why."},
    {"hold.place", Role::Client, place,
        "scope: task|kind|volume|host|network|all, key?: string, owner?: string, reason: string, until?: moment",
        "Keeps tasks from running until the same owner releases the hold."},
    {"hold.release", Role::Client, release, "scope: string, key?: string, owner?: string", "Releases a hold of that owner."},
    {"limits.set", Role::Browser, setLimits, "down?: int, up?: int, ids?: [int]",
        "Limits in bytes a second, 0 for none: of these tasks, or of the whole program, which only a client may, and which is "
        "kept."},
};

} // namespace

std::span<const Method> queueMethods() { return kMethods; }

} // namespace weir
