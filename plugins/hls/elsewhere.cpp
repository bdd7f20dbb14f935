#include "hls/elsewhere.h"

#include <algorithm>
#include <cmath>

namespace weir {

const Segment* sameSegment(const Listing& listing, const Segment& segment)
{
    const double slack = std::max(segment.duration / 2, 0.05);
    const auto isIt = [&](const Segment& other) {
        if (other.wallClock && segment.wallClock)
            return std::abs(std::chrono::duration<double>(*other.wallClock - *segment.wallClock).count()) < slack;
        return other.number == segment.number && (listing.live || std::abs(other.start - segment.start) < slack);
    };
    const auto found = std::find_if(listing.segments.begin(), listing.segments.end(), isIt);
    return found == listing.segments.end() || found->gap ? nullptr : &*found;
}

} // namespace weir
