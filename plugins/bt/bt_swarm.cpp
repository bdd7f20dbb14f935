#include "bt/bt_swarm.h"

#include "bt/bt_errors.h"
#include "bt/bt_settings.h"

#include <libtorrent/alert_types.hpp>
#include <libtorrent/announce_entry.hpp>

namespace weir {

namespace {

constexpr std::size_t kMostNotes = 200;
constexpr std::size_t kMostTrackers = 200;

/// To one that may answer: who has not, the last time, is not waited for.
bool isAnnouncing(const lt::torrent_handle& torrent)
{
    for (const lt::announce_entry& entry : torrent.trackers())
        for (const lt::announce_endpoint& endpoint : entry.endpoints)
            for (const lt::protocol_version version : {lt::protocol_version::V1, lt::protocol_version::V2})
                if (const lt::announce_infohash& told = endpoint.info_hashes[version]; told.updating && told.fails == 0)
                    return true;
    return false;
}

} // namespace

Swarm::Facts Swarm::facts() const
{
    const std::lock_guard lock(mutex_);
    return facts_;
}

bool Swarm::reachesNobody() const
{
    const std::lock_guard lock(mutex_);
    return !facts_.finished && facts_.status.list_peers > 0 && facts_.status.num_peers == 0;
}

lt::torrent_handle Swarm::handle() const
{
    const std::lock_guard lock(mutex_);
    return handle_;
}

bool Swarm::wait(std::stop_token stop, Time until, const std::function<bool(const Facts&)>& ready) const
{
    std::unique_lock lock(mutex_);
    return changed_.wait_until(lock, stop, until, [&] { return ready(facts_); });
}

std::optional<lt::add_torrent_params> Swarm::resumeData(lt::resume_data_flags_t flags, std::chrono::milliseconds patience)
{
    requestResumeData(flags);
    {
        std::unique_lock lock(mutex_);
        // An earlier request may not have been answered yet: its answer says less than is there now.
        const auto answered = [&, own = resumeAsked_] { return resumeAnswered_ >= own; };
        changed_.wait_for(lock, patience, [&] { return answered() || facts_.removed; });
        if (!answered())
            return std::nullopt;
    }
    return takeResumeData();
}

void Swarm::requestResumeData(lt::resume_data_flags_t flags)
{
    const lt::torrent_handle torrent = handle();
    if (!torrent.is_valid())
        return;
    {
        const std::lock_guard lock(mutex_);
        ++resumeAsked_;
    }
    torrent.save_resume_data(flags);
}

std::optional<lt::add_torrent_params> Swarm::takeResumeData()
{
    const std::lock_guard lock(mutex_);
    return std::exchange(resume_, std::nullopt);
}

void Swarm::leaveUnnoticed() const
{
    if (const lt::torrent_handle torrent = handle(); torrent.is_valid())
        torrent.replace_trackers({});
}

void Swarm::finishAnnounces(std::stop_token stop, std::chrono::milliseconds patience) const
{
    constexpr std::chrono::milliseconds kLook{20};
    const lt::torrent_handle torrent = handle();
    const auto until = Time::clock::now() + patience;
    while (torrent.is_valid() && isAnnouncing(torrent) && Time::clock::now() < until && !stop.stop_requested())
        wait(stop, Time::clock::now() + kLook, [](const Facts& facts) { return facts.removed; });
}

void Swarm::flush(std::chrono::milliseconds patience) const
{
    const lt::torrent_handle torrent = handle();
    if (!torrent.is_valid())
        return;
    torrent.pause();
    torrent.flush_cache();
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, patience, [&] { return facts_.flushed || facts_.removed || facts_.error; });
}

Result<void> Swarm::announceNow()
{
    constexpr std::chrono::seconds kPause{60};
    const auto now = Time::clock::now();
    lt::torrent_handle torrent;
    {
        const std::lock_guard lock(mutex_);
        if (announcedAt_ != Time{} && now < announcedAt_ + kPause)
            return failure(Code::WrongState,
                QStringLiteral("it was announced just now; again in %1 s")
                    .arg(std::chrono::ceil<std::chrono::seconds>(announcedAt_ + kPause - now).count()));
        if (!handle_.is_valid())
            return failure(Code::WrongState, QStringLiteral("it is not in the swarm yet"));
        announcedAt_ = now;
        torrent = handle_;
    }
    torrent.force_reannounce(); // no sooner than the tracker allows
    torrent.force_dht_announce();
    return {};
}

std::deque<Swarm::Note> Swarm::takeNotes()
{
    std::deque<Note> notes;
    {
        const std::lock_guard lock(mutex_);
        notes = std::exchange(notes_, {});
    }
    for (QString& line : peers_->takeLines())
        notes.push_back({Level::Note, std::move(line)});
    return notes;
}

void Swarm::limitDownload(qint64 bytesPerSecond)
{
    constexpr qint64 kMost = std::numeric_limits<int>::max();
    lt::torrent_handle torrent;
    {
        const std::lock_guard lock(mutex_);
        if (limit_ == bytesPerSecond)
            return;
        limit_ = bytesPerSecond;
        torrent = handle_;
    }
    if (torrent.is_valid())
        torrent.set_download_limit(int(std::min(bytesPerSecond, kMost)));
}

void Swarm::apply(const TorrentLimits& limits)
{
    peers_->setLog(limits.log);
    lt::torrent_handle torrent;
    {
        const std::lock_guard lock(mutex_);
        if (limits == limits_)
            return;
        limits_ = limits;
        torrent = handle_;
    }
    if (!torrent.is_valid())
        return;
    torrent.set_max_connections(limits.connections);
    torrent.set_max_uploads(limits.uploads);
}

