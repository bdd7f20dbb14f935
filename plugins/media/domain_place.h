#pragma once
// Where a domain, the stretch between two discontinuities, begins in the finished file. Pure; any thread.

#include <optional>
#include <span>

namespace weir {

/// Where one stream's last domain ended in the file, and where its new one begins on the new clock. Seconds.
struct StreamEdge {
    double firstDts = 0, firstPts = 0;
    std::optional<double> previousEnd;
    double gap = 0; ///< that much is missing in between
};

/// What is to be added to the new clock. One number for all streams, so they keep the distance that they have on that clock;
/// the largest that any of them needs, so none goes back. `fixed`: the manifest's own answer, which is only ever exceeded.
/// `fileEnd`: the end of all that was written; unset: this is the first domain, whose earliest picture or sound becomes 0.
double placeDomain(std::span<const StreamEdge> edges, std::optional<double> fixed, std::optional<double> fileEnd);

} // namespace weir
