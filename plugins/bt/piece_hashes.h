#pragma once
// By what the pieces of a torrent are known: SHA-1, or in torrents of version 2 alone the roots of trees of SHA-256 over blocks
// of 16 KiB. Those of large files are no part of a torrent's description: who began with a magnet learns them from peers, bit
// by bit. Whoever fetches pieces owns it; one thread.

#include <QByteArrayView>

#include <libtorrent/torrent_info.hpp>

namespace weir {

class PieceHashes {
public:
    explicit PieceHashes(std::shared_ptr<const lt::torrent_info> info);

    bool complete() const { return complete_; } ///< all are known
    /// What libtorrent knows by now: for each file the roots of its pieces, zeros where it does not know one.
    void learn(std::vector<std::vector<lt::sha256_hash>> layers);
    bool knows(lt::piece_index_t piece) const;
    /// `bytes`: the whole piece, with what is padded. False for one that is not known.
    bool fits(lt::piece_index_t piece, QByteArrayView bytes) const;

private:
    lt::sha256_hash rootOf(lt::piece_index_t piece) const; ///< zeros: not known

    const std::shared_ptr<const lt::torrent_info> info_;
    std::vector<std::vector<lt::sha256_hash>> layers_;
    bool complete_ = false;
};

/// The root of a tree with so many leaves (a power of 2), one for each 16 KiB; leaves that the bytes do not reach are zeros.
lt::sha256_hash merkleRoot(QByteArrayView bytes, std::size_t leaves);

} // namespace weir
