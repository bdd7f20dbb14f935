#include "bt/bt_source.h"
#include "bt/tracker_list.h"

#include <libtorrent/bencode.hpp>
#include <libtorrent/create_torrent.hpp>

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(TrackerList, OneALineWithoutWhatIsNone)
{
    const QByteArray text =
        "# best ones\r\nudp://t.example:1337/announce\r\n\r\n"
        "UDP://T.Example:1337\nhttp://h.example:80/announce?x=1#top\n  https://s.example/a  \n"
        "wss://w.example/a\nfile:///etc/passwd\nftp://f.example/\nudp://noport.example\nhttp://u:p@h.example/a\n"
        "http:///announce\n<html>\nhttp://h.example/announce?x=1\nudp://[::1]:6969\nudp://t.example:0\n";
    EXPECT_EQ(readTrackerList(text),
        (QStringList{"udp://t.example:1337/announce", "http://h.example/announce?x=1", "https://s.example/a",
            "udp://[::1]:6969/announce"}));
}

TEST(TrackerList, HostileTextIsBounded)
{
    QByteArray many;
    for (int i = 0; i < 20'000; ++i)
        many += "udp://t" + QByteArray::number(i) + ".example:1\n";
    EXPECT_EQ(readTrackerList(many).size(), 500);
    EXPECT_TRUE(readTrackerList("http://" + QByteArray(1000, 'a') + ".example/").isEmpty());
    EXPECT_TRUE(readTrackerList(QByteArray(3 << 20, '\n')).isEmpty());
    EXPECT_TRUE(readTrackerList(QByteArray("\0\xff\xfe://\x1b[2J\n", 12)).isEmpty());
    EXPECT_TRUE(readTrackerList({}).isEmpty());
}

TEST(TrackerList, WhoFailsAgainAndAgainRestsLongerEachTime)
{
    constexpr qint64 kMinute = 60, kHour = 3600;
    qint64 now = 1'700'000'000;
    TrackerHealth health;
    for (int torrent = 0; torrent < 100; ++torrent)
        health = afterFailure(health, now);
    EXPECT_EQ(health.failures, 1) << "a hundred torrents at once are one failure";
    EXPECT_FALSE(restsNow(health, now));
    health = afterFailure(health, now += 10 * kMinute);
    EXPECT_FALSE(restsNow(health, now));
    health = afterFailure(health, now += 10 * kMinute);
    EXPECT_TRUE(restsNow(health, now));
    EXPECT_TRUE(restsNow(health, now + kHour - 1));
    EXPECT_FALSE(restsNow(health, now + kHour));
    EXPECT_FALSE(restsNow(health, now - kHour)) << "the clock was put back";
    health = afterFailure(health, now += kHour);
    EXPECT_TRUE(restsNow(health, now + 2 * kHour - 1));
    for (int i = 0; i < 1000; ++i)
        health = afterFailure(health, now += 30 * 24 * kHour);
    EXPECT_TRUE(restsNow(health, now + 7 * 24 * kHour - 1));
    EXPECT_FALSE(restsNow(health, now + 7 * 24 * kHour));
}

TEST(TrackerList, TheGoodOnesComeFirstAndTheRestingOnesNotAtAll)
{
    const qint64 now = 1'700'000'000;
    const QStringList list{"udp://a:1/", "udp://b:1/", "udp://c:1/", "udp://d:1/"};
    QHash<QString, TrackerHealth> health{{"udp://a:1/", {2, now}}, {"udp://b:1/", {5, now}}, {"udp://c:1/", {1, now}}};
    EXPECT_EQ(bestTrackers(list, health, now), (QStringList{"udp://d:1/", "udp://c:1/", "udp://a:1/"}));
    for (const QString& tracker : list)
        health[tracker] = {9, now};
    health["udp://c:1/"] = {3, now};
    EXPECT_EQ(bestTrackers(list, health, now).first(), "udp://c:1/") << "the network was away, not they";
    EXPECT_EQ(bestTrackers(list, health, now).size(), 4);
    QStringList many;
    for (int i = 0; i < 500; ++i)
        many.append(QStringLiteral("udp://t%1:1/").arg(i));
    EXPECT_EQ(bestTrackers(many, {}, now), many.first(50));
}

lt::add_torrent_params torrent(bool isPrivate)
{
    lt::file_storage storage;
    storage.add_file("a", 5);
    lt::create_torrent creator(storage, 16384, lt::create_torrent::v1_only);
    creator.set_hash(lt::piece_index_t(0), lt::hasher("12345", 5).final());
    creator.set_priv(isPrivate);
    creator.add_tracker("http://own.example/announce");
    QByteArray bytes;
    lt::bencode(std::back_inserter(bytes), creator.generate());
    return *parseTorrent(bytes);
}

TEST(TrackerList, IsForTorrentsThatAreKnownToBePublic)
{
    const QStringList list{"udp://t.example:1/announce", "http://own.example/announce"};
    auto open = torrent(false), closed = torrent(true);
    addListedTrackers(closed, list);
    EXPECT_TRUE(closed.trackers.empty());
    auto magnet = parseMagnet(QUrl("magnet:?xt=urn:btih:aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"));
    ASSERT_TRUE(magnet);
    addListedTrackers(*magnet, list);
    EXPECT_TRUE(magnet->trackers.empty()) << "it may be private";
    addListedTrackers(open, list);
    EXPECT_EQ(open.trackers, std::vector<std::string>{"udp://t.example:1/announce"}) << "its own one is not named twice";
    addTrackers(open, {{"trackers", QJsonArray{"http://mine.example/announce"}}}, {});
    addListedTrackers(open, {"udp://new.example:1/announce"});
    EXPECT_EQ(open.trackers, (std::vector<std::string>{"http://mine.example/announce", "udp://new.example:1/announce"}))
        << "what the list no longer has goes";
    EXPECT_EQ(open.tracker_tiers.size(), open.trackers.size());
}

} // namespace
} // namespace weir
