// What the last life left.

#include "plugin_host/quarantine.h"
#include "queue/live.h"

#include <QJsonArray>

namespace weir {

struct Queue::Kept {
    std::vector<TaskRecord> tasks;
    std::vector<HoldRecord> holds;
    std::unordered_set<TaskId> finished;         ///< all their files had their final names
    std::unordered_map<TaskId, qint64> progress; ///< durable bytes of those that had begun
    std::unordered_map<TaskId, QJsonObject> offers;
    std::unordered_map<TaskId, QJsonArray> gaps;
    std::vector<TrafficRecord> traffic;
    std::vector<TaskId> astray; ///< some of their files are where a move left them
    TaskId lastId = 0;
};

namespace {

bool begun(const TaskRecord& task)
{
    return task.state != State::Done && (task.size >= 0 || task.done > 0 || task.attempts > 0 || !task.adapter.isEmpty());
}

} // namespace

Result<Queue::Kept> Queue::readStore()
{
    Disk& disk = parts_.disk;
    auto read = parts_.ledger.read<Result<Kept>>([&disk](Store& store) -> Result<Kept> {
        Kept kept;
        const auto recovered = recoverIntents(disk, store);
        if (!recovered)
            return failure(recovered.error());
        for (const IntentRecord& intent : *recovered)
            kept.finished.insert(intent.task);
        auto astray = recoverRelocations(disk, store);
        if (!astray)
            return failure(astray.error());
        kept.astray = std::move(*astray);
        kept.tasks = store.tasks();
        kept.holds = store.holds();
        kept.traffic = store.traffic();
        kept.lastId = store.lastTaskId();
        for (const TaskRecord& task : kept.tasks) {
            if (task.state == State::Choosing)
                kept.offers[task.id] = store.spec(task.id).options.value(QLatin1String("offer")).toObject();
            if (task.state == State::Done && task.verified == quint8(Verified::Unverifiable))
                kept.gaps[task.id] = store.spec(task.id).options.value(QLatin1String("gaps")).toArray();
            if (!begun(task))
                continue;
            const auto rows = store.progress(task.id);
            if (rows.empty())
                continue;
            qint64& bytes = kept.progress[task.id];
            for (const ProgressRecord& row : rows)
                bytes += row.written.bytes();
        }
        return kept;
    });
    if (!read)
        return failure(read.error());
    return std::move(*read);
}

Result<void> Queue::load(const LastLife& last)
{
    auto kept = readStore();
    if (!kept)
        return failure(kept.error());
    orphansBornBefore_ = last.keptAll ? 0 : wall_.now();
    adoptKept(*kept, last.suspects);
    settle();
    return {};
}

void Queue::adoptKept(Kept& kept, const std::vector<TaskId>& crashed)
{
    lastId_ = kept.lastId;
    traffic_.load(kept.traffic);
    const std::unordered_set<TaskId> died(crashed.begin(), crashed.end());
    for (TaskRecord& record : kept.tasks) {
        Task task;
        static_cast<TaskRecord&>(task) = std::move(record);
        task.host = hostKey(QUrl(task.url));
        task.hasRun = true;
        lastPosition_ = std::max(lastPosition_, task.position);
        lastId_ = std::max(lastId_, task.id);
        const auto progress = kept.progress.find(task.id);
        // A checkpoint may be kept of a task whose name was not: the file with that name is still known by its progress.
        task.described = !task.name.isEmpty() && (task.size >= 0 || progress != kept.progress.end());
        if (progress != kept.progress.end() && task.state != State::Done && progress->second != task.done)
            task.done = progress->second;
        Task& there = table_.insert(std::move(task));
        becomeWaiting(there, kept);
        if (died.contains(there.id) && there.state == State::Waiting) {
            ++there.crashes;
            if (taskHasCrashedOut(there.crashes))
                fail(there, Error{Code::CrashedDaemon, QString::fromUtf8(there.adapter)});
            changed(there);
        }
        if (there.state != State::Done && there.described && !there.name.isEmpty())
            claims_.claim(there.directory + u'/' + there.name, there.id);
    }
    for (const TaskId id : kept.astray)
        if (Task* task = table_.find(id); task && task->state != State::Done)
            fail(*task,
                Error{Code::DiskGone, QStringLiteral("its files could not be brought back from where they were moved to")});
    offers_ = std::move(kept.offers);
    for (auto& [id, gaps] : kept.gaps)
        if (!gaps.isEmpty())
            gaps_[id] = std::move(gaps);
    for (HoldRecord& hold : kept.holds) {
        // Whether a volume is well again, and which device number it has now, its tasks find out by running.
        if (hold.scope == u"volume" && hold.owner.startsWith(u"disk-"))
            write([hold](Store& store) { store.dropHold(hold.scope, hold.key, hold.owner); });
        else
            holds_.place(std::move(hold));
    }
    releaseExpired();
}

void Queue::becomeWaiting(Task& task, const Kept& kept)
{
    if (kept.finished.contains(task.id) && apply(task, Event::Finish)) {
        task.finished = wall_.now();
        task.done = std::max(task.done, task.size);
        task.errorCode = 0;
        const bool unlisted = task.unlisted;
        write([id = task.id, unlisted](Store& store) {
            store.dropIntents(id);
            store.dropProgress(id);
            store.eraseSecrets(id);
            if (unlisted)
                store.removeTask(id);
        });
        changed(task);
    } else if (task.state == State::Running || task.state == State::Sharing) {
        apply(task, Event::Stopped);
        changed(task);
    }
}

} // namespace weir
