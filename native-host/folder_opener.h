#pragma once
// Shows a file in the desktop's file manager. Any thread; blocks until the file manager has been asked.

#include <weir/result.h>

#include <QString>

namespace weir {

/// The file marked in its folder; only the folder, where the file is not there yet or the file manager can't mark.
/// DiskNoSuchDirectory, FolderOpenFailed.
Result<void> showInFolder(const QString& path);

} // namespace weir
