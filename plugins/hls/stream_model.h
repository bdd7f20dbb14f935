#pragma once
// What an HLS playlist and a DASH manifest say, in one form: a presentation has tracks, a track has segments. Plain values; the
// parsers make them, choose.h picks tracks, timeline.h hands out segments, capture_task.h fetches them. Times are seconds on
// the presentation's own clock, which begins at 0 for recordings; for live ones it begins where the server began.

#include "media/track_kind.h"

#include <weir/range_set.h>

#include <QByteArray>
#include <QHash>
#include <QList>
#include <QString>
#include <QStringList>
#include <QUrl>

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

namespace weir {

struct Resource {
    QList<QUrl> urls;               ///< never empty; others than the first have the same bytes (more than one BaseURL)
    std::optional<ByteRange> range; ///< half-open; unset: the whole
    bool operator==(const Resource&) const = default;
};

struct SegmentKey {
    enum class Method : quint8 { Aes128, SampleAes };
    Method method = Method::Aes128;
    QUrl url;
    QByteArray iv; ///< 16 bytes; empty: the segment's number, big-endian (RFC 8216 section 5.2)
    bool operator==(const SegmentKey&) const = default;
};

struct Segment {
    qint64 number = 0; ///< ascends by one; HLS: media sequence number
    Resource media;
    std::shared_ptr<const Resource> init;      ///< EXT-X-MAP, Initialization; equal ones are shared
    std::shared_ptr<const SegmentKey> key;     ///< null: in the clear
    std::shared_ptr<const SegmentKey> initKey; ///< of `init`
    double start = 0, duration = 0;
    int discontinuity = 0; ///< discontinuity sequence number or period: inside one, timestamps go on
    /// Added to the media's own timestamps gives presentation time (DASH: period start - presentationTimeOffset). HLS: unset.
    std::optional<double> timeShift;
    std::optional<std::chrono::system_clock::time_point> wallClock; ///< EXT-X-PROGRAM-DATE-TIME, carried forward
    bool gap = false;                                               ///< the server says that it does not have it
    bool ad = false;                                                ///< marked as inserted
    Seam seam = Seam::None;                                         ///< Timeline's word
};

/// DASH SegmentBase: the segments of one period stand in an index inside the media file; sidx.h makes them of its bytes.
struct PendingIndex {
    Resource index;       ///< what to fetch
    bool guessed = false; ///< nothing says that there is an index: the file's beginning may hold one
    QList<QUrl> media;    ///< the file that it describes
    std::shared_ptr<const Resource> init;
    double periodStart = 0, periodEnd = -1; ///< -1: not known
    std::optional<double> timeShift;
    int discontinuity = 0;
    int depth = 0; ///< an index can refer to others
};

struct Track {
    QString id; ///< the same after a reload and, for DASH, in every period
    TrackType type = TrackType::Video;
    Packing packing = Packing::Unknown;
    QString language; ///< RFC 5646; empty: not said
    QString name;
    QStringList codecs; ///< RFC 6381
    QStringList roles;  ///< of DASH's words: main, alternate, dub, commentary, description, caption, forced-subtitle ...
    bool isDefault = false, forced = false;
    bool carriesAudio = false; ///< a video track with sound inside
    int width = 0, height = 0, channels = 0;
    double frameRate = 0;
    QString videoRange;                ///< SDR, PQ, HLG; empty: not said
    qint64 bandwidth = 0;              ///< bits per second
    QString audioGroup, subtitleGroup; ///< HLS variants: the groups that go with it
    QString group;                     ///< HLS renditions: the group it is in
    QList<QUrl>
        playlists; ///< HLS: where its segments are listed; others than the first are redundant streams. Empty: they are here
    std::vector<Segment> segments;
    std::vector<PendingIndex> indexes; ///< fetch each and call addIndexed() (sidx.h) before the segments are used
    QStringList drm;                   ///< DASH: systems that protect it; empty: none
};

/// Something that a playlist says about a stretch of time.
struct Marker {
    QString id, kind; ///< DATERANGE's ID and CLASS, or the tag's name (CUE-OUT)
    double start = 0, duration = -1;
    QString text;
    bool ad = false; ///< something else than the programme is shown
    QString title{}; ///< for people; empty: none
};

/// What one look at one track's list of segments gave: a media playlist, or one track of a manifest. Timeline's food.
struct Listing {
    std::vector<Segment> segments;
    std::vector<Marker> markers;
    bool live = false, event = false; ///< as in Presentation
    bool numbered = true;             ///< Segment::number is the server's own; else only times tell which segment is which
    double targetDuration = 0;
    std::chrono::milliseconds reloadAfter{0};
    bool predictable = false; ///< as in Presentation
    std::optional<double> startOffset;
    double holdBack = -1;
    double duration = 0; ///< sum of the segments' durations
    QStringList drm;     ///< systems without which some segment can't be read
};

/// Where a manifest says that the server's clock can be asked.
struct ClockSource {
    QString scheme, value;
};

struct Presentation {
    std::vector<Track> tracks;
    std::vector<Marker> markers;
    bool live = false;                        ///< more may come
    bool event = false;                       ///< live, and nothing is ever taken away
    double duration = -1;                     ///< of the whole; -1: not known
    double targetDuration = 0;                ///< HLS: EXT-X-TARGETDURATION; DASH: the longest segment
    std::chrono::milliseconds reloadAfter{0}; ///< DASH minimumUpdatePeriod; 0: by targetDuration
    bool predictable = false; ///< live DASH: between reloads new segments follow from the clock; parse the same text again
    bool numbered = true;     ///< as in Listing
    double holdBack = -1;     ///< live: begin this far from the end; -1: not said
    std::optional<double> startOffset; ///< EXT-X-START; negative: from the end
    QStringList drm;                   ///< systems that some track can't do without; empty: none. Which track: Track::drm
    QString title;
    QHash<QByteArray, QByteArray> variables; ///< HLS: EXT-X-DEFINE of the master playlist, for parseMedia()
    QList<ClockSource> clocks;               ///< DASH UTCTiming, best first
    QList<QUrl> locations;                   ///< DASH: where to reload from; empty: from where it came
};

} // namespace weir
