#include "transfer/syncer.h"

#include "transfer/sync_round.h"

#include <algorithm>
#include <condition_variable>
#include <list>
#include <mutex>
#include <thread>

namespace weir {
namespace {

using Time = std::chrono::steady_clock;

// How soon the ledger is asked again that would not take the end of a task.
constexpr std::chrono::milliseconds kRecordAgain{500};
// What the disk has been given meanwhile no sync waits for: above all not the last, on which the user waits.
constexpr std::chrono::milliseconds kStartWriting{500};
constexpr qint64 kWorthWriting = 4 << 20;

struct Ending {
    Retirement retirement;
    std::function<void(Result<QStringList>)> tell;
};

// All that is known of one task between its first watch() and its last end.
struct Work {
    quint64 device = 0;
    std::vector<SyncedFile> files; ///< borrowed
    std::optional<PluginSave> save;
    Time::time_point savedSince{}; ///< when the oldest state that `save` stands for came
    std::list<Ending> endings;
    std::optional<Error> error; ///< of an earlier checkpoint of this run
    bool urged = false;
    bool busy = false; ///< in a round

    // A task stays with the worker of its first file, so that its checkpoints keep their order; only an idle one may move.
    void belongTo(quint64 newDevice)
    {
        if (files.empty() && endings.empty() && !busy)
            device = newDevice;
    }
    // A writer that waits for a sync would wait for ever.
    void letGo()
    {
        for (const SyncedFile& each : files)
            each.file->setOnUnsynced(0, {});
    }
    bool over() const { return files.empty() && !save && endings.empty() && !busy; }
};
using Works = std::map<TaskId, Work>;

bool isBehind(const SyncedFile& each) { return each.file->unsynced() >= kWorthWriting; }

bool isDirty(const Work& work)
{
    return work.save || std::any_of(work.files.begin(), work.files.end(), [](const SyncedFile& file) { return file.dirty(); });
}

// The files of an end, with what the ledger is known to have of them.
void takeEnding(Work& work, SyncTask& task)
{
    Ending ending = std::move(work.endings.front());
    work.endings.pop_front();
    task.ending = std::move(ending.retirement);
    task.tell = std::move(ending.tell);
    if (task.ending->finish)
        task.error = work.error;
    for (const auto& owned : task.ending->files) {
        const auto known = std::find_if(
            work.files.begin(), work.files.end(), [&](const SyncedFile& file) { return file.file == owned.get(); });
        task.files.push_back(known != work.files.end() ? *known : SyncedFile(owned.get(), task.ending->directory));
        if (known != work.files.end())
            work.files.erase(known);
    }
}

// What a round is to do; `all`: also what is merely dirty.
std::vector<SyncTask> collect(Works& works, quint64 device, bool all)
{
    std::vector<SyncTask> tasks;
    for (auto& [id, work] : works) {
        if (work.device != device || work.busy || !(all || work.urged || !work.endings.empty()))
            continue;
        work.urged = false;
        if (work.endings.empty() && !isDirty(work))
            continue;
        SyncTask& task = tasks.emplace_back();
        task.id = id;
        task.save = std::exchange(work.save, {});
        // The run does not know yet what was lost, so its states may describe just that.
        if (work.error)
            task.save.reset();
        if (work.endings.empty())
            task.files = work.files;
        else
            takeEnding(work, task);
        work.busy = true;
    }
    return tasks;
}

// What a round has learnt of a task that may go on.
void giveBack(Works& works, SyncTask& task)
{
    Work& work = works[task.id];
    work.busy = false;
    if (!task.ending) {
        for (const SyncedFile& done : task.files)
            for (SyncedFile& file : work.files)
                if (file.file == done.file)
                    file = done;
        if (task.error)
            work.error = task.error;
        // The next round tries again, unless a newer state has come or the bytes that it describes are lost.
        if (task.save && task.ledgerError && !task.error && !work.save)
            work.save = std::move(task.save);
    }
    if (work.over())
        works.erase(task.id);
}

} // namespace

struct Syncer::Worker {
    quint64 device = 0;
    std::condition_variable changed;
    bool idle = false; ///< nothing to look after: to be woken for whatever comes
    bool ended = false;
    bool left = false; ///< it ended with something undone
    std::thread thread;
};

struct Syncer::State {
    std::mutex mutex;
    Works works;
    std::map<quint64, std::unique_ptr<Worker>> workers;
    std::condition_variable idle; ///< a round is over
    std::function<void(TaskId, Error)> failed;
    bool stopping = false;

