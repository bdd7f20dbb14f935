#pragma once
// From the spool to the finished file, by stream copy. remux() blocks: the capture task runs it on a thread of its own beside
// the fetching, so that after the last segment only the trailer is left to write. It borrows everything. Starting it again from
// the spool's first byte writes the same media again.

#include "media/container.h"
#include "media/media_writer.h"
#include "media/spool.h"

#include <functional>

namespace weir {

/// What the capture task knows of a spooled track; the spool's tracks in their order.
struct RemuxTrack {
    TrackType type = TrackType::Video;
    bool withSound = false;  ///< a video track: also take the sound that is inside of it
    QString language, title; ///< language: RFC 5646
    bool isDefault = false, forced = false;
    bool besideOnly = false; ///< subtitles: not into the media file
};

struct RemuxPlan {
    std::vector<RemuxTrack> tracks;
    Container container = Container::Mp4;
    bool strict = false; ///< the container was asked for: an error instead of MKV if it does not fit
    bool live = false;
    double duration = -1; ///< expected, for the room of an MP4's index
    QString title;
    std::vector<Chapter> chapters;
};

/// Asked on the remux thread, when they are needed. Part 0 is the file; others come when a codec changes.
struct RemuxFiles {
    std::function<Result<OutputFile*>(int part, Container container)> media;
    /// One track's subtitles as WebVTT beside the media; empty function or null file: not wanted.
    std::function<Result<OutputFile*>(int track)> subtitles;
};

struct RemuxReport {
    struct Stream {
        int track = 0; ///< of the spool
        AVMediaType type = AVMEDIA_TYPE_UNKNOWN;
        int ordinal = 0; ///< among the track's streams of that type
        QString codec;
        qint64 packetsRead = 0, packetsWritten = 0;
        double duration = 0; ///< written, over all parts
    };
    struct Part {
        Container container = Container::Mp4;
        double start = 0, duration = 0; ///< in the capture's time
        bool indexInFront = false;
        /// By the order of the streams in the file: which of `streams`, and how many packets it got.
        std::vector<int> streams;
        std::vector<qint64> packets;
    };
    std::vector<Stream> streams;
    std::vector<Part> parts;
    qint64 unreadable = 0; ///< packets of wanted streams that had no place
    QStringList notices;
};

/// Errors: Cancelled, MediaUnreadable (nothing could be made of it), MuxUnsupportedCodec, MuxFailed, SpoolDamaged, Disk
/// category, and those of `files`.
Result<RemuxReport> remux(const Spool& spool, const RemuxPlan& plan, const RemuxFiles& files, std::stop_token stop);

} // namespace weir
