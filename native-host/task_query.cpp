#include "task_query.h"

#include "text.h"

#include "base/quantity.h"

#include <CLI/CLI.hpp>

#include <QDateTime>

#include <algorithm>

namespace weir {

namespace {

using Unit = TaskColumn::Unit;

tl::unexpected<Error> bad(const QString& text, const char* why)
{
    return failure(Code::BadOption, QStringLiteral("the filter \"%1\": %2").arg(text, QLatin1String(why)));
}

/// "-1d" is a day ago.
Result<double> momentOf(const QString& text)
{
    if (text.startsWith(u'-')) {
        const auto ago = parseTime(text.mid(1));
        return ago ? Result<double>(double(QDateTime::currentSecsSinceEpoch()) - *ago) : failure(ago.error());
    }
    const auto iso = parseMoment(text);
    if (!iso)
        return failure(iso.error());
    return double(QDateTime::fromString(*iso, Qt::ISODate).toSecsSinceEpoch());
}

Result<double> plainNumber(QString text, Unit unit)
{
    if (unit == Unit::Percent && text.endsWith(u'%'))
        text.chop(1);
    bool fine = false;
    const double value = text.toDouble(&fine);
    if (!fine)
        return failure(Code::BadOption, QStringLiteral("\"%1\" is not a number").arg(text));
    return value;
}

Result<TaskValue> typedValue(Unit unit, const QString& text)
{
    if (text.isEmpty())
        return TaskValue();
    if (unit == Unit::Text)
        return TaskValue(text);
    const auto amount = unit == Unit::Bytes || unit == Unit::Rate
        ? parseBytes(text).map([](qint64 bytes) { return double(bytes); })
        : unit == Unit::Seconds ? parseTime(text)
        : unit == Unit::Moment  ? momentOf(text)
                                : plainNumber(text, unit);
    if (!amount)
        return failure(amount.error());
    return TaskValue(*amount);
}

/// < 0, 0, > 0; both are known, and of one kind.
int compared(const TaskValue& a, const TaskValue& b)
{
    if (const QString* words = std::get_if<QString>(&a))
        return QString::compare(*words, std::get<QString>(b), Qt::CaseInsensitive);
    const double left = std::get<double>(a), right = std::get<double>(b);
    return left < right ? -1 : left > right;
}

bool isKnown(const TaskValue& value) { return !std::holds_alternative<std::monostate>(value); }

} // namespace

Result<TaskFilter> TaskFilter::parse(const QString& text)
{
    constexpr std::pair<const char*, Compare> kSigns[] = {{"!=", Compare::Other}, {"!~", Compare::HasNot},
        {"<=", Compare::LessOrEqual}, {">=", Compare::MoreOrEqual}, {"=", Compare::Equal}, {"~", Compare::Has},
        {"<", Compare::Less}, {">", Compare::More}};
    const auto letter = std::find_if_not(text.begin(), text.end(), [](QChar c) { return c.isLetter(); });
    const qsizetype at = letter - text.begin();
    const QStringView rest = QStringView(text).sliced(at).trimmed();
    const auto sign = std::find_if(
        std::begin(kSigns), std::end(kSigns), [&](const auto& one) { return rest.startsWith(QLatin1String(one.first)); });
    if (at == 0 || sign == std::end(kSigns))
        return bad(text, "it is a column, one of = != < <= > >= ~ !~ and a value, such as size>1G or name~ubuntu");
    const auto column = taskColumn(text.first(at));
    if (!column)
        return failure(column.error());
    TaskFilter out;
    out.column_ = *column;
    out.compare_ = sign->second;
    const bool ofText = out.compare_ == Compare::Has || out.compare_ == Compare::HasNot;
    const bool ofBoth = out.compare_ == Compare::Equal || out.compare_ == Compare::Other;
    if (!ofBoth && ofText == (*column)->numeric())
        return bad(text, ofText ? "~ is for columns of words" : "less and more are for columns of numbers");
    const auto wanted = typedValue((*column)->unit, rest.sliced(qsizetype(qstrlen(sign->first))).trimmed().toString());
    if (!wanted)
        return failure(wanted.error());
    out.wanted_ = *wanted;
    if (!ofBoth && !isKnown(out.wanted_))
        return bad(text, "the value is missing");
    return out;
}

bool TaskFilter::matches(const TaskView& task) const
{
    const TaskValue has = column_->value(task);
    const bool both = isKnown(has) && isKnown(wanted_);
    const int order = both ? compared(has, wanted_) : 0;
    const bool equal = both ? order == 0 : isKnown(has) == isKnown(wanted_);
    const auto contains = [&] {
        return both && std::get<QString>(has).contains(std::get<QString>(wanted_), Qt::CaseInsensitive);
    };
    switch (compare_) {
    case Compare::Equal: return equal;
    case Compare::Other: return !equal;
    case Compare::Less: return both && order < 0;
    case Compare::LessOrEqual: return both && order <= 0;
    case Compare::More: return both && order > 0;
    case Compare::MoreOrEqual: return both && order >= 0;
    case Compare::Has: return contains();
    case Compare::HasNot: return !contains();
    }
    return false;
}

Result<TaskOrder> TaskOrder::parse(const QString& text)
{
    TaskOrder out;
    const QStringList parts = text.split(u',');
    for (const QString& part : parts) {
        const QString trimmed = part.trimmed();
        const bool down = trimmed.startsWith(u'-');
        const auto column = taskColumn(down ? trimmed.mid(1) : trimmed);
        if (!column)
            return failure(column.error());
        out.keys_.push_back({*column, down});
    }
    return out;
}

bool TaskOrder::operator()(const TaskView& a, const TaskView& b) const
{
    for (const Key& key : keys_) {
        const TaskValue left = key.column->value(a), right = key.column->value(b);
        if (isKnown(left) != isKnown(right))
            return isKnown(left);
        if (!isKnown(left))
            continue;
        if (const int order = compared(left, right); order != 0)
            return key.down ? order > 0 : order < 0;
    }
    return false;
}

bool TaskQuery::has(const TaskView& task) const
{
    return std::all_of(filters.begin(), filters.end(), [&](const TaskFilter& filter) { return filter.matches(task); });
}

void TaskQueryOptions::define(CLI::App& app)
{
    app.add_option("--columns", columns_, "What to tell of them, such as id,done,have,eta,up,down,ratio,state,name")
        ->type_name("LIST");
    app.add_option("--sort", sort_, "By a column; -COLUMN: the most first")->type_name("COLUMN");
    app.add_option("--filter", filters_, "Only those: 'size>1G', 'name~ubuntu', 'ratio<1'; again for more conditions")
        ->type_name("EXPR")
        ->allow_extra_args(false);
}

Result<TaskQuery> TaskQueryOptions::query() const
{
    TaskQuery out{.filters = {}, .order = {}, .columns = usualTaskColumns()};
    if (!columns_.empty()) {
        const auto columns = taskColumnList(QString::fromStdString(columns_));
        if (!columns)
            return failure(columns.error());
        out.columns = *columns;
    }
    if (!sort_.empty()) {
        const auto order = TaskOrder::parse(QString::fromStdString(sort_));
        if (!order)
            return failure(order.error());
        out.order = *order;
    }
    for (const std::string& text : filters_) {
        const auto filter = TaskFilter::parse(QString::fromStdString(text));
        if (!filter)
            return failure(filter.error());
        out.filters.push_back(*filter);
    }
    return out;
}

} // namespace weir
