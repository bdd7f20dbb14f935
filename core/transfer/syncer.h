#pragma once
// The thread that makes bytes durable: snapshots written ranges, syncs the files, then hands the rows to the ledger, in that
// order and no other. It also finishes files: sync, intent, rename, sync of the folder, Done. It owns files from the end of
// their task's run; while the run lasts it borrows them. One thread per device, so that a stalled disk holds up only its own.

#include "base/executor.h"
#include "ledger/ledger.h"
#include "platform/disk.h"

#include <weir/clock.h>
#include <weir/output_file.h>

#include <QStringList>

#include <memory>

namespace weir {

/// What becomes of a taken final name.
enum class IfExists : quint8 { Rename, Resume, Overwrite, Skip };

/// The files of a run that has ended.
struct Retirement {
    TaskId task = 0;
    std::vector<std::unique_ptr<OutputFile>> files;
    QString directory;   ///< of the task; paths in the ledger are relative to it
    bool finish = false; ///< rename to the final names; else only a last checkpoint
    IfExists ifExists = IfExists::Rename;
    std::function<void(Store&)> record; ///< goes into the same transaction as the end (the Done row); may be empty
    /// On the main thread: final paths in the order of `files` (empty without `finish`), or why it could not be done; then the
    /// part files and their ledger rows are still there.
    std::function<void(Result<QStringList>)> done;
};

struct SyncTask;

class Syncer {
public:
    struct Policy {
        std::chrono::milliseconds interval{5000}; ///< at most so much transfer time is unsynced
        qint64 bytes = 32 << 20;                  ///< or so many bytes of one file
        std::size_t batchForVolumeSync = 32;      ///< from so many files on, one syncfs instead of a sync each
    };
    Syncer(Disk& disk, Ledger& ledger, Executor main, Policy policy);
    ~Syncer(); ///< as stop(), but waits until all threads have ended

    /// Before the first watch(): called on the main thread when a checkpoint of a running task failed. What was written since
    /// its last good one is forgotten, though the run may believe that it is there: it must be stopped and started again. What
    /// it saves until then is not kept.
    void onFailure(std::function<void(TaskId, Error)> listener);

    /// From the task's thread: `file` is part of the run of `task` until retire() or release().
    void watch(TaskId task, const QString& directory, OutputFile* file);
    /// A plugin's state, to become durable with the next checkpoint of the task, after `alsoSync` and all watched files.
    void save(TaskId task, QByteArray state, QStringList alsoSync);
    /// The task's run has ended and nothing of it is to be kept (it was removed). Waits for a checkpoint that just uses its
    /// files.
    void release(TaskId task);
    /// The task's run has ended. An incomplete file is never renamed: Internal.
    void retire(Retirement ended);
    /// As retire(finish) but waits, and the run goes on (TaskContext::complete). From the task's thread.
    Result<QStringList> finishNow(Retirement files);
    /// Last checkpoint of everything; retired files are finished. Waits at most `patience`; false: not all is done.
    bool stop(std::chrono::milliseconds patience);

private:
    struct State;
    struct Worker;
    void end(Retirement ended, std::function<void(Result<QStringList>)> tell);
    void serveDevice(quint64 device);
    void serve(Worker& worker);
    void startWriting(quint64 device);
    void settle(std::vector<SyncTask>& tasks);

    Disk& disk_;
    Ledger& ledger_;
    const Executor main_;
    const Policy policy_;
    const std::shared_ptr<State> state_; ///< also owned by what watched files call
};

/// At start, before any task runs: renames that were committed as intended but not recorded as done are completed or undone by
/// comparing inodes; a stranger's file of the same name is never adopted. Returns the intents of the tasks whose files all have
/// their final names now: the caller records those as done and drops their intents and progress in one transaction.
Result<std::vector<IntentRecord>> recoverIntents(Disk& disk, Store& store);

} // namespace weir
