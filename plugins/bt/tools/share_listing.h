#pragma once
// What lies below a path that is to become a torrent, always in the same order. Paths are bytes, as the file system has them.
// Blocking; any thread.

#include <weir/result.h>

#include <QStringList>

#include <string>
#include <vector>

namespace weir {

struct ShareFile {
    std::string path; ///< below the parent folder, beginning with the name; parts are divided by /
    qint64 size = 0;
};

struct ShareListing {
    std::string parent, name;
    std::vector<ShareFile> files;
    qint64 size = 0;
    bool folder = false;
};

/// `ignore`: patterns with * and ? for names, or for paths below the folder if they have a /. Links to folders and what is no
/// file are left out. Sorted by the path without regard to the case of Latin letters, as transmission-create does it.
/// NothingToShare, InputUnreadable, DiskNameInvalid.
Result<ShareListing> listShare(const std::string& path, const QStringList& ignore);

} // namespace weir
