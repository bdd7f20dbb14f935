// Tasks whose files get to another folder, one after the other. What touches the disk runs on a thread of the runner.

#include "queue/files_beside.h"
#include "queue/live.h"

#include <QLocale>

#include <algorithm>

namespace weir {

namespace {

/// What the ledger knows of the task's files. A move that an earlier try left half done is ended first.
Result<RelocationWish> readWish(Disk& disk, Ledger& ledger, const Task& task, const QString& to)
{
    struct Kept {
        std::vector<ProgressRecord> progress;
        bool state = false, finishing = false;
        std::optional<RelocationRecord> left;
        QStringList beside;
    };
    auto kept = ledger.read<Kept>([id = task.id](Store& store) {
        const auto intents = store.intents();
        const bool finishing =
            std::any_of(intents.begin(), intents.end(), [id](const IntentRecord& intent) { return intent.task == id; });
        return Kept{
            store.progress(id), !store.pluginState(id).isEmpty(), finishing, store.relocation(id), filesBeside(store, id)};
    });
    if (!kept)
        return failure(kept.error());
    if (kept->finishing)
        return failure(Code::WrongState, QStringLiteral("the last life left task %1 between two names").arg(task.id));
    if (kept->left) {
        if (auto ok = settleRelocation(disk, *kept->left); !ok)
            return failure(ok.error());
        if (auto ok = ledger.writeNow([id = task.id](Store& store) { store.dropRelocation(id); }); !ok)
            return failure(ok.error());
    }
    RelocationWish wish{.task = task, .progress = std::move(kept->progress), .beside = kept->beside, .to = to};
    wish.begun = task.described || task.state == State::Done || kept->state || !wish.progress.empty();
    return wish;
}

QString size(qint64 bytes) { return QLocale::c().formattedDataSize(bytes, 1, QLocale::DataSizeTraditionalFormat); }

} // namespace

void Queue::relocate(const Selection& which, const QString& directory, Done done)
{
    const auto ids = select(which);
    if (!ids)
        return done(failure(ids.error()));
    if (ids->isEmpty())
        return commit({}, std::move(done));
    for (const TaskId id : *ids)
        if (const auto other = moves_.find(id); other != moves_.end())
            return done(
                failure(Code::WrongState, QStringLiteral("task %1 is being moved to %2").arg(id).arg(other->second->to)));
    const auto batch = std::make_shared<Batch>();
    batch->open = ids->size();
    batch->done = std::move(done);
    for (const TaskId id : *ids) {
        const auto move = std::make_shared<Move>();
        move->id = id;
        move->to = directory;
        move->batch = batch;
        moves_[id] = move;
        moveLine_.push_back(id);
    }
    moveNext();
}

void Queue::moveNext()
{
    if (moveLine_.empty())
        return;
    const MovePtr move = moves_.at(moveLine_.front());
    if (std::exchange(move->begun, true))
        return;
    timers_.at(Timers::Wake::Sample, clock_.now());
    // A folder that can take nothing stops nobody's run; a volume that hangs must hang a thread of its own.
    runner_->background([this, move] {
        auto usable = requireFolder(parts_.disk, move->to);
        inbox_.post([this, move, usable = std::move(usable)] {
            if (!usable || move->stop.stop_requested())
                return endMove(move, usable ? failure(Code::Cancelled) : usable);
            move->idle = true;
            ++busy_[move->id];
            ready_.drop(move->id);
            whenEnded(move->id, [this, move] { moveFiles(move); });
        });
    });
}

void Queue::moveFiles(const MovePtr& move)
{
    const Task* task = table_.find(move->id);
    if (!task || move->stop.stop_requested())
        return endMove(move, failure(Code::Cancelled));
    if (hanging_.contains(move->id)) // it may still write
        return endMove(move, failure(Code::PluginUnresponsive, QString::fromUtf8(task->adapter)));
    runner_->background([this, move, task = Task(*task)] {
        const RelocationWatch watch{{move->stop.get_token(), [move](qint64 more) { move->copied += more; }},
            [move](qint64 bytes) { move->total = bytes; }};
        const auto wish = readWish(parts_.disk, parts_.ledger, task, move->to);
        auto plan = wish ? planRelocation(parts_.disk, claims_, *wish) : failure(wish.error());
        Relocated result;
        if (!plan)
            result = {failure(plan.error()), true};
        else if (!plan->record.entries.empty())
            result = weir::relocate(parts_.disk, parts_.ledger, plan->record, watch);
        inbox_.post([this, move, plan = plan ? std::move(*plan) : RelocationPlan(), result = std::move(result)] {
            moveEnded(move, plan, result);
        });
    });
}

void Queue::moveEnded(const MovePtr& move, const RelocationPlan& plan, const Relocated& result)
{
    Task& task = *table_.find(move->id);
    if (result.outcome)
        return switchFolder(move, plan);
    if (!plan.name.isEmpty())
        claims_.release(plan.record.to + u'/' + plan.name, move->id);
    if (!result.asBefore && task.state != State::Done)
        fail(task, result.outcome.error());
    endMove(move, result.outcome);
}

void Queue::switchFolder(const MovePtr& move, const RelocationPlan& plan)
{
    Task& task = *table_.find(move->id);
    const RelocationRecord& record = plan.record;
    const QString before = task.name;
    const bool named = !record.entries.empty() || task.described;
    if (named)
        task.name = plan.name;
    task.directory = record.to;
    task.device = 0;
    claims_.releaseAll(task.id);
    if (named && task.state != State::Done)
        claims_.claim(task.directory + u'/' + task.name, task.id);
    changed(task);
    write([record, before, after = task.name](Store& store) {
        renameProgress(store, record.task, [&](const QString& path) { return renamed(path, before, after); });
        QStringList beside = filesBeside(store, record.task);
        for (QString& path : beside)
            path = renamed(path, before, after);
        keepFilesBeside(store, record.task, beside);
        recordSwitch(store, record);
    });
    commit({task.id}, [this, move, record](const Result<QList<TaskId>>& kept) {
        if (kept && !record.staging.isEmpty())
            return clearMoved(move, record);
        // Not durable yet: what was copied stays in both places until the next start.
        endMove(move, kept ? Result<void>() : failure(kept.error()));
    });
}

void Queue::clearMoved(const MovePtr& move, const RelocationRecord& left)
{
    runner_->background([this, move, left] {
        RelocationRecord over = left;
        over.switched = true;
        auto cleared = settleRelocation(parts_.disk, over);
        if (cleared)
            cleared = parts_.ledger.writeNow([id = left.task](Store& store) { store.dropRelocation(id); });
        if (!cleared)
            parts_.services.log(Level::Warning,
                QStringLiteral("task %1 is at its new place, but the old one could not be emptied: %2")
                    .arg(left.task)
                    .arg(describe(cleared.error())));
        inbox_.post([this, move] { endMove(move, {}); });
    });
}

void Queue::endMove(const MovePtr& move, const Result<void>& outcome)
{
    moves_.erase(move->id);
    std::erase(moveLine_, move->id);
    if (move->idle)
        idleAgain(move->id);
    if (Task* task = table_.find(move->id))
        shown(*task);
    for (auto& work : std::exchange(move->afterEnd, {}))
        whenEnded(move->id, std::move(work));
    Batch& batch = *move->batch;
    if (outcome)
        batch.ended.append(move->id);
    else if (!batch.error)
        batch.error = outcome.error();
    if (--batch.open == 0)
        batch.done(batch.error ? Result<QList<TaskId>>(failure(*batch.error)) : batch.ended);
    moveNext();
    if (stopped_)
        reportStopped(false);
}

bool Queue::cancelMove(TaskId id)
{
    const auto found = moves_.find(id);
    if (found == moves_.end())
        return false;
    const MovePtr move = found->second;
    move->stop.request_stop();
    if (!move->begun)
        endMove(move, failure(Code::Cancelled));
    return true;
}

QString Queue::moving(TaskId id, bool sentence) const
{
    const auto found = moves_.find(id);
    if (found == moves_.end())
        return {};
    const Move& move = *found->second;
    const qint64 total = move.total, copied = std::min<qint64>(move.copied, total);
    if (!sentence) {
        if (!move.begun)
            return {};
        return total > 0 ? QStringLiteral("moving %1 %").arg(copied * 100 / total) : QStringLiteral("moving");
    }
    if (!move.begun)
        return QStringLiteral("Its files are to get to %1 after those of others.").arg(move.to);
    if (total == 0)
        return QStringLiteral("Its files get to %1.").arg(move.to);
    return QStringLiteral("Its files are copied to %1: %2 of %3 are there.").arg(move.to, size(copied), size(total));
}

} // namespace weir
