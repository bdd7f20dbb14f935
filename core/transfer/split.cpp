#include "transfer/split.h"

#include <algorithm>
#include <limits>

namespace weir {

namespace {

constexpr qint64 kAlign = 64 << 10;
// A lane is raced only if the race would be won clearly.
constexpr double kRaceMargin = 2;
// Before a lane has brought its first byte it is taken to be as fast as the others for that many latencies.
constexpr double kBenefitOfDoubt = 4;

double averageRate(std::span<const LaneView> lanes)
{
    double sum = 0;
    int n = 0;
    for (const LaneView& lane : lanes) {
        if (lane.rate > 0) {
            sum += lane.rate;
            ++n;
        }
    }
    return n ? sum / n : 0;
}

double likelyRate(const LaneView& lane, double usual, double latency)
{
    const bool justBegun = !lane.started && lane.age < kBenefitOfDoubt * latency;
    return lane.rate > 0 ? lane.rate : justBegun ? usual : 0;
}

double secondsLeft(const LaneView& lane, double rate)
{
    const qint64 left = lane.end - lane.position;
    return rate > 0 ? double(left) / rate : left > 0 ? std::numeric_limits<double>::infinity() : 0;
}

ByteRange firstOf(ByteRange range, double rate, const SplitRules& rules)
{
    if (rate <= 0)
        return range;
    const qint64 most = std::max<qint64>(qint64(rate * rules.longest), 16 * rules.smallest);
    if (range.size() > most + most / 2)
        range.end = (range.begin + most) / kAlign * kAlign;
    return range;
}

std::optional<Assignment> takeOver(const LaneView& lane, double laneRate, double newRate, const SplitRules& rules)
{
    const qint64 left = lane.end - lane.position;
    // Both are to end at the same moment: the old lane goes on alone during the new one's latency.
    const double alone = laneRate * rules.latency;
    const double share = newRate > 0 || laneRate > 0 ? newRate / (newRate + laneRate) : 0.5;
    const qint64 part = qint64((double(left) - alone) * share);
    if (part < rules.smallest)
        return {};
    qint64 begin = lane.end - part;
    if (laneRate <= 0)
        begin = lane.position;
    else if (begin / kAlign * kAlign > lane.position)
        begin = begin / kAlign * kAlign;
    return Assignment{{begin, lane.end}, lane.id, {}};
}

} // namespace

std::optional<Assignment> nextRange(const RangeSet& free, std::span<const LaneView> lanes, const SplitRules& rules)
{
    const double average = averageRate(lanes);
    const double newRate = rules.newRate > 0 ? rules.newRate : average;
    // Lanes that begin together have no rates yet: each is taken for as fast as the next will be, not as the one that stands.
    const double usual = newRate;
    if (!free.empty())
        return Assignment{firstOf(free.ranges().front(), newRate, rules), {}, {}};
    if (!rules.mayCut || lanes.empty())
        return {};

    const LaneView* slowest = nullptr;
    double longest = 0;
    for (const LaneView& lane : lanes) {
        const double seconds = secondsLeft(lane, likelyRate(lane, usual, rules.latency));
        if (!lane.raced && lane.end > lane.position && (!slowest || seconds > longest)) {
            slowest = &lane;
            longest = seconds;
        }
    }
    if (!slowest)
        return {};
    const double laneRate = likelyRate(*slowest, usual, rules.latency);
    // A lane of which nothing is known yet is left alone: it may be about to begin.
    if (laneRate <= 0 && newRate <= 0)
        return {};
    if (longest > 2 * rules.latency)
        if (auto taken = takeOver(*slowest, laneRate, newRate, rules))
            return taken;

    const qint64 left = slowest->end - slowest->position;
    if (newRate > 0 && longest > kRaceMargin * (rules.latency + double(left) / newRate))
        return Assignment{{slowest->position, slowest->end}, {}, slowest->id};
    return {};
}

} // namespace weir
