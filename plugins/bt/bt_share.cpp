#include "bt/bt_share.h"

#include "bt/bt_report.h"

namespace weir {

using namespace std::chrono_literals;
using Now = std::chrono::steady_clock;

namespace {

constexpr auto kReportEvery = 1s;
constexpr auto kSaveEvery = 60s;
constexpr auto kLastWord = 3s;

} // namespace

BtShare::BtShare(TaskContext& ctx, BtSession& session, std::shared_ptr<Swarm> swarm, BtState state, ShareLimits limits)
    : ctx_(ctx),
      session_(session),
      swarm_(std::move(swarm)),
      state_(std::move(state)),
      limits_(limits)
{}

void BtShare::begin()
{
    lastSent_ = Now::now();
    saveAt_ = Now::now() + kSaveEvery;
    ctx_.detach([self = weak_from_this()] {
        if (const auto share = self.lock())
            share->stop_ = true;
    });
    swarm_->listen([self = shared_from_this()] { self->look(); });
}

void BtShare::look()
{
    const auto now = Now::now();
    if (auto resume = swarm_->takeResumeData())
        save(std::move(*resume));
    else if (ending_ && now < endBy_)
        return;
    if (ending_) {
        ctx_.report(swarmActivity(*swarm_, BtPhase::Share, session_.listening()));
        return end(*ending_);
    }
    const Swarm::Facts facts = swarm_->facts();
    const bool over = facts.error || facts.removed || stop_ || enough(facts);
    if (over) {
        if (facts.error)
            ending_ = failure(*facts.error);
        else if (stop_ || facts.removed)
            ending_ = failure(Code::Cancelled);
        else
            ending_ = Result<void>();
        endBy_ = now + kLastWord;
        swarm_->requestResumeData({});
        return;
    }
    // Until it was looked at, it would seem to have nothing.
    if (now >= reportAt_ && facts.status.handle.is_valid()) {
        reportAt_ = now + kReportEvery;
        ctx_.report(swarmActivity(*swarm_, BtPhase::Share, session_.listening()));
        for (const Swarm::Note& note : swarm_->takeNotes())
            ctx_.log(note.level == Swarm::Level::Warning ? Level::Warning : Level::Info, note.text);
    }
    if (now >= saveAt_) {
        saveAt_ = now + kSaveEvery;
        swarm_->requestResumeData(lt::torrent_handle::only_if_modified);
    }
}

void BtShare::save(lt::add_torrent_params now)
{
    now.ti = state_.params.ti;
    state_.params = std::move(now);
    ctx_.save(state_.toBytes());
}

bool BtShare::enough(const Swarm::Facts& facts)
{
    const auto now = Now::now();
    if (facts.status.all_time_upload != std::exchange(sent_, facts.status.all_time_upload))
        lastSent_ = now;
    // Until it was looked at, nothing is known of what it sent in earlier lives.
    if (!facts.status.handle.is_valid())
        return false;
    const Shared shared{facts.status.all_time_upload, facts.status.total_wanted, facts.status.finished_duration,
        std::chrono::duration_cast<std::chrono::seconds>(now - lastSent_)};
    return sharedEnough(shared, limits_);
}

void BtShare::end(Result<void> outcome)
{
    const auto self = shared_from_this(); // the listener owned it
    swarm_->listen({});
    session_.part(*swarm_);
    ctx_.leave(std::move(outcome));
}

} // namespace weir
