#pragma once
// Metalink files, version 3 (metalinker.org) and 4 (RFC 5854): where files can be had, and how they are known to be right.
// Hostile until proven otherwise: no document types or entities, everything is limited. Pure; any thread.

#include <weir/result.h>

#include <QList>
#include <QUrl>

namespace weir {

constexpr qint64 kMostMetalinkBytes = 16 << 20;
/// Of the elements that are weir's own: <rollout>PERCENT</rollout> in a file.
constexpr char kWeirNamespace[] = "https://weir.dev/ns/metalink";

struct MetalinkSource {
    QUrl url;
    int priority = 999'999; ///< 1 is best
};
struct MetalinkHash {
    QByteArray algorithm; ///< "sha-256"
    QByteArray hex;
};
struct MetalinkPieces {
    QByteArray algorithm;
    qint64 length = 0;
    QList<QByteArray> hashes; ///< hex, in their order
};
struct MetalinkFile {
    QString name;              ///< without folders; still to be made safe
    QString identity, version; ///< what it is, and which release of it; empty: not said
    double rollout = 100;      ///< percent of the machines whose turn it is
    qint64 size = -1;
    QList<MetalinkHash> hashes;
    QList<MetalinkPieces> pieces;
    QList<MetalinkSource> sources;  ///< of the bytes; the best first
    QList<MetalinkSource> torrents; ///< the same for descriptions of a swarm
};

/// `base`: against which addresses are resolved. Without a file that has a source: InputUnreadable, as for all that is wrong.
Result<QList<MetalinkFile>> parseMetalink(QByteArrayView text, const QUrl& base = {});
bool opensLikeMetalink(QByteArrayView first4k);

} // namespace weir
