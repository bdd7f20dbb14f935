#pragma once
// The files below a folder of a server: found by asking for one listing after the other, kept in the task's state from then
// on, so that what was chosen stays what is fetched. A plain value; listFolder() runs on the task's thread.

#include <weir/context.h>

namespace weir {

struct FolderFile {
    QUrl url;
    QString path; ///< below the folder; unlike any other's, however the file system compares names
    qint64 size = -1;
};

struct FolderContents {
    QString name;
    std::vector<FolderFile> files;

    QByteArray toBytes() const;
    static FolderContents fromBytes(const QByteArray& state); ///< without files if it is no such state
    TaskInfo info() const;
};

/// Links are not followed: they may lead around in circles. Errors: FtpListingBad, FtpFolderTooLarge, FtpFolderEmpty,
/// Cancelled, and those of the fetches.
Result<FolderContents> listFolder(TaskContext& ctx);

} // namespace weir
