#include <weir/rate_bucket.h>

#include <algorithm>

namespace weir {
inline namespace abi1 {

namespace {

constexpr qint64 kBurst = 100'000'000; // nanoseconds

qint64 nanos(RateBucket::Time time) { return std::chrono::nanoseconds(time.time_since_epoch()).count(); }

// In floating point: bytes times 10^9 does not fit 64 bits from 9 GB on, and whole microseconds would add up to a faster rate.
qint64 cost(qint64 bytes, qint64 rate) { return qint64(double(bytes) * 1e9 / double(rate)); }

} // namespace

void RateBucket::setRate(qint64 bytesPerSecond, Time now)
{
    const qint64 before = rate_.exchange(std::max<qint64>(bytesPerSecond, 0), std::memory_order_relaxed);
    const qint64 after = rate_.load(std::memory_order_relaxed);
    const qint64 moment = nanos(now);
    qint64 paid = paidAt_.load(std::memory_order_relaxed);
    qint64 rescaled = 0;
    do {
        rescaled = paid;
        if (before == 0)
            rescaled = moment; // what was free before is neither credit nor debt
        else if (after > before && paid > moment)
            rescaled = moment + qint64(double(paid - moment) * double(before) / double(after));
    } while (!paidAt_.compare_exchange_weak(paid, rescaled, std::memory_order_relaxed));
}

std::chrono::microseconds RateBucket::wait(Time now) const
{
    qint64 longest = 0;
    for (const RateBucket* bucket = this; bucket; bucket = bucket->parent_) {
        if (bucket->rate_.load(std::memory_order_relaxed) != 0)
            longest = std::max(longest, bucket->paidAt_.load(std::memory_order_relaxed) - nanos(now));
    }
    return std::chrono::microseconds((longest + 999) / 1000);
}

void RateBucket::charge(qint64 bytes, Time now)
{
    for (RateBucket* bucket = this; bucket; bucket = bucket->parent_) {
        bucket->total_.fetch_add(bytes, std::memory_order_relaxed);
        const qint64 rate = bucket->rate_.load(std::memory_order_relaxed);
        if (rate == 0)
            continue;
        const qint64 earliest = nanos(now) - kBurst;
        const qint64 price = cost(bytes, rate);
        qint64 paid = bucket->paidAt_.load(std::memory_order_relaxed);
        while (!bucket->paidAt_.compare_exchange_weak(paid, std::max(paid, earliest) + price, std::memory_order_relaxed)) {}
    }
}

} // namespace abi1
} // namespace weir
