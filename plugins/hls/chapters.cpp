#include "hls/chapters.h"

#include <algorithm>

namespace weir {

namespace {

constexpr std::size_t kMost = 500;

} // namespace

std::vector<Chapter> chaptersOf(const Listing& listing, Ads ads, std::optional<double> from, std::optional<double> to)
{
    struct Kept {
        double start = 0, end = 0, inFile = 0;
    };
    std::vector<Kept> kept;
    double length = 0;
    for (const Segment& segment : listing.segments) {
        const double end = segment.start + segment.duration;
        if ((from && end <= *from) || (to && segment.start >= *to) || (ads == Ads::Drop && segment.ad))
            continue;
        kept.push_back({segment.start, end, length});
        length += segment.duration;
    }
    const auto fileTime = [&](double moment) {
        const auto at = std::find_if(kept.begin(), kept.end(), [moment](const Kept& segment) { return moment < segment.end; });
        return at == kept.end() ? length : at->inFile + std::max(0.0, moment - at->start);
    };
    std::vector<Chapter> chapters;
    for (const Marker& marker : listing.markers)
        if (!marker.title.isEmpty() && chapters.size() < kMost)
            chapters.push_back({fileTime(marker.start), marker.duration > 0 ? fileTime(marker.start + marker.duration) : length,
                marker.title});
    std::stable_sort(chapters.begin(), chapters.end(), [](const Chapter& a, const Chapter& b) { return a.start < b.start; });
    for (std::size_t i = 0; i + 1 < chapters.size(); ++i)
        chapters[i].end = std::min(chapters[i].end, chapters[i + 1].start);
    std::erase_if(chapters, [](const Chapter& chapter) { return chapter.end - chapter.start < 0.001; });
    return chapters.size() < 2 ? std::vector<Chapter>() : chapters;
}

} // namespace weir
