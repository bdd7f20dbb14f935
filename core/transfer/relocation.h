#pragma once
// The files of a task get to another folder: by a rename of each, or over a copy where that is another file system. A kill may
// cut it anywhere: until the ledger names the new folder everything goes back, from then on what is left of the old goes. The
// task is idle meanwhile. A thread of the runner; settleRelocation() and recoverRelocations() also before any task runs.

#include "ledger/ledger.h"
#include "platform/disk.h"

namespace weir {

struct Relocated {
    Result<void> outcome;
    bool asBefore = false; ///< it failed, and all files are where they were; else some are not
};

struct RelocationWatch {
    CopyWatch copy;
    std::function<void(qint64 bytes)> willCopy; ///< once, if names alone are not enough
};

/// Until every entry has its new place, durably; the ledger knows of it, and the caller makes it name the new folder in the
/// same transaction that sets `switched`. `record` has folders and names, and gets what was found out.
Relocated relocate(Disk& disk, Ledger& ledger, RelocationRecord& record, const RelocationWatch& watch);

/// Ends one: back, or if it was switched, all the way. An error: something is still to be done, and can be tried again.
Result<void> settleRelocation(Disk& disk, const RelocationRecord& record);
/// What to write down with the task's new folder.
void recordSwitch(Store& store, RelocationRecord record);
/// The task's progress under new names.
void renameProgress(Store& store, TaskId task, const std::function<QString(const QString&)>& renamed);

/// Settles what the last life left. The tasks of which some files could not be brought back: they must not run.
Result<std::vector<TaskId>> recoverRelocations(Disk& disk, Store& store);

} // namespace weir
