#pragma once
// What a torrent's task keeps between runs: libtorrent's resume data and where the files are, as one bencoded blob. Pure.
// Addresses of peers are not kept.

#include <weir/fetch.h>

#include <libtorrent/add_torrent_params.hpp>

namespace weir {

struct BtState {
    lt::add_torrent_params params; ///< with the torrent's own description
    QString name;                  ///< of the file or folder
    QByteArray identity;           ///< of NAME.part, by which NAME is known after the rename
    QStringList webSeeds;          ///< of the torrent, or known besides; libtorrent itself does not get them
    QList<ExpectedDigest> digests; ///< of a torrent of one file, from who described that file
    bool whole = false;            ///< the files have their final names

    QByteArray toBytes() const;
    static Result<BtState> fromBytes(QByteArrayView bytes); ///< TorrentUnreadable, TorrentBad
};

} // namespace weir
