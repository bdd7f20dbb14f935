#pragma once
// What tables of tasks can show: every column with its name, title, value and sum. `list` and `watch` print from it, sort
// by it and filter by it. Pure; any thread.

#include "table.h"
#include "task_view.h"

#include <weir/result.h>

#include <span>
#include <variant>
#include <vector>

namespace weir {

using Tasks = std::span<const TaskView>;
/// Nothing where it is unknown.
using TaskValue = std::variant<std::monostate, double, QString>;

struct TaskColumn {
    /// How its value is shown, and typed in a filter. Moments are seconds since 1970.
    enum class Unit : char { Text, Count, Bytes, Rate, Seconds, Moment, Percent, Ratio };

    const char* name; ///< as it is typed
    const char* title;
    const char* help;
    Unit unit;
    TaskValue (*value)(const TaskView&);
    /// Of all tasks of a table; none: it has no sum.
    TaskValue (*sum)(Tasks) = nullptr;
    /// In place of the value as its unit has it.
    QString (*text)(const TaskView&) = nullptr;
    Column::Give give = Column::Give::Never;
    int least = 12; ///< as in Column
    Colour (*colour)(const TaskView&) = nullptr;

    bool numeric() const { return unit != Unit::Text; }
};

std::span<const TaskColumn> taskColumns();
/// BadOption names the nearest.
Result<const TaskColumn*> taskColumn(const QString& name);
/// "id,done,name". BadOption.
Result<std::vector<const TaskColumn*>> taskColumnList(const QString& names);
/// Those of `list` and `watch`, if nothing else is asked for.
std::vector<const TaskColumn*> usualTaskColumns();

QString cellText(const TaskColumn& column, const TaskView& task);
QString sumText(const TaskColumn& column, Tasks tasks);

} // namespace weir
