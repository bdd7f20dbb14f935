#pragma once
// Which torrent a command is about, as far as trackers need it: from a .torrent file or its URL, a magnet link, or a bare
// info-hash. Blocking; any thread.

#include "fetch_bytes.h"

#include <QStringList>

namespace weir {

constexpr qint64 kMostTorrentBytes = 64 << 20;

struct TorrentSubject {
    QByteArray v1, v2; ///< 20 and 32 bytes; at least one is there
    QString name;
    qint64 size = -1; ///< -1: unknown
    QStringList trackers;

    /// As trackers know it.
    QByteArray hash() const { return v1.isEmpty() ? v2.first(20) : v1; }
};

bool isMagnet(const QString& text);
/// BencodeBad, TorrentBad.
Result<TorrentSubject> torrentSubject(QByteArrayView torrentFile);
/// These, MagnetBad, and the errors of reading and fetching.
Result<TorrentSubject> findSubject(const QString& fileUrlMagnetOrHash, const HttpOptions& options);

} // namespace weir
