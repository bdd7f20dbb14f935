#include "rpc/task_lists.h"

#include "rpc/cursor.h"

#include <algorithm>

namespace weir {

namespace {

constexpr qint64 kUsualLimit = 1000, kMaxLimit = 10'000;
constexpr qint64 kRoomForRest = 50'000; // envelope, cursor, removed ids, and the last row which may cross the line

/// One page: stops at so many rows or when a message would get too long for the client.
class Page {
public:
    Page(const Backend& backend, const View& view, qint64 limit)
        : backend_(backend),
          limit_(limit),
          maxBytes_(view.maxMessage - 2 * kRoomForRest)
    {}
    bool full() const { return count_ >= limit_ || json_.size() >= maxBytes_; }
    void add(TaskId id)
    {
        (void)backend_.queue.writeTask(rows_, id, false); // of the table, so it is there
        ++count_;
    }
    const QByteArray& rows() const { return json_; }

private:
    const Backend& backend_;
    const qint64 limit_, maxBytes_;
    qint64 count_ = 0;
    QByteArray json_;
    JsonWriter rows_{json_};
};

struct Filter {
    bool browserOnly = false;
    std::optional<State> state;
    QByteArray kind;
    std::optional<QSet<TaskId>> ids;

    bool passes(const Task& task) const
    {
        return (!browserOnly || task.fromBrowser) && (!state || task.state == *state)
            && (kind.isEmpty() || task.adapter == kind) && (!ids || ids->contains(task.id));
    }
};

Answer pageAnswer(
    qint64 revision, const Page& page, const QString& cursor, const QByteArray& removed = {}, bool complete = false)
{
    QByteArray out;
    out.reserve(page.rows().size() + removed.size() + 256);
    JsonWriter writer(out);
    writer.beginObject().key("revision").number(revision).key("tasks").raw("[" + page.rows() + "]");
    if (!removed.isNull())
        writer.key("removed").raw(removed);
    if (complete)
        writer.key("complete").boolean(true);
    if (!cursor.isEmpty())
        writer.key("cursor").text(cursor);
    writer.endObject();
    return Answer::written(std::move(out));
}

QByteArray idList(const std::vector<TaskId>& ids)
{
    QByteArray out;
    JsonWriter writer(out);
    writer.beginArray();
    for (const TaskId id : ids)
        writer.number(id);
    writer.endArray();
    return out;
}

Answer listById(const Backend& backend, const View& view, const Filter& filter, TaskId after, qint64 limit, bool complete)
{
    const TaskTable& table = backend.queue.table();
    Page page(backend, view, limit);
    TaskId last = after;
    QString cursor;
    auto it = table.all().upper_bound(after);
    if (filter.ids && filter.ids->size() == 1) { // "show me that one" needs no walk through all
        const Task* only = table.find(*filter.ids->begin());
        it = only && only->id > after ? table.all().find(only->id) : table.all().end();
    }
    for (; it != table.all().end(); ++it) {
        if (!filter.passes(*it->second))
            continue;
        if (page.full()) {
            cursor = cursorFor(CursorKind::AfterTask, last);
            break;
        }
        page.add(last = it->first);
        if (filter.ids && filter.ids->size() == 1)
            break;
    }
    return pageAnswer(
        backend.epoch + qint64(table.revision()), page, cursor, complete ? QByteArray("[]") : QByteArray(), complete);
}

/// A page ends at a revision: the next one asks for what came after that.
Answer listChanges(const Backend& backend, const View& view, const Filter& filter, TaskTable::Changes changes, qint64 limit)
{
    std::sort(
        changes.changed.begin(), changes.changed.end(), [](const Task* a, const Task* b) { return a->revision < b->revision; });
    Page page(backend, view, limit);
    quint64 revision = backend.queue.table().revision();
    QString cursor;
    quint64 last = 0;
    for (const Task* task : changes.changed) {
        if (!filter.passes(*task))
            continue;
        if (page.full()) {
            revision = last;
            cursor = cursorFor(CursorKind::SinceRevision, backend.epoch + qint64(last));
            break;
        }
        page.add(task->id);
        last = task->revision;
    }
    return pageAnswer(backend.epoch + qint64(revision), page, cursor, idList(changes.removed));
}

bool hasEnded(const Task& task) { return task.state == State::Done || task.state == State::Failed; }

} // namespace

Result<Answer> listTasks(const Backend& backend, const View& view, Params params)
{
    Filter filter{view.browserOnly, params.state("state"), params.text("kind").toUtf8(), std::nullopt};
    if (const auto ids = params.ids("ids"))
        filter.ids = QSet<TaskId>(ids->begin(), ids->end());
    auto since = params.integer("since", 0, Params::kMaxInteger);
    const qint64 limit = params.integer("limit", 1, kMaxLimit).value_or(kUsualLimit);
    const QString cursor = params.text("cursor");
    if (const auto problem = params.problem())
        return failure(*problem);
    TaskId after = 0;
    if (cursor.startsWith(QChar::fromLatin1(char(CursorKind::SinceRevision)))) {
        const auto revision = readCursor(CursorKind::SinceRevision, cursor);
        if (!revision)
            return failure(revision.error());
        since = *revision;
    } else if (!cursor.isEmpty()) {
        const auto id = readCursor(CursorKind::AfterTask, cursor);
        if (!id)
            return failure(id.error());
        after = *id;
    }
    if (since && after == 0 && *since >= backend.epoch) {
        if (auto changes = backend.queue.table().since(quint64(*since - backend.epoch)))
            return listChanges(backend, view, filter, std::move(*changes), limit);
    }
    return listById(backend, view, filter, after, limit, since.has_value());
}

Result<Answer> listHistory(const Backend& backend, const View& view, Params params)
{
    const QString search = params.text("search");
    const auto state = params.state("state");
    if (state && *state != State::Done && *state != State::Failed)
        params.fail("state", QStringLiteral("done or failed is expected"));
    const qint64 limit = params.integer("limit", 1, kMaxLimit).value_or(kUsualLimit);
    const QString cursor = params.text("cursor");
    if (const auto problem = params.problem())
        return failure(*problem);
    qint64 skip = 0;
    if (!cursor.isEmpty()) {
        const auto row = readCursor(CursorKind::HistoryRow, cursor);
        if (!row)
            return failure(row.error());
        skip = *row;
    }
    const Filter filter{view.browserOnly, state, {}, {}};
    std::vector<const Task*> ended;
    for (const auto& [id, task] : backend.queue.table().all())
        if (hasEnded(*task) && !task->unlisted && filter.passes(*task)
            && (search.isEmpty() || task->name.contains(search, Qt::CaseInsensitive)
                || task->url.contains(search, Qt::CaseInsensitive)))
            ended.push_back(task.get());
    std::sort(ended.begin(), ended.end(),
        [](const Task* a, const Task* b) { return std::tie(b->finished, b->id) < std::tie(a->finished, a->id); });
    Page page(backend, view, limit);
    std::size_t i = std::size_t(skip);
    for (; i < ended.size() && !page.full(); ++i)
        page.add(ended[i]->id);
    const QString next = i < ended.size() ? cursorFor(CursorKind::HistoryRow, qint64(i)) : QString();
    return pageAnswer(backend.epoch + qint64(backend.queue.table().revision()), page, next);
}

QList<TaskId> endedBefore(const Backend& backend, const View& view, qint64 moment)
{
    QList<TaskId> ids;
    for (const auto& [id, task] : backend.queue.table().all())
        if (hasEnded(*task) && task->finished < moment && (task->fromBrowser || !view.browserOnly))
            ids.append(id);
    return ids;
}

} // namespace weir
