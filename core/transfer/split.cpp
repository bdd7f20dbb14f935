#include "transfer/split.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace weir {

namespace {

constexpr qint64 kAlign = 64 << 10;
// A lane is raced only if the race would be won clearly.
constexpr double kRaceMargin = 2;
// Before a lane has brought its first byte it is taken to be as fast as the others for that many latencies.
constexpr double kBenefitOfDoubt = 4;
// Bytes that a connection may have on their way at first (RFC 6928).
constexpr double kInitialWindow = 14'600;

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

/// How long a new lane takes to bring `rate`: its first byte, and then it doubles with each round trip (RFC 5681 section 3.1).
double warmUp(double rate, double latency) { return latency * std::max(1.0, std::log2(1 + rate * latency / kInitialWindow)); }

double likelyRate(const LaneView& lane, double usual, double latency)
{
    if (!lane.started)
        return lane.age < kBenefitOfDoubt * latency ? usual : lane.rate;
    // What has just begun is still getting faster.
    return lane.rate > 0 && lane.age < warmUp(usual, latency) + latency ? std::max(lane.rate, usual) : lane.rate;
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

std::optional<Assignment> takeOver(
    const LaneView& lane, double laneRate, double newRate, double warmUp, const SplitRules& rules)
{
    const qint64 left = lane.end - lane.position;
    // Both are to end at the same moment: the old lane goes on alone until the new one is warm.
    const double alone = laneRate * warmUp;
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
    const double warm = warmUp(newRate, rules.latency);
    if (longest > 2 * warm)
        if (auto taken = takeOver(*slowest, laneRate, newRate, warm, rules))
            return taken;

    const qint64 left = slowest->end - slowest->position;
    if (newRate > 0 && longest > kRaceMargin * (warm + double(left) / newRate))
        return Assignment{{slowest->position, slowest->end}, {}, slowest->id};
    return {};
}

} // namespace weir
