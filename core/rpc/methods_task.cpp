#include "rpc/method_lists.h"

#include "base/text_log.h"
#include "rpc/new_task.h"
#include "rpc/params.h"
#include "rpc/probe.h"
#include "rpc/session.h"
#include "rpc/task_lists.h"

#include <QFileInfo>

namespace weir {

namespace {

constexpr qsizetype kMaxTasksAtOnce = 10'000;
constexpr int kLogLines = 200, kMaxLogLines = 10'000;

QJsonArray toArray(const QList<TaskId>& ids)
{
    QJsonArray array;
    for (const TaskId id : ids)
        array.append(id);
    return array;
}

Queue::Done answerIds(Reply reply)
{
    return [reply = std::move(reply)](const Result<QList<TaskId>>& done) {
        if (!done)
            return reply(failure(done.error()));
        reply(QJsonObject{{QStringLiteral("ids"), toArray(*done)}});
    };
}

Queue::Done answerNothing(Reply reply)
{
    return [reply = std::move(reply)](const Result<QList<TaskId>>& done) {
        if (!done)
            return reply(failure(done.error()));
        reply(Answer());
    };
}

/// The task that is meant, after all else was read of the parameters. A browser does not learn of tasks that are not its own,
/// not even that they exist.
Result<TaskId> visibleTask(Params& params, Backend& backend, const Session& session)
{
    const TaskId id = params.requiredTask();
    const Task* task = backend.queue.table().find(id);
    if (!task || (session.fromBrowser() && !task->fromBrowser))
        params.fail(Error{Code::UnknownTask, QString::number(id)});
    if (const auto problem = params.problem())
        return failure(*problem);
    return id;
}

void add(Backend& backend, Session& session, const QJsonObject& given, Reply reply)
{
    Params params(given);
    const QJsonArray items = params.array("tasks");
    if (items.isEmpty())
        params.fail("tasks", QStringLiteral("a list that is not empty is expected"));
    if (items.size() > kMaxTasksAtOnce)
        params.fail(Error{Code::TooManyTasks, QString::number(items.size())});
    if (const auto problem = params.problem())
        return reply(failure(*problem));
    const QString directory = usualDirectory(backend.settings);
    std::vector<NewTask> tasks;
    tasks.reserve(std::size_t(items.size()));
    for (qsizetype i = 0; i < items.size(); ++i) {
        auto task = readNewTask(items[i].toObject(), QStringLiteral("tasks[%1].").arg(i), session.fromBrowser(), directory);
        if (!task)
            return reply(failure(task.error()));
        tasks.push_back(std::move(*task));
    }
    backend.queue.add(std::move(tasks), answerIds(std::move(reply)));
}

void probe(Backend& backend, Session& session, const QJsonObject& given, Reply reply)
{
    auto task = readNewTask(given, {}, session.fromBrowser(), usualDirectory(backend.settings));
    if (!task)
        return reply(failure(task.error()));
    startProbe(backend, session, std::move(*task), std::move(reply));
}

void list(Backend& backend, Session& session, const QJsonObject& given, Reply reply)
{
    reply(listTasks(backend, View(session), Params(given)));
}

void history(Backend& backend, Session& session, const QJsonObject& given, Reply reply)
{
    Params params(given);
    const View view(session);
    const qint64 purgeBefore = params.moment("purgeBefore");
    Selection old;
    if (purgeBefore > 0)
        old.ids = endedBefore(backend, view, purgeBefore);
    if (old.ids.isEmpty())
        return reply(listHistory(backend, view, std::move(params)));
    // Checked before anything is forgotten.
    if (auto page = listHistory(backend, view, params); !page)
        return reply(std::move(page));
    backend.queue.remove(old, Removal::KeepFile, [&backend, view, params, reply](const Result<QList<TaskId>>& done) {
        if (!done)
            return reply(failure(done.error()));
        reply(listHistory(backend, view, params));
    });
}

void get(Backend& backend, Session& session, const QJsonObject& given, Reply reply)
{
    Params params(given);
    const auto id = visibleTask(params, backend, session);
    if (!id)
        return reply(failure(id.error()));
    QByteArray json;
    JsonWriter writer(json);
    if (const auto written = backend.queue.writeTask(writer, *id, true); !written)
        return reply(failure(written.error()));
    reply(Answer::written(std::move(json)));
}

void why(Backend& backend, Session& session, const QJsonObject& given, Reply reply)
{
    Params params(given);
    const auto id = visibleTask(params, backend, session);
    if (!id)
        return reply(failure(id.error()));
    auto reasons = backend.queue.why(*id);
    if (!reasons)
        return reply(failure(reasons.error()));
    reply(std::move(*reasons));
}

void log(Backend& backend, Session& session, const QJsonObject& given, Reply reply)
{
    Params params(given);
    const qint64 lines = params.integer("lines", 1, kMaxLogLines).value_or(kLogLines);
    const auto id = visibleTask(params, backend, session);
    if (!id)
        return reply(failure(id.error()));
    const auto path = backend.queue.logPath(*id);
    if (!path)
        return reply(failure(path.error()));
    const bool logged = QFileInfo::exists(*path) || QFileInfo::exists(*path + QStringLiteral(".1"));
    const auto text = logged ? readLog(*path, int(lines)) : Result<QByteArray>();
    if (!text)
        return reply(failure(text.error()));
    reply(QJsonObject{{QStringLiteral("path"), *path}, {QStringLiteral("text"), QString::fromUtf8(*text)}});
}

void pause(Backend& backend, Session& session, const QJsonObject& given, Reply reply)
{
    Params params(given);
    const Selection which = params.selection(session.fromBrowser());
    const QString reason = params.text("reason");
    const qint64 until = params.moment("until");
    if (const auto problem = params.problem())
        return reply(failure(*problem));
    backend.queue.pause(which, QStringLiteral("user"), reason, until, answerIds(std::move(reply)));
}

void resume(Backend& backend, Session& session, const QJsonObject& given, Reply reply)
{
    Params params(given);
    const Selection which = params.selection(session.fromBrowser());
    if (const auto problem = params.problem())
        return reply(failure(*problem));
    backend.queue.resume(which, QStringLiteral("user"), answerIds(std::move(reply)));
}

void remove(Backend& backend, Session& session, const QJsonObject& given, Reply reply)
{
    Params params(given);
    const Selection which = params.selection(session.fromBrowser());
    const QString files = params.text("files", QStringLiteral("keep"));
    Removal removal = Removal::KeepFile;
    if (files == QLatin1StringView("trash"))
        removal = Removal::Trash;
    else if (files == QLatin1StringView("delete"))
        removal = Removal::DeleteFile;
    else if (files != QLatin1StringView("keep"))
        params.fail("files", QStringLiteral("keep, trash or delete is expected"));
    if (const auto problem = params.problem())
        return reply(failure(*problem));
    backend.queue.remove(which, removal, answerIds(std::move(reply)));
}

void restart(Backend& backend, Session& session, const QJsonObject& given, Reply reply)
{
    Params params(given);
    const Selection which = params.selection(session.fromBrowser());
    const bool fromZero = params.flag("fromZero").value_or(false);
    if (const auto problem = params.problem())
        return reply(failure(*problem));
    backend.queue.restart(which, fromZero, answerIds(std::move(reply)));
}

void move(Backend& backend, Session& session, const QJsonObject& given, Reply reply)
{
    constexpr int far = 1'000'000;
    Params params(given);
    const Selection which = params.selection(session.fromBrowser());
    const auto by = params.integer("by", -far, far);
    const QString to = params.text("to");
    const bool top = to == QLatin1StringView("top"), bottom = to == QLatin1StringView("bottom");
    if (bool(by) == (top || bottom))
        params.fail("to", QStringLiteral("either `by` or `to`: top or bottom is expected"));
    if (const auto problem = params.problem())
        return reply(failure(*problem));
    const int offset = by ? int(*by) : top ? -1 : std::numeric_limits<int>::max();
    backend.queue.move(which, offset, !by, answerIds(std::move(reply)));
}

void relocate(Backend& backend, Session& session, const QJsonObject& given, Reply reply)
{
    Params params(given);
    const Selection which = params.selection(session.fromBrowser());
    const QString directory = readFolder(params, "dir");
    if (const auto problem = params.problem())
        return reply(failure(*problem));
    backend.queue.relocate(which, directory, answerIds(std::move(reply)));
}

void choose(Backend& backend, Session& session, const QJsonObject& given, Reply reply)
{
    Params params(given);
    const QJsonObject choice = params.object("choice");
    const auto id = visibleTask(params, backend, session);
    if (!id)
        return reply(failure(id.error()));
    backend.queue.choose(*id, choice, answerNothing(std::move(reply)));
}

void announce(Backend& backend, Session& session, const QJsonObject& given, Reply reply)
{
    Params params(given);
    const auto id = visibleTask(params, backend, session);
    if (!id)
        return reply(failure(id.error()));
    if (const auto ok = backend.queue.announce(*id); !ok)
        return reply(failure(ok.error()));
    reply(QJsonObject());
}

void relink(Backend& backend, Session& session, const QJsonObject& given, Reply reply)
{
    Params params(given);
    const QString text = params.requiredText("url");
    const auto id = visibleTask(params, backend, session);
    if (!id)
        return reply(failure(id.error()));
    const auto url = readTaskUrl(text);
    if (!url)
        return reply(failure(url.error()));
    backend.queue.relink(*id, *url, answerNothing(std::move(reply)));
}

void finish(Backend& backend, Session& session, const QJsonObject& given, Reply reply)
{
    Params params(given);
    if (!params.flag("partial").value_or(false))
        params.fail("partial", QStringLiteral("true is expected: a whole file is finished by itself"));
    const auto id = visibleTask(params, backend, session);
    if (!id)
        return reply(failure(id.error()));
    backend.queue.finishPartial(*id, answerNothing(std::move(reply)));
}

void setOptions(Backend& backend, Session& session, const QJsonObject& given, Reply reply)
{
    Params params(given);
    const Selection which = params.selection(session.fromBrowser());
    Params options(params.object("options"), QStringLiteral("options."));
    checkChangeableOptions(options);
    if (const auto problem = params.problem())
        return reply(failure(*problem));
    if (const auto problem = options.problem())
        return reply(failure(*problem));
    backend.queue.setOptions(which, given.value(QStringLiteral("options")).toObject(), answerIds(std::move(reply)));
}

#define WEIR_SELECTION "ids?: [int], all?: true, kind?: string, state?: string"

constexpr Method kMethods[] = {
    {"task.add", Role::Browser, add,
        "tasks: [{url: string, mirrors?: [string], dir?: string, name?: string, token?: string, mime?: string, "
        "priority?: low|normal|high, held?: bool, private?: bool, options?: object, secrets?: object}]",
        "Adds up to 10,000 tasks, all or none, and answers with their ids when they are durable. The same token twice is the "
        "same task."},
    {"task.probe", Role::Client, probe, "url: string, and what an item of task.add may have",
        "Says what is behind an address; nothing beyond the first bytes is fetched."},
    {"task.list", Role::Browser, list, "ids?: [int], state?: string, kind?: string, since?: int, limit?: int, cursor?: string",
        "Lists tasks by id; with `since` only what changed after that revision. `complete` says that the revision was too old "
        "and everything follows."},
    {"task.get", Role::Browser, get, "id: int", "One task with its files, sources and options."},
    {"task.why", Role::Client, why, "id: int", "Why a task is not running, or slow: one sentence and its parts."},
    {"task.log", Role::Client, log, "id: int, lines?: int", "The last lines of a task's log."},
    {"task.pause", Role::Browser, pause, WEIR_SELECTION ", reason?: string, until?: moment",
        "Places the user's hold on tasks."},
    {"task.resume", Role::Browser, resume, WEIR_SELECTION, "Releases the user's hold and lets failed tasks try again."},
    {"task.remove", Role::Browser, remove, WEIR_SELECTION ", files?: keep|trash|delete",
        "Removes tasks; finished files stay unless told otherwise."},
    {"task.restart", Role::Browser, restart, WEIR_SELECTION ", fromZero?: bool",
        "Runs tasks again; with `fromZero` what was fetched is dropped."},
    {"task.move", Role::Client, move, WEIR_SELECTION ", by?: int, to?: top|bottom",
        "Moves tasks in the queue, keeping their order."},
    {"task.relocate", Role::Client, relocate, WEIR_SELECTION ", dir: string",
        "Moves what tasks have on disk to another folder and lets them go on from there; answers when it is done."},
    {"task.choose", Role::Browser, choose, "id: int, choice: object",
        "Answers a task that waits for a choice, or takes other files of one that has begun."},
    {"task.announce", Role::Client, announce, "id: int",
        "What a torrent asks for peers, trackers and the distributed table, is asked now; at most once a minute."},
    {"task.relink", Role::Browser, relink, "id: int, url: string",
        "Goes on from another address if it leads to the same file."},
    {"task.finish", Role::Client, finish, "id: int, partial: true",
        "Makes a usable file of what is there, with the list of its gaps."},
    {"task.setOptions", Role::Client, setOptions,
        WEIR_SELECTION ", options: {priority?: low|normal|high, limit?: int, connections?: int}",
        "Changes options of tasks, also of running ones."},
    {"task.history", Role::Browser, history,
        "search?: string, state?: done|failed, limit?: int, cursor?: string, purgeBefore?: moment",
        "Ended tasks, the newest first. With `purgeBefore` those that ended earlier are forgotten (their files stay)."},
};

} // namespace

std::span<const Method> taskMethods() { return kMethods; }

} // namespace weir
