#pragma once
// The same segment in a redundant stream's playlist. Pure; any thread.

#include "hls/stream_model.h"

namespace weir {

/// Where `listing`, of another server's playlist of the same track, has that segment; null: it has not. Dates tell it surest,
/// then numbers; two recordings must also agree about the time.
const Segment* sameSegment(const Listing& listing, const Segment& segment);

} // namespace weir
