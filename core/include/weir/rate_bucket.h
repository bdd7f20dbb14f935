#pragma once
// A speed limit. The bucket is one number: the moment its debt is paid off. Charging moves that moment forward; time
// passing needs no action. Any thread, atomics only; a parent lives longer than its children. See docs/architecture.md,
// "Limits".

#include <QtGlobal>

#include <atomic>
#include <chrono>

namespace weir {
inline namespace abi1 {

class RateBucket {
public:
    using Time = std::chrono::steady_clock::time_point;

    explicit RateBucket(RateBucket* parent = nullptr) : parent_(parent) {}
    RateBucket(const RateBucket&) = delete;
    RateBucket& operator=(const RateBucket&) = delete;

    /// Bytes per second; 0: unlimited. Debt counts in bytes, so that a raised limit acts at once; no change adds credit, and
    /// none makes anybody wait longer for what was charged before.
    void setRate(qint64 bytesPerSecond, Time now = std::chrono::steady_clock::now());
    qint64 rate() const { return rate_.load(std::memory_order_relaxed); }
    /// 0: go on; else how long until the longest debt up to the root is paid. One relaxed load per level if unlimited.
    std::chrono::microseconds wait(Time now) const;
    /// After the fact, here and up to the root; debt is allowed. Idle time earns at most 100 ms of credit.
    void charge(qint64 bytes, Time now);
    /// All bytes ever charged.
    qint64 total() const { return total_.load(std::memory_order_relaxed); }

private:
    RateBucket* const parent_;
    std::atomic<qint64> rate_{0};
    std::atomic<qint64> paidAt_{0}; ///< nanoseconds of the steady clock
    std::atomic<qint64> total_{0};
};

} // namespace abi1
} // namespace weir
