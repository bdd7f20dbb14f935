#include "swarm_table.h"

#include <gtest/gtest.h>

#include <set>

namespace weir {
namespace {

using namespace std::chrono_literals;

const TimePoint kStart{1h};
const QByteArray kHash(20, 'h');

AnnounceRequest from(quint16 port, qint64 left, AnnounceEvent event = AnnounceEvent::None)
{
    return {.hash = kHash, .peerId = QByteArray(20, 'p'), .port = port, .left = left, .event = event};
}
const QHostAddress kFour(QStringLiteral("10.0.0.1")), kSix(QStringLiteral("fd00::1"));

TEST(SwarmTable, PeersFindEachOtherAndNotThemselves)
{
    SwarmTable table({});
    EXPECT_TRUE(table.announce(from(1, 9), kFour, kStart)->peers.isEmpty());
    const auto second = table.announce(from(2, 0), kSix, kStart);
    ASSERT_EQ(second->peers.size(), 1);
    EXPECT_EQ(second->peers[0].port, 1);
    EXPECT_EQ(second->seeds, 1);
    EXPECT_EQ(second->leechers, 1);
    EXPECT_EQ(second->seenAs, kSix);
    EXPECT_TRUE(table.announce(from(3, 0), kFour, kStart, QAbstractSocket::IPv6Protocol)->peers.isEmpty())
        << "seeds don't need seeds";
    EXPECT_EQ(table.announce(from(1, 9), kFour, kStart, QAbstractSocket::IPv6Protocol)->peers.size(), 1);
}

TEST(SwarmTable, AMappedAddressIsItsIPv4One)
{
    SwarmTable table({});
    (void)table.announce(from(1, 9), QHostAddress(QStringLiteral("::ffff:10.0.0.1")), kStart);
    (void)table.announce(from(1, 9), kFour, kStart);
    EXPECT_EQ(table.scrape({kHash})[kHash].leechers, 1);
}

TEST(SwarmTable, StoppedLeavesAndCompletedCountsOnce)
{
    SwarmTable table({});
    (void)table.announce(from(1, 9), kFour, kStart);
    (void)table.announce(from(1, 0, AnnounceEvent::Completed), kFour, kStart);
    (void)table.announce(from(1, 0, AnnounceEvent::Completed), kFour, kStart);
    EXPECT_EQ(table.scrape({})[kHash], (SwarmCounts{1, 1, 0}));
    (void)table.announce(from(1, 0, AnnounceEvent::Stopped), kFour, kStart);
    EXPECT_EQ(table.scrape({})[kHash], (SwarmCounts{0, 1, 0}));
    SwarmTable empty({});
    (void)empty.announce(from(1, 0, AnnounceEvent::Stopped), kFour, kStart);
    EXPECT_TRUE(empty.swarms().empty()) << "who only leaves makes no torrent";
}

TEST(SwarmTable, WhoIsSilentIsForgotten)
{
    SwarmTable table({.interval = 60s});
    (void)table.announce(from(1, 9), kFour, kStart);
    (void)table.announce(from(2, 9), kFour, kStart + 100s);
    table.expire(kStart + 140s);
    EXPECT_EQ(table.scrape({})[kHash].leechers, 1);
    table.expire(kStart + 300s);
    EXPECT_TRUE(table.swarms().empty());
}

TEST(SwarmTable, HasRoomForSoManyOnly)
{
    SwarmTable table({.torrents = 2, .peersEach = 3});
    for (quint16 port = 1; port <= 3; ++port)
        EXPECT_TRUE(table.announce(from(port, 1), kFour, kStart));
    EXPECT_EQ(table.announce(from(4, 1), kFour, kStart).error().code, Code::TrackerRefused);
    EXPECT_TRUE(table.announce(from(3, 1), kFour, kStart)) << "who is in stays in";
    AnnounceRequest other = from(1, 1);
    other.hash = QByteArray(20, '2');
    EXPECT_TRUE(table.announce(other, kFour, kStart));
    other.hash = QByteArray(20, '3');
    EXPECT_FALSE(table.announce(other, kFour, kStart));
}

TEST(SwarmTable, TellsAsManyAsAreWantedAndAnyOfThem)
{
    SwarmTable table({});
    for (quint16 port = 1; port <= 400; ++port)
        (void)table.announce(from(port, 1), kFour, kStart);
    AnnounceRequest asked = from(1, 1);
    EXPECT_EQ(table.announce(asked, kFour, kStart)->peers.size(), 50);
    asked.wanted = 0;
    EXPECT_TRUE(table.announce(asked, kFour, kStart)->peers.isEmpty());
    asked.wanted = 10'000;
    std::set<quint16> told;
    for (int i = 0; i < 40; ++i) {
        const auto reply = table.announce(asked, kFour, kStart);
        EXPECT_EQ(reply->peers.size(), 200);
        for (const PeerAddress& peer : reply->peers)
            told.insert(peer.port);
    }
    EXPECT_FALSE(told.contains(1));
    EXPECT_EQ(told.size(), 399u) << "each has its chance";
}

TEST(SwarmTable, AddressesAreBelievedOnlyIfToldTo)
{
    AnnounceRequest lying = from(1, 1);
    lying.address = QHostAddress(QStringLiteral("8.8.8.8"));
    for (const bool believe : {false, true}) {
        SwarmTable table({.believeAddresses = believe});
        (void)table.announce(lying, kFour, kStart);
        EXPECT_EQ(table.announce(from(2, 1), kFour, kStart)->peers[0].address, believe ? lying.address : kFour);
    }
}

} // namespace
} // namespace weir
