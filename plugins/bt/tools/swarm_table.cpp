#include "swarm_table.h"

#include <QRandomGenerator>

#include <algorithm>

namespace weir {

SwarmCounts Swarm::counts() const
{
    const auto seeds = std::count_if(peers.begin(), peers.end(), [](const auto& one) { return one.second.left == 0; });
    return {qint64(seeds), completed, qint64(peers.size()) - qint64(seeds)};
}

Result<AnnounceReply> SwarmTable::announce(const AnnounceRequest& request, const QHostAddress& from, TimePoint now,
    std::optional<QAbstractSocket::NetworkLayerProtocol> family)
{
    const QHostAddress seenAs = plainAddress(from);
    const bool believed = limits_.believeAddresses && !request.address.isNull();
    const PeerAddress at{believed ? request.address : seenAs, request.port, request.peerId};
    const QByteArray key = compactPeer(at);
    AnnounceReply reply{.interval = int(limits_.interval.count()), .seenAs = seenAs};

    auto found = swarms_.find(request.hash);
    if (request.event == AnnounceEvent::Stopped) {
        if (found != swarms_.end())
            peers_ -= found->second.peers.erase(key);
    } else {
        if (found == swarms_.end()) {
            if (swarms_.size() >= limits_.torrents)
                return failure(Code::TrackerRefused, QStringLiteral("this tracker has no room for another torrent"));
            found = swarms_.try_emplace(request.hash).first;
        }
        Swarm& swarm = found->second;
        auto mine = swarm.peers.find(key);
        if (mine == swarm.peers.end()) {
            if (swarm.peers.size() >= limits_.peersEach || peers_ >= limits_.peersTotal)
                return failure(Code::TrackerRefused, QStringLiteral("this tracker has no room for another peer"));
            mine = swarm.peers.try_emplace(key, SwarmPeer{.at = at, .left = -1, .first = now}).first;
            ++peers_;
        }
        SwarmPeer& peer = mine->second;
        // A client may say it again and again: who was a seed already has not completed anything.
        if (request.event == AnnounceEvent::Completed && peer.left != 0)
            ++swarm.completed;
        peer = {at, request.uploaded, request.downloaded, request.left, request.event, peer.first, now};
    }
    if (found == swarms_.end())
        return reply;
    found->second.seen = now;
    const SwarmCounts counts = found->second.counts();
    reply.seeds = counts.seeds;
    reply.leechers = counts.leechers;
    reply.completed = counts.completed;
    if (request.event != AnnounceEvent::Stopped)
        reply.peers = pick(found->second, key, request.left == 0, request.wanted, family);
    return reply;
}

QList<PeerAddress> SwarmTable::pick(const Swarm& swarm, const QByteArray& asker, bool seed, int wanted,
    std::optional<QAbstractSocket::NetworkLayerProtocol> family) const
{
    const int most = std::min(wanted < 0 ? limits_.peersTold : wanted, limits_.mostPeersTold);
    QList<PeerAddress> chosen;
    quint32 candidates = 0;
    for (const auto& [key, peer] : swarm.peers) {
        // Seeds have nothing to say to each other.
        if (key == asker || (seed && peer.left == 0) || (family && peer.at.address.protocol() != *family))
            continue;
        ++candidates;
        // Each candidate has the same chance to be among the chosen, whatever their number.
        if (chosen.size() < most)
            chosen.append(peer.at);
        else if (const quint32 place = QRandomGenerator::global()->bounded(candidates); place < quint32(most))
            chosen[place] = peer.at;
    }
    return chosen;
}

ScrapeReply SwarmTable::scrape(const QList<QByteArray>& hashes) const
{
    ScrapeReply reply;
    if (hashes.isEmpty()) {
        for (const auto& [hash, swarm] : swarms_)
            reply[hash] = swarm.counts();
    }
    for (const QByteArray& hash : hashes) {
        if (const auto found = swarms_.find(hash); found != swarms_.end())
            reply[hash] = found->second.counts();
    }
    return reply;
}

void SwarmTable::expire(TimePoint now)
{
    const TimePoint since = now - 2 * limits_.interval - limits_.interval / 4;
    for (auto swarm = swarms_.begin(); swarm != swarms_.end();) {
        peers_ -= std::erase_if(swarm->second.peers, [&](const auto& one) { return one.second.seen < since; });
        swarm = swarm->second.peers.empty() && swarm->second.seen < since ? swarms_.erase(swarm) : std::next(swarm);
    }
}

} // namespace weir
