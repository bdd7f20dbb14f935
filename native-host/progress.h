#pragma once
// How running downloads look on a terminal: one line a task, columns aligned, as much as the width allows. Pure; any thread.

#include "task_view.h"
#include "terminal.h"

#include <QStringList>

namespace weir {

struct ProgressStyle {
    int width = 80;
    bool unicode = true;
    bool colour = false;
    int tick = 0; ///< moves what stands for an unknown size
};

/// Sums over all tasks of one command.
struct ProgressTotals {
    int running = 0, waiting = 0, held = 0, done = 0, failed = 0;
    qint64 bytes = 0, size = 0, rate = 0;
    bool sizeKnown = true; ///< of every task
    int all() const { return running + waiting + held + done + failed; }
    void add(const TaskView& task);
};

/// `cells` columns, filled to `fraction`; fraction < 0: a block that wanders.
QString progressBar(double fraction, int cells, const ProgressStyle& style);
/// One line for each task, none wider than the style's width.
QStringList progressLines(const std::vector<const TaskView*>& tasks, const ProgressStyle& style);
QString totalLine(const ProgressTotals& totals, const ProgressStyle& style);
/// "1 running, 12 waiting, 3 done": what is zero is left out.
QString countsText(const ProgressTotals& totals);

} // namespace weir
