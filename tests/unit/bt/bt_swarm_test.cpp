// What a torrent's object makes of the engine's words, with a real engine that meets nobody.
#include "bt/bt_swarm.h"

#include <libtorrent/alert_types.hpp>
#include <libtorrent/bencode.hpp>
#include <libtorrent/create_torrent.hpp>
#include <libtorrent/session.hpp>
#include <libtorrent/session_params.hpp>
#include <libtorrent/torrent_info.hpp>

#include <QTemporaryDir>

#include <gtest/gtest.h>

#include <thread>

using namespace weir;
using namespace std::chrono_literals;

namespace {

lt::session_params alone()
{
    lt::session_params params;
    params.settings.set_str(lt::settings_pack::listen_interfaces, "");
    for (const int off : {lt::settings_pack::enable_dht, lt::settings_pack::enable_lsd, lt::settings_pack::enable_upnp,
             lt::settings_pack::enable_natpmp})
        params.settings.set_bool(off, false);
    params.settings.set_int(
        lt::settings_pack::alert_mask, int(std::uint32_t(lt::alert_category::status | lt::alert_category::storage)));
    return params;
}

std::shared_ptr<lt::torrent_info> someTorrent()
{
    constexpr int kPiece = 16 << 10;
    lt::file_storage files;
    files.add_file("film.bin", 4 * kPiece);
    lt::create_torrent torrent(files, kPiece, lt::create_torrent::v1_only);
    for (const lt::piece_index_t piece : torrent.piece_range())
        torrent.set_hash(piece, lt::sha1_hash("01234567890123456789"));
    std::vector<char> bytes;
    lt::bencode(std::back_inserter(bytes), torrent.generate());
    return std::make_shared<lt::torrent_info>(lt::span<const char>(bytes.data(), std::ptrdiff_t(bytes.size())), lt::from_span);
}

TEST(Swarm, WhatIsKeptIsTheAnswerToTheLastQuestion)
{
    const QTemporaryDir folder;
    lt::session session(alone());
    Swarm swarm;
    const std::jthread passesOn([&](std::stop_token stop) {
        while (!stop.stop_requested()) {
            session.wait_for_alert(20ms);
            std::vector<lt::alert*> alerts;
            session.pop_alerts(&alerts);
            for (const lt::alert* alert : alerts)
                if (dynamic_cast<const lt::torrent_alert*>(alert))
                    swarm.take(*alert);
        }
    });
    lt::add_torrent_params add;
    add.ti = someTorrent();
    add.save_path = folder.path().toStdString();
    session.async_add_torrent(std::move(add));
    ASSERT_TRUE(swarm.wait({}, std::chrono::steady_clock::now() + 20s, [](const Swarm::Facts& facts) { return facts.added; }));
    for (int i = 0; i < 20; ++i) {
        swarm.requestResumeData({});
        const bool inOrder = i % 2 == 0;
        swarm.handle().set_flags(
            inOrder ? lt::torrent_flags::sequential_download : lt::torrent_flags_t{}, lt::torrent_flags::sequential_download);
        const auto state = swarm.resumeData({}, 20s);
        ASSERT_TRUE(state);
        EXPECT_EQ(bool(state->flags & lt::torrent_flags::sequential_download), inOrder) << i;
    }
}

} // namespace
