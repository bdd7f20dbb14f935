#pragma once
// A .torrent file of what a ShareListing names. The same input gives the same bytes: no date unless one is asked for. Blocking:
// every byte is read and hashed.

#include "share_listing.h"

#include <QByteArray>

#include <functional>
#include <optional>

namespace weir {

enum class TorrentFormat : char { V1, V2, Hybrid };

struct TorrentOptions {
    TorrentFormat format = TorrentFormat::Hybrid;
    QList<QStringList> tiers; ///< trackers; those of a tier are equals
    QStringList webSeeds;
    qint64 pieceSize = 0; ///< 0: pieceSizeFor() what there is
    bool isPrivate = false;
    QString comment, source;
    std::optional<qint64> date; ///< seconds since 1970
    int threads = 0;            ///< that hash; 0: one for each processor
};

/// `progress(done, all)` in pieces, on the calling thread. InputUnreadable, NothingToShare.
Result<QByteArray> makeTorrent(
    const ShareListing& listing, const TorrentOptions& options, const std::function<void(int, int)>& progress);

} // namespace weir
