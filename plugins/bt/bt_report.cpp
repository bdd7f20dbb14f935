#include "bt/bt_report.h"

#include "bt/bt_settings.h"

#include <libtorrent/announce_entry.hpp>
#include <libtorrent/peer_info.hpp>
#include <libtorrent/torrent_info.hpp>

#include <algorithm>

namespace weir {

namespace {

constexpr qsizetype kMostPeers = 200;
constexpr int kMostCells = 512;

QString phaseText(const lt::torrent_status& status, BtPhase phase)
{
    if (phase == BtPhase::Description)
        return QStringLiteral("looking for the torrent's description");
    if (status.state == lt::torrent_status::checking_files || status.state == lt::torrent_status::checking_resume_data)
        return QStringLiteral("checking %1 %").arg(status.progress_ppm / 10'000);
    return phase == BtPhase::Share ? QStringLiteral("sharing") : QStringLiteral("downloading");
}

QString trackerState(const Swarm::Tracker& tracker)
{
    if (tracker.error)
        return tracker.error->code == Code::TrackerRefused ? QStringLiteral("refused") : QStringLiteral("unreachable");
    return tracker.answered ? QStringLiteral("announced") : QStringLiteral("asked");
}

/// What a tracker said of the swarm's size, and in how many seconds it is asked again; -1: not known.
struct TrackerPlan {
    qint64 seeds = -1, leechers = -1, next = -1;
    qint64 retry = -1; ///< from an address of ours that can't reach it
};

void keepSooner(qint64& kept, qint64 seconds)
{
    if (seconds > 0 && (kept < 0 || seconds < kept))
        kept = seconds;
}

std::map<QString, TrackerPlan> trackerPlans(const lt::torrent_handle& handle)
{
    std::map<QString, TrackerPlan> plans;
    const auto now = lt::clock_type::now();
    for (const lt::announce_entry& entry : handle.trackers()) {
        TrackerPlan& plan = plans[maskedTracker(QString::fromStdString(entry.url))];
        for (const lt::announce_endpoint& endpoint : entry.endpoints)
            for (const lt::protocol_version version : {lt::protocol_version::V1, lt::protocol_version::V2}) {
                const lt::announce_infohash& announce = endpoint.info_hashes[version];
                plan.seeds = std::max<qint64>(plan.seeds, announce.scrape_complete);
                plan.leechers = std::max<qint64>(plan.leechers, announce.scrape_incomplete);
                // Of several addresses of this machine not all reach every tracker.
                keepSooner(announce.last_error ? plan.retry : plan.next, lt::total_seconds(announce.next_announce - now));
            }
    }
    for (auto& [url, plan] : plans)
        if (plan.next < 0)
            plan.next = plan.retry;
    return plans;
}

QJsonArray trackersJson(const Swarm::Facts& facts, const lt::torrent_handle& handle)
{
    const auto plans = handle.is_valid() && !facts.trackers.empty() ? trackerPlans(handle) : std::map<QString, TrackerPlan>();
    const auto known = [](qint64 number) { return number < 0 ? QJsonValue() : QJsonValue(number); };
    QJsonArray all;
    for (const auto& [url, tracker] : facts.trackers) {
        const auto found = plans.find(url);
        const TrackerPlan plan = found == plans.end() ? TrackerPlan() : found->second;
        all.append(QJsonObject{{QStringLiteral("url"), url}, {QStringLiteral("state"), trackerState(tracker)},
            {QStringLiteral("peers"), tracker.peers}, {QStringLiteral("seeds"), known(plan.seeds)},
            {QStringLiteral("leechers"), known(plan.leechers)}, {QStringLiteral("nextAnnounce"), known(plan.next)},
            {QStringLiteral("message"), tracker.error ? describe(*tracker.error) : QString()}});
    }
    return all;
}

QJsonArray peersJson(const lt::torrent_handle& handle)
{
    QJsonArray all;
    std::vector<lt::peer_info> peers;
    handle.get_peer_info(peers);
    for (const lt::peer_info& peer : peers) {
        if (all.size() >= kMostPeers)
            break;
        const bool utp = bool(peer.flags & lt::peer_info::utp_socket);
        const bool hidden = bool(peer.flags & (lt::peer_info::rc4_encrypted | lt::peer_info::plaintext_encrypted));
        all.append(QJsonObject{{QStringLiteral("address"), QString::fromStdString(peer.ip.address().to_string())},
            {QStringLiteral("port"), peer.ip.port()}, {QStringLiteral("client"), QString::fromStdString(peer.client).left(80)},
            {QStringLiteral("progress"), peer.progress_ppm / 1e6}, {QStringLiteral("rateDown"), peer.payload_down_speed},
            {QStringLiteral("rateUp"), peer.payload_up_speed},
            {QStringLiteral("transport"), utp ? QStringLiteral("utp") : QStringLiteral("tcp")},
            {QStringLiteral("encrypted"), hidden}, {QStringLiteral("from"), sourceText(peer.source)}});
    }
    return all;
}

QString reasonsText(const PeerBook::Summary& peers)
{
    constexpr qsizetype kMostNamed = 3;
    QStringList texts;
    const QJsonArray reasons = reasonsJson(peers);
    for (const QJsonValue reason : reasons)
        if (texts.size() < kMostNamed)
            texts.append(QStringLiteral("%1: %2").arg(reason[u"peers"].toInt()).arg(reason[u"reason"].toString()));
    return texts.isEmpty() ? QString() : QStringLiteral(" (%1)").arg(texts.join(QLatin1String("; ")));
}

} // namespace

QJsonArray reasonsJson(const PeerBook::Summary& peers)
{
    std::vector<std::pair<int, QString>> order;
    for (const auto& [reason, count] : peers.others)
        order.emplace_back(-count, reason);
    std::sort(order.begin(), order.end());
    QJsonArray all;
    for (const auto& [count, reason] : order)
        all.append(QJsonObject{{QStringLiteral("reason"), reason}, {QStringLiteral("peers"), -count}});
    return all;
}

QString swarmTrouble(const Swarm::Facts& facts, BtPhase phase, bool listening, const PeerBook::Summary& peers)
{
    const lt::torrent_status& status = facts.status;
    if (phase == BtPhase::Share || status.download_payload_rate > 0 || status.is_finished)
        return {};
    if (status.state == lt::torrent_status::checking_files)
        return {};
    int answered = 0, named = 0;
    QString failed;
    for (const auto& [url, tracker] : facts.trackers) {
        answered += tracker.answered && !tracker.error ? 1 : 0;
        named += tracker.peers;
        if (tracker.error)
            failed = describe(*tracker.error);
    }
    if (status.num_peers > 0)
        return status.num_seeds == 0 && status.distributed_copies >= 0 && status.distributed_copies < 1
            ? QStringLiteral("No peer that it is connected to has what is missing.")
            : QStringLiteral("Peers are connected, but none gives anything yet.");
    if (answered == 0 && !failed.isEmpty() && status.list_peers == 0)
        return QStringLiteral("It is not announced: %1.").arg(failed);
    const QString closed = listening ? QString() : QStringLiteral(", and no port is open for them to come: see `weir doctor`");
    if (answered == 0 && status.list_peers == 0)
        return QStringLiteral("Nobody has named a peer yet%1.").arg(closed);
    if (named > 0 || status.list_peers > 0)
        return QStringLiteral("It is announced, but no peer can be reached%1%2.").arg(reasonsText(peers), closed);
    return QStringLiteral("It is announced, and nobody else takes part now.");
}

QString pieceMap(const lt::typed_bitfield<lt::piece_index_t>& have)
{
    const int count = have.size(), cells = std::min(count, kMostCells);
    QString map;
    map.reserve(cells);
    for (int cell = 0; cell < cells; ++cell) {
        const int begin = int(qint64(count) * cell / cells), end = int(qint64(count) * (cell + 1) / cells);
        int there = 0;
        for (int piece = begin; piece < end; ++piece)
            there += have.get_bit(lt::piece_index_t(piece)) ? 1 : 0;
        if (there == end - begin)
            map += u'#';
        else
            map += there == 0 ? QChar(u'.') : QChar(u'0' + std::max(1, 10 * there / (end - begin)));
    }
    return map;
}

Activity swarmActivity(const Swarm& swarm, BtPhase phase, bool listening)
{
    const Swarm::Facts facts = swarm.facts();
    const lt::torrent_status& status = facts.status;
    Activity activity;
    activity.phase = phaseText(status, phase);
    const PeerBook::Summary peers = swarm.peers()->summary();
    activity.trouble = swarmTrouble(facts, phase, listening, peers);
    activity.done = phase == BtPhase::Description ? 0 : status.total_wanted_done;
    activity.total = phase == BtPhase::Description ? -1 : status.total_wanted;
    activity.rateDown = status.download_payload_rate;
    activity.rateUp = status.upload_payload_rate;
    activity.uploaded = status.all_time_upload;
    activity.connections = status.num_peers;
    const lt::torrent_handle handle = swarm.handle();
    activity.details.insert(QStringLiteral("trackers"), trackersJson(facts, handle));
    activity.details.insert(
        QStringLiteral("peers"), status.num_peers > 0 && handle.is_valid() ? peersJson(handle) : QJsonArray());
    activity.details.insert(QStringLiteral("peersKnown"),
        QJsonObject{{QStringLiteral("known"), peers.known}, {QStringLiteral("connected"), peers.connected},
            {QStringLiteral("others"), reasonsJson(peers)}});
    const auto info = status.torrent_file.lock();
    activity.details.insert(QStringLiteral("pieces"),
        QJsonObject{{QStringLiteral("count"), info ? info->num_pieces() : 0},
            {QStringLiteral("size"), info ? info->piece_length() : 0}, {QStringLiteral("have"), status.num_pieces},
            {QStringLiteral("map"), pieceMap(status.pieces)}});
    return activity;
}

} // namespace weir
