#include "reporter.h"

#include "text.h"

#include <QDir>

#include <algorithm>

namespace weir {

const char* toString(GetEvent event)
{
    switch (event) {
    case GetEvent::Added: return "added";
    case GetEvent::Described: return "described";
    case GetEvent::Choosing: return "choosing";
    case GetEvent::Held: return "held";
    case GetEvent::Progress: return "progress";
    case GetEvent::Done: return "done";
    case GetEvent::Failed: return "failed";
    }
    return "";
}

namespace {

QString withRate(qint64 bytes, qint64 fetched, double seconds)
{
    const QString text = QStringLiteral("%1 in %2").arg(sizeText(bytes), spanText(seconds));
    return seconds > 0.01 && fetched > 0 ? QStringLiteral("%1 (%2)").arg(text, rateText(qint64(double(fetched) / seconds)))
                                         : text;
}

} // namespace

QString endingText(const Tracked& task)
{
    const TaskView& view = task.view;
    const qint64 bytes = view.size.value_or(view.done);
    QString text = task.started < 0 ? sizeText(bytes)
                                    : withRate(bytes, bytes - task.doneAtStart, double(task.stoppedAt - task.started) / 1000);
    if (view.verified == u"verified")
        text += QStringLiteral(", checksum right");
    if (view.gaps > 0)
        text += QStringLiteral("; not whole, %1: weir show %2").arg(countText(view.gaps, QStringLiteral("gap"))).arg(view.id);
    return text;
}

QString shortPath(const TaskView& task)
{
    if (task.path.isEmpty())
        return task.title();
    const QString relative = QDir::current().relativeFilePath(task.path);
    return printable(relative.startsWith(QStringLiteral("..")) ? task.path : relative);
}

QString summaryText(const std::vector<const Tracked*>& tasks, qint64 began, qint64 now)
{
    ProgressTotals totals;
    qint64 bytes = 0, fetched = 0;
    for (const Tracked* task : tasks) {
        totals.add(task->view);
        if (task->view.ended() && task->view.state != u"failed") {
            const qint64 size = task->view.size.value_or(task->view.done);
            bytes += size;
            fetched += size - task->doneAtStart;
        }
    }
    const QString counts = countsText(totals);
    return totals.done ? counts + QStringLiteral(": ") + withRate(bytes, fetched, double(now - began) / 1000) : counts;
}

} // namespace weir
