#pragma once
// A magnet link as values, and back. Nothing that it said gets lost: what is not known here, or is no text, is kept as it was
// and where it was among its kind. Pure; any thread.

#include <weir/result.h>

#include <QByteArray>
#include <QPair>
#include <QStringList>

namespace weir {

struct Magnet {
    QByteArray v1, v2;                           ///< info-hashes: 20 and 32 bytes; at least one is there
    QString name;                                ///< dn
    qint64 length = -1;                          ///< xl
    QStringList trackers, webSeeds, peers;       ///< tr, ws, x.pe
    QString selection;                           ///< so: "0,2,4-6", counted from 0
    QList<QPair<QByteArray, QByteArray>> others; ///< a null value: it had no "="

    bool operator==(const Magnet&) const = default;
};

/// MagnetBad tells what is wrong.
Result<Magnet> parseMagnet(QByteArrayView link);
QByteArray magnetLink(const Magnet& magnet);

} // namespace weir
