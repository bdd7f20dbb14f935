#pragma once
// A sender's first report makes libavformat set its clock anew, often back: pictures would be shown at times that others have
// already. Where that happened, and by how much it is to be undone. Pure; any thread.

#include <cstddef>
#include <cstdint>
#include <span>

namespace weir {

struct ClockStep {
    std::size_t place = 0; ///< the first of `next` on the new clock
    int64_t back = 0;      ///< to be added to it and all that follow; 0: nothing has to be done
};
/// `shown`: times of the latest pictures before, sorted; `next`: those of the next ones, in the order in which they are
/// decoded; `spacing`: of pictures as they are shown. The step is among the first of `next`.
ClockStep findClockStep(std::span<const int64_t> shown, std::span<const int64_t> next, int64_t spacing);

} // namespace weir
