#pragma once
// A torrent from its address to whole files: description, choice, swarm, final names; then it may go on as BtShare. The
// task's thread.

#include "bt/bt_session.h"

namespace weir {

class BtTask final : public DownloadTask {
public:
    explicit BtTask(BtSession& session) : session_(session) {}
    Result<void> run(TaskContext& ctx) override;

private:
    BtSession& session_;
};

} // namespace weir