    bool hasEnding(quint64 device) const
    {
        return std::any_of(works.begin(), works.end(), [&](const auto& entry) {
            return entry.second.device == device && !entry.second.busy && !entry.second.endings.empty();
        });
    }
    // Until something is urgent or, if there is anything to look after, `due` has come.
    void awaitWork(std::unique_lock<std::mutex>& lock, Worker& worker, Time::time_point due, bool waiting)
    {
        const auto mine = [&](const Works::value_type& entry) { return entry.second.device == worker.device; };
        const auto urgent = [&] {
            return stopping || hasEnding(worker.device) || std::any_of(works.begin(), works.end(), [&](const auto& entry) {
                return mine(entry) && entry.second.urged && !entry.second.busy;
            });
        };
        const auto any = [&] { return std::any_of(works.begin(), works.end(), mine); };
        worker.idle = true;
        while (!waiting && !any() && !stopping)
            worker.changed.wait(lock);
        worker.idle = false;
        worker.changed.wait_until(lock, due, urgent);
    }
    void wake(quint64 device)
    {
        if (const auto worker = workers.find(device); worker != workers.end())
            worker->second->changed.notify_one();
    }
    void urge(TaskId task)
    {
        const std::lock_guard lock(mutex);
        if (const auto work = works.find(task); work != works.end()) {
            work->second.urged = true;
            wake(work->second.device);
        }
    }
};

Syncer::Syncer(Disk& disk, Ledger& ledger, Executor main, Policy policy)
    : disk_(disk),
      ledger_(ledger),
      main_(std::move(main)),
      policy_(policy),
      state_(std::make_shared<State>())
{}

Syncer::~Syncer()
{
    (void)stop({});
    for (auto& [device, worker] : state_->workers)
        worker->thread.join();
}

void Syncer::onFailure(std::function<void(TaskId, Error)> listener)
{
    const std::lock_guard lock(state_->mutex);
    state_->failed = std::move(listener);
}

void Syncer::watch(TaskId task, const QString& directory, OutputFile* file)
{
    file->setOnUnsynced(policy_.bytes, [state = state_, task] { state->urge(task); });
    const std::lock_guard lock(state_->mutex);
    Work& work = state_->works[task];
    work.belongTo(file->device());
    work.files.emplace_back(file, directory);
    serveDevice(work.device);
}

void Syncer::save(TaskId task, QByteArray state, QStringList alsoSync)
{
    const std::lock_guard lock(state_->mutex);
    Work& work = state_->works[task];
    const auto now = Time::now();
    // An older state was never written: its files still have to be synced before this one.
    if (work.save)
        alsoSync += work.save->alsoSync;
    else
        work.savedSince = now;
    alsoSync.removeDuplicates();
    work.save = PluginSave{std::move(state), std::move(alsoSync)};
    serveDevice(work.device);
    // What is at stake began before the first of these states: together with the time between two of them, a round of its own
    // keeps that within the interval.
    if (now - work.savedSince >= policy_.interval / 3) {
        work.urged = true;
        state_->wake(work.device);
    }
}

void Syncer::release(TaskId task)
{
    std::unique_lock lock(state_->mutex);
    state_->idle.wait(lock, [&] {
        const auto work = state_->works.find(task);
        return work == state_->works.end() || !work->second.busy;
    });
    if (const auto work = state_->works.find(task); work != state_->works.end()) {
        work->second.letGo();
        state_->works.erase(work);
    }
}

void Syncer::retire(Retirement ended)
{
    auto tell = [main = main_, done = std::move(ended.done)](Result<QStringList> result) {
        if (done)
            main([done, result = std::move(result)] { done(result); });
    };
    end(std::move(ended), std::move(tell));
}

Result<QStringList> Syncer::finishNow(Retirement files)
{
    std::mutex mutex;
    std::condition_variable changed;
    std::optional<Result<QStringList>> answer;
    files.finish = true;
    end(std::move(files), [&](Result<QStringList> result) {
        const std::lock_guard lock(mutex);
        answer = std::move(result);
        changed.notify_one();
    });
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return answer.has_value(); });
    return std::move(*answer);
}

void Syncer::end(Retirement ended, std::function<void(Result<QStringList>)> tell)
{
    for (const auto& file : ended.files)
        file->setOnUnsynced(0, {});
    std::unique_lock lock(state_->mutex);
    if (state_->stopping) {
        lock.unlock();
        tell(failure(Code::Cancelled, QStringLiteral("weir is stopping")));
        return;
    }
    Work& work = state_->works[ended.task];
    if (!ended.files.empty())
        work.belongTo(ended.files.front()->device());
    work.endings.push_back({std::move(ended), std::move(tell)});
    serveDevice(work.device);
    state_->wake(work.device);
}

