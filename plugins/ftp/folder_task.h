#pragma once
// A folder of an FTP or SFTP server as one task: its files are listed once, chosen like those of a torrent, and fetched.

#include <weir/task.h>

namespace weir {

class FolderTask final : public DownloadTask {
public:
    Result<void> run(TaskContext& ctx) override;
};

} // namespace weir
