#pragma once
// The segments of one representation in one period of a DASH manifest. Pure; any thread.

#include "hls/mpd_document.h"

namespace weir::mpd {

/// Segments that one track of one manifest may have.
constexpr std::size_t kMaxSegments = 250'000;
/// ... and all tracks together.
constexpr std::size_t kMaxAllSegments = 1'000'000;

/// Everything about the period and the moment that the segments depend on. Seconds, on the presentation's clock.
struct Place {
    const SegmentInfo& info;
    QList<QUrl> bases;
    QString representation;
    qint64 bandwidth = 0;
    double begin = 0, end = -1; ///< of the period; -1: not known
    int discontinuity = 0;
    bool dynamic = false;
    double now = 0;         ///< dynamic
    double windowBegin = 0; ///< dynamic: what ended before is not available any more
    double availabilityOffset = 0;
    qint64 line = 0;  ///< of the representation, for errors
    bool big = false; ///< a whole file of it is worth an index
    bool matroska = false;
};

/// Appends to track.segments or track.indexes. `predictable`: set if more follows from `now` alone. An error names no URL.
Result<void> addSegments(const Place& place, Track& track, bool& predictable);

} // namespace weir::mpd
