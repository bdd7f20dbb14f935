#pragma once
// Where the bytes of a piece are on a server that has a torrent's files. Pure.

#include <weir/fetch.h>

#include <libtorrent/torrent_info.hpp>

namespace weir {

struct PiecePart {
    QUrl url;
    ByteRange range;   ///< in the file
    qint64 offset = 0; ///< in the piece
};
/// `source`: the file itself for a torrent of one file, else (or with a '/' at its end) the folder that has the torrent's.
/// Padding needs no part: it is zeros.
std::vector<PiecePart> partsOf(const lt::torrent_info& info, lt::piece_index_t piece, const QUrl& source);

} // namespace weir
