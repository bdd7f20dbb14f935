#pragma once
// A file that a metalink names, from all its servers at once, proven by its hashes. The task's thread.

#include "metalink/metalink.h"

#include <weir/task.h>

namespace weir {

/// What the document says of the file, in the words of other adapters. Pure.
DescribedFile describedFile(const MetalinkFile& file);
/// What the segmented download of that file is asked for: `spec` of the metalink's own task with the file's addresses and
/// hashes. Cookies and passwords are for the metalink's own host only. Pure.
TaskSpec specOf(const MetalinkFile& file, const TaskSpec& spec);

class MetalinkTask final : public DownloadTask {
public:
    Result<void> run(TaskContext& ctx) override;
};

} // namespace weir