// Under the lock.
void Syncer::serveDevice(quint64 device)
{
    if (state_->stopping)
        return;
    auto& worker = state_->workers[device];
    if (worker && worker->idle)
        worker->changed.notify_one();
    if (worker)
        return;
    worker = std::make_unique<Worker>();
    worker->device = device;
    worker->thread = std::thread([this, &one = *worker] { serve(one); });
}

bool Syncer::stop(std::chrono::milliseconds patience)
{
    std::unique_lock lock(state_->mutex);
    if (!std::exchange(state_->stopping, true)) // later its files may be gone
        for (auto& [task, work] : state_->works)
            work.letGo();
    for (auto& [device, worker] : state_->workers)
        worker->changed.notify_one();
    const auto allEnded = [&] {
        return std::all_of(state_->workers.begin(), state_->workers.end(), [](const auto& w) { return w.second->ended; });
    };
    return state_->idle.wait_for(lock, patience, allEnded)
        && std::none_of(state_->workers.begin(), state_->workers.end(), [](const auto& w) { return w.second->left; });
}

void Syncer::serve(Worker& worker)
{
    std::vector<SyncTask> unrecorded;
    auto due = Time::now() + policy_.interval;
    bool left = false;
    for (bool stopping = false; !stopping;) {
        std::vector<SyncTask> tasks;
        {
            std::unique_lock lock(state_->mutex);
            const auto soon = Time::now() + (unrecorded.empty() ? kStartWriting : kRecordAgain);
            state_->awaitWork(lock, worker, std::min(due, soon), !unrecorded.empty());
            const bool all = state_->stopping || Time::now() >= due;
            if (all)
                due = Time::now() + policy_.interval;
            tasks = collect(state_->works, worker.device, all);
            // No end is accepted any more; what is there goes into this round or, if a task has two, into the next.
            stopping = state_->stopping && !state_->hasEnding(worker.device);
        }
        if (tasks.empty())
            startWriting(worker.device);
        SyncRound round(disk_, ledger_, policy_.batchForVolumeSync);
        round.record(unrecorded);
        round.run(tasks);
        std::move(tasks.begin(), tasks.end(), std::back_inserter(unrecorded));
        left = std::any_of(
            unrecorded.begin(), unrecorded.end(), [](const SyncTask& task) { return task.ledgerError || task.unrecorded(); });
        settle(unrecorded);
    }
    const std::lock_guard lock(state_->mutex);
    worker.ended = true;
    worker.left = left;
    state_->idle.notify_all();
}

void Syncer::startWriting(quint64 device)
{
    std::map<TaskId, std::vector<OutputFile*>> behind;
    {
        const std::lock_guard lock(state_->mutex);
        for (auto& [id, work] : state_->works) {
            if (work.device != device || work.busy)
                continue;
            for (const SyncedFile& each : work.files)
                if (isBehind(each))
                    behind[id].push_back(each.file);
            work.busy = behind.contains(id);
        }
    }
    for (const auto& [id, files] : behind)
        for (const OutputFile* file : files)
            file->startWriting();
    const std::lock_guard lock(state_->mutex);
    for (const auto& [id, files] : behind)
        state_->works[id].busy = false;
    if (!behind.empty())
        state_->idle.notify_all();
}

// Gives the finished ones back to their owners; those that the ledger has still to hear of stay.
void Syncer::settle(std::vector<SyncTask>& tasks)
{
    const auto firstOver = std::partition(tasks.begin(), tasks.end(), [](const SyncTask& task) { return task.unrecorded(); });
    std::vector<SyncTask> over(std::make_move_iterator(firstOver), std::make_move_iterator(tasks.end()));
    tasks.erase(firstOver, tasks.end());
    {
        const std::lock_guard lock(state_->mutex);
        for (SyncTask& task : over) {
            giveBack(state_->works, task);
            if (task.error && !task.ending && state_->failed)
                main_([failed = state_->failed, id = task.id, error = *task.error] { failed(id, error); });
        }
        state_->idle.notify_all();
    }
    for (SyncTask& task : over) {
        if (!task.tell)
            continue;
        task.ending->files.clear(); // closed before anybody hears of them
        if (task.error)
            task.tell(failure(*task.error));
        else if (task.ledgerError)
            task.tell(failure(*task.ledgerError));
        else
            task.tell(task.finals);
    }
}

} // namespace weir
