#include "bt/bt_source.h"
#include "piece_layers.h"

#include <libtorrent/bencode.hpp>
#include <libtorrent/create_torrent.hpp>

#include <gtest/gtest.h>

namespace weir {
namespace {

constexpr int kPiece = 32 << 10;

/// Of files of so many pieces each, with any hashes; `spoil` is done to the torrent's bytes.
bool whole(std::vector<int> pieces, lt::create_flags_t version, const std::function<void(QByteArray&)>& spoil = {})
{
    lt::file_storage storage;
    for (std::size_t i = 0; i < pieces.size(); ++i)
        storage.add_file("t/" + std::to_string(i), std::int64_t(pieces[i]) * kPiece - 5);
    lt::create_torrent creator(storage, kPiece, version);
    for (const lt::file_index_t file : creator.files().file_range()) {
        if (creator.files().pad_file_at(file))
            continue;
        for (int piece = 0; piece < creator.files().file_num_pieces(file); ++piece) {
            const std::string text = std::to_string(int(file)) + ' ' + std::to_string(piece);
            creator.set_hash2(file, lt::piece_index_t::diff_type(piece), lt::hasher256(text.data(), int(text.size())).final());
        }
    }
    QByteArray bytes;
    lt::bencode(std::back_inserter(bytes), creator.generate());
    if (spoil)
        spoil(bytes);
    const auto params = parseTorrent(bytes);
    EXPECT_TRUE(params) << describe(params.error()).toStdString();
    return params && layersAreWhole(*params->ti);
}

TEST(PieceLayers, ProveWhatTheDescriptionSays)
{
    for (const int count : {1, 2, 3, 4, 5, 511, 512, 513, 600, 1024})
        EXPECT_TRUE(whole({count, 2}, lt::create_torrent::v2_only)) << count;
}

TEST(PieceLayers, AMissingOrAWrongHashIsSeen)
{
    const auto last = [](QByteArray& bytes) { return bytes.indexOf("12:piece layers") + 60 + 599 * 32; };
    EXPECT_FALSE(whole(
        {600}, lt::create_torrent::v2_only, [&](QByteArray& bytes) { bytes.replace(last(bytes), 20, QByteArray(20, '\0')); }));
    EXPECT_FALSE(whole({600}, lt::create_torrent::v2_only, [&](QByteArray& bytes) { bytes[last(bytes)] ^= 1; }));
}

} // namespace
} // namespace weir
