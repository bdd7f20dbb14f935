#pragma once
// Changes what surrounds the info dictionary of a .torrent file. The bytes of "info" are copied as they are, so the info-hash
// can't change; so is every key that is not asked for. Pure; any thread.

#include <weir/result.h>

#include <QByteArray>
#include <QPair>
#include <QStringList>

#include <optional>

namespace weir {

struct TorrentEdit {
    QStringList removeTrackers, addTrackers; ///< what is added makes a tier of its own each, after those that are there
    QList<QPair<QString, QString>> replaceTrackers;
    QStringList removeWebSeeds, addWebSeeds;
    std::optional<QString> comment; ///< empty: none any more
};

/// BencodeBad, TorrentBad; BadOption names a tracker or web seed that is not in the file.
Result<QByteArray> editTorrent(QByteArrayView torrentFile, const TorrentEdit& edit);

} // namespace weir
