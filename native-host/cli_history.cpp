// history: what has ended, also what was removed from the list since.

#include "cli.h"
#include "one_of.h"
#include "selection.h"
#include "table.h"
#include "task_feed.h"
#include "text.h"
#include "verbs.h"

#include <QJsonArray>

namespace weir {

namespace {

class HistoryVerbs final : public Verbs {
public:
    explicit HistoryVerbs(Cli& cli) : cli_(cli)
    {
        CLI::App* history = cli.verb(nullptr, "history", "What was downloaded before", [this] { return this->history(); });
        history->add_option("--search", search_, "Only where name or address has this")->type_name("TEXT");
        history->add_option("--state", state_, "Only done or failed ones")
            ->check(oneOf({"done", "failed"}))
            ->type_name("done|failed");
        history->add_option("-n,--limit", limit_, "At most so many (default: 100)")
            ->check(CLI::Range(1, 1'000'000).description(""))
            ->type_name("N");
        history->add_option("--purge-before", purge_, "Forget what ended before, 2024-05-01")->type_name("TIME");
    }

private:
    Result<int> history();
    Result<QJsonObject> params() const;

    Cli& cli_;
    std::string search_, state_, purge_;
    int limit_ = 100;
};

Result<QJsonObject> HistoryVerbs::params() const
{
    QJsonObject out;
    if (!search_.empty())
        out.insert(QStringLiteral("search"), QString::fromStdString(search_));
    if (!state_.empty())
        out.insert(QStringLiteral("state"), QString::fromStdString(state_));
    if (!purge_.empty()) {
        const auto moment = parseMoment(QString::fromStdString(purge_));
        if (!moment)
            return failure(moment.error());
        out.insert(QStringLiteral("purgeBefore"), *moment);
    }
    return out;
}

Result<int> HistoryVerbs::history()
{
    const auto wanted = params();
    if (!wanted)
        return failure(wanted.error());
    const auto client = cli_.daemon();
    if (!client)
        return failure(client.error());
    const auto tasks = taskPages(**client, QStringLiteral("task.history"), *wanted, limit_);
    if (!tasks)
        return failure(tasks.error());
    if (cli_.json()) {
        cli_.printJson(*tasks);
        return 0;
    }
    if (tasks->isEmpty()) {
        cli_.err().line(QStringLiteral("nothing"));
        return 0;
    }
    Output& out = cli_.out();
    Table table({{QStringLiteral("ENDED")}, {QStringLiteral("STATE")}, {QStringLiteral("SIZE"), true},
        {QStringLiteral("NAME"), false, Column::Give::Middle}, {QStringLiteral("ADDRESS OR ERROR"), false, Column::Give::End}});
    for (const QJsonValue& one : *tasks) {
        const TaskView task(one.toObject());
        table.add({localTimeText(task.finished), task.state, task.size ? sizeText(*task.size) : QString(), task.title(),
            task.error && task.state == u"failed" ? task.error->line() : task.url});
    }
    for (const QString& line : table.lines(out.width(), out.unicode))
        out.line(line);
    return 0;
}

} // namespace

std::unique_ptr<Verbs> historyVerbs(Cli& cli) { return std::make_unique<HistoryVerbs>(cli); }

} // namespace weir
