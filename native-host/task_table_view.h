#pragma once
// Tasks as text: the table of `list` and `watch`, and one task whole. Pure; any thread.

#include "task_view.h"
#include "terminal.h"

#include <QStringList>

#include <vector>

namespace weir {

/// Title and one line a task; width 0: as wide as needed. `style` says what the lines may hold.
QStringList taskTable(const std::vector<TaskView>& tasks, int width, const Output& style);
/// What `weir show` prints.
QStringList taskWhole(const QJsonObject& task, const Output& style);
/// "running", "paused", "failed" ... coloured.
QString stateText(const TaskView& task);

} // namespace weir
