// Reporters that only ever append: for logs, for programs, for nobody.

#include "reporter.h"
#include "text.h"

#include <QJsonDocument>

namespace weir {

namespace {

constexpr qint64 kQuietFor = 10'000;
/// With more tasks than this a log names each only at its end.
constexpr std::size_t kMany = 20;

QString failureText(const TaskView& task)
{
    QString text = QStringLiteral("failed  ") + task.title();
    if (task.error) {
        text += QStringLiteral("  ") + task.error->line();
        if (!task.error->hint.isEmpty())
            text += QStringLiteral("\n        ") + task.error->hint;
    }
    return text;
}

class PlainReporter final : public Reporter {
public:
    PlainReporter(Output& output, std::size_t tasks) : output_(output), many_(tasks > kMany), single_(tasks == 1) {}

    void event(GetEvent what, const Tracked& task, qint64) override
    {
        const TaskView& view = task.view;
        if (what == GetEvent::Done)
            output_.line(QStringLiteral("done  %1  %2").arg(shortPath(view), endingText(task)));
        else if (what == GetEvent::Failed)
            output_.line(failureText(view));
        else if (what == GetEvent::Held)
            output_.line(QStringLiteral("held  %1  %2").arg(view.title(), view.holdText()));
        else if (what == GetEvent::Choosing)
            output_.line(QStringLiteral("%1 wants a choice: weir choose %2").arg(view.title()).arg(view.id));
        else if (what == GetEvent::Described && !many_)
            output_.line(
                QStringLiteral("%1  %2").arg(view.title(), view.size ? sizeText(*view.size) : QStringLiteral("size unknown")));
        else if (what == GetEvent::Progress && !many_)
            progress(task);
    }

    void tick(const std::vector<const Tracked*>& tasks, qint64 now) override
    {
        if (toldAt_ < 0)
            toldAt_ = now;
        if (single_ || now - toldAt_ < kQuietFor)
            return;
        toldAt_ = now;
        ProgressTotals totals;
        for (const Tracked* task : tasks)
            totals.add(task->view);
        output_.line(totalLine(totals, {.width = 1000, .unicode = false}));
    }

    void note(const QString& text) override { output_.line(QStringLiteral("weir: ") + text); }

    void finish(const std::vector<const Tracked*>& tasks, qint64 began, qint64 now) override
    {
        if (tasks.size() > 1)
            output_.line(summaryText(tasks, began, now));
    }

private:
    void progress(const Tracked& task)
    {
        const TaskView& view = task.view;
        QString text = view.title() + QStringLiteral("  ");
        if (view.fraction() >= 0)
            text += QStringLiteral("%1%  ").arg(int(view.fraction() * 100));
        text += sizePairText(view.done, view.size.value_or(-1)) + QStringLiteral("  ") + rateText(view.rateDown);
        if (view.eta >= 0)
            text += QStringLiteral("  %1 left").arg(clockText(view.eta));
        output_.line(text);
    }

    Output& output_;
    bool many_, single_;
    qint64 toldAt_ = -1;
};

class JsonReporter final : public Reporter {
public:
    JsonReporter(Output& output, Output& diagnostics) : output_(output), diagnostics_(diagnostics) {}

    void event(GetEvent what, const Tracked& task, qint64) override
    {
        const QJsonObject line{{QStringLiteral("event"), QLatin1String(toString(what))}, {QStringLiteral("id"), task.view.id},
            {QStringLiteral("task"), task.raw}};
        output_.line(QString::fromUtf8(QJsonDocument(line).toJson(QJsonDocument::Compact)));
    }
    void tick(const std::vector<const Tracked*>&, qint64) override {}
    void note(const QString& text) override { diagnostics_.line(QStringLiteral("weir: ") + text); }
    void finish(const std::vector<const Tracked*>&, qint64, qint64) override {}

private:
    Output& output_;
    Output& diagnostics_;
};

class QuietReporter final : public Reporter {
public:
    explicit QuietReporter(Output& output) : output_(output) {}
    void event(GetEvent what, const Tracked& task, qint64) override
    {
        if (what == GetEvent::Failed)
            output_.line(failureText(task.view));
    }
    void tick(const std::vector<const Tracked*>&, qint64) override {}
    void note(const QString& text) override { output_.line(QStringLiteral("weir: ") + text); }
    void finish(const std::vector<const Tracked*>&, qint64, qint64) override {}

private:
    Output& output_;
};

} // namespace

std::unique_ptr<Reporter> plainReporter(Output& output, std::size_t tasks)
{
    return std::make_unique<PlainReporter>(output, tasks);
}
std::unique_ptr<Reporter> jsonReporter(Output& output, Output& diagnostics)
{
    return std::make_unique<JsonReporter>(output, diagnostics);
}
std::unique_ptr<Reporter> quietReporter(Output& output) { return std::make_unique<QuietReporter>(output); }

} // namespace weir
