#include "task_table_view.h"

#include "progress.h"
#include "table.h"
#include "task_sections.h"
#include "text.h"

#include <QJsonArray>

#include <algorithm>

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

constexpr int kRate = 10, kLeft = 7, kConnections = 4, kGap = 2;
constexpr int kFlow = kRate + kGap + kLeft + kGap + kConnections;

QString flowText(const QString& rate, const QString& left, const QString& connections)
{
    const QString gap(kGap, u' ');
    return padded(rate, kRate, true) + gap + padded(left, kLeft, true) + gap + padded(connections, kConnections, true);
}

/// Numbers of what flows, or why nothing does.
QString lastCell(const TaskView& task)
{
    if (task.running())
        return flowText(
            rateText(task.rateDown), clockText(task.eta), task.connections ? QString::number(task.connections) : QString());
    if (task.state == u"sharing")
        return flowText(rateText(task.rateUp), QString(), task.connections ? QString::number(task.connections) : QString());
    if (task.held()) {
        const HoldView& hold = task.holds.front();
        return hold.owner == u"user" && hold.until.isEmpty() && hold.reason.isEmpty() ? QString() : task.holdText();
    }
    return task.error && task.state != u"done" ? task.error->message : QString();
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
    Table table({{QStringLiteral("ID"), true}, {QStringLiteral("STATE")}, {QStringLiteral("NAME"), false, Column::Give::Middle},
        {QStringLiteral("SIZE"), true}, {QStringLiteral("DONE"), true},
        {flowText(QStringLiteral("RATE"), QStringLiteral("LEFT"), QStringLiteral("CONN")), false, Column::Give::End, kFlow}});
    for (const TaskView& task : tasks)
        table.add({QString::number(task.id), stateText(task), task.title(), task.size ? sizeText(*task.size) : QString(),
            percent(task), lastCell(task)});
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

namespace {

/// Of a stream in time, of a file in bytes, of a folder by name.
QString gapText(const QJsonValue& value)
{
    const QJsonArray bytes = value.toArray();
    if (!value.isObject())
        return QStringLiteral("bytes %1 to %2").arg(bytes[0].toInteger()).arg(bytes[1].toInteger());
    const QJsonObject gap = value.toObject();
    const QString file = gap[QLatin1String("file")].toString();
    const QString what = !file.isEmpty() ? printable(file)
                                         : QStringLiteral("%1 s to %2 s")
                                               .arg(gap[QLatin1String("start")].toDouble(), 0, 'f', 1)
                                               .arg(gap[QLatin1String("end")].toDouble(), 0, 'f', 1);
    return QStringLiteral("%1 (%2)").arg(what, printable(gap[QLatin1String("reason")].toString()));
}

/// "6.0 s to 8.0 s (the server said 404); ..."
QString gapsText(const QJsonArray& gaps)
{
    constexpr qsizetype kShown = 5;
    QStringList texts;
    for (qsizetype i = 0; i < std::min(gaps.size(), kShown); ++i)
        texts += gapText(gaps[i]);
    if (gaps.size() > kShown)
        texts += QStringLiteral("and %1 more").arg(gaps.size() - kShown);
    return texts.join(QStringLiteral("; "));
}

} // namespace

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
    out += factLines(
        {text("id", QString::number(task.id)), text("state", state), text("address", task.url), text("kind", task.kind),
            text("path", printable(task.path.isEmpty() ? task.directory : task.path)), text("done", done), text("rate", speed),
            text("checked", task.ended() ? task.verified : QString()),
            text("missing", gapsText(json.value(QLatin1String("gaps")).toArray())), text("held", task.holdText()),
            text("error", task.error ? task.error->line() : QString()), text("hint", task.error ? task.error->hint : QString()),
            text("added", localTimeText(task.created)), text("ended", localTimeText(task.finished))},
        style);
    if (json.value(QLatin1String("files")).toArray().size() > 1)
        out += fileLines(json, style);
    if (json.value(QLatin1String("sources")).toArray().size() > 1)
        out += sourceLines(json, style);
    return out;
}

} // namespace weir
