#pragma once
// P2SP: pieces that servers have, given to libtorrent, which checks them again, writes them and passes them on. A mirror that
// the user named is asked for any piece, several at a time; the torrent's own web seeds for one at a time, and only for what no
// peer has, so that a crowd fetches its origin once and not once each. Without a crowd a web seed is like a mirror. The task's
// thread owns it.

#include "bt/bt_swarm.h"
#include "bt/piece_choice.h"
#include "bt/piece_hashes.h"
#include "bt/piece_map.h"

#include <weir/context.h>
#include <weir/memory_sink.h>
#include <weir/source_score.h>

#include <random>

namespace weir {

class PieceFeeder {
public:
    PieceFeeder(TaskContext& ctx, const Swarm& swarm, std::shared_ptr<const lt::torrent_info> info, const QList<QUrl>& mirrors,
        const QList<QUrl>& webSeeds);
    ~PieceFeeder(); ///< cancels what runs

    bool active() const; ///< some source is still good
    bool busy() const { return !jobs_.empty(); }
    /// Takes what has come, starts what is wanted, waits at most so long for more. Returns early on a stop.
    void step(std::chrono::milliseconds atMost);
    /// What is to come before anything else, the most urgent first.
    void hurry(const std::vector<lt::piece_index_t>& pieces);
    qint64 rate() const { return rate_; } ///< bytes a second that come from servers
    QList<SourceState> sources() const;

private:
    struct Source;
    struct Job;
    struct View;

    void look();
    void startMore();
    bool startOne();
    Asker asker(const Source& source) const;
    void abandonWhatPeersHave();
    std::optional<lt::piece_index_t> pick(Source& source);
    void start(Source& source, lt::piece_index_t piece);
    void take(const FetchDone& done);
    void conclude(Job& job);
    void drop(Source& source, const Error& error);
    std::vector<double> sourceScores() const; ///< one for each source
    std::size_t jobsOf(const Source& source) const;

    TaskContext& ctx_;
    const Swarm& swarm_;
    const std::shared_ptr<const lt::torrent_info> info_;
    PieceHashes hashes_;
    std::vector<std::unique_ptr<Source>> sources_;
    std::unique_ptr<View> view_;                                               ///< of the swarm
    std::map<lt::piece_index_t, std::chrono::steady_clock::time_point> given_; ///< until libtorrent says that it has them
    std::map<lt::piece_index_t, qint64> urgent_;                               ///< and their places
    std::mt19937 dice_{std::random_device{}()};
    std::chrono::steady_clock::time_point lookAt_{}, learnAt_{}, ratedAt_{}, quietSince_;
    qint64 rate_ = 0, receivedSince_ = 0;
    std::vector<std::unique_ptr<Job>> jobs_;
    FetchGroup group_; ///< last: its fetches write into the jobs
};

} // namespace weir
