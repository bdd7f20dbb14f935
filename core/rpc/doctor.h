#pragma once
// system.doctor: is everything in place that downloads need? Main thread; what may block is asked on other threads, and the
// answer comes when all have answered or a few seconds have passed.

#include "rpc/method_table.h"

namespace weir {

/// {checks: [{name, ok, detail, remedy}]}
void examine(Backend& backend, Reply reply);

} // namespace weir
