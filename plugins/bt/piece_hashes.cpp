#include "bt/piece_hashes.h"

#include <libtorrent/hasher.hpp>

#include <algorithm>
#include <bit>

namespace weir {

namespace {

constexpr qsizetype kBlock = 16 << 10;

std::size_t blocksOf(qint64 bytes) { return std::size_t((bytes + kBlock - 1) / kBlock); }

} // namespace

lt::sha256_hash merkleRoot(QByteArrayView bytes, std::size_t leaves)
{
    std::vector<lt::sha256_hash> row(std::max(leaves, std::bit_ceil(blocksOf(bytes.size()))));
    for (std::size_t i = 0; i < blocksOf(bytes.size()); ++i) {
        const QByteArrayView block =
            bytes.sliced(qsizetype(i) * kBlock).first(std::min(kBlock, bytes.size() - qsizetype(i) * kBlock));
        row[i] = lt::hasher256(block.data(), int(block.size())).final();
    }
    for (; row.size() > 1; row.resize(row.size() / 2))
        for (std::size_t i = 0; i < row.size() / 2; ++i)
            row[i] = lt::hasher256(row[2 * i]).update(row[2 * i + 1]).final();
    return row.empty() ? lt::sha256_hash() : row.front();
}

PieceHashes::PieceHashes(std::shared_ptr<const lt::torrent_info> info) : info_(std::move(info)) { learn({}); }

void PieceHashes::learn(std::vector<std::vector<lt::sha256_hash>> layers)
{
    layers_ = std::move(layers);
    complete_ = true;
    for (const lt::piece_index_t piece : info_->piece_range())
        complete_ = complete_ && knows(piece);
}

bool PieceHashes::knows(lt::piece_index_t piece) const { return info_->v1() || !rootOf(piece).is_all_zeros(); }

lt::sha256_hash PieceHashes::rootOf(lt::piece_index_t piece) const
{
    const lt::file_storage& files = info_->orig_files();
    const lt::file_index_t file = files.file_index_at_piece(piece);
    if (files.file_size(file) <= files.piece_length())
        return files.root(file);
    const auto place = std::size_t(int(file)), at = std::size_t(int(piece) - int(files.piece_index_at_file(file)));
    return place < layers_.size() && at < layers_[place].size() ? layers_[place][at] : lt::sha256_hash();
}

bool PieceHashes::fits(lt::piece_index_t piece, QByteArrayView bytes) const
{
    if (bytes.size() != info_->piece_size(piece) || !knows(piece))
        return false;
    if (info_->v1())
        return lt::hasher(bytes.data(), int(bytes.size())).final() == info_->hash_for_piece(piece);
    const lt::file_storage& files = info_->orig_files();
    const bool small = files.file_size(files.file_index_at_piece(piece)) <= files.piece_length();
    const QByteArrayView own = bytes.first(files.piece_size2(piece));
    return merkleRoot(own, small ? 1 : blocksOf(files.piece_length())) == rootOf(piece);
}

} // namespace weir
