#pragma once
// Time as everything in weir sees it. Services own one; tests put a clock in its place that runs hours in milliseconds.

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>

namespace weir {
inline namespace abi1 {

using TimePoint = std::chrono::steady_clock::time_point;

class Clock {
public:
    virtual ~Clock() = default;
    /// Any thread.
    virtual TimePoint now() const = 0;
    /// Blocks until `ready()` is true (looked at under `lock`, after `changed` was notified), `stop` is requested, or
    /// `until` has come. Returns ready().
    virtual bool wait(std::unique_lock<std::mutex>& lock, std::condition_variable_any& changed, std::stop_token stop,
        TimePoint until, const std::function<bool()>& ready) = 0;
};

/// The machine's monotonic clock. Lives for ever.
Clock& steadyClock();

} // namespace abi1
} // namespace weir
