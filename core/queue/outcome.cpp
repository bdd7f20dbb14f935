// What the end of a run means.

#include "plugin_host/quarantine.h"
#include "queue/files_beside.h"
#include "queue/live.h"

#include <algorithm>

namespace weir {

namespace {

/// `bytes`: of files that were finished before.
TaskRecord doneRow(TaskRecord row, qint64 now, qint64 bytes, const std::vector<std::unique_ptr<OutputFile>>& files)
{
    for (const auto& file : files)
        bytes += file->done();
    if (row.size < 0 || files.size() == 1)
        row.size = bytes;
    row.done = row.size;
    row.state = State::Done;
    row.finished = now;
    row.attempts = row.crashes = 0;
    row.errorCode = 0;
    row.errorNative = 0;
    row.errorDetail.clear();
    row.notBefore = 0;
    return row;
}

/// The plugin's own, not the world's: people want to see it with the plugin, too.
bool isPluginFault(Code code)
{
    return code == Code::PluginThrew || code == Code::PluginContract || code == Code::PluginAnswerBad
        || code == Code::PluginCreateFailed;
}

void clearError(TaskRecord& row)
{
    row.errorCode = 0;
    row.errorNative = 0;
    row.errorDetail.clear();
}

void setError(TaskRecord& row, const Error& error)
{
    constexpr qsizetype kLongestDetail = 2'000;
    row.errorCode = quint16(error.code);
    row.errorNative = error.native;
    row.errorDetail = error.detail.left(kLongestDetail);
}

} // namespace

void Queue::onEnded(const Runner::Ended& ended)
{
    if (const auto zombie = hanging_.find(ended.task); zombie != hanging_.end()) {
        const LivePtr live = zombie->second;
        hanging_.erase(zombie);
        live->ended = true;
        live->context->giveConnectionsBack();
        keepFiles(live);
        return;
    }
    const auto found = live_.find(ended.task);
    if (found == live_.end() || found->second->ended)
        return;
    const LivePtr live = found->second; // not the table's own, which goes while this runs
    concludeRun(live, ended.outcome);
}

void Queue::giveSlotBack(Live& live)
{
    --running_;
    budget_.release(live.host);
    live.context->giveConnectionsBack();
    planWanted_ = true;
    turnSoon();
}

void Queue::beginSharing(const LivePtr& live)
{
    live->sharing = true;
    ++sharing_;
    giveSlotBack(*live);
    if (live->stopAt)
        live->onStop();
    if (live->left)
        concludeRun(live, *live->left);
}

void Queue::concludeRun(const LivePtr& live, Result<void> outcome)
{
    RunContext& context = *live->context;
    Task* task = table_.find(live->id);
    if (outcome && !live->sharing) {
        live->onStop = context.takeDetached();
        if (live->onStop) {
            beginSharing(live);
            return;
        }
    }
    live->ended = true;
    if (live->sharing)
        --sharing_;
    else
        giveSlotBack(*live);
    if (task) {
        RunContext::Sample last = context.sample();
        countTraffic(*live, last);
        live->last = std::move(last);
        task->done = live->last.done;
        task->uploaded = std::max(task->uploaded, live->last.activity.uploaded);
        task->verified = quint8(context.verified());
        task->crashes = !outcome && outcome.error().code == Code::PluginCrashed ? quint16(task->crashes + 1) : quint16(0);
    }
    if (running_ + sharing_ == 0)
        keepTraffic();
    if (const QJsonArray gaps = context.gaps(); task && outcome && !gaps.isEmpty()) {
        gaps_[task->id] = gaps;
        mergeOptions(*task, {{QStringLiteral("gaps"), gaps}});
    }
    if (!outcome && isPluginFault(outcome.error().code))
        parts_.registry.noteFault(QString::fromUtf8(live->plugin), outcome.error());
    if (task && outcome) {
        finishFiles(live);
    } else {
        const bool anew = live->stoppedFor.has_value();
        if (task)
            endWith(live, anew ? *live->stoppedFor : outcome.error(), live->stopAt.has_value() && !anew);
        keepFiles(live);
    }
    if (stopped_)
        reportStopped(false);
}

void Queue::finishFiles(const LivePtr& live)
{
    Task& task = *table_.find(live->id);
    live->finishing = true;
    Retirement whole;
    whole.task = task.id;
    whole.files = live->context->takeFiles();
    whole.directory = task.directory;
    whole.finish = true;
    whole.ifExists = live->context->ifExists();
    const TaskRecord row = doneRow(task, wall_.now(), live->context->completedBytes(), whole.files);
    whole.record = [row, secrets = live->context->hasSecrets()](Store& store) {
        if (row.unlisted) {
            store.removeTask(row.id);
            return;
        }
        store.updateTask(row);
        if (secrets)
            store.eraseSecrets(row.id);
    };
    dirty_.erase(task.id); // the row goes with its end
    shown(task);
    if (!whole.files.empty()) {
        whole.done = whileAlive([this, live, row](const Result<QStringList>& paths) { finished(live, row, paths); });
        parts_.syncer.retire(std::move(whole));
        return;
    }
    parts_.ledger.write(whole.record, whileAlive([this, live, row](const Result<void>& durable) {
        finished(live, row, durable ? Result<QStringList>(QStringList()) : failure(durable.error()));
    }));
}

void Queue::finished(const LivePtr& live, const TaskRecord& row, const Result<QStringList>& paths)
{
    Task* task = table_.find(live->id);
    live->finishing = false;
    if (!task) {
        retired(live);
        return;
    }
    if (!paths) {
        endWith(live, paths.error(), false);
        retired(live);
        return;
    }
    const State before = task->state;
    static_cast<TaskRecord&>(*task) = row;
    task->state = before;
    apply(*task, Event::Finish);
    task->spec.reset();
    atOnce_.erase(task->id);
    handedOver_.erase(task->id);
    claims_.releaseAll(task->id);
    // A file of that name may have come at the last moment.
    if (paths->size() == 1 && paths->first() != task->directory + u'/' + task->name
        && paths->first().startsWith(task->directory + u'/')) {
        task->name = paths->first().mid(task->directory.size() + 1);
        changed(*task);
    } else {
        shown(*task);
    }
    if (const QStringList beside = besideOwn(*paths, task->directory, task->name); !beside.isEmpty())
        write([id = task->id, beside](Store& store) { keepFilesBeside(store, id, beside); });
    if (task->device != 0)
        watched_.erase(task->device);
    retired(live);
}

void Queue::keepFiles(const LivePtr& live)
{
    Retirement part;
    part.task = live->id;
    part.files = live->context->takeFiles();
    if (part.files.empty() && !live->context->saved()) { // else the next run would find an older state
        retired(live);
        return;
    }
    if (const Task* task = table_.find(live->id))
        part.directory = task->directory;
    else
        part.directory = live->context->spec().directory;
    part.done = whileAlive([this, live](const Result<QStringList>& kept) {
        if (!kept)
            parts_.services.log(Level::Warning, QStringLiteral("task %1: %2").arg(live->id).arg(describe(kept.error())));
        retired(live);
    });
    parts_.syncer.retire(std::move(part));
}

void Queue::endWith(const LivePtr& live, const Error& error, bool stopRequested)
{
    Task& task = *table_.find(live->id);
    RunEnd end;
    end.error = error;
    end.stopRequested = stopRequested;
    end.progressed = task.done > live->doneBefore;
    end.attempts = task.attempts;
    end.atOnce = atOnce_[task.id];
    end.maxAttempts = live->context->maxAttempts();
    end.nowMs = wall_.now();
    const Verdict verdict = judge(end, tuning_.backoff, [this] { return std::uniform_real_distribution<double>(0, 1)(dice_); });
    applyVerdict(task, live, error, verdict);
}

void Queue::applyVerdict(Task& task, const LivePtr& live, const Error& error, const Verdict& verdict)
{
    atOnce_[task.id] = verdict.atOnce;
    task.attempts = quint16(verdict.attempts);
    task.notBefore = verdict.notBefore;
    if (verdict.event == Event::Fail || taskHasCrashedOut(task.crashes)) {
        fail(task, error);
        return;
    }
    clearError(task);
    if (verdict.handOver) {
        const QByteArray other = live->context->handedTo();
        // To nobody by name: what its address is decides.
        if (++handedOver_[task.id] > kMostHandOvers) {
            fail(task, Error{Code::NoAdapter, error.detail});
            return;
        }
        task.adapter = other;
        if (auto reply = live->context->takePrefetched())
            prefetched_[task.id] = std::move(*reply);
    } else if (verdict.event == Event::TryAgain) {
        setError(task, error);
    }
    if (verdict.trouble != VolumeTrouble::None)
        holdVolume(task, verdict.trouble, live->context->volume());
    if (verdict.event == Event::Ask) {
        const QJsonObject offer = live->context->offer();
        offers_[task.id] = offer;
        mergeOptions(task, {{QStringLiteral("offer"), offer}});
    }
    apply(task, verdict.event);
    changed(task);
}

void Queue::fail(Task& task, const Error& error)
{
    setError(task, error);
    task.notBefore = 0;
    task.finished = wall_.now();
    ready_.drop(task.id);
    apply(task, Event::Fail);
    changed(task);
    if (task.unlisted)
        write([id = task.id](Store& store) { store.removeTask(id); });
}

void Queue::retired(const LivePtr& live)
{
    const auto found = live_.find(live->id);
    if (found != live_.end() && found->second == live)
        live_.erase(found);
    for (const auto& work : std::exchange(live->afterEnd, {}))
        work();
    if (Task* task = table_.find(live->id))
        refresh(*task);
}

} // namespace weir
