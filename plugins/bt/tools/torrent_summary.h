#pragma once
// What a .torrent file says, and how people and programs are told. Pure; any thread. The bytes are hostile.

#include "magnet.h"

#include <QByteArray>
#include <QJsonObject>

namespace weir {

struct TorrentSummary {
    struct File {
        QString path;
        qint64 size = 0;
    };
    QByteArray v1, v2; ///< 20 and 32 bytes; at least one is there
    QString name, comment, creator, source;
    qint64 size = 0, pieceSize = 0, pieces = 0, date = 0, metadataSize = 0;
    bool isPrivate = false;
    QList<QStringList> tiers;
    QStringList webSeeds;
    QList<File> files; ///< without the padding between them

    const char* format() const { return v2.isEmpty() ? "v1" : v1.isEmpty() ? "v2" : "hybrid"; }
    Magnet magnet() const;
};

/// BencodeBad, TorrentBad.
Result<TorrentSummary> summarize(QByteArrayView torrentFile);

QJsonObject toJson(const TorrentSummary& torrent);
QJsonObject toJson(const Magnet& magnet);

} // namespace weir
