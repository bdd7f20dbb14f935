#pragma once
// A run of a task whose plugin lives in another process: begins it there and answers what it asks until it ends, is killed
// because it does not stop, or its process is gone. The task's thread.

#include "isolation/isolated_plugin.h"

namespace weir {

class IsolatedTask final : public DownloadTask {
public:
    explicit IsolatedTask(std::shared_ptr<WorkerPool> workers) : workers_(std::move(workers)) {}
    /// PluginCrashed: it was this task that took its process with it. PluginRestarted: another did.
    Result<void> run(TaskContext& context) override;

private:
    const std::shared_ptr<WorkerPool> workers_;
};

} // namespace weir
