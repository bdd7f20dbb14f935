// list, show, why, log, watch.

#include "cli.h"
#include "one_of.h"
#include "selection.h"
#include "table.h"
#include "task_feed.h"
#include "task_query.h"
#include "task_sections.h"
#include "task_table_view.h"
#include "text.h"
#include "verbs.h"
#include "watch.h"

#include <QJsonArray>

#include <algorithm>

namespace weir {

namespace {

class ListVerbs final : public Verbs {
public:
    explicit ListVerbs(Cli& cli) : cli_(cli)
    {
        CLI::App* list = cli.verb(nullptr, "list", "All tasks", [this] { return this->list(); });
        list->add_option("--state", state_, "Only those in a state")
            ->check(oneOf({"waiting", "running", "sharing", "choosing", "done", "failed"}))
            ->type_name(kStates);
        list->add_option("--kind", kind_, "Only those of a plugin")->type_name("KIND");
        query_.define(*list);
        CLI::App* show = cli.verb(nullptr, "show", "One task whole", [this] { return this->show(); });
        show->add_flag("--files", files_, "Only its files");
        show->add_flag("--sources", sources_, "Only the servers");
        show->add_flag("--trackers", trackers_, "Only its trackers");
        show->add_flag("--peers", peers_, "Only its peers");
        show->add_flag("--pieces", pieces_, "Only which pieces are there");
        CLI::App* why = cli.verb(nullptr, "why", "Why a task is not running, or slow", [this] { return this->why(); });
        CLI::App* log = cli.verb(nullptr, "log", "A task's log", [this] { return this->log(); });
        for (CLI::App* one : {show, why, log})
            one->add_option("id", id_, "Its id")->type_name("ID")->required();
        log->add_option("-n,--lines", lines_, "Only the last ones")
            ->check(CLI::Range(1, 1'000'000).description(""))
            ->type_name("N");
        query_.define(*cli.verb(nullptr, "watch", "A live table of all tasks", [this] { return this->watch(); }));
    }

private:
    Result<int> list();
    Result<int> show();
    Result<int> why();
    Result<int> log();
    Result<int> watch();
    Result<QJsonArray> allTasks();
    /// Calls a method that takes the task's id.
    Result<QJsonObject> ofTask(const char* method, QJsonObject params = {});

    Cli& cli_;
    TaskQueryOptions query_;
    std::string state_, kind_, id_;
    int lines_ = 0;
    bool files_ = false, sources_ = false, trackers_ = false, peers_ = false, pieces_ = false;
};

Result<QJsonArray> ListVerbs::allTasks()
{
    const auto client = cli_.daemon();
    if (!client)
        return failure(client.error());
    QJsonObject params;
    if (!state_.empty())
        params.insert(QStringLiteral("state"), QString::fromStdString(state_));
    if (!kind_.empty())
        params.insert(QStringLiteral("kind"), QString::fromStdString(kind_));
    return taskPages(**client, QStringLiteral("task.list"), params);
}

Result<int> ListVerbs::list()
{
    const auto query = query_.query();
    if (!query)
        return failure(query.error());
    const auto tasks = allTasks();
    if (!tasks)
        return failure(tasks.error());
    struct Listed {
        TaskView view;
        QJsonValue json;
    };
    std::vector<Listed> listed;
    for (const QJsonValue& task : *tasks) {
        if (TaskView view(task.toObject()); query->has(view))
            listed.push_back({std::move(view), task});
    }
    if (query->order)
        std::stable_sort(
            listed.begin(), listed.end(), [&](const Listed& a, const Listed& b) { return (*query->order)(a.view, b.view); });
    if (cli_.json()) {
        QJsonArray array;
        for (const Listed& one : listed)
            array += one.json;
        cli_.printJson(array);
        return 0;
    }
    if (listed.empty()) {
        cli_.err().line(QStringLiteral("no tasks"));
        return 0;
    }
    std::vector<TaskView> views;
    views.reserve(listed.size());
    for (Listed& one : listed)
        views.push_back(std::move(one.view));
    Output& out = cli_.out();
    for (const QString& line : taskTable(views, query->columns, SumLine::Yes, out.width(), out))
        out.line(line);
    return 0;
}

Result<int> ListVerbs::watch()
{
    const auto query = query_.query();
    return query ? watchTasks(cli_, *query) : failure(query.error());
}

Result<QJsonObject> ListVerbs::ofTask(const char* method, QJsonObject params)
{
    const auto id = parseId(id_);
    if (!id)
        return failure(id.error());
    const auto client = cli_.daemon();
    if (!client)
        return failure(client.error());
    params.insert(QStringLiteral("id"), *id);
    return (*client)->call(QLatin1String(method), params);
}

Result<int> ListVerbs::show()
{
    const auto task = ofTask("task.get");
    if (!task)
        return failure(task.error());
    if (cli_.json()) {
        cli_.printJson(*task);
        return 0;
    }
    Output& out = cli_.out();
    QStringList lines;
    const auto add = [&](bool wanted, QStringList (*section)(const QJsonObject&, const Output&)) {
        if (wanted)
            lines += section(*task, out);
    };
    add(files_, fileLines);
    add(sources_, sourceLines);
    add(trackers_, trackerLines);
    add(peers_, peerLines);
    add(pieces_, pieceLines);
    if (!(files_ || sources_ || trackers_ || peers_ || pieces_))
        lines = taskWhole(*task, out);
    else if (lines.isEmpty())
        cli_.err().line(QStringLiteral("nothing to show"));
    else
        lines.removeFirst();
    for (const QString& line : std::as_const(lines))
        out.line(line);
    return 0;
}

Result<int> ListVerbs::why()
{
    const auto answer = ofTask("task.why");
    if (!answer)
        return failure(answer.error());
    if (cli_.json()) {
        cli_.printJson(*answer);
        return 0;
    }
    Output& out = cli_.out();
    out.line(out.paint(Colour::Bold, printable(answer->value(QLatin1String("sentence")).toString())));
    std::vector<std::pair<QString, QString>> parts;
    const QJsonArray given = answer->value(QLatin1String("parts")).toArray();
    for (const QJsonValue& one : given)
        parts.emplace_back(printable(one[QLatin1String("what")].toString()), printable(one[QLatin1String("text")].toString()));
    for (const QString& line : factLines(parts, out))
        out.line(line);
    return 0;
}

Result<int> ListVerbs::log()
{
    const auto answer = ofTask("task.log", lines_ > 0 ? QJsonObject{{QStringLiteral("lines"), lines_}} : QJsonObject());
    if (!answer)
        return failure(answer.error());
    if (cli_.json()) {
        cli_.printJson(*answer);
        return 0;
    }
    const QStringList lines = answer->value(QLatin1String("text")).toString().split(u'\n', Qt::SkipEmptyParts);
    for (const QString& line : lines)
        cli_.out().line(printable(line));
    if (lines.isEmpty())
        cli_.err().line(QStringLiteral("it has logged nothing"));
    return 0;
}

} // namespace

std::unique_ptr<Verbs> listVerbs(Cli& cli) { return std::make_unique<ListVerbs>(cli); }

} // namespace weir
