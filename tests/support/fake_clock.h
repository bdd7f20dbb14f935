#pragma once
// Virtual time for simulations. Nothing happens by itself: whoever waits runs, on its own thread, the events that are due
// before its deadline, so that hours pass in milliseconds and every run is the same. One thread; now() from any.
// A wait that nothing can ever end, or a loop that waits without letting time pass, aborts the program with a message.

#include <weir/clock.h>

#include <QtGlobal>

#include <atomic>
#include <map>

namespace weir::test {

class FakeClock final : public Clock {
public:
    using Event = std::function<void()>;

    TimePoint now() const override;
    bool wait(std::unique_lock<std::mutex>& lock, std::condition_variable_any& changed, std::stop_token stop, TimePoint until,
        const std::function<bool()>& ready) override;

    /// Runs `event` when that time has come, events of the same moment in the order they were given; the past means now.
    quint64 at(TimePoint when, Event event);
    quint64 after(std::chrono::nanoseconds delay, Event event) { return at(now() + delay, std::move(event)); }
    /// Ids of events that have run are ignored.
    void cancel(quint64 id);

    /// Runs everything that is due until then, and lets time pass to it.
    void runUntil(TimePoint when);
    void runFor(std::chrono::nanoseconds time) { runUntil(now() + time); }
    /// Runs until no event is left.
    void runAll();
    std::size_t pending() const { return events_.size(); }
    /// Since the clock was made.
    std::chrono::nanoseconds elapsed() const { return now() - kStart; }

private:
    static constexpr TimePoint kStart{std::chrono::hours(1)}; // not zero: "never" and "at the start" must differ
    bool runOne(TimePoint until);

    std::atomic<TimePoint::rep> now_{kStart.time_since_epoch().count()};
    std::map<std::pair<TimePoint, quint64>, Event> events_;
    std::map<quint64, TimePoint> times_; // of pending events by id
    quint64 nextId_ = 1;
    int idleWaits_ = 0;
};

} // namespace weir::test
