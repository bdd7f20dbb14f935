#include "rpc/params.h"

#include <QDateTime>

namespace weir {

QJsonValue Params::take(const char* name)
{
    const QLatin1StringView key(name);
    if (!asked_.contains(key))
        asked_.append(key);
    const QJsonValue value = object_.value(key);
    return value.isNull() ? QJsonValue(QJsonValue::Undefined) : value; // null is as good as left out
}

void Params::fail(Error error)
{
    if (!error_)
        error_ = std::move(error);
}

void Params::fail(const char* name, const QString& complaint)
{
    fail(Error{Code::RpcBadParams, nameOf(name) + QStringLiteral(": ") + complaint});
}

std::optional<Error> Params::problem()
{
    if (error_)
        return error_;
    for (auto it = object_.begin(); it != object_.end(); ++it)
        if (!asked_.contains(it.key()))
            return Error{
                Code::RpcBadParams, QStringLiteral("%1%2: not a parameter of this method").arg(prefix_, it.key().left(64))};
    return std::nullopt;
}

bool Params::has(const char* name) { return !take(name).isUndefined(); }

QString Params::text(const char* name, const QString& fallback)
{
    const QJsonValue value = take(name);
    if (value.isUndefined())
        return fallback;
    if (!value.isString()) {
        fail(name, QStringLiteral("a string is expected"));
        return fallback;
    }
    return value.toString();
}

QString Params::requiredText(const char* name)
{
    const QString value = text(name);
    if (value.isEmpty())
        fail(name, QStringLiteral("a string that is not empty is expected"));
    return value;
}

std::optional<qint64> Params::integer(const char* name, qint64 least, qint64 most)
{
    const QJsonValue value = take(name);
    if (value.isUndefined())
        return std::nullopt;
    const qint64 impossible = least - 1;
    const qint64 number = value.isDouble() ? value.toInteger(impossible) : impossible;
    if (number < least || number > most) {
        fail(name,
            most == kMaxInteger ? QStringLiteral("an integer of at least %1 is expected").arg(least)
                                : QStringLiteral("an integer from %1 to %2 is expected").arg(least).arg(most));
        return std::nullopt;
    }
    return number;
}

qint64 Params::requiredInteger(const char* name, qint64 least, qint64 most)
{
    const auto number = integer(name, least, most);
    if (!number)
        fail(name, QStringLiteral("an integer is expected"));
    return number.value_or(0);
}

std::optional<bool> Params::flag(const char* name)
{
    const QJsonValue value = take(name);
    if (value.isUndefined())
        return std::nullopt;
    if (!value.isBool()) {
        fail(name, QStringLiteral("true or false is expected"));
        return std::nullopt;
    }
    return value.toBool();
}

QStringList Params::texts(const char* name)
{
    QStringList out;
    const QJsonArray all = array(name);
    for (const QJsonValue item : all) {
        if (!item.isString()) {
            fail(name, QStringLiteral("a list of strings is expected"));
            return {};
        }
        out.append(item.toString());
    }
    return out;
}

std::optional<QList<TaskId>> Params::ids(const char* name)
{
    if (!has(name))
        return std::nullopt;
    QList<TaskId> out;
    const QJsonArray all = array(name);
    for (const QJsonValue item : all) {
        const qint64 id = item.isDouble() ? item.toInteger(0) : 0;
        if (id < 1) {
            fail(name, QStringLiteral("a list of task ids is expected"));
            return std::nullopt;
        }
        out.append(id);
    }
    return out;
}

QJsonArray Params::array(const char* name)
{
    const QJsonValue value = take(name);
    if (!value.isUndefined() && !value.isArray())
        fail(name, QStringLiteral("a list is expected"));
    return value.toArray();
}

QJsonObject Params::object(const char* name)
{
    const QJsonValue value = take(name);
    if (!value.isUndefined() && !value.isObject())
        fail(name, QStringLiteral("an object is expected"));
    return value.toObject();
}

qint64 Params::moment(const char* name)
{
    const QString given = text(name);
    if (given.isEmpty())
        return 0;
    const QDateTime moment = QDateTime::fromString(given, Qt::ISODateWithMs);
    if (!moment.isValid()) {
        fail(Error{
            Code::BadTime, QStringLiteral("%1: \"%2\" is not like 2024-05-31T08:00:00Z").arg(nameOf(name), given.left(64))});
        return 0;
    }
    return moment.toMSecsSinceEpoch();
}

std::optional<State> Params::state(const char* name)
{
    if (!has(name))
        return std::nullopt;
    const auto state = stateFrom(text(name));
    if (!state)
        fail(name, QStringLiteral("waiting, running, sharing, choosing, done or failed is expected"));
    return state;
}

Selection Params::selection(bool browserOnly)
{
    Selection which;
    which.browserOnly = browserOnly;
    which.ids = ids("ids").value_or(QList<TaskId>{});
    which.all = flag("all").value_or(false);
    which.kind = text("kind").toUtf8();
    which.state = state("state");
    if (which.empty())
        fail(Error{Code::BadSelection, QStringLiteral("ids, all, kind or state is expected")});
    return which;
}

} // namespace weir
