#include "queue/traffic.h"

#include <QJsonArray>

#include <algorithm>
#include <utility>

namespace weir {

namespace {

constexpr std::size_t kShown = 31;

QJsonObject amount(qint64 down, qint64 up) { return {{QStringLiteral("down"), down}, {QStringLiteral("up"), up}}; }

} // namespace

void Traffic::add(Days& days, const QString& day, qint64 down, qint64 up)
{
    Amount& sum = days[day];
    sum.down += down;
    sum.up += up;
}

void Traffic::load(const std::vector<TrafficRecord>& days)
{
    for (const TrafficRecord& each : days)
        add(days_, each.day, each.down, each.up);
}

void Traffic::count(const QString& day, qint64 down, qint64 up)
{
    down = std::max<qint64>(0, down);
    up = std::max<qint64>(0, up);
    if (down == 0 && up == 0)
        return;
    add(days_, day, down, up);
    add(news_, day, down, up);
}

std::vector<TrafficRecord> Traffic::takeNews()
{
    std::vector<TrafficRecord> records;
    for (const auto& [day, sum] : std::exchange(news_, {}))
        records.push_back({day, sum.down, sum.up});
    return records;
}

QJsonObject Traffic::toJson(const QString& today) const
{
    Amount total;
    QJsonArray last;
    std::size_t left = days_.size();
    for (const auto& [day, sum] : days_) {
        total.down += sum.down;
        total.up += sum.up;
        if (left-- > kShown)
            continue;
        QJsonObject row = amount(sum.down, sum.up);
        row.insert(QStringLiteral("day"), day);
        last.append(row);
    }
    const auto found = days_.find(today);
    const Amount now = found == days_.end() ? Amount{} : found->second;
    return {{QStringLiteral("today"), amount(now.down, now.up)}, {QStringLiteral("total"), amount(total.down, total.up)},
        {QStringLiteral("days"), last}};
}

} // namespace weir
