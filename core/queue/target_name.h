#pragma once
// Which name a file gets: by --if-exists, by what lies in the folder, and by what other tasks are writing. Looks at the disk
// and changes nothing but for `resume`, where a NAME that can be continued becomes NAME.part. The task's thread.

#include "platform/disk.h"
#include "queue/path_claims.h"
#include "transfer/syncer.h"

namespace weir {

struct NameWish {
    QString directory, name; ///< the name is safe already
    TaskId task = 0;
    qint64 size = -1;
    bool resumable = false;
    bool verifiable = false; ///< TaskInfo::verifiable
    bool folder = false;     ///< what will have the name is one
    IfExists ifExists = IfExists::Rename;
    /// Is a NAME.part that lies there the task's own?
    std::function<bool(const QString& finalPath, const FileIdentity& part)> ours;
};

struct TargetName {
    QString name;
    qint64 adopted =
        -1; ///< a NAME.part that is not ours is taken over, with so many good bytes at its beginning; -1: there is none
};

/// The name is claimed for the task then. NoFreeName, FileSkipped, DiskFileExists, PartFileInUse, DiskIsADirectory,
/// TargetNotRegular and what the disk says.
Result<TargetName> chooseTargetName(const NameWish& wish, Disk& disk, PathClaims& claims);

/// "rename", "resume", "overwrite", "skip".
std::optional<IfExists> ifExistsFrom(QStringView text);

/// No folder between `directory` and the file may lead out of it. PathEscapes.
Result<void> requireInside(const QString& directory, const QString& finalPath);

} // namespace weir
