#include "support/fake_clock.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace weir::test {
namespace {

constexpr int kMaxIdleWaits = 1'000'000;

[[noreturn]] void giveUp(const char* why, TimePoint now)
{
    std::fprintf(stderr, "FakeClock: %s (at %.3f s)\n", why, std::chrono::duration<double>(now.time_since_epoch()).count());
    std::abort();
}

} // namespace

TimePoint FakeClock::now() const { return TimePoint(TimePoint::duration(now_.load(std::memory_order_relaxed))); }

bool FakeClock::wait(std::unique_lock<std::mutex>& lock, std::condition_variable_any&, std::stop_token stop, TimePoint until,
    const std::function<bool()>& ready)
{
    if (++idleWaits_ > kMaxIdleWaits)
        giveUp("a loop waits again and again without letting time pass", now());
    while (!ready()) {
        if (stop.stop_requested() || now() >= until)
            return false;
        lock.unlock();
        if (!runOne(until)) {
            if (until == TimePoint::max())
                giveUp("a wait without a deadline, and nothing left that could end it", now());
            runUntil(until);
        }
        lock.lock();
    }
    return true;
}

quint64 FakeClock::at(TimePoint when, Event event)
{
    const quint64 id = nextId_++;
    when = std::max(when, now());
    times_.emplace(id, when);
    events_.emplace(std::pair(when, id), std::move(event));
    return id;
}

void FakeClock::cancel(quint64 id)
{
    if (const auto it = times_.find(id); it != times_.end()) {
        events_.erase({it->second, id});
        times_.erase(it);
    }
}

bool FakeClock::runOne(TimePoint until)
{
    if (events_.empty() || events_.begin()->first.first > until)
        return false;
    auto node = events_.extract(events_.begin());
    const auto [when, id] = node.key();
    times_.erase(id);
    if (when > now()) {
        now_.store(when.time_since_epoch().count(), std::memory_order_relaxed);
        idleWaits_ = 0;
    }
    node.mapped()();
    return true;
}

void FakeClock::runUntil(TimePoint when)
{
    while (runOne(when)) {}
    if (when > now()) {
        now_.store(when.time_since_epoch().count(), std::memory_order_relaxed);
        idleWaits_ = 0;
    }
}

void FakeClock::runAll()
{
    while (runOne(TimePoint::max())) {}
}

} // namespace weir::test
