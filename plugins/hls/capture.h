#pragma once
// Fetches the segments of the chosen tracks, all tracks side by side and in a bounded window, decrypts them and appends them to
// the spool in the order of each track. Keys, init segments and playlists come beside the segments and never block them. The
// capture task owns it and calls it on its thread; it borrows the spool.

#include "hls/big_segment.h"
#include "hls/cenc.h"
#include "hls/decrypt.h"
#include "hls/side_parts.h"
#include "hls/timeline.h"
#include "media/spool.h"

#include <deque>
#include <functional>

namespace weir {

/// What is missing of the recording, and why.
struct CaptureGap {
    int track = 0;
    double start = 0, end = 0;  ///< on the recording's clock
    qint64 first = 0, last = 0; ///< segment numbers
    QString reason;
    bool operator==(const CaptureGap&) const = default;
};

class Capture {
public:
    /// Asked for one track's list of segments; its result goes to update(). DASH manifests feed all tracks at once.
    struct Reload {
        QList<QUrl> urls;
        std::function<Result<void>(const ResourceFetches::Fetched&, TimePoint asked)> take;
        std::function<void(TimePoint asked)> failed;
        std::function<Result<void>(TimePoint now)> recount; ///< Timeline::Due::Recount; may be empty
        std::vector<int> tracks;                            ///< whose timelines it feeds
    };
    /// Redundant streams: playlists of the same track at several servers. Fewer than two: there are none.
    struct Elsewhere {
        QList<QUrl> playlists;
        std::function<Result<Listing>(const ResourceFetches::Fetched&)> read;
    };
    struct TrackPlan {
        Timeline timeline;
        qint64 bandwidth = 0; ///< bits per second, a guess for the first segments' sizes
        Elsewhere elsewhere;
    };
    struct Progress {
        qint64 bytes = 0;
        double seconds = 0; ///< of the track that is furthest behind
        int fetching = 0;
    };

    Capture(TaskContext& ctx, Spool& spool, std::vector<TrackPlan> tracks, std::vector<Reload> reloads);

    /// Until every timeline is finished and everything is in the spool. `step` is called between any two events, at least
    /// every 250 ms; its error ends the capture. Errors: Cancelled, DrmProtected, network errors that last, Disk category.
    Result<void> run(const std::function<Result<void>()>& step);

    Timeline& timeline(int track) { return tracks_[track].plan.timeline; }
    /// Where the spool's end lies in the track, for the next run.
    const std::optional<ResumePoint>& spooled(int track) const { return tracks_[track].spooled; }
    void setSpooled(int track, std::optional<ResumePoint> point) { tracks_[track].spooled = point; }
    std::vector<CaptureGap> gaps() const;
    void addGaps(std::vector<CaptureGap> gaps) { gaps_ = std::move(gaps); }
    Progress progress() const;
    void wake() { fetches_.wake(); }

private:
    struct Coming {
        Segment segment;
        quint64 fetch = 0;
        std::optional<Result<QByteArray>> media;
        qint64 expected = 0;
        std::optional<ResumePoint> after;    ///< where a later run would go on once it is in the spool
        std::unique_ptr<BigSegment> big;     ///< it comes in ranges instead of `media`
        std::optional<BlockDecryptor> chain; ///< of the encrypted one that comes in ranges
        QByteArray heldBack;                 ///< its last block, as far as it came: it may be padding
        QUrl from;
        // While other servers are asked for it:
        quint64 search = 0;            ///< fetch of a playlist
        qsizetype asked = 0;           ///< playlists so far
        std::vector<Resource> refused; ///< where it was not to be had
        std::optional<Error> why;
    };
    struct Running {
        TrackPlan plan;
        std::deque<Coming> coming;
        std::optional<ResumePoint> spooled;
        double bytesPerSecond = 0;                          ///< of media time, as seen
        std::shared_ptr<const Resource> init;               ///< that is in the spool
        std::optional<CencInit> cenc;                       ///< how its samples are to be opened
        std::optional<std::pair<qsizetype, Listing>> other; ///< a redundant recording's list: place of the playlist, and it
    };
    struct Loading {
        quint64 fetch = 0;
        TimePoint asked{};
    };

    Result<void> startReloads();
    void fill();
    bool hasRoom(const Running& track) const;
    int hungriest() const;
    void startSegment(Running& track, Segment segment);
    Result<void> route(ResourceFetches::Fetched fetched);
    Result<void> drain();
    Result<bool> spool(int index);
    Result<bool> spoolBig(int index);
    Result<void> beginBig(int index, const QByteArray& first);
    Result<void> openRange(Coming& coming, QByteArray& bytes);
    static void noteAppended(Running& track, qint64 bytes);
    Result<bool> failed(int index, const Error& error);
    bool fromOtherAddress(Coming& coming);
    bool askElsewhere(Running& track, Coming& coming);
    bool takeElsewhere(Running& track, Coming& coming, ResourceFetches::Fetched& fetched);
    bool useElsewhere(Coming& coming, const Listing& listing);
    Result<void> appendSeam(int index, const Segment& segment);
    Result<void> appendInit(int index, const Segment& segment);
    Result<void> decryptSamples(const Running& track, QByteArray& bytes, const Segment& segment, Packing packing);
    Result<void> missing(int index, const Segment& segment, const Error& error);
    bool finished() const;
    std::chrono::milliseconds untilNextReload() const;
    qint64 inMemory() const;

    TaskContext& ctx_;
    Spool& spool_;
    std::deque<Running> tracks_;
    std::vector<Reload> reloads_;
    std::vector<Loading> loading_;
    std::vector<CaptureGap> gaps_;
    ResourceFetches fetches_;
    SideParts parts_;
};

} // namespace weir
