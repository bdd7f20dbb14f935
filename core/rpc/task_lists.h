#pragma once
// Long answers about tasks: pages of the list and of the history, written straight to JSON. Main thread.

#include "base/json_writer.h"
#include "rpc/params.h"
#include "rpc/session.h"

namespace weir {

/// Whose eyes look: what is left out, and how long a page may be. Outlives the session where an answer comes later.
struct View {
    bool browserOnly = false;
    qint64 maxMessage = Session::kMaxReply;
    explicit View(const Session& session) : browserOnly(session.fromBrowser()), maxMessage(session.maxMessage()) {}
};

/// task.list: by id; `since` a revision only what changed after it, by revision.
Result<Answer> listTasks(const Backend& backend, const View& view, Params params);
/// task.history: tasks that have ended, the newest first.
Result<Answer> listHistory(const Backend& backend, const View& view, Params params);
/// Done and failed tasks that ended before that moment (milliseconds since 1970).
QList<TaskId> endedBefore(const Backend& backend, const View& view, qint64 moment);

} // namespace weir
