#include "rpc/events.h"

#include "rpc/json_writer.h"
#include "rpc/task_lists.h"

#include <QHash>
#include <QJsonArray>

namespace weir {

namespace {

/// Everything of a task that is no mere progress.
quint64 fingerprint(const Queue& queue, const Task& task)
{
    std::size_t hash = qHashMulti(0, quint8(task.state), task.errorCode, task.errorDetail, task.name, task.directory, task.url);
    hash =
        qHashMulti(hash, task.adapter, task.priority, task.position, task.size, task.verified, task.notBefore, task.attempts);
    if (queue.holds().all().empty())
        return hash;
    // Which holds cover a task only the queue knows; it says so in the row.
    if (const auto row = queue.task(task.id, false))
        hash = qHashMulti(hash, row->value(u"holds").toArray());
    return hash;
}

} // namespace

Events::Source watchedQueue(const Queue& queue)
{
    Events::Source source;
    source.row = [&queue](TaskId id) -> std::optional<Events::Source::Row> {
        const Task* task = queue.table().find(id);
        if (!task)
            return std::nullopt;
        const bool active = task->state == State::Running || task->state == State::Sharing;
        return Events::Source::Row{fingerprint(queue, *task), task->fromBrowser, active};
    };
    source.write = [&queue](TaskId id, QByteArray& out) {
        JsonWriter writer(out);
        writeTask(writer, queue, id);
    };
    source.tasks = [&queue] {
        std::vector<TaskId> ids;
        ids.reserve(queue.table().size());
        for (const auto& [id, task] : queue.table().all())
            ids.push_back(id);
        return ids;
    };
    return source;
}

} // namespace weir
