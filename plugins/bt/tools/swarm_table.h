#pragma once
// What a tracker knows: torrents and who takes part in them. No sockets and no clock of its own, so that tests can play hours.
// One thread; the TrackerServer owns it.

#include "tracker_messages.h"

#include <weir/clock.h>
#include <weir/result.h>

namespace weir {

struct SwarmPeer {
    PeerAddress at;
    qint64 uploaded = 0, downloaded = 0, left = 0;
    AnnounceEvent event = AnnounceEvent::None; ///< the last that it told
    TimePoint first, seen;
};

struct Swarm {
    std::map<QByteArray, SwarmPeer> peers; ///< by compactPeer(): address and port
    qint64 completed = 0;
    TimePoint seen; ///< the last announce
    SwarmCounts counts() const;
};

class SwarmTable {
public:
    struct Limits {
        std::chrono::seconds interval{120}; ///< that peers are asked to keep; who misses two of them is forgotten
        std::size_t torrents = 10'000, peersEach = 5'000, peersTotal = 100'000;
        int peersTold = 50, mostPeersTold = 200;
        bool believeAddresses = false; ///< where a client says it is counts, not where it asks from
    };
    explicit SwarmTable(Limits limits) : limits_(limits) {}

    /// `families`: of the peers that the reply may name. TrackerRefused: full.
    Result<AnnounceReply> announce(const AnnounceRequest& request, const QHostAddress& from, TimePoint now,
        std::optional<QAbstractSocket::NetworkLayerProtocol> family = {});
    /// Of these, or of all if none is named.
    ScrapeReply scrape(const QList<QByteArray>& hashes) const;
    void expire(TimePoint now);

    const std::map<QByteArray, Swarm>& swarms() const { return swarms_; }
    const Limits& limits() const { return limits_; }

private:
    QList<PeerAddress> pick(const Swarm& swarm, const QByteArray& asker, bool seed, int wanted,
        std::optional<QAbstractSocket::NetworkLayerProtocol> family) const;

    const Limits limits_;
    std::map<QByteArray, Swarm> swarms_;
    std::size_t peers_ = 0;
};

} // namespace weir
