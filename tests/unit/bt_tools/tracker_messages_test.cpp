// Both ends of the tracker protocols against written-down bytes, and against each other.

#include "http_request.h"
#include "http_tracker.h"
#include "udp_tracker.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

const QByteArray kHash = QByteArray::fromHex("00112233445566778899aabbccddeeff20302e2f");
const QByteArray kId("-WE0100-abcdefghijkl");

AnnounceRequest request()
{
    return {.hash = kHash,
        .peerId = kId,
        .port = 6881,
        .uploaded = 1,
        .downloaded = 2,
        .left = 3,
        .event = AnnounceEvent::Started,
        .wanted = 7,
        .key = 0xabc};
}

TEST(HttpTracker, TheAnnounceIsWrittenToTheByte)
{
    EXPECT_EQ(announceUrl(QUrl(QStringLiteral("http://t.test:80/x/announce?pass=1#f")), request()).toEncoded(),
        "http://t.test:80/x/announce?pass=1&info_hash=%00%11%223DUfw%88%99%AA%BB%CC%DD%EE%FF%200.%2F"
        "&peer_id=-WE0100-abcdefghijkl&port=6881&uploaded=1&downloaded=2&left=3&compact=1&event=started&numwant=7&key="
        "00000abc");
}

TEST(HttpTracker, TheServerReadsWhatTheClientWrites)
{
    AnnounceRequest sent = request();
    sent.address = QHostAddress(QStringLiteral("10.1.2.3"));
    sent.withoutPeerIds = true;
    const QUrl url = announceUrl(QUrl(QStringLiteral("http://t.test/announce")), sent);
    const auto read = readAnnounceQuery(url.query(QUrl::FullyEncoded).toLatin1());
    ASSERT_TRUE(read) << read.error().detail.toStdString();
    EXPECT_EQ(*read, sent);
}

TEST(HttpTracker, EveryByteOfAHashSurvivesTheUrl)
{
    for (int byte = 0; byte < 256; ++byte) {
        AnnounceRequest sent = request();
        sent.hash = QByteArray(20, char(byte));
        sent.peerId = QByteArray(20, char(byte));
        const QUrl url = announceUrl(QUrl(QStringLiteral("http://t.test/announce")), sent);
        const auto read = readAnnounceQuery(url.query(QUrl::FullyEncoded).toLatin1());
        ASSERT_TRUE(read) << byte;
        EXPECT_EQ(read->hash, sent.hash) << byte;
        EXPECT_EQ(read->peerId, sent.peerId) << byte;
    }
}

TEST(HttpTracker, ScrapeFollowsTheConvention)
{
    const auto url = scrapeUrl(QUrl(QStringLiteral("http://t.test/a/announce.php?p=1")), {QByteArray(20, 'a')});
    ASSERT_TRUE(url);
    EXPECT_EQ(url->toEncoded(), "http://t.test/a/scrape.php?p=1&info_hash=aaaaaaaaaaaaaaaaaaaa");
    const auto none = scrapeUrl(QUrl(QStringLiteral("http://t.test/annouce")), {kHash});
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, Code::TrackerCannotScrape);
}

TEST(HttpTracker, RepliesGoBothWays)
{
    AnnounceReply reply{.interval = 120,
        .seeds = 1,
        .leechers = 2,
        .completed = 3,
        .peers = {{QHostAddress(QStringLiteral("1.2.3.4")), 5, kId}, {QHostAddress(QStringLiteral("::1")), 6, kId}},
        .seenAs = QHostAddress(QStringLiteral("9.8.7.6"))};
    AnnounceRequest asked = request();
    asked.compact = false;
    const auto whole = readAnnounceReply(announceReplyBody(reply, asked));
    ASSERT_TRUE(whole);
    EXPECT_EQ(*whole, reply);
    asked.compact = true;
    const auto compact = readAnnounceReply(announceReplyBody(reply, asked));
    ASSERT_TRUE(compact);
    for (PeerAddress& peer : reply.peers)
        peer.id.clear();
    EXPECT_EQ(*compact, reply);
    const ScrapeReply counts{{kHash, {1, 2, 3}}};
    EXPECT_EQ(*readScrapeReply(scrapeReplyBody(counts)), counts);
}

TEST(HttpTracker, ARefusalKeepsItsReason)
{
    const auto reply = readAnnounceReply(failureBody(QStringLiteral("no room")));
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code, Code::TrackerRefused);
    EXPECT_EQ(reply.error().detail, QStringLiteral("no room"));
    for (const char* bad : {"", "<html>", "i1e", "d5:peers", "le"})
        EXPECT_EQ(readAnnounceReply(bad).error().code, Code::TrackerReplyBad) << bad;
    EXPECT_EQ(readScrapeReply("de").error().code, Code::TrackerReplyBad);
}

TEST(HttpTracker, BadQueriesAreRefusedWithASentence)
{
    const QByteArray hash = "info_hash=" + QByteArray(20, 'h'), id = "&peer_id=" + QByteArray(20, 'p');
    for (const QByteArray& query : {QByteArray(), hash, hash + id, hash + id + "&port=0", hash + id + "&port=65536",
             hash + id + "&port=1&left=-2", hash + id + "&port=1&left=99999999999999999999", hash + id + "&port=1&event=gone",
             QByteArray("info_hash=short") + id + "&port=1", hash + "&peer_id=x&port=1",
             hash + id + "&port=1" + QByteArray("&a=b").repeated(300)}) {
        const auto read = readAnnounceQuery(query);
        ASSERT_FALSE(read) << query.left(80).toStdString();
        EXPECT_FALSE(read.error().detail.isEmpty());
    }
    EXPECT_TRUE(readAnnounceQuery(hash + id + "&event=stopped"));
    EXPECT_FALSE(readScrapeQuery(QByteArray("info_hash=aaaaaaaaaaaaaaaaaaaa&").repeated(150)));
}

