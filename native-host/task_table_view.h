#pragma once
// Tasks as text: the table of `list` and `watch`, and one task whole. Pure; any thread.

#include "task_columns.h"
#include "terminal.h"

#include <QStringList>

#include <vector>

namespace weir {

enum class SumLine : bool { No, Yes };
/// Title, one line a task, and the sums if there are several; width 0: as wide as needed. `style` says what the lines may hold.
QStringList taskTable(Tasks tasks, const std::vector<const TaskColumn*>& columns, SumLine sums, int width, const Output& style);
/// What `weir show` prints.
QStringList taskWhole(const QJsonObject& task, const Output& style);
/// "running", "paused", "failed" ...
QString stateText(const TaskView& task);
Colour stateColour(const TaskView& task);

} // namespace weir
