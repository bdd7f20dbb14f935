#include "media/domain_place.h"

#include <algorithm>
#include <limits>

namespace weir {

double placeDomain(std::span<const StreamEdge> edges, std::optional<double> fixed, std::optional<double> fileEnd)
{
    double earliest = std::numeric_limits<double>::max(), needed = std::numeric_limits<double>::lowest();
    bool known = false;
    for (const StreamEdge& edge : edges) {
        earliest = std::min(earliest, fileEnd ? edge.firstDts : edge.firstPts);
        if (edge.previousEnd) {
            known = true;
            needed = std::max(needed, *edge.previousEnd + (fixed ? 0 : edge.gap) - edge.firstDts);
        }
    }
    if (edges.empty())
        return fixed.value_or(0);
    if (fixed)
        return known ? std::max(*fixed, needed) : *fixed;
    return known ? needed : fileEnd.value_or(0) - earliest;
}

} // namespace weir