TEST(UdpTracker, TheDatagramsAreWrittenToTheByte)
{
    EXPECT_EQ(udpConnectRequest(0x01020304).toHex(), "00000417271019800000000001020304");
    EXPECT_EQ(udpAnnounceRequest(0x1122334455667788, 0xa0b0c0d0, request(), "/a?k").toHex(),
        "1122334455667788"
        "00000001"
        "a0b0c0d0"
            + kHash.toHex() + kId.toHex()
            + "0000000000000002"
              "0000000000000003"
              "0000000000000001"
              "00000002"
              "00000000"
              "00000abc"
              "00000007"
              "1ae1"
              "0204"
              "2f613f6b");
    EXPECT_EQ(udpScrapeRequest(1, 2, {kHash}).toHex(),
        "0000000000000001"
        "00000002"
        "00000002"
            + kHash.toHex());
    EXPECT_EQ(udpConnectReply(2, 3).toHex(),
        "00000000"
        "00000002"
        "0000000000000003");
    EXPECT_EQ(udpAnnounceReply(
                  2, {.interval = 60, .seeds = 1, .leechers = 2, .peers = {{QHostAddress(QStringLiteral("1.2.3.4")), 258, {}}}})
                  .toHex(),
        "00000001"
        "00000002"
        "0000003c"
        "00000002"
        "00000001"
        "01020304"
        "0102");
    EXPECT_EQ(udpScrapeReply(2, {kHash}, {{kHash, {1, 2, 3}}}).toHex(),
        "00000002"
        "00000002"
        "00000001"
        "00000002"
        "00000003");
    EXPECT_EQ(udpError(2, QStringLiteral("no")).toHex(),
        "00000003"
        "00000002"
        "6e6f");
}

TEST(UdpTracker, TheServerReadsWhatTheClientWrites)
{
    const auto connect = readUdpRequest(udpConnectRequest(7));
    ASSERT_TRUE(connect);
    EXPECT_EQ(connect->action, UdpAction::Connect);
    const auto announce = readUdpRequest(udpAnnounceRequest(1, 2, request(), "/path?key"));
    ASSERT_TRUE(announce);
    EXPECT_EQ(announce->announce, request());
    const auto scrape = readUdpRequest(udpScrapeRequest(1, 2, {kHash, kId}));
    ASSERT_TRUE(scrape);
    EXPECT_EQ(scrape->scrape, (QList<QByteArray>{kHash, kId}));
    EXPECT_EQ(readUdpRequest(udpScrapeRequest(1, 2, QList<QByteArray>(200, kHash)))->scrape.size(), kMostUdpScraped);
}

TEST(UdpTracker, AnythingElseIsRefused)
{
    const QByteArray whole = udpAnnounceRequest(1, 2, request(), "/path");
    for (qsizetype size = 0; size < whole.size(); ++size) {
        if (size != 98) {
            EXPECT_FALSE(readUdpRequest(whole.first(size))) << size;
        }
    }
    EXPECT_FALSE(readUdpRequest(udpConnectReply(1, 2))) << "no magic number";
    const QByteArray reply = udpAnnounceReply(5, {.interval = 60, .seeds = 0, .leechers = 0});
    EXPECT_TRUE(readUdpAnnounceReply(reply, 5, false));
    EXPECT_EQ(readUdpAnnounceReply(reply, 6, false).error().code, Code::TrackerReplyBad) << "another's transaction";
    EXPECT_EQ(readUdpAnnounceReply(reply.first(19), 5, false).error().code, Code::TrackerReplyBad);
    EXPECT_EQ(readUdpConnection(udpError(5, QStringLiteral("full")), 5).error().detail, QStringLiteral("full"));
}

TEST(HttpRequest, ComesInPieces)
{
    const QByteArray whole("GET /announce?a=%20b HTTP/1.1\r\nHost: x\r\n\r\n");
    for (qsizetype size = 0; size < whole.size(); ++size) {
        const auto part = readHttpRequest(whole.first(size));
        ASSERT_TRUE(part) << size;
        EXPECT_FALSE(*part) << size;
    }
    const auto request = readHttpRequest(whole);
    ASSERT_TRUE(request && *request);
    EXPECT_EQ((*request)->path, "/announce");
    EXPECT_EQ((*request)->query, "a=%20b");
}

TEST(HttpRequest, HostileOnesAreRefused)
{
    for (const QByteArray& bytes : {QByteArray("GET  / HTTP/1.1\r\n\r\n"), QByteArray("GET / HTTP/2\r\n\r\n"),
             QByteArray("\r\n\r\n"), QByteArray("GET http://h/ HTTP/1.1\r\n\r\n"), QByteArray("GET /\1 HTTP/1.1\r\n\r\n"),
             QByteArray(" / HTTP/1.1\r\n\r\n")})
        EXPECT_EQ(readHttpRequest(bytes).error().code, Code::HttpBadRequest) << bytes.toStdString();
    EXPECT_EQ(readHttpRequest("GET /" + QByteArray(9000, 'a')).error().code, Code::HttpHeaderFieldsTooLarge);
}

} // namespace
} // namespace weir
