// What a torrent's log says of peers, and what is counted of them.
#include "bt/bt_peers.h"
#include "bt/bt_report.h"
#include "bt/bt_settings.h"

#include <libtorrent/error_code.hpp>

#include <gtest/gtest.h>

namespace weir {
namespace {

lt::tcp::endpoint at(const char* address, int port = 6881) { return {lt::make_address(address), quint16(port)}; }

TEST(PeerNames, AMaskedAddressMeansManyPeople)
{
    const auto masked = [](const char* address) { return maskedAddress(lt::make_address(address)); };
    EXPECT_EQ(masked("203.0.113.7"), "203.0.x.x");
    EXPECT_EQ(masked("::ffff:203.0.113.7"), "203.0.x.x");
    EXPECT_EQ(masked("2001:db8:1234::9"), "2001:db8::x");
    EXPECT_EQ(masked("::1"), "0:0::x");
}

TEST(PeerNames, WhoNamedIt)
{
    EXPECT_EQ(sourceText(lt::peer_info::tracker | lt::peer_info::pex), "tracker, PEX");
    EXPECT_EQ(sourceText(lt::peer_info::incoming), "it called");
    EXPECT_EQ(sourceText({}), "unknown");
}

TEST(PeerNames, WhyItIsNotThere)
{
    EXPECT_EQ(
        partingText(boost::system::error_code(ECONNREFUSED, boost::system::system_category())), "it refused the connection");
    EXPECT_EQ(
        partingText(boost::system::error_code(ETIMEDOUT, boost::system::generic_category())), "it did not answer in time");
    EXPECT_EQ(partingText(lt::errors::upload_upload_connection), "it has everything, as we have");
    EXPECT_EQ(partingText(lt::errors::self_connection), "it is this program itself");
    EXPECT_EQ(partingText(boost::asio::error::eof), "it closed the connection");
    EXPECT_FALSE(partingText(lt::errors::invalid_message).isEmpty());
}

TEST(PeerBook, ABlockedPeerIsSaidOnceAndCounted)
{
    PeerBook book;
    for (int i = 0; i < 3; ++i)
        book.hear(at("203.0.113.7"), lt::peer_info::tracker, true);
    book.hear(at("203.0.113.8"), lt::peer_info::dht, false);
    book.hear(at("203.0.113.8", 7000), lt::peer_info::pex, false);
    EXPECT_EQ(book.takeLines(), QStringList{"peer 1 (203.0.x.x, from tracker): not used: it is on the blocklist"});
    EXPECT_TRUE(book.takeLines().isEmpty());
    const PeerBook::Summary sum = book.summary();
    EXPECT_EQ(sum.known, 2);
    EXPECT_EQ(sum.connected, 0);
    EXPECT_EQ(sum.others, (std::map<QString, int>{{"it is on the blocklist", 1}, {"not tried yet", 1}}));
}

// The engine tells of both in the same way.
TEST(PeerBook, AnAddressOfOneLinkIsOnNoBlocklist)
{
    PeerBook book;
    book.hear(at("fe80::7"), lt::peer_info::lsd, true);
    book.hear(at("169.254.1.2"), lt::peer_info::lsd, true);
    EXPECT_EQ(book.summary().others, (std::map<QString, int>{{"its address is of one link only", 2}}));
}

TEST(PeerBook, WholeAddressesOnlyWhenAsked)
{
    PeerBook book;
    book.setLog(PeerLog::Full);
    book.hear(at("203.0.113.7"), lt::peer_info::tracker, true);
    book.hear(at("2001:db8::7"), lt::peer_info::lsd, true);
    EXPECT_EQ(book.takeLines(),
        (QStringList{"peer 1 (203.0.113.7:6881, from tracker): not used: it is on the blocklist",
            "peer 2 ([2001:db8::7]:6881, from LSD): not used: it is on the blocklist"}));
    book.setLog(PeerLog::Off);
    book.hear(at("203.0.113.9"), lt::peer_info::tracker, true);
    EXPECT_TRUE(book.takeLines().isEmpty());
    EXPECT_EQ(book.summary().known, 3);
}

TEST(PeerBook, ACrowdIsBounded)
{
    PeerBook book;
    for (quint32 i = 0; i < 20'000; ++i)
        book.hear({lt::address_v4(0x0a000000 + i), 6881}, lt::peer_info::pex, true);
    EXPECT_EQ(book.summary().known, 4000);
    const QStringList lines = book.takeLines();
    EXPECT_EQ(lines.size(), 501);
    EXPECT_TRUE(lines.last().contains("weir show ID --peers"));
}

TEST(PeerReport, TheCommonestReasonIsTheFirst)
{
    const PeerBook::Summary peers{.known = 9, .connected = 2, .others = {{"a", 1}, {"b", 4}, {"c", 1}, {"d", 1}}};
    const QJsonArray reasons = reasonsJson(peers);
    ASSERT_EQ(reasons.size(), 4);
    EXPECT_EQ(reasons[0][u"reason"].toString(), "b");
    EXPECT_EQ(reasons[0][u"peers"].toInt(), 4);
    Swarm::Facts facts;
    facts.trackers["http://t"] = {.answered = true, .asked = true, .peers = 3};
    EXPECT_EQ(
        swarmTrouble(facts, BtPhase::Download, true, peers), "It is announced, but no peer can be reached (4: b; 1: a; 1: c).");
    EXPECT_TRUE(swarmTrouble(facts, BtPhase::Download, false, peers).contains("no port is open"));
}

TEST(TorrentLimits, OfTheSettings)
{
    EXPECT_EQ(torrentLimits({}), TorrentLimits());
    EXPECT_EQ(torrentLimits({{"connectionsPerTorrent", 1}, {"uploadSlotsPerTorrent", 3}, {"logPeers", "full"}}),
        (TorrentLimits{.connections = 2, .uploads = 3, .log = PeerLog::Full}));
}

} // namespace
} // namespace weir
