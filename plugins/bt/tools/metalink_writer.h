#pragma once
// Metalink files, version 4 (RFC 5854), of files on this disk. Blocking: every byte is read and hashed; any thread.

#include "share_listing.h"

namespace weir {

struct MetalinkWish {
    qint64 pieceSize = 0;      ///< of the hashed pieces
    QString origin;            ///< the address below which the listing's name lies, with a '/' at its end
    QString torrent;           ///< address of the torrent of the whole listing
    QString identity, version; ///< of every file; empty: not said
    double rollout = 100;      ///< percent of the machines whose turn it is
};

/// One entry for each file: size, SHA-256 of the whole and of its pieces, its address at the origin, and of a listing that is
/// one file the torrent. `progress(done, all)` in bytes. InputUnreadable.
Result<QByteArray> makeMetalink(
    const ShareListing& listing, const MetalinkWish& wish, const std::function<void(qint64, qint64)>& progress);

/// The address of a path (bytes, parts divided by '/') below another, which ends with a '/'.
QString addressBelow(const QString& origin, const std::string& path);

} // namespace weir
