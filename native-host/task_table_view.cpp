#include "task_table_view.h"

#include "progress.h"
#include "table.h"
#include "text.h"

#include <QJsonArray>

namespace weir {

namespace {

Colour stateColour(const TaskView& task)
{
    if (task.state == u"failed")
        return Colour::Red;
    if (task.state == u"done")
        return Colour::Dim;
    if (task.running() || task.state == u"sharing")
        return Colour::Green;
    return task.held() || task.state == u"choosing" ? Colour::Yellow : Colour::None;
}

QString percent(const TaskView& task)
{
    const double fraction = task.fraction();
    if (fraction < 0)
        return task.done > 0 ? sizeText(task.done) : QString();
    return QStringLiteral("%1%").arg(fraction >= 1 ? 100 : std::min(99, int(fraction * 100)));
}

} // namespace

QString stateText(const TaskView& task)
{
    if (!task.held())
        return task.state;
    return task.holds.front().owner == u"user" ? QStringLiteral("paused") : QStringLiteral("held");
}

QStringList taskTable(const std::vector<TaskView>& tasks, int width, const Output& style)
{
    Table table({{QStringLiteral("ID"), true}, {QStringLiteral("STATE")}, {QStringLiteral("NAME"), false, true}, {QStringLiteral("SIZE"), true},
        {QStringLiteral("DONE"), true}, {QStringLiteral("RATE"), true}, {QStringLiteral("LEFT"), true}, {QStringLiteral("CONN"), true},
        {QStringLiteral("WHY"), false, true}});
    for (const TaskView& task : tasks) {
        const bool flows = task.running();
        QString why = task.error && task.state != u"done" ? task.error->message : QString();
        if (task.held())
            why = task.holds.front().owner == u"user" && task.holds.front().until.isEmpty() ? QString() : task.holdText();
        table.add({QString::number(task.id), stateText(task), task.title(), task.size ? sizeText(*task.size) : QString(), percent(task),
            flows ? rateText(task.rateDown) : task.state == u"sharing" ? rateText(task.rateUp) : QString(), flows ? clockText(task.eta) : QString(),
            flows && task.connections ? QString::number(task.connections) : QString(), why});
    }
    QStringList lines = table.lines(width, style.unicode);
    lines.front() = style.paint(Colour::Dim, lines.front());
    for (qsizetype i = 1; i < lines.size(); ++i) {
        const TaskView& task = tasks[std::size_t(i - 1)];
        // The state's word is the first of its kind in the line: ids have no letters.
        const QString word = stateText(task);
        const qsizetype at = lines[i].indexOf(word);
        if (style.colour && at >= 0)
            lines[i].replace(at, word.size(), style.paint(stateColour(task), word));
    }
    return lines;
}

QStringList taskWhole(const QJsonObject& json, const Output& style)
{
    const TaskView task(json);
    const auto text = [](const char* label, const QString& value) { return std::pair(QString::fromLatin1(label), value); };
    QStringList out{style.paint(Colour::Bold, task.title())};
    QString state = style.paint(stateColour(task), stateText(task));
    if (!task.phase.isEmpty())
        state += QStringLiteral(", ") + task.phase;
    QString done = sizePairText(task.done, task.size.value_or(-1));
    if (task.fraction() >= 0 && !task.ended())
        done += QStringLiteral(" (%1)").arg(percent(task));
    QString speed;
    if (task.running()) {
        speed = rateText(task.rateDown) + QStringLiteral(" over ") + countText(task.connections, QStringLiteral("connection"));
        if (task.eta >= 0)
            speed += QStringLiteral(", %1 left").arg(clockText(task.eta));
    }
    out += factLines({text("id", QString::number(task.id)), text("state", state), text("address", task.url), text("kind", task.kind),
        text("path", printable(task.path.isEmpty() ? task.directory : task.path)), text("done", done), text("rate", speed),
        text("checked", task.ended() ? task.verified : QString()), text("held", task.holdText()),
        text("error", task.error ? task.error->line() : QString()), text("hint", task.error ? task.error->hint : QString()),
        text("added", localTimeText(task.created)), text("ended", localTimeText(task.finished))}, style);
    const QJsonArray files = json.value(QLatin1String("files")).toArray();
    if (files.size() > 1) {
        Table table({{QStringLiteral("FILE"), false, true}, {QStringLiteral("SIZE"), true}, {QStringLiteral("DONE"), true}});
        for (const QJsonValue& file : files) {
            const QJsonValue size = file[QLatin1String("size")];
            table.add({printable(file[QLatin1String("path")].toString()), size.isDouble() && size.toDouble() >= 0 ? sizeText(qint64(size.toDouble())) : QString(),
                sizeText(qint64(file[QLatin1String("done")].toDouble()))});
        }
        out += QString();
        out += table.lines(style.width(), style.unicode);
    }
    const QJsonArray sources = json.value(QLatin1String("sources")).toArray();
    if (sources.size() > 1) {
        Table table({{QStringLiteral("SOURCE"), false, true}, {QStringLiteral("SCORE"), true}, {QStringLiteral("RATE"), true}, {QStringLiteral("ERRORS"), true}});
        for (const QJsonValue& source : sources)
            table.add({printable(source[QLatin1String("url")].toString()), QString::number(source[QLatin1String("score")].toDouble(), 'f', 2),
                rateText(qint64(source[QLatin1String("rate")].toDouble())), QString::number(source[QLatin1String("errors")].toInt())});
        out += QString();
        out += table.lines(style.width(), style.unicode);
    }
    return out;
}

} // namespace weir
