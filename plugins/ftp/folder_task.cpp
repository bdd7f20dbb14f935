#include "ftp/folder_task.h"

#include "ftp/folder_download.h"

namespace weir {

Result<void> FolderTask::run(TaskContext& ctx)
{
    FolderContents contents = FolderContents::fromBytes(ctx.savedState());
    if (contents.files.empty()) {
        auto listed = listFolder(ctx);
        if (!listed)
            return failure(listed.error());
        contents = std::move(*listed);
        ctx.save(contents.toBytes()); // before anything is chosen: numbers must mean the same files later
    }
    const auto choice = ctx.describe(contents.info());
    if (!choice)
        return failure(choice.error());
    return FolderDownload(ctx, std::move(contents), *choice).run();
}

} // namespace weir
