#pragma once
// DASH manifests (ISO/IEC 23009-1) as values, static and dynamic. Pure; any thread. Tracks are matched over all periods; one
// that a period does not have has no segments there. Of a live manifest come the segments that are available at `now`.
// Errors name the URL, the line and the reason. Inside: mpd_document reads, mpd_tracks compares, mpd_segments counts.

#include "hls/stream_model.h"

#include <weir/result.h>

#include <span>

namespace weir {

struct MpdWishes {
    std::chrono::system_clock::time_point now; ///< the server's, as well as it is known
    /// Tracks of an earlier parse: only these are given again, with the same ids in the same order. Empty: all there are.
    std::span<const Track> known;
    bool segments = true; ///< false: only what there is to choose from
};

/// `url`: where the text came from, after redirects.
Result<Presentation> parseMpd(QByteArrayView text, const QUrl& url, const MpdWishes& wishes);

/// What Timeline wants of one track; takes its segments out of the presentation.
Listing takeListing(Presentation& presentation, std::size_t track);

/// The moment that a UTCTiming names or leads to: the value itself for "direct", else the body of what it points to.
std::optional<std::chrono::system_clock::time_point> serverTime(const ClockSource& source, QByteArrayView body);

} // namespace weir
