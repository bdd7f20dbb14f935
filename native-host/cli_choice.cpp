// relink, finish, choose, announce, limit: what is said to one task.

#include "base/quantity.h"
#include "cli.h"
#include "options.h"
#include "selection.h"
#include "text.h"
#include "verbs.h"

#include <QDir>
#include <QJsonArray>

namespace weir {

namespace {

class ChoiceVerbs final : public Verbs {
public:
    explicit ChoiceVerbs(Cli& cli) : cli_(cli)
    {
        CLI::App* relink =
            cli.verb(nullptr, "relink", "Go on from another address of the same file", [this] { return this->relink(); });
        relink->add_option("id", id_, "The task")->type_name("ID")->required();
        relink->add_option("url", url_, "The new address")->type_name("URL")->required();
        CLI::App* finish =
            cli.verb(nullptr, "finish", "Make a usable file of what is there", [this] { return this->finish(); });
        finish->add_option("id", id_, "The task")->type_name("ID")->required();
        finish->add_flag("--partial", partial_, "Yes, with its gaps")->required();
        CLI::App* choose = cli.verb(nullptr, "choose", "Answer a task that waits for a choice, or take other files of one",
            [this] { return this->choose(); });
        choose->add_option("id", id_, "The task")->type_name("ID")->required();
        choose->add_option("--quality", take_.quality, "best, worst, 720p or an expression")
            ->type_name("best|worst|HEIGHTp|EXPR");
        choose->add_option("--audio", take_.audio, "Languages")->allow_extra_args(false)->type_name("LANG|all");
        choose->add_option("--subs", take_.subs, "Languages of subtitles")->allow_extra_args(false)->type_name("LANG|all|none");
        choose->add_option("--files", take_.files, "Which files, 1,3-5")->type_name("LIST");
        CLI::App* announce =
            cli.verb(nullptr, "announce", "Ask a torrent's trackers for peers now", [this] { return this->announce(); });
        announce->add_option("id", id_, "The task")->type_name("ID")->required();
        CLI::App* limit =
            cli.verb(nullptr, "limit", "Limit the rate of everything, or of some tasks", [this] { return this->limit(); });
        limit->add_option("id", ids_, "Only these tasks")->type_name("ID");
        limit->add_option("--down", down_, "Bytes a second, 500K or 2M; 0: none")->type_name("RATE");
        limit->add_option("--up", up_, "The same for what is shared")->type_name("RATE");
    }

private:
    Result<int> relink();
    Result<int> finish();
    Result<int> choose();
    Result<int> announce();
    Result<int> limit();
    Result<int> showLimits();
    Result<QJsonObject> callForTask(const char* method, QJsonObject params);

