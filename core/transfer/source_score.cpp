#include <weir/source_score.h>

#include <algorithm>
#include <cmath>

namespace weir {
inline namespace abi1 {

namespace {

constexpr double kHalfLifeSeconds = 30;
constexpr double kExploration = 0.05;
/// Half and double are noise: others come and go on the same line.
constexpr double kSurprise = 2;
constexpr int kSurprisesToForget = 2;
/// A source that is bad in one term has still most of its score by the others; what it is worth is further from the best than
/// that. The comparison in tests/sim/source_choice_test.cpp chose the power.
constexpr double kContrast = 3.5;

int leastUsed(std::span<const int> connections, std::span<const char> allowed, double random)
{
    std::vector<int> least;
    for (int i = 0; i < int(connections.size()); ++i) {
        if (!allowed[i] || (!least.empty() && connections[i] > connections[least.front()]))
            continue;
        if (!least.empty() && connections[i] < connections[least.front()])
            least.clear();
        least.push_back(i);
    }
    return least.empty() ? -1 : least[std::min(least.size() - 1, std::size_t(random * double(least.size())))];
}

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
    // One odd transfer is an accident, two alike are another world, in which the old figure would mislead for minutes.
    if (bandwidth() > 0 && bytes > 0 && seconds > 0) {
        const double ratio = double(bytes) / seconds / bandwidth();
        const int way = ratio > kSurprise ? 1 : ratio < 1 / kSurprise ? -1 : 0;
        surprises_ = way * surprises_ > 0 ? surprises_ + way : way;
        if (std::abs(surprises_) >= kSurprisesToForget)
            bytes_ = seconds_ = surprises_ = 0;
    }
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
        if (!record)
            continue;
        bestBandwidth = std::max(bestBandwidth, record->bandwidth());
        if (record->latency() > 0 && (bestLatency == 0 || record->latency() < bestLatency))
            bestLatency = record->latency();
    }
    const double all = weights.bandwidth + weights.latency + weights.success;
    std::vector<double> result;
    for (const SourceRecord* record : records) {
        if (!record) {
            result.push_back(0);
            continue;
        }
        const double bandwidth = bestBandwidth > 0 && record->measured() ? record->bandwidth() / bestBandwidth : 1;
        const double latency = record->latency() > 0 ? bestLatency / record->latency() : 1;
        const double sum = weights.bandwidth * bandwidth + weights.latency * latency + weights.success * record->success();
        result.push_back((all > 0 ? sum / all : 1) * std::exp2(-record->lies()));
    }
    return result;
}

int chooseSource(std::span<const double> scores, std::span<const int> connections, std::span<const char> allowed, double random)
{
    if (random < kExploration)
        return leastUsed(connections, allowed, random / kExploration);
    const auto worth = [&](int i) { return std::pow(scores[i], kContrast) / (connections[i] + 1); };
    int best = -1;
    for (int i = 0; i < int(scores.size()); ++i)
        if (allowed[i] && (best < 0 || worth(i) > worth(best)))
            best = i;
    return best;
}

} // namespace abi1
} // namespace weir
