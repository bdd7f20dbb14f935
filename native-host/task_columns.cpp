#include "task_columns.h"

#include "task_table_view.h"
#include "text.h"

#include <QDateTime>

#include <algorithm>
#include <functional>

namespace weir {

namespace {

using Unit = TaskColumn::Unit;

constexpr int kRate = 10, kLeft = 7, kConnections = 4, kGap = 2;
constexpr int kFlow = kRate + kGap + kLeft + kGap + kConnections;
constexpr const char* kFlowTitle = "      RATE     LEFT  CONN";

QString flowText(const QString& rate, const QString& left, int connections)
{
    const QString gap(kGap, u' ');
    QString out = padded(rate, kRate, true) + gap + padded(left, kLeft, true) + gap
        + padded(connections ? QString::number(connections) : QString(), kConnections, true);
    while (out.endsWith(u' '))
        out.chop(1);
    return out;
}

/// Numbers of what flows, or why nothing does.
QString nowText(const TaskView& task)
{
    if (task.running())
        return flowText(rateText(task.rateDown), clockText(task.eta), task.connections);
    if (task.state == u"sharing")
        return flowText(rateText(task.rateUp), QString(), task.connections);
    if (task.held()) {
        const HoldView& hold = task.holds.front();
        return hold.owner == u"user" && hold.until.isEmpty() && hold.reason.isEmpty() ? QString() : task.holdText();
    }
    return task.error && task.state != u"done" ? task.error->message : QString();
}

TaskValue number(qint64 value) { return double(value); }
TaskValue known(qint64 value) { return value < 0 ? TaskValue() : number(value); }
TaskValue text(const QString& value) { return value.isEmpty() ? TaskValue() : TaskValue(value); }

TaskValue moment(const QString& iso)
{
    const QDateTime time = QDateTime::fromString(iso, Qt::ISODateWithMs);
    return time.isValid() ? number(time.toSecsSinceEpoch()) : TaskValue();
}

TaskValue part(double some, double of, double times) { return of > 0 ? TaskValue(some / of * times) : TaskValue(); }

double sizeOf(const TaskView& task) { return double(task.size.value_or(0)); }

TaskValue left(const TaskView& task)
{
    return task.size ? known(std::max<qint64>(0, *task.size - task.done)) : task.fraction() >= 1 ? number(0) : TaskValue();
}

template <class Of> double total(Tasks tasks, Of of)
{
    double sum = 0;
    for (const TaskView& task : tasks)
        sum += double(std::invoke(of, task));
    return sum;
}

double doneOfKnown(Tasks tasks)
{
    return total(tasks, [](const TaskView& task) { return task.size ? std::clamp<qint64>(task.done, 0, *task.size) : 0; });
}

const TaskColumn kColumns[] = {
    {.name = "id",
        .title = "ID",
        .help = "its number",
        .unit = Unit::Count,
        .value = [](const TaskView& task) { return number(task.id); }},
    {.name = "state",
        .title = "STATE",
        .help = "as the table has it: `running`, `paused`, `held`, `done` …",
        .unit = Unit::Text,
        .value = [](const TaskView& task) { return text(stateText(task)); },
        .colour = stateColour},
    {.name = "kind",
        .title = "KIND",
        .help = "the plugin that downloads it",
        .unit = Unit::Text,
        .value = [](const TaskView& task) { return text(task.kind); }},
    {.name = "name",
        .title = "NAME",
        .help = "of its file or folder",
        .unit = Unit::Text,
        .value = [](const TaskView& task) { return text(task.title()); },
        .sum = [](Tasks tasks) { return text(countText(qint64(tasks.size()), QStringLiteral("task"))); },
        .give = Column::Give::Middle},
    {.name = "size",
        .title = "SIZE",
        .help = "all of it",
        .unit = Unit::Bytes,
        .value = [](const TaskView& task) { return known(task.size.value_or(-1)); },
        .sum = [](Tasks tasks) { return TaskValue(total(tasks, sizeOf)); }},
    {.name = "done",
        .title = "DONE",
        .help = "how much of it, in percent",
        .unit = Unit::Percent,
        .value = [](const TaskView& task) { return task.fraction() < 0 ? TaskValue() : TaskValue(task.fraction() * 100); },
        .sum = [](Tasks tasks) { return part(doneOfKnown(tasks), total(tasks, sizeOf), 100); },
        .text =
            [](const TaskView& task) {
                return task.fraction() < 0 && task.done > 0 ? sizeText(task.done) : percentText(task.fraction());
            }},
    {.name = "have",
        .title = "HAVE",
        .help = "how much of it, in bytes",
        .unit = Unit::Bytes,
        .value = [](const TaskView& task) { return number(task.done); },
        .sum = [](Tasks tasks) { return TaskValue(total(tasks, &TaskView::done)); }},
    {.name = "left",
        .title = "LEFT",
        .help = "what is still missing",
        .unit = Unit::Bytes,
        .value = left,
        .sum = [](Tasks tasks) { return TaskValue(total(tasks, sizeOf) - doneOfKnown(tasks)); }},
    {.name = "eta",
        .title = "ETA",
        .help = "time until it is whole",
        .unit = Unit::Seconds,
        .value = [](const TaskView& task) { return known(task.eta); }},
    {.name = "down",
        .title = "DOWN",
        .help = "bytes a second that come",
        .unit = Unit::Rate,
        .value = [](const TaskView& task) { return number(task.rateDown); },
        .sum = [](Tasks tasks) { return TaskValue(total(tasks, &TaskView::rateDown)); }},
    {.name = "up",
        .title = "UP",
        .help = "bytes a second that go",
        .unit = Unit::Rate,
        .value = [](const TaskView& task) { return number(task.rateUp); },
        .sum = [](Tasks tasks) { return TaskValue(total(tasks, &TaskView::rateUp)); }},
    {.name = "uploaded",
        .title = "UPLOADED",
        .help = "bytes that went in all its time",
        .unit = Unit::Bytes,
        .value = [](const TaskView& task) { return number(task.uploaded); },
        .sum = [](Tasks tasks) { return TaskValue(total(tasks, &TaskView::uploaded)); }},
    {.name = "ratio",
        .title = "RATIO",
        .help = "uploaded, as a part of the size",
        .unit = Unit::Ratio,
        .value = [](const TaskView& task) { return part(double(task.uploaded), sizeOf(task), 1); },
        .sum =
            [](Tasks tasks) {
                const auto uploaded = [](const TaskView& task) { return task.size ? task.uploaded : 0; };
                return part(total(tasks, uploaded), total(tasks, sizeOf), 1);
            }},
    {.name = "conn",
        .title = "CONN",
        .help = "connections",
        .unit = Unit::Count,
        .value = [](const TaskView& task) { return number(task.connections); },
        .sum = [](Tasks tasks) { return TaskValue(total(tasks, &TaskView::connections)); }},
    {.name = "checked",
        .title = "CHECKED",
        .help = "`verified`, `received` or `unverifiable`, once it has ended",
        .unit = Unit::Text,
        .value = [](const TaskView& task) { return text(task.ended() ? task.verified : QString()); }},
    {.name = "added",
        .title = "ADDED",
        .help = "when",
        .unit = Unit::Moment,
        .value = [](const TaskView& task) { return moment(task.created); }},
    {.name = "ended",
        .title = "ENDED",
        .help = "when",
        .unit = Unit::Moment,
        .value = [](const TaskView& task) { return moment(task.finished); }},
    {.name = "error",
        .title = "ERROR",
        .help = "the name of its error, as `weir explain` takes it",
        .unit = Unit::Text,
        .value = [](const TaskView& task) { return text(task.error ? task.error->code : QString()); }},
    {.name = "path",
        .title = "PATH",
        .help = "where it lies",
        .unit = Unit::Text,
        .value = [](const TaskView& task) { return text(printable(task.path)); },
        .give = Column::Give::Middle},
    {.name = "url",
        .title = "ADDRESS",
        .help = "where it comes from",
        .unit = Unit::Text,
        .value = [](const TaskView& task) { return text(task.url); },
        .give = Column::Give::Middle},
    {.name = "now",
        .title = kFlowTitle,
        .help = "rate, time and connections of what runs, or why it does not run",
        .unit = Unit::Text,
        .value = [](const TaskView& task) { return text(nowText(task)); },
        .sum =
            [](Tasks tasks) {
                const auto flows = [](const TaskView& task) { return task.running() ? task.rateDown : 0; };
                const double rate = total(tasks, flows);
                return rate > 0 ? text(flowText(rateText(qint64(rate)), QString(), 0)) : TaskValue();
            },
        .give = Column::Give::End,
        .least = kFlow},
};

QString valueText(Unit unit, const TaskValue& value)
{
    if (const QString* words = std::get_if<QString>(&value))
        return *words;
    const double* const amount = std::get_if<double>(&value);
    if (!amount)
        return {};
    constexpr double kMost = 9e18; // a sum may be more than a qint64 holds
    const auto whole = qint64(std::clamp(*amount, -kMost, kMost));
    switch (unit) {
    case Unit::Bytes: return sizeText(whole);
    case Unit::Rate: return rateText(whole);
    case Unit::Seconds: return clockText(whole);
    case Unit::Moment: return QDateTime::fromSecsSinceEpoch(whole).toString(QStringLiteral("yyyy-MM-dd HH:mm:ss"));
    case Unit::Percent: return percentText(*amount / 100);
    case Unit::Ratio: return QString::number(*amount, 'f', 2);
    case Unit::Text:
    case Unit::Count: break;
    }
    return QString::number(whole);
}

} // namespace

std::span<const TaskColumn> taskColumns() { return kColumns; }

Result<const TaskColumn*> taskColumn(const QString& name)
{
    QStringList names;
    for (const TaskColumn& column : kColumns) {
        if (name == QLatin1String(column.name))
            return &column;
        names += QLatin1String(column.name);
    }
    const QString near = nearest(name, names);
    return failure(Code::BadOption,
        near.isEmpty() ? QStringLiteral("there is no column \"%1\", but %2").arg(name, names.join(QStringLiteral(", ")))
                       : QStringLiteral("there is no column \"%1\"; did you mean \"%2\"?").arg(name, near));
}

Result<std::vector<const TaskColumn*>> taskColumnList(const QString& names)
{
    std::vector<const TaskColumn*> out;
    const QStringList parts = names.split(u',');
    for (const QString& part : parts) {
        const auto column = taskColumn(part.trimmed());
        if (!column)
            return failure(column.error());
        out.push_back(*column);
    }
    return out;
}

std::vector<const TaskColumn*> usualTaskColumns()
{
    return taskColumnList(QStringLiteral("id,state,name,size,done,now")).value_or(std::vector<const TaskColumn*>{});
}

QString cellText(const TaskColumn& column, const TaskView& task)
{
    return column.text ? column.text(task) : valueText(column.unit, column.value(task));
}

QString sumText(const TaskColumn& column, Tasks tasks)
{
    return column.sum ? valueText(column.unit, column.sum(tasks)) : QString();
}

} // namespace weir
