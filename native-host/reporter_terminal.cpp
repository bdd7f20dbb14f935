#include "progress_screen.h"
#include "reporter.h"
#include "text.h"

#include <algorithm>

namespace weir {

namespace {

constexpr qint64 kRedraw = 200;

class TerminalReporter final : public Reporter {
public:
    explicit TerminalReporter(Output& output) : output_(output), screen_(output) {}

    void event(GetEvent what, const Tracked& task, qint64) override
    {
        if (what == GetEvent::Done) {
            staying_ += output_.paint(Colour::Green, output_.unicode ? QStringLiteral("✔ ") : QStringLiteral("done "))
                + shortPath(task.view) + QStringLiteral("  ") + output_.paint(Colour::Dim, endingText(task));
        } else if (what == GetEvent::Failed && task.view.error) {
            staying_ += output_.paint(Colour::Red, output_.unicode ? QStringLiteral("✘ ") : QStringLiteral("failed "))
                + task.view.title() + QStringLiteral("  ") + task.view.error->line();
            if (!task.view.error->hint.isEmpty())
                staying_ += QStringLiteral("  ") + output_.paint(Colour::Dim, task.view.error->hint);
        }
    }

    void tick(const std::vector<const Tracked*>& tasks, qint64 now) override
    {
        if (drawnAt_ >= 0 && now - drawnAt_ < kRedraw && output_.width() == width_)
            return;
        drawnAt_ = now;
        width_ = output_.width();
        // One column stays free: some terminals break a line that fills them.
        const ProgressStyle style{std::max(1, width_ - 1), output_.unicode, output_.colour, ++ticks_};
        screen_.draw(std::exchange(staying_, {}), moving(tasks, style));
    }

    void note(const QString& text) override { staying_ += output_.paint(Colour::Yellow, QStringLiteral("weir: ") + text); }

    void rest() override
    {
        screen_.draw(std::exchange(staying_, {}), {});
        drawnAt_ = -1;
    }

    void finish(const std::vector<const Tracked*>& tasks, qint64 began, qint64 now) override
    {
        if (tasks.size() > 1)
            staying_ += output_.paint(Colour::Bold, summaryText(tasks, began, now));
        rest();
    }

private:
    QStringList moving(const std::vector<const Tracked*>& tasks, const ProgressStyle& style)
    {
        ProgressTotals totals;
        std::vector<const TaskView*> running, standing;
        for (const Tracked* task : tasks) {
            totals.add(task->view);
            if (task->ended)
                continue;
            (task->view.running() ? running : standing).push_back(&task->view);
        }
        const bool many = tasks.size() > 1;
        const std::size_t rows = std::size_t(std::clamp(output_.height() - 3, 1, 24));
        // What flows comes first; then what somebody must do something about; what merely waits is in the total.
        std::stable_sort(
            standing.begin(), standing.end(), [](const TaskView* a, const TaskView* b) { return urgency(*a) > urgency(*b); });
        for (const TaskView* task : standing) {
            if (running.size() < rows && (!many || urgency(*task) > 0))
                running.push_back(task);
        }
        if (running.size() > rows)
            running.resize(rows);
        QStringList lines = progressLines(running, style);
        if (many && totals.running + totals.waiting + totals.held > 0)
            lines += totalLine(totals, style);
        return lines;
    }

    static int urgency(const TaskView& task) { return task.state == u"choosing" ? 2 : task.held() || task.error ? 1 : 0; }

    Output& output_;
    ProgressScreen screen_;
    QStringList staying_;
    qint64 drawnAt_ = -1;
    int width_ = 0, ticks_ = 0;
};

} // namespace

std::unique_ptr<Reporter> terminalReporter(Output& output) { return std::make_unique<TerminalReporter>(output); }

} // namespace weir
