#pragma once
// Chapters of a recording, from the stretches of time that its playlist gives a title. Pure; any thread.

#include "hls/ads.h"
#include "media/media_writer.h"

namespace weir {

/// On the finished file's time, which begins with the first segment that is taken and lacks those that are dropped. None if
/// fewer than two have a title.
std::vector<Chapter> chaptersOf(const Listing& listing, Ads ads, std::optional<double> from, std::optional<double> to);

} // namespace weir