void Swarm::listen(std::function<void()> listener)
{
    const std::lock_guard lock(mutex_);
    listener_ = std::move(listener);
}

/// While nobody is known. A first search may find a DHT of which hardly a node is known yet, and libtorrent's next one comes a
/// quarter of an hour later.
void Swarm::searchAgain()
{
    constexpr std::chrono::seconds kLongestPause{300};
    const std::lock_guard lock(mutex_);
    const lt::torrent_status& status = facts_.status;
    const bool wants =
        status.state == lt::torrent_status::downloading_metadata || status.state == lt::torrent_status::downloading;
    if (!handle_.is_valid() || !wants || status.list_peers > 0 || (status.flags & lt::torrent_flags::paused))
        return;
    const auto now = Time::clock::now();
    if (searchAt_ != Time{} && now >= searchAt_)
        handle_.force_dht_announce();
    if (searchAt_ == Time{} || now >= searchAt_) {
        searchAt_ = now + searchPause_;
        searchPause_ = std::min(2 * searchPause_, kLongestPause);
    }
}

void Swarm::tick()
{
    searchAgain();
    std::function<void()> listener;
    {
        const std::lock_guard lock(mutex_);
        listener = listener_;
    }
    if (listener)
        listener();
}

void Swarm::take(const lt::torrent_status& status)
{
    const std::lock_guard lock(mutex_);
    facts_.status = status;
    changed_.notify_all();
}

void Swarm::note(Level level, QString text)
{
    if (notes_.size() < kMostNotes)
        notes_.push_back({level, std::move(text)});
}

void Swarm::take(const lt::alert& alert)
{
    if (peers_->take(alert))
        return;
    const std::lock_guard lock(mutex_);
    if (const auto* added = lt::alert_cast<lt::add_torrent_alert>(&alert)) {
        handle_ = added->handle;
        facts_.added = true;
        if (added->error)
            facts_.error = torrentError(added->error);
        else if (limit_ > 0)
            handle_.set_download_limit(int(std::min<qint64>(limit_, std::numeric_limits<int>::max())));
    } else if (lt::alert_cast<lt::metadata_received_alert>(&alert)) {
        facts_.described = true;
    } else if (lt::alert_cast<lt::torrent_finished_alert>(&alert)) {
        facts_.finished = true;
    } else if (lt::alert_cast<lt::torrent_removed_alert>(&alert)) {
        facts_.removed = true;
    } else if (lt::alert_cast<lt::cache_flushed_alert>(&alert)) {
        facts_.flushed = true;
    } else if (lt::alert_cast<lt::piece_finished_alert>(&alert)) {
        ++facts_.piecesChecked;
    } else if (const auto* saved = lt::alert_cast<lt::save_resume_data_alert>(&alert)) {
        resume_ = saved->params;
        ++resumeAnswered_;
    } else if (lt::alert_cast<lt::save_resume_data_failed_alert>(&alert)) {
        ++resumeAnswered_;
    } else if (alert.category() & lt::alert_category::tracker) {
        takeTracker(alert);
    } else {
        takeTrouble(alert);
    }
    changed_.notify_all();
}

void Swarm::takeTracker(const lt::alert& alert)
{
    const auto* about = dynamic_cast<const lt::tracker_alert*>(&alert);
    if (!about)
        return;
    const QString shown = maskedTracker(QString::fromUtf8(about->tracker_url()));
    if (!facts_.trackers.contains(shown) && facts_.trackers.size() >= kMostTrackers)
        return;
    Tracker& tracker = facts_.trackers[shown];
    if (lt::alert_cast<lt::tracker_announce_alert>(&alert)) {
        tracker.asked = true;
    } else if (const auto* reply = lt::alert_cast<lt::tracker_reply_alert>(&alert)) {
        tracker.answered = true;
        tracker.error.reset();
        tracker.peers = reply->num_peers;
    } else if (const auto* refused = lt::alert_cast<lt::tracker_error_alert>(&alert)) {
        // One of the two families of addresses can't be announced there; the other one can.
        if (refused->error == lt::errors::announce_skipped)
            return;
        // What a tracker says may repeat the address with its passkey.
        const bool said = refused->failure_reason() && *refused->failure_reason();
        const QString why =
            said ? QString::fromUtf8(refused->failure_reason()).left(200) : QString::fromStdString(refused->error.message());
        const bool known = tracker.error.has_value();
        tracker.error = Error{said ? Code::TrackerRefused : Code::TrackerUnreachable, shown + QStringLiteral(": ") + why};
        if (!known)
            note(Level::Warning, describe(*tracker.error));
    }
}

void Swarm::takeTrouble(const lt::alert& alert)
{
    if (const auto* failed = lt::alert_cast<lt::torrent_error_alert>(&alert)) {
        facts_.error = torrentError(failed->error, QString::fromUtf8(failed->filename()));
    } else if (const auto* file = lt::alert_cast<lt::file_error_alert>(&alert)) {
        facts_.error = torrentError(file->error, QString::fromUtf8(file->filename()));
    } else if (const auto* bad = lt::alert_cast<lt::hash_failed_alert>(&alert)) {
        ++facts_.piecesChecked;
        note(Level::Warning, describe(Error{Code::TorrentPieceBad, QStringLiteral("piece %1").arg(int(bad->piece_index))}));
    } else if (const auto* rejected = lt::alert_cast<lt::fastresume_rejected_alert>(&alert)) {
        note(Level::Warning,
            QStringLiteral("what was known of the files does not fit them, they are checked: %1")
                .arg(QString::fromStdString(rejected->error.message())));
    } else if (lt::alert_cast<lt::metadata_failed_alert>(&alert)) {
        note(Level::Warning, QStringLiteral("a peer sent a wrong description of the torrent"));
    }
}

} // namespace weir
