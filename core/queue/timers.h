#pragma once
// All the moments that the queue waits for, behind one timer: nothing ticks while nothing is due. Main thread.

#include <weir/clock.h>

#include <QTimer>

#include <map>
#include <optional>
#include <vector>

namespace weir {

class Timers {
public:
    enum class Wake : quint8 { Plan, Expiry, Sample, Rates, Volumes, Hanging, Patience };

    Timers(const Clock& clock, std::function<void()> wake);
    /// An earlier moment replaces a later one.
    void at(Wake what, TimePoint when);
    void cancel(Wake what);
    bool armed(Wake what) const { return due_.contains(what); }
    /// Takes out what is due by now.
    std::vector<Wake> take();
    std::optional<TimePoint> next() const;
    void rearm();

private:
    const Clock& clock_;
    std::map<Wake, TimePoint> due_;
    QTimer timer_;
};

} // namespace weir
