#include "transfer/source_score.h"

#include <algorithm>
#include <cmath>

namespace weir {

namespace {

constexpr double kHalfLifeSeconds = 30;
constexpr double kExploration = 0.05;

} // namespace

void SourceRecord::fade(TimePoint now)
{
    if (at_ != TimePoint{} && now > at_) {
        const double keep = std::exp2(-std::chrono::duration<double>(now - at_).count() / kHalfLifeSeconds);
        for (double* value : {&bytes_, &seconds_, &good_, &bad_, &lies_})
            *value *= keep;
    }
    at_ = std::max(at_, now);
}

void SourceRecord::transferred(TimePoint now, qint64 bytes, double seconds)
{
    fade(now);
    bytes_ += double(bytes);
    seconds_ += seconds;
}

void SourceRecord::answered(TimePoint now, double latencySeconds)
{
    fade(now);
    latency_ = latency_ > 0 ? 0.7 * latency_ + 0.3 * latencySeconds : latencySeconds;
}

void SourceRecord::count(TimePoint now, double good, double bad, double lies)
{
    fade(now);
    good_ += good;
    bad_ += bad;
    lies_ += lies;
    errors_ += bad > 0;
}

std::vector<double> scores(std::span<const SourceRecord* const> records, const ScoreWeights& weights)
{
    double bestBandwidth = 0, bestLatency = 0;
    for (const SourceRecord* record : records) {
        bestBandwidth = std::max(bestBandwidth, record->bandwidth());
        if (record->latency() > 0 && (bestLatency == 0 || record->latency() < bestLatency))
            bestLatency = record->latency();
    }
    std::vector<double> result;
    for (const SourceRecord* record : records) {
        const double bandwidth = record->bandwidth() > 0 ? record->bandwidth() / bestBandwidth : 1;
        const double latency = record->latency() > 0 ? bestLatency / record->latency() : 1;
        const double sum = weights.bandwidth * bandwidth + weights.latency * latency + weights.success * record->success();
        result.push_back(sum * std::exp2(-record->lies()));
    }
    return result;
}

int chooseSource(std::span<const double> scores, std::span<const int> connections, std::span<const char> allowed, double random)
{
    int best = -1;
    const bool explore = random < kExploration;
    for (int i = 0; i < int(scores.size()); ++i) {
        if (!allowed[i])
            continue;
        if (best < 0)
            best = i;
        else if (explore ? connections[i] < connections[best]
                         : scores[i] / (connections[i] + 1) > scores[best] / (connections[best] + 1))
            best = i;
    }
    return best;
}

} // namespace weir
