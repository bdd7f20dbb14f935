#pragma once
// What was received and sent, day by day. Main thread; the queue owns one, tells it of every sample, and keeps its news in the
// ledger. Days are those of this place, as "2026-11-22".

#include "ledger/records.h"

#include <QJsonObject>

#include <map>
#include <optional>

namespace weir {

class Traffic {
public:
    void load(const std::vector<TrafficRecord>& days);
    void count(const QString& day, qint64 down, qint64 up); ///< bytes; none and fewer are nothing
    /// What was counted since the last call, to be added to what is kept.
    std::vector<TrafficRecord> takeNews();
    /// {"today": {"down", "up"}, "total": the same, "days": [{"day", "down", "up"}]}: the last 31 with any, the oldest first.
    QJsonObject toJson(const QString& today) const;

private:
    struct Amount {
        qint64 down = 0, up = 0;
    };
    using Days = std::map<QString, Amount>;
    static void add(Days& days, const QString& day, qint64 down, qint64 up);
    Days days_, news_;
};

} // namespace weir
