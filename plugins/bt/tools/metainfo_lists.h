#pragma once
// The lists that surround the info dictionary of a .torrent file, in the order of the file. Pure; any thread.

#include "bencode.h"

#include <QStringList>

namespace weir {

/// Of "announce-list" (BEP 12), or "announce" alone where there is no list. No tier is empty.
QList<QStringList> trackerTiers(const BencodeValue& torrent);
/// "url-list" (BEP 19).
QStringList webSeeds(const BencodeValue& torrent);

} // namespace weir
