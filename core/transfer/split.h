#pragma once
// Who fetches which range next. Pure: the segmented task describes its lanes and gaps, and does what the answer says.
// Wide at first, then halves of what would take longest are taken over; the last blocks are raced.

#include <weir/range_set.h>

#include <chrono>
#include <optional>
#include <span>

namespace weir {

/// One running fetch.
struct LaneView {
    quint64 id = 0;
    int source = 0;
    qint64 position = 0;  ///< next byte to come
    qint64 end = 0;       ///< where it will stop
    double rate = 0;      ///< bytes per second, recent; 0: nothing came yet or it stands still
    double age = 0;       ///< seconds since it was started
    bool started = false; ///< a byte has come
    bool raced = false;   ///< another lane is after the same bytes
};

struct SplitRules {
    double latency = 0.05;       ///< seconds to the first byte of a new lane
    double newRate = 0;          ///< what the new lane is likely to bring; 0: like the average
    qint64 smallest = 256 << 10; ///< no part is smaller unless it is all that is left
    double longest = 12;         ///< seconds that one request should last at most: bytes in flight are lost when it is cut
    bool mayCut = true;          ///< false: only free gaps
};

struct Assignment {
    ByteRange range;
    std::optional<quint64> cut;  ///< that lane now stops at range.begin
    std::optional<quint64> race; ///< range is also that lane's; who is first ends the other
    bool operator==(const Assignment&) const = default;
};

/// `free`: bytes that are neither written nor any lane's. Nothing: another lane would not help now.
std::optional<Assignment> nextRange(const RangeSet& free, std::span<const LaneView> lanes, const SplitRules& rules);

} // namespace weir
