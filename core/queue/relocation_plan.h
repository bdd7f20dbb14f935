#pragma once
// What of a task moves to another folder, and under which names. footprint() and renamed() are pure; planRelocation() looks at
// both folders and changes nothing but a claim. A thread of the runner.

#include "ledger/records.h"
#include "platform/disk.h"
#include "queue/path_claims.h"

#include <QStringList>

namespace weir {

/// Where files of a task can lie, relative to its folder: each a file or a whole folder. `begun`: it has files, or had some.
QStringList footprint(
    const TaskRecord& task, bool begun, const std::vector<ProgressRecord>& progress, const QStringList& beside);

/// A path of a task called `before` that is called `after` from now on: what has its name, or a name made from it, follows
/// ("film.mp4.part", "film.de.vtt").
QString renamed(const QString& path, const QString& before, const QString& after);

struct RelocationPlan {
    RelocationRecord record; ///< no entries: there is nothing of it on the disk
    QString name;            ///< of the task, claimed in the new folder if it has files
};

struct RelocationWish {
    TaskRecord task;
    bool begun = false;
    std::vector<ProgressRecord> progress;
    QStringList beside; ///< files that a finished task made beside its own
    QString to;         ///< a folder
};

/// The folder can take files: DiskNoSuchDirectory, DiskNotADirectory, DiskReadOnly, DiskPermission.
Result<void> requireFolder(Disk& disk, const QString& folder);
/// DiskGone, DiskNoSuchFile (it is done, and its file is gone), PathEscapes, NoFreeName, DiskFileExists, BadOption (into
/// itself).
Result<RelocationPlan> planRelocation(Disk& disk, PathClaims& claims, const RelocationWish& wish);

} // namespace weir
