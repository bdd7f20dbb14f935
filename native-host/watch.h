#pragma once
// `weir watch`: a live table of all tasks on the terminal's second screen. Single thread; the Cli is borrowed.

#include "cli.h"
#include "task_query.h"

namespace weir {

/// Until q or Ctrl-C. NotATerminal; with --json a line for each change of any task instead.
Result<int> watchTasks(Cli& cli, const TaskQuery& query);

/// One picture: at most `height` lines, none wider than `width`. `top` is the first task shown, moved into the possible range.
QStringList watchPicture(const std::vector<TaskView>& tasks, const std::vector<const TaskColumn*>& columns, int width,
    int height, int& top, const Output& style);

} // namespace weir
