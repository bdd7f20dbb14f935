#include "transfer/pace.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace weir {

using namespace std::chrono_literals;

namespace {

using Duration = TimePoint::duration;

constexpr Duration kShortestPeriod = 150ms;
constexpr Duration kLongestPeriod = 1500ms;
// A connection in slow start doubles each round trip; anything that still grows like that is not settled.
constexpr double kStillRising = 1.1;
// One connection's rate is noisy, above all with losses: four times as many show a difference that noise does not.
constexpr int kStep = 4;
// So near to "twice the connections, twice the rate" the next step may be a bigger one.
constexpr double kNearlyLinear = 0.75;
// The server's word on too many connections holds that long.
constexpr auto kRefusalHolds = 60s;
// A pause so much longer than the way to the server is the server's own: it deals out each connection's share in pieces.
constexpr int kServersOwnPause = 10;
// New connections are set up, leave slow start and are compared in about that many latencies.
constexpr int kAttempt = 8;
// An attempt in the last seconds costs what it could never bring. That of thin ones costs nearly nothing.
constexpr int kWorthAnAttempt = 8;
constexpr int kWorthAnAttemptOfThin = 3;
// Attempts that did not pay are that much rarer than they are long; each further one in a row makes it twice as much.
constexpr int kRest = 12;
constexpr int kRestOfThin = 4;
// A connection that has less than that on its way, and is slow, is held back by losses or by the server and crowds nobody out.
constexpr double kThinInFlight = 128 << 10;
constexpr double kThinRate = 1e6;
// More connections don't make a link that much slower: the figure they are compared with was taken in a lucky moment.
constexpr double kStale = 0.7;

Duration attemptTime(Duration latency) { return std::max<Duration>(kAttempt * latency, 2 * kShortestPeriod); }

} // namespace

Pace::Pace(Rules rules)
    : rules_(rules),
      target_(std::max(1, rules.fixed)),
      ceiling_(std::max(1, rules.fixed ? rules.fixed : rules.most))
{}

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

void Pace::noteSilence(TimePoint now, qint64 received)
{
    if (samples_.empty() || received > samples_.back().bytes)
        lastByte_ = now;
    silence_ = std::max(silence_, now - lastByte_);
}

void Pace::sample(TimePoint now, const Progress& progress)
{
    noteSilence(now, progress.received);
    samples_.push_back({now, progress.received});
    while (samples_.size() > 2 && samples_.front().at < now - 10s)
        samples_.pop_front();
    if (rules_.fixed)
        return;

    const auto period = std::clamp(2 * std::max<Duration>(progress.latency, silence_), kShortestPeriod, kLongestPeriod);
    if (!delivering_) {
        // Lanes that never come must not hold the attempt for ever.
        if (progress.delivering < target_ && (stageStart_ == TimePoint{} || now < stageStart_ + 4 * period))
            return;
        delivering_ = true;
        periodStart_ = now;
        lastPeriod_ = 0;
        silence_ = {};
        if (stageStart_ == TimePoint{})
            stageStart_ = now;
        return;
    }
    const bool inPieces = silence_ >= std::max<Duration>(kServersOwnPause * progress.latency, kShortestPeriod);
    if (target_ == proven_ && inPieces && now >= quietUntil_) {
        provenRate_ = rateSince({});
        tryMore(now, progress, kWorthAnAttempt);
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
            judge(now, rate, progress); // clearly worth it: no need to wait for the plateau
            return;
        }
    }
    const double before = std::exchange(lastPeriod_, rate);
    if (before > 0 && rate < before * kStillRising)
        judge(now, target_ > proven_ ? std::max(rate, before) : rate, progress); // an attempt has the benefit of the doubt
}

void Pace::judge(TimePoint now, double rate, const Progress& progress)
{
    const double each = rate / target_;
    const bool thin = each < kThinRate && each * std::chrono::duration<double>(progress.latency).count() < kThinInFlight;
    const bool stale = thin && rate < provenRate_ * kStale;
    const double doublings = std::log2(double(target_) / proven_);
    if (target_ > proven_ && !stale && rate < provenRate_ * std::pow(1 + rules_.worthwhile, doublings)) {
        // A few connections too many cost little, and closing them costs what is in flight.
        proven_ = target_ = std::max(proven_, std::min(target_, kStep));
        provenRate_ = rate;
        lastPeriod_ = 0;
        const int rest = (thin ? kRestOfThin : kRest) << failed_;
        quietUntil_ = now + std::min<Duration>(attemptTime(progress.latency) * rest, 120s);
        failed_ = std::min(failed_ + 1, 8);
        return;
    }
    if (target_ > proven_)
        failed_ = 0;
    proven_ = target_;
    provenRate_ = rate;
    if (now >= quietUntil_)
        tryMore(now, progress, thin ? kWorthAnAttemptOfThin : kWorthAnAttempt);
}

void Pace::tryMore(TimePoint now, const Progress& progress, int worth)
{
    const int next = std::min(proven_ * kStep, ceiling_);
    const double secondsLeft = progress.left < 0 || provenRate_ <= 0 ? 1e9 : double(progress.left) / provenRate_;
    if (next <= proven_ || secondsLeft < worth * std::chrono::duration<double>(attemptTime(progress.latency)).count())
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
