#pragma once
// What a representation of a DASH manifest is as a track, and which one of another period is the same. Pure; any thread.

#include "hls/mpd_document.h"

namespace weir::mpd {

/// Without id, segments and drm. nullopt: nothing to keep (pictures for seeking, thumbnails).
std::optional<Track> trackOf(const AdaptationSet& set, const Representation& representation);

/// How far `other` is from being `track` in another period, smaller is better; nullopt: it never can be.
using Distance = std::tuple<bool, bool, bool, bool, int, int, bool, double>;
std::optional<Distance> distance(const Track& track, const Track& other);

/// Names of the systems that protect it.
QStringList protectionOf(const AdaptationSet& set, const Representation& representation);

} // namespace weir::mpd
