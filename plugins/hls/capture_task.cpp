#include "hls/capture_task.h"

#include "hls/recording.h"

namespace weir {

Result<void> CaptureTask::run(TaskContext& ctx) { return Recording(ctx).run(); }

} // namespace weir
