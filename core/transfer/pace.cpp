#include "transfer/pace.h"

#include <algorithm>
#include <cmath>

namespace weir {

using namespace std::chrono_literals;

namespace {

constexpr auto kShortestPeriod = 150ms;
constexpr auto kLongestPeriod = 1500ms;
// A connection in slow start doubles each round trip; anything that still grows like that is not settled.
constexpr double kStillRising = 1.1;
// One connection's rate is noisy, above all with losses: four times as many show a difference that noise does not.
constexpr int kStep = 4;
// So near to "twice the connections, twice the rate" the next step may be a bigger one.
constexpr double kNearlyLinear = 0.75;
// The server's word on too many connections holds that long.
constexpr auto kRefusalHolds = 60s;

} // namespace

Pace::Pace(Rules rules)
    : rules_(rules)
    , target_(std::max(1, rules.fixed))
    , ceiling_(std::max(1, rules.fixed ? rules.fixed : rules.most))
{
}

double Pace::rateSince(TimePoint from) const
{
    if (samples_.size() < 2)
        return 0;
    auto first = std::find_if(samples_.begin(), samples_.end(), [&](const Sample& s) { return s.at >= from; });
    if (first == samples_.end() || first == std::prev(samples_.end()))
        return 0;
    const double seconds = std::chrono::duration<double>(samples_.back().at - first->at).count();
    return seconds > 0 ? double(samples_.back().bytes - first->bytes) / seconds : 0;
}

void Pace::sample(TimePoint now, qint64 bytes, int lanes, std::chrono::microseconds latency)
{
    samples_.push_back({now, bytes});
    while (samples_.size() > 2 && samples_.front().at < now - 10s)
        samples_.pop_front();
    if (rules_.fixed)
        return;

    const auto period = std::clamp<TimePoint::duration>(latency * 2, kShortestPeriod, kLongestPeriod);
    if (!delivering_) {
        // Lanes that never come must not hold the attempt for ever.
        if (lanes < target_ && (stageStart_ == TimePoint{} || now < stageStart_ + 4 * period))
            return;
        delivering_ = true;
        periodStart_ = now;
        lastPeriod_ = 0;
        if (stageStart_ == TimePoint{})
            stageStart_ = now;
        return;
    }
    if (now < periodStart_ + period)
        return;

    const double rate = rateSince(periodStart_);
    periodStart_ = now;
    if (target_ > proven_) {
        const double gain = provenRate_ > 0 ? rate / provenRate_ : 2;
        const double linear = double(target_) / proven_;
        if (gain >= 1 + kNearlyLinear * (linear - 1)) {
            settle(now, rate); // clearly worth it: no need to wait for the plateau
            return;
        }
    }
    if (lastPeriod_ > 0 && rate < lastPeriod_ * kStillRising)
        settle(now, std::max(rate, lastPeriod_));
    else
        lastPeriod_ = rate;
}

void Pace::settle(TimePoint now, double rate)
{
    lastPeriod_ = rate;
    if (target_ == proven_) {
        provenRate_ = rate;
        if (now >= quietUntil_)
            tryMore(now);
        return;
    }
    const double doublings = std::log2(double(target_) / proven_);
    if (rate >= provenRate_ * std::pow(1 + rules_.worthwhile, doublings)) {
        proven_ = target_;
        provenRate_ = rate;
        tryMore(now);
    } else {
        // A few connections too many cost little, and closing them costs what is in flight.
        proven_ = target_ = std::max(proven_, std::min(target_, kStep));
        provenRate_ = rate;
        quietUntil_ = now + rules_.quiet;
        rules_.quiet = std::min(rules_.quiet * 2, std::chrono::milliseconds(120s));
        lastPeriod_ = 0;
    }
}

void Pace::tryMore(TimePoint now)
{
    const int next = std::min(proven_ * kStep, ceiling_);
    if (next <= proven_)
        return;
    target_ = next;
    delivering_ = false;
    stageStart_ = now;
}

void Pace::refused(TimePoint now, int alive)
{
    ceiling_ = std::max(1, alive);
    target_ = std::min(target_, ceiling_);
    proven_ = std::min(proven_, ceiling_);
    quietUntil_ = now + kRefusalHolds;
}

} // namespace weir
