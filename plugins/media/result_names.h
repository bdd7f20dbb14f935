#pragma once
// What a recording is called, and the list of what is not in it, NAME.gaps.json. The task's thread.

#include <weir/context.h>

namespace weir {

/// "…/big-buck-bunny/master.m3u8" is called by the part that names it; without an extension. Pure.
QString streamName(const QUrl& url);

/// The folder that a recording gathers in: `known` from before, but by its name now if it was moved to where that was taken.
QString spoolName(const QString& directory, const QString& known, const QString& name);

/// Beside the recording and in the task's JSON. Nothing if there are none. Errors: those of TaskContext::open() and the disk.
Result<void> writeGapList(TaskContext& ctx, const QString& name, const QJsonArray& gaps);

} // namespace weir
