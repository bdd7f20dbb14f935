#include "task_table_view.h"

#include "table.h"
#include "task_sections.h"
#include "text.h"

#include <QJsonArray>

#include <algorithm>

namespace weir {

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

QString stateText(const TaskView& task)
{
    if (!task.held())
        return task.state;
    return task.holds.front().owner == u"user" ? QStringLiteral("paused") : QStringLiteral("held");
}

QStringList taskTable(Tasks tasks, const std::vector<const TaskColumn*>& columns, SumLine sums, int width, const Output& style)
{
    std::vector<Column> shape;
    for (const TaskColumn* column : columns)
        shape.push_back({QLatin1String(column->title), column->numeric() && column->unit != TaskColumn::Unit::Moment,
            column->give, column->least});
    Table table(std::move(shape));
    const auto row = [&](const auto& cell) {
        QStringList cells;
        for (const TaskColumn* column : columns)
            cells += cell(*column);
        return cells;
    };
    for (const TaskView& task : tasks)
        table.add(row([&](const TaskColumn& column) { return cellText(column, task); }));
    if (sums == SumLine::Yes && tasks.size() > 1) {
        QStringList cells = row([&](const TaskColumn& column) { return sumText(column, tasks); });
        if (cells.first().isEmpty())
            cells.first() = QStringLiteral("Sum");
        table.add(cells);
    }
    QStringList lines = table.lines(width, style.unicode, [&](std::size_t at, std::size_t column, const QString& cell) {
        const auto colour = at < tasks.size() ? columns[column]->colour : nullptr;
        return colour ? style.paint(colour(tasks[at]), cell) : cell;
    });
    lines.front() = style.paint(Colour::Dim, lines.front());
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
        done += QStringLiteral(" (%1)").arg(percentText(task.fraction()));
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
