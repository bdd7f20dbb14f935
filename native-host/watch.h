#pragma once
// `weir watch`: a live table of all tasks on the terminal's second screen. Single thread; the Cli is borrowed.

#include "cli.h"

namespace weir {

/// Until q or Ctrl-C. NotATerminal; with --json a line for each change instead.
Result<int> watchTasks(Cli& cli);

/// One picture: at most `height` lines, none wider than `width`. `top` is the first task shown, moved into the possible range.
QStringList watchPicture(const std::vector<TaskView>& tasks, int width, int height, int& top, const Output& style);

} // namespace weir