    Cli& cli_;
    std::string id_, url_, down_, up_;
    std::vector<std::string> ids_;
    TakeOptions take_;
    bool partial_ = false;
};

Result<QJsonObject> ChoiceVerbs::callForTask(const char* method, QJsonObject params)
{
    const auto id = parseId(id_);
    if (!id)
        return failure(id.error());
    params.insert(QStringLiteral("id"), *id);
    const auto client = cli_.daemon();
    if (!client)
        return failure(client.error());
    return (*client)->call(QLatin1String(method), params);
}

Result<int> ChoiceVerbs::relink()
{
    const auto url = urlAsTyped(QString::fromStdString(url_), QDir::currentPath());
    if (!url)
        return failure(url.error());
    const auto answer = callForTask("task.relink", {{QStringLiteral("url"), *url}});
    if (!answer)
        return failure(answer.error());
    if (cli_.json())
        cli_.printJson(*answer);
    else
        cli_.out().line(QStringLiteral("task %1 goes on from there").arg(QString::fromStdString(id_)));
    return 0;
}

Result<int> ChoiceVerbs::finish()
{
    const auto answer = callForTask("task.finish", {{QStringLiteral("partial"), true}});
    if (!answer)
        return failure(answer.error());
    if (cli_.json()) {
        cli_.printJson(*answer);
        return 0;
    }
    cli_.out().line(printable(answer->value(QLatin1String("path")).toString()));
    const QJsonArray gaps = answer->value(QLatin1String("gaps")).toArray();
    for (const QJsonValue& gap : gaps) {
        const QJsonArray ends = gap.toArray();
        const qint64 from = qint64(ends.at(0).toDouble()), to = qint64(ends.at(1).toDouble());
        cli_.out().line(QStringLiteral("  gap from byte %1 to %2 (%3)").arg(from).arg(to).arg(sizeText(to - from)));
    }
    return 0;
}

Result<int> ChoiceVerbs::choose()
{
    const auto choice = take_.toJson();
    if (!choice)
        return failure(choice.error());
    if (choice->isEmpty())
        return failure(Code::BadOption, QStringLiteral("choose what? Give --quality, --audio, --subs or --files"));
    const auto answer = callForTask("task.choose", {{QStringLiteral("choice"), *choice}});
    if (!answer)
        return failure(answer.error());
    if (cli_.json())
        cli_.printJson(*answer);
    else
        cli_.out().line(QStringLiteral("task %1 goes on").arg(QString::fromStdString(id_)));
    return 0;
}

Result<int> ChoiceVerbs::announce()
{
    const auto answer = callForTask("task.announce", {});
    if (!answer)
        return failure(answer.error());
    if (cli_.json())
        cli_.printJson(*answer);
    else
        cli_.out().line(QStringLiteral("task %1 is announced").arg(QString::fromStdString(id_)));
    return 0;
}

Result<int> ChoiceVerbs::showLimits()
{
    const auto client = cli_.daemon();
    if (!client)
        return failure(client.error());
    QJsonObject found;
    for (const char* key : {"limits.down", "limits.up"}) {
        const auto setting = (*client)->call(QStringLiteral("config.get"), {{QStringLiteral("key"), QLatin1String(key)}});
        if (!setting)
            return failure(setting.error());
        found.insert(QLatin1String(key + 7), setting->value(QLatin1String("value")));
    }
    if (cli_.json()) {
        cli_.printJson(found);
        return 0;
    }
    for (const char* name : {"down", "up"}) {
        const QJsonValue value = found.value(QLatin1String(name));
        const qint64 rate = value.isString() ? parseBytes(value.toString()).value_or(0) : qint64(value.toDouble());
        cli_.out().line(padded(QLatin1String(name), 6) + (rate > 0 ? rateText(rate) : QStringLiteral("no limit")));
    }
    return 0;
}

Result<int> ChoiceVerbs::limit()
{
    QJsonObject params;
    const std::pair<const char*, const std::string&> rates[] = {{"down", down_}, {"up", up_}};
    for (const auto& [name, given] : rates) {
        if (given.empty())
            continue;
        const auto rate = parseBytes(QString::fromStdString(given));
        if (!rate)
            return failure(rate.error());
        params.insert(QLatin1String(name), *rate);
    }
    if (params.isEmpty() && ids_.empty())
        return showLimits();
    if (params.isEmpty())
        return failure(Code::BadOption, QStringLiteral("limit to what? Give --down or --up"));
    const auto ids = parseIds(ids_);
    if (!ids)
        return failure(ids.error());
    if (!ids->isEmpty())
        params.insert(QStringLiteral("ids"), *ids);
    const auto client = cli_.daemon();
    if (!client)
        return failure(client.error());
    const auto answer = (*client)->call(QStringLiteral("limits.set"), params);
    if (!answer)
        return failure(answer.error());
    if (cli_.json()) {
        cli_.printJson(*answer);
        return 0;
    }
    for (const auto& [name, given] : rates) {
        if (given.empty())
            continue;
        const qint64 rate = qint64(params.value(QLatin1String(name)).toDouble());
        cli_.out().line(padded(QLatin1String(name), 6) + (rate > 0 ? rateText(rate) : QStringLiteral("no limit")));
    }
    return 0;
}

} // namespace

std::unique_ptr<Verbs> choiceVerbs(Cli& cli) { return std::make_unique<ChoiceVerbs>(cli); }

} // namespace weir
