#pragma once
// One torrent's life in the session: what libtorrent said of it, and waiting for it to say more. The session's thread feeds
// it; the task's thread asks and waits; once nobody waits any more (sharing), the listener is called on the session's thread.
// The session and the task own it together.

#include "bt/bt_peers.h"
#include "bt/bt_settings.h"

#include <weir/result.h>
#include <weir/task.h>

#include <libtorrent/add_torrent_params.hpp>
#include <libtorrent/alert.hpp>
#include <libtorrent/torrent_handle.hpp>
#include <libtorrent/torrent_status.hpp>

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <stop_token>

namespace weir {

class Swarm {
public:
    using Time = std::chrono::steady_clock::time_point;
    /// What a tracker said last, by its shown address.
    struct Tracker {
        bool answered = false, asked = false;
        std::optional<Error> error;
        int peers = 0;
    };
    struct Facts {
        lt::torrent_status status;
        bool added = false, described = false, finished = false, removed = false;
        bool flushed = false; ///< after flush(): what was received is in its files
        std::optional<Error> error;
        std::map<QString, Tracker> trackers;
        quint64 piecesChecked = 0; ///< how many were whole or wrong so far: changes when any was
    };
    enum class Level { Note, Warning };
    struct Note {
        Level level;
        QString text;
    };

    Facts facts() const;
    bool reachesNobody() const; ///< it wants something, and of the peers that it knows none is connected
    /// Until `ready`, a stop, or `until`. The answer of ready().
    bool wait(std::stop_token stop, Time until, const std::function<bool(const Facts&)>& ready) const;
    /// Asks for everything that is needed to go on later, and waits for it. nullopt: nothing has changed, or no answer came.
    std::optional<lt::add_torrent_params> resumeData(lt::resume_data_flags_t flags, std::chrono::milliseconds patience);
    /// The same without waiting: the listener is told.
    void requestResumeData(lt::resume_data_flags_t flags);
    std::optional<lt::add_torrent_params> takeResumeData();
    /// It leaves and comes back at once: no tracker hears of it. Two words on two connections may come in the wrong order, and
    /// a seed whose "stopped" came last would be unknown until it is announced again.
    void leaveUnnoticed() const;
    /// Until no tracker is being told anything: a word that is on its way may come after "stopped", or after what the torrent
    /// says when it is back.
    void finishAnnounces(std::stop_token stop, std::chrono::milliseconds patience) const;
    /// It receives no more, and what it has gets into its files: whoever moves them finds them whole.
    void flush(std::chrono::milliseconds patience) const;
    /// Trackers and the distributed table are told now. WrongState: they were a moment ago.
    Result<void> announceNow();
    std::deque<Note> takeNotes(); ///< for the task's log
    /// Who is known, and why not all of them are connected.
    const std::shared_ptr<PeerBook>& peers() const { return peers_; }
    /// Any thread; does nothing once the torrent is gone. 0: no limit.
    void limitDownload(qint64 bytesPerSecond);
    /// Any thread; nothing is asked of the engine when nothing changes.
    void apply(const TorrentLimits& limits);
    lt::torrent_handle handle() const;
    /// Called on the session's thread a few times a second. Empty: nobody listens.
    void listen(std::function<void()> listener);

    // The session's thread.
    void take(const lt::alert& alert);
    void take(const lt::torrent_status& status);
    void tick();

private:
    void searchAgain();
    void note(Level level, QString text);
    void takeTracker(const lt::alert& alert);
    void takeTrouble(const lt::alert& alert);

    const std::shared_ptr<PeerBook> peers_ = std::make_shared<PeerBook>();
    mutable std::mutex mutex_;
    mutable std::condition_variable_any changed_;
    Facts facts_;
    lt::torrent_handle handle_;
    std::optional<lt::add_torrent_params> resume_;
    quint64 resumeAsked_ = 0, resumeAnswered_ = 0; ///< the engine answers each
    std::deque<Note> notes_;
    std::function<void()> listener_;
    Time announcedAt_{}; ///< because it was asked for
    Time searchAt_{};    ///< when the DHT is to be asked again
    std::chrono::seconds searchPause_{2};
    TorrentLimits limits_;
    qint64 limit_ = 0; ///< of what it may receive; no limit is the engine's own beginning
};

} // namespace weir
