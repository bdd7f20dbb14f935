#include "queue/timers.h"

#include <algorithm>

namespace weir {

Timers::Timers(const Clock& clock, std::function<void()> wake) : clock_(clock)
{
    timer_.setSingleShot(true);
    QObject::connect(&timer_, &QTimer::timeout, &timer_, std::move(wake));
}

void Timers::at(Wake what, TimePoint when)
{
    const auto [place, isNew] = due_.try_emplace(what, when);
    if (!isNew && place->second <= when)
        return;
    place->second = when;
    rearm();
}

void Timers::cancel(Wake what)
{
    if (due_.erase(what))
        rearm();
}

std::vector<Timers::Wake> Timers::take()
{
    std::vector<Wake> ready;
    const TimePoint now = clock_.now();
    for (auto it = due_.begin(); it != due_.end();) {
        if (it->second > now) {
            ++it;
            continue;
        }
        ready.push_back(it->first);
        it = due_.erase(it);
    }
    return ready;
}

std::optional<TimePoint> Timers::next() const
{
    std::optional<TimePoint> soonest;
    for (const auto& [what, when] : due_)
        soonest = soonest ? std::min(*soonest, when) : when;
    return soonest;
}

// A moment more than a day away is looked at again then: the timer counts milliseconds in an int.
void Timers::rearm()
{
    const auto soonest = next();
    if (!soonest) {
        timer_.stop();
        return;
    }
    const auto rest = std::chrono::ceil<std::chrono::milliseconds>(*soonest - clock_.now());
    timer_.start(std::clamp<std::chrono::milliseconds>(rest, std::chrono::milliseconds(0), std::chrono::hours(24)));
}

} // namespace weir
