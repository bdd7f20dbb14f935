#pragma once
// A recording of a stream as a task. What it does stands in recording.h.

#include <weir/task.h>

namespace weir {

class CaptureTask final : public DownloadTask {
public:
    Result<void> run(TaskContext& ctx) override;
};

} // namespace weir
