#include <weir/segmented_task.h>

#include "transfer/download.h"

namespace weir {
inline namespace abi1 {

namespace {

class SegmentedTask final : public DownloadTask {
public:
    Result<void> run(TaskContext& ctx) override { return Download(ctx).run(); }
};

} // namespace

std::unique_ptr<DownloadTask> makeSegmentedTask() { return std::make_unique<SegmentedTask>(); }

} // namespace abi1
} // namespace weir
