#pragma once
// How many connections pay: starts with one, multiplies while the total rises, stops when it does not. A value with a clock
// handed in; the segmented task owns one and feeds it every tick.

#include <weir/clock.h>

#include <QtGlobal>

#include <deque>

namespace weir {

class Pace {
public:
    struct Rules {
        int fixed = 0;  ///< exactly so many; 0: adaptive
        int most = 32;  ///< adaptive never goes beyond
        double worthwhile = 0.15; ///< a doubling must bring at least so much more
        std::chrono::milliseconds quiet{10'000}; ///< after an attempt that did not pay
    };
    explicit Pace(Rules rules);

    /// Every tick. `bytes`: received in all by now; `lanes`: connections that deliver; `latency`: usual time to a first byte.
    void sample(TimePoint now, qint64 bytes, int lanes, std::chrono::microseconds latency);
    /// The server took no more than `alive` connections: no attempts beyond for a minute.
    void refused(TimePoint now, int alive);
    int target() const { return target_; }

private:
    struct Sample { TimePoint at; qint64 bytes; };
    double rateSince(TimePoint from) const; ///< bytes per second
    void settle(TimePoint now, double rate);
    void tryMore(TimePoint now);

    Rules rules_;
    int target_;
    int ceiling_;            ///< `most`, or what the server took
    int proven_ = 1;         ///< the count that the last plateau belongs to
    double provenRate_ = 0;
    double lastPeriod_ = 0;  ///< rate of the period before; 0: none in this stage
    bool delivering_ = false; ///< all lanes of this stage have begun
    TimePoint periodStart_{}, stageStart_{}, quietUntil_{};
    std::deque<Sample> samples_;
};

} // namespace weir
