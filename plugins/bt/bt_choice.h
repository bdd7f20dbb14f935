#pragma once
// Which files of a torrent are wanted, and what that says of its pieces. Pure; any thread.

#include "bt/bt_place.h"

namespace weir {

using FilePriorities = std::vector<lt::download_priority_t>; ///< by place in the torrent's list; none given: wanted

bool isWanted(const FilePriorities& priorities, const TorrentFile& file);

struct PieceRange {
    lt::piece_index_t begin{0}, end{0}; ///< none: both the same
    lt::piece_index_t last() const { return prev(end); }
};
PieceRange piecesOf(const lt::file_storage& storage, const TorrentFile& file);

/// `chosen`: places in `files`. A torrent of one file is always wanted whole.
FilePriorities prioritiesOf(const lt::torrent_info& torrent, const std::vector<TorrentFile>& files, const QList<int>& chosen);
qint64 wantedSize(const std::vector<TorrentFile>& files, const FilePriorities& priorities);
/// Of a torrent that was whole: another choice may have come since. A state that does not know its pieces says only that.
bool hasAllWanted(const lt::add_torrent_params& params, const std::vector<TorrentFile>& files);
/// What a neighbour's piece had of a file that nobody wanted lies in a file of the engine's own. Now that it is wanted, that
/// piece comes again: its first or its last one. `before`: what was wanted when `params` were kept.
void forgetWhatLiesApart(lt::add_torrent_params& params, const std::vector<TorrentFile>& files, const FilePriorities& before);

} // namespace weir
