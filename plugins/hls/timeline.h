#pragma once
// The order in which the segments of one track are fetched, for recordings and live streams alike. It is fed with a Listing at
// each reload and hands out each segment once. It never waits and never fetches; whoever does calls it, on one thread. Times of
// an HLS stream stay on one clock over all reloads, though each playlist begins anew; what reloads miss becomes a gap.

#include "hls/ads.h"

#include <weir/clock.h>

#include <deque>

namespace weir {

/// Where an earlier run of the same recording stopped.
struct ResumePoint {
    qint64 number = 0;                                          ///< of the last segment that is there
    double begin = 0;                                           ///< start of the first segment
    double end = 0;                                             ///< end of the last
    int discontinuity = 0;                                      ///< of the last
    std::optional<std::chrono::system_clock::time_point> clock; ///< at `end`
    bool numbered = true;                                       ///< as in Listing
    int seams = 0;                                              ///< so many came before
    bool ad = false;                                            ///< the last segment is one
};

struct TimelineOptions {
    bool fromStart = false;         ///< live: from the first segment that the server has, not from near the end
    std::optional<double> from, to; ///< recordings: only segments that touch this stretch
    std::optional<double> duration; ///< stop after so many seconds
    AdRule ads;
    /// Live: begin with the segment that covers this moment, so that sound and picture begin together.
    std::optional<std::chrono::system_clock::time_point> beginAt;
    std::optional<double> beginTime; ///< the same on the presentation's clock (DASH)
    std::optional<ResumePoint> after;
};

/// Segments that the server no longer had when it was asked.
struct LostSegments {
    qint64 first = 0, last = 0; ///< numbers; estimated where the server has none
    double start = 0, end = 0;
    bool operator==(const LostSegments&) const = default;
};

class Timeline {
public:
    explicit Timeline(TimelineOptions options = {});

    /// `asked`: when the load of this listing began.
    void update(Listing listing, TimePoint asked);
    /// The reload that began at `asked` gave nothing that could be read.
    void reloadFailed(TimePoint asked);

    /// The next one, if it is known by now.
    std::optional<Segment> next();
    /// Nothing more will come: the end was reached, or what was asked for is complete.
    bool finished() const;
    /// Segments that are known and not yet handed out.
    std::size_t waiting() const { return pending_.size(); }

    enum class Due : quint8 {
        Nothing,
        Recount, ///< the text that is there, parsed with the present time, has more (Listing::predictable)
        Reload,
    };
    Due due(TimePoint now) const;
    TimePoint dueAt() const; ///< TimePoint::max(): never
    /// When something new came last. A stream that has been still for long may be over without saying so.
    TimePoint lastChange() const { return lastChange_; }
    int failures() const { return failures_; } ///< reloads that failed one after the other

    bool live() const { return live_; }
    const std::vector<LostSegments>& lost() const { return lost_; }
    const std::vector<Marker>& markers() const { return markers_; }       ///< on the recording's clock
    const std::optional<ResumePoint>& position() const { return given_; } ///< after the segment that next() gave last

private:
    struct Waiting {
        Segment segment;
        qint64 lostBefore = 0;
    };
    /// How a listing fits behind what is known.
    struct Fit {
        double seconds = 0;    ///< to add to its times
        qint64 lostBefore = 0; ///< segments that nobody saw between what is known and its first one
    };

    void begin(Listing& listing);
    std::size_t liveStart(const Listing& listing) const;
    std::optional<Fit> fit(Listing& listing);
    std::optional<Fit> fitNumbers(Listing& listing);
    Fit fitTimes(const Listing& listing);
    bool isRestart(const Listing& listing);
    Fit restart(Listing& listing);
    bool isNew(const Segment& segment) const;
    void refreshWaiting(const Listing& listing);
    bool append(Listing& listing, const Fit& fit);
    void keepMarkers(std::vector<Marker>& markers, double seconds);
    bool inKnownBreak(double moment) const;
    Seam seamBefore(const Segment& segment) const;
    void schedule(TimePoint asked, bool changed);
    std::chrono::milliseconds target() const;

    TimelineOptions options_;
    std::deque<Waiting> pending_;
    std::vector<LostSegments> lost_;
    std::vector<Marker> markers_;
    QHash<QString, std::size_t> markerAt_;
    bool begun_ = false, complete_ = false, live_ = true, numbered_ = true, predictable_ = false;

    // The newest segment that is known, handed out or not.
    qint64 newest_ = -1;
    double newestEnd_ = 0;
    int newestDiscontinuity_ = 0;
    std::optional<std::chrono::system_clock::time_point> newestClock_; ///< its end
    std::deque<std::pair<qint64, std::size_t>> names_;                 ///< of the newest segments, by number
    // The one that was handed out last.
    std::optional<ResumePoint> given_;
    bool dropped_ = false; ///< something was, since then

    // Added to what the server says.
    qint64 numberShift_ = 0;
    int discontinuityShift_ = 0;
    // Listings that end before what is known, one after the other.
    int behind_ = 0;
    qint64 behindFrom_ = 0;

    double targetDuration_ = 0;
    std::chrono::milliseconds reloadAfter_{0};
    TimePoint dueAt_, reloadAt_, lastChange_;
    int failures_ = 0;
};

} // namespace weir
