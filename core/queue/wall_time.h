#pragma once
// Between the clock that runs (TimePoint, for waiting) and the one on the wall (milliseconds since 1970, for rows and people).
// Over a test's clock both move together. Main thread.

#include <weir/clock.h>

#include <QtGlobal>

namespace weir {

class WallTime {
public:
    explicit WallTime(const Clock& clock) : clock_(clock), startedAt_(clock.now()), startedMs_(systemMs()) {}

    qint64 now() const
    {
        if (&clock_ == &steadyClock())
            return systemMs(); // the wall clock goes on through suspend and may be set
        return startedMs_ + std::chrono::duration_cast<std::chrono::milliseconds>(clock_.now() - startedAt_).count();
    }
    /// TimePoint{} for 0.
    TimePoint pointOf(qint64 ms) const { return ms == 0 ? TimePoint{} : clock_.now() + std::chrono::milliseconds(ms - now()); }

private:
    static qint64 systemMs()
    {
        return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
            .count();
    }

    const Clock& clock_;
    const TimePoint startedAt_;
    const qint64 startedMs_;
};

} // namespace weir
