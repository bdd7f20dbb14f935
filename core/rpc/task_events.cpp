#include "rpc/events.h"

#include "base/json_writer.h"

#include <QHash>

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
    for (const HoldRecord* hold : queue.holdsOn(task))
        hash = qHashMulti(hash, hold->scope, hold->owner, hold->reason, hold->until);
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
        (void)queue.writeTask(writer, id, false); // Events asks for rows that are there
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
