#pragma once
// Sharing without a thread: a whole torrent stays in the session, is looked at a few times a second on the session's thread,
// and leaves when it has given enough or is told to stop. Owns itself through its swarm's listener.

#include "bt/bt_resume.h"
#include "bt/bt_session.h"
#include "bt/bt_settings.h"

#include <atomic>

namespace weir {

class BtShare : public std::enable_shared_from_this<BtShare> {
public:
    BtShare(TaskContext& ctx, BtSession& session, std::shared_ptr<Swarm> swarm, BtState state, ShareLimits limits);
    /// From the task's thread, which then returns from run().
    void begin();

private:
    void look();
    void save(lt::add_torrent_params now);
    bool enough(const Swarm::Facts& facts);
    void end(Result<void> outcome);

    TaskContext& ctx_; ///< until leave()
    BtSession& session_;
    const std::shared_ptr<Swarm> swarm_;
    BtState state_;
    const ShareLimits limits_;
    std::atomic<bool> stop_{false};
    std::chrono::steady_clock::time_point reportAt_{}, saveAt_{}, lastSent_{};
    std::optional<Result<void>> ending_; ///< once its last state was asked for
    std::chrono::steady_clock::time_point endBy_{};
    qint64 sent_ = -1;
};

} // namespace weir
