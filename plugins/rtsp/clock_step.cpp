#include "rtsp/clock_step.h"

#include <algorithm>
#include <vector>

namespace weir {

namespace {

constexpr std::size_t kPlaces = 3;

/// Behind those that follow each other without a hole.
int64_t freePlace(const std::vector<int64_t>& sorted, int64_t spacing)
{
    auto last = sorted.begin();
    for (auto each = sorted.begin(); each != sorted.end() && *each - *last <= spacing + spacing / 2; ++each)
        last = each;
    return *last + spacing;
}

/// How many neighbours stand too near or too far.
int irregularities(const std::vector<int64_t>& sorted, int64_t spacing)
{
    int count = 0;
    for (std::size_t i = 1; i < sorted.size(); ++i) {
        const int64_t distance = sorted[i] - sorted[i - 1];
        count += distance < spacing / 2 || distance > spacing + spacing / 2;
    }
    return count;
}

} // namespace

ClockStep findClockStep(std::span<const int64_t> shown, std::span<const int64_t> next, int64_t spacing)
{
    ClockStep best;
    int fewest = -1;
    for (std::size_t place = 0; place < std::min(kPlaces, next.size()); ++place) {
        std::vector<int64_t> all(shown.begin(), shown.end());
        all.insert(all.end(), next.begin(), next.begin() + std::ptrdiff_t(place));
        if (all.empty())
            continue;
        std::sort(all.begin(), all.end());
        const auto moved = next.subspan(place);
        const int64_t back = std::max<int64_t>(freePlace(all, spacing) - *std::min_element(moved.begin(), moved.end()), 0);
        for (const int64_t time : moved)
            all.push_back(time + back);
        std::sort(all.begin(), all.end());
        if (const int found = irregularities(all, spacing); fewest < 0 || found < fewest) {
            fewest = found;
            best = {place, back};
        }
    }
    return best;
}

} // namespace weir
