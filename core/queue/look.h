#pragma once
// A look at what a task would find, without a task: its run goes as far as describe() and leaves nothing behind. It begins on
// the main thread; the run has a thread of the runner. See Queue::look().

#include "plugin_host/registry.h"
#include "queue/runner.h"

#include <weir/context.h>

namespace weir {

/// What describe() was told, or why it never came so far. The calling thread is the task's.
Result<TaskInfo> lookAt(DownloadTask& task, TaskSpec spec, Services& services, std::stop_token stop);

} // namespace weir
