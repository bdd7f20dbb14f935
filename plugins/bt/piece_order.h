#pragma once
// In which order the pieces of a torrent are wanted. Pure; any thread.

#include "bt/bt_choice.h"

#include <QJsonObject>

namespace weir {

enum class PieceOrder : char {
    Rarest,     ///< what few have comes first, which keeps the swarm whole
    Sequential, ///< from the first to the last
    Ends,       ///< first the beginning and the end of each file, where players look for what is in it
    Playback,   ///< as Ends, then what follows the beginning without a gap is urgent, and the rest comes rarest first
};
/// The task's options "order" (as `weir get --order` names them) and "sequential".
PieceOrder pieceOrder(const QJsonObject& options);

/// The missing pieces that are to come next, the most urgent first; at most 64. Rarest: none.
std::vector<lt::piece_index_t> urgentPieces(PieceOrder order, const lt::file_storage& storage,
    const std::vector<TorrentFile>& files, const FilePriorities& priorities, const lt::typed_bitfield<lt::piece_index_t>& have);

} // namespace weir
