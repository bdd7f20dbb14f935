#pragma once
// What a torrent's task says of itself: phase, trouble, trackers, peers, pieces. Any thread; asks libtorrent for the peers.

#include "bt/bt_swarm.h"

#include <weir/context.h>

#include <QJsonArray>

namespace weir {

enum class BtPhase { Description, Download, Share };

/// Why little or nothing comes; empty: enough does. Pure.
QString swarmTrouble(const Swarm::Facts& facts, BtPhase phase, bool listening, const PeerBook::Summary& peers = {});
/// Why others than the connected peers are not, the commonest first: [{reason, peers}]. Pure.
QJsonArray reasonsJson(const PeerBook::Summary& peers);
/// A stretch of pieces a character: '.' none is there, 1 to 9 tenths, '#' all. Pure.
QString pieceMap(const lt::typed_bitfield<lt::piece_index_t>& have);
Activity swarmActivity(const Swarm& swarm, BtPhase phase, bool listening);

} // namespace weir
