#pragma once
// The hashes of pieces that a torrent of version 2 has beside its description. Pure; any thread.

#include <libtorrent/torrent_info.hpp>

namespace weir {

/// Every file's hashes are there and make up the root that the description names; libtorrent reads files where they don't.
/// True for a torrent that needs none.
bool layersAreWhole(const lt::torrent_info& torrent);

} // namespace weir
