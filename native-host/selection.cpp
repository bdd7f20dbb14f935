#include "selection.h"

#include "one_of.h"

#include <CLI/CLI.hpp>

#include <QJsonArray>

namespace weir {

void SelectOptions::define(CLI::App& app)
{
    app.add_option("id", ids_, "Tasks by their ids")->type_name("ID");
    app.add_flag("--all", all_, "Every task");
    app.add_option("--kind", kind_, "Every task of a plugin")->type_name("KIND");
    app.add_option("--state", state_, "Every task in a state")
        ->check(oneOf({"waiting", "running", "sharing", "choosing", "done", "failed"}))
        ->type_name(kStates);
}

Result<qint64> parseId(const std::string& text)
{
    bool good = false;
    const qint64 id = QString::fromStdString(text).toLongLong(&good);
    if (!good || id < 1)
        return failure(Code::BadOption, QStringLiteral("\"%1\" is not the id of a task").arg(QString::fromStdString(text)));
    return id;
}

Result<QJsonArray> parseIds(const std::vector<std::string>& texts)
{
    QJsonArray ids;
    for (const std::string& text : texts) {
        const auto id = parseId(text);
        if (!id)
            return failure(id.error());
        ids += *id;
    }
    return ids;
}

Result<QJsonObject> SelectOptions::toJson() const
{
    QJsonObject out;
    const auto ids = parseIds(ids_);
    if (!ids)
        return failure(ids.error());
    if (!ids->isEmpty())
        out.insert(QStringLiteral("ids"), *ids);
    if (all_)
        out.insert(QStringLiteral("all"), true);
    if (!kind_.empty())
        out.insert(QStringLiteral("kind"), QString::fromStdString(kind_));
    if (!state_.empty())
        out.insert(QStringLiteral("state"), QString::fromStdString(state_));
    if (out.isEmpty())
        return failure(Code::BadSelection);
    return out;
}

} // namespace weir
