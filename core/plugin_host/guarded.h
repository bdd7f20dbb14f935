#pragma once
// The program's only catch-all around plugin code. Any thread.

#include <weir/result.h>

#include <functional>

namespace weir {

/// What `run` throws becomes PluginThrew, or OutOfMemory.
Result<void> guarded(const std::function<Result<void>()>& run);

} // namespace weir
