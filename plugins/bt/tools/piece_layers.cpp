#include "piece_layers.h"

#include <libtorrent/hasher.hpp>

#include <vector>

namespace weir {

namespace {

constexpr int kBlock = 16 << 10;

lt::sha256_hash above(const lt::sha256_hash& left, const lt::sha256_hash& right)
{
    lt::hasher256 hasher(left);
    hasher.update(right);
    return hasher.final();
}

/// BEP 52: what is missing to a power of two counts as pieces without data.
lt::sha256_hash rootOf(std::vector<lt::sha256_hash> layer, int pieceLength)
{
    lt::sha256_hash empty;
    for (int length = kBlock; length < pieceLength; length *= 2)
        empty = above(empty, empty);
    while (layer.size() > 1) {
        if (layer.size() % 2 != 0)
            layer.push_back(empty);
        for (std::size_t i = 0; i < layer.size() / 2; ++i)
            layer[i] = above(layer[2 * i], layer[2 * i + 1]);
        layer.resize(layer.size() / 2);
        empty = above(empty, empty);
    }
    return layer.front();
}

} // namespace

bool layersAreWhole(const lt::torrent_info& torrent)
{
    if (!torrent.v2())
        return true;
    const lt::file_storage& files = torrent.files();
    for (const lt::file_index_t file : files.file_range()) {
        if (files.pad_file_at(file) || files.file_size(file) <= torrent.piece_length())
            continue;
        const lt::span<const char> bytes = torrent.piece_layer(file);
        const auto count = std::size_t(files.file_num_pieces(file));
        if (std::size_t(bytes.size()) != count * lt::sha256_hash::size())
            return false;
        std::vector<lt::sha256_hash> layer;
        layer.reserve(count);
        for (std::size_t i = 0; i < count; ++i)
            layer.emplace_back(bytes.data() + i * lt::sha256_hash::size());
        if (rootOf(std::move(layer), torrent.piece_length()) != files.root(file))
            return false;
    }
    return true;
}

} // namespace weir
