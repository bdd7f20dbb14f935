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
        int fixed = 0;            ///< exactly so many; 0: adaptive
        int most = 32;            ///< adaptive never goes beyond
        double worthwhile = 0.15; ///< a doubling must bring at least so much more
    };
    /// What the task sees at one tick.
    struct Progress {
        qint64 received = 0;                 ///< bytes in all by now
        qint64 left = -1;                    ///< bytes still to come; -1: unknown
        int delivering = 0;                  ///< connections that have brought something
        std::chrono::microseconds latency{}; ///< usual time to a first byte
    };
    explicit Pace(Rules rules);

    void sample(TimePoint now, const Progress& progress);
    /// The server took no more than `alive` connections: no attempts beyond for a minute.
    void refused(TimePoint now, int alive);
    int target() const { return target_; }

private:
    struct Sample {
        TimePoint at;
        qint64 bytes;
    };
    double rateSince(TimePoint from) const; ///< bytes per second
    void judge(TimePoint now, double rate, const Progress& progress);
    void tryMore(TimePoint now, const Progress& progress, int worth); ///< `worth`: attempts that fit into the time left
    void noteSilence(TimePoint now, qint64 received);

    Rules rules_;
    int target_;
    int ceiling_;    ///< `most`, or what the server took
    int proven_ = 1; ///< the count that the last plateau belongs to
    double provenRate_ = 0;
    double lastPeriod_ = 0;   ///< rate of the period before; 0: none in this stage
    bool delivering_ = false; ///< all lanes of this stage have begun
    int failed_ = 0;          ///< attempts in a row that did not pay
    TimePoint periodStart_{}, stageStart_{}, quietUntil_{};
    TimePoint lastByte_{};
    TimePoint::duration silence_{}; ///< the longest of this stage
    std::deque<Sample> samples_;
};

} // namespace weir
