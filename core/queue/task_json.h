#pragma once
// A task as the JSON of interface.md, written in one pass: lists have thousands of them. Pure.

#include "base/error_json.h"
#include "base/json_writer.h"
#include "queue/holds.h"
#include "queue/task_table.h"

#include <weir/context.h>

namespace weir {

/// What is true only while a task runs.
struct LiveState {
    qint64 rateDown = 0;
    int connections = 0;
    QString phase;
    Activity activity; ///< as last sampled
    QList<FileState> files;
};

/// Into an open object. `live`: null if it does not run.
void writeMembers(JsonWriter& writer, const Task& task, const LiveState* live, const std::vector<const HoldRecord*>& holds);
/// Files, sources: what only a single task's JSON has. Into the same object.
void writeDetailMembers(JsonWriter& writer, const Task& task, const LiveState* live);

/// What it is called before it has said so itself.
QString shownName(const Task& task);
/// "2026-11-21T22:48:01Z"; null for 0.
QJsonValue isoTime(qint64 ms);
const char* toString(Verified verified);
const char* priorityName(int priority);

} // namespace weir
