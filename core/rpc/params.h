#pragma once
// Reads a method's parameters, typed. The first thing that does not fit is kept as the error, with the parameter's full name
// ("tasks[2].options.limit"); after it every read gives its fallback, so that a method asks once, at the end. Values; any
// thread.

#include "queue/queue.h"

#include <QJsonArray>
#include <QJsonObject>

namespace weir {

class Params {
public:
    explicit Params(QJsonObject object, QString prefix = {}) : object_(std::move(object)), prefix_(std::move(prefix)) {}

    bool has(const char* name);
    QString text(const char* name, const QString& fallback = {});
    QString requiredText(const char* name); ///< not empty
    std::optional<qint64> integer(const char* name, qint64 least, qint64 most);
    qint64 requiredInteger(const char* name, qint64 least, qint64 most);
    std::optional<bool> flag(const char* name);
    QStringList texts(const char* name);
    std::optional<QList<TaskId>> ids(const char* name);
    QJsonArray array(const char* name);
    QJsonObject object(const char* name);
    /// Milliseconds since 1970 of an ISO 8601 moment; 0: not given. BadTime.
    qint64 moment(const char* name);
    TaskId requiredTask(const char* name = "id") { return requiredInteger(name, 1, kMaxInteger); }
    std::optional<State> state(const char* name);

    /// Ids, all, kind and state of a verb that acts on many. BadSelection if it names nothing.
    Selection selection(bool browserOnly);

    /// The method's own complaint about a value.
    void fail(const char* name, const QString& complaint);
    void fail(Error error);
    const std::optional<Error>& firstError() const { return error_; }
    /// The error so far, or that of a parameter nobody asked for.
    std::optional<Error> problem();
    QString nameOf(const char* name) const { return prefix_ + QLatin1StringView(name); }

    static constexpr qint64 kMaxInteger = Q_INT64_C(9'007'199'254'740'991); ///< what JSON numbers hold exactly

private:
    QJsonValue take(const char* name);

    QJsonObject object_;
    QString prefix_;
    QStringList asked_;
    std::optional<Error> error_;
};

} // namespace weir
