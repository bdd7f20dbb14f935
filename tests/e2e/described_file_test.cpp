// Files that something else describes: metalinks that name a torrent, servers that name a metalink or torrent in their headers,
// descriptions that lie beside a link. Through the real daemon; judged by the bytes and by who was asked.
#include "e2e/torrent_lab.h"
#include "support/content.h"
#include "support/daemon_process.h"
#include "support/plain_http_server.h"

#include <QCryptographicHash>
#include <QFile>
#include <QJsonArray>

#include <gtest/gtest.h>

using namespace weir;
using namespace weir::test;

namespace {

constexpr qint64 kSize = (3 << 20) + 5;
constexpr qint64 kPiece = 1 << 20;

QByteArray sha256(QByteArrayView bytes)
{
    return QCryptographicHash::hash(bytes.toByteArray(), QCryptographicHash::Sha256).toHex();
}

class DescribedFiles : public ::testing::Test {
protected:
    void begin(const QJsonObject& more = {})
    {
        daemon.writeConfig(settingsWithoutStrangers(freePort(), more));
        ASSERT_TRUE(daemon.start()) << daemon.errorOutput().toStdString();
        peer = daemon.client();
    }
    QJsonObject ended(const QString& path, const char* state = "done")
    {
        return peer->untilState(daemon.addTask(*peer, origin.url(path)), QLatin1String(state));
    }
    static QByteArray metalink(QByteArrayView of, qint64 size, const QByteArray& places)
    {
        QByteArray text = "<?xml version=\"1.0\"?>\n<metalink xmlns=\"urn:ietf:params:xml:ns:metalink\"><file "
                          "name=\"film.bin\"><size>"
            + QByteArray::number(size) + "</size><pieces type=\"sha-256\" length=\"" + QByteArray::number(kPiece) + "\">";
        for (qint64 at = 0; at < of.size(); at += kPiece)
            text += "<hash>" + sha256(of.sliced(at, std::min(kPiece, of.size() - at))) + "</hash>";
        return text + "</pieces>" + places + "</file></metalink>";
    }
    QByteArray at(const PlainHttpServer& server, const char* path) const
    {
        return "<url>" + server.url(QLatin1String(path)).toEncoded() + "</url>";
    }
    QByteArray torrentAt(const char* path) const
    {
        return "<metaurl mediatype=\"torrent\">" + origin.url(QLatin1String(path)).toEncoded() + "</metaurl>";
    }
    LabTorrent torrentOfFile() { return makeTorrent(daemon.path("seeds"), "film.bin", {{QString(), kSize, 5}}); }
    static int asked(const PlainHttpServer& server, const char* target)
    {
        int count = 0;
        for (const PlainRequest& request : server.requests())
            count += request.target == target ? 1 : 0;
        return count;
    }
    void expectRight(const QJsonObject& task, const char* kind)
    {
        ASSERT_FALSE(task.isEmpty());
        EXPECT_EQ(task[u"kind"].toString(), QLatin1String(kind));
        QFile out(task[u"path"].toString());
        ASSERT_TRUE(out.open(QIODevice::ReadOnly)) << task[u"path"].toString().toStdString();
        EXPECT_EQ(out.readAll(), bytes);
    }

    const QByteArray bytes = content(5, 0, kSize), wrong = content(6, 0, kSize);
    QHash<QByteArray, QByteArray>
        documents;             ///< by target; what is not there is the file, or 404 if it has a description's name
    QList<QByteArray> headers; ///< of the file
    PlainHttpServer origin{[this](const PlainRequest& request, Connection& to) {
        if (documents.contains(request.target))
            return PlainHttpServer::reply(to, 200, documents[request.target], {"Content-Type: application/octet-stream"});
        if (request.target != "/film.bin")
            return PlainHttpServer::reply(to, 404, "no");
        return PlainHttpServer::serveFile(request, to, bytes, "\"v1\"", headers);
    }};
    PlainHttpServer mirror{
        [this](const PlainRequest& request, Connection& to) { return PlainHttpServer::serveFile(request, to, bytes); }};
    DaemonProcess daemon;
    std::unique_ptr<RpcPeer> peer;
};

TEST_F(DescribedFiles, TheTorrentOfAMetalinkIsJoined)
{
    documents["/film.torrent"] = torrentOfFile().bytes;
    documents["/about"] = metalink(bytes, kSize, torrentAt("/film.torrent") + at(origin, "/film.bin"));
    begin();
    const auto task = ended("/about");
    expectRight(task, "bt");
    EXPECT_EQ(task[u"verified"].toString(), "verified");
    EXPECT_GT(asked(origin, "/film.bin"), 0) << "the server is a source of the swarm";
}

TEST_F(DescribedFiles, ATorrentOfAnotherFileIsNotJoined)
{
    documents["/film.torrent"] = makeTorrent(daemon.path("seeds"), "film.bin", {{QString(), kSize + 1, 5}}).bytes;
    documents["/about"] = metalink(bytes, kSize, torrentAt("/film.torrent") + torrentAt("/none") + at(origin, "/film.bin"));
    begin();
    expectRight(ended("/about"), "metalink");
}

// The pieces are the torrent's own, but the publisher knows the file by another digest.
TEST_F(DescribedFiles, ASwarmOfOtherBytesIsFound)
{
    documents["/film.torrent"] = makeTorrent(daemon.path("seeds"), "film.bin", {{QString(), kSize, 6}}).bytes;
    QByteArray text = metalink(bytes, kSize, torrentAt("/film.torrent") + at(mirror, "/film.bin"));
    text.replace("<pieces", "<hash type=\"sha-256\">" + sha256(bytes) + "</hash><pieces");
    documents["/about"] = text;
    const LabTorrent other{
        .bytes = documents["/film.torrent"], .info = {}, .name = "film.bin", .files = {{QString(), kSize, 6}}};
    const LabPeer seed(other, daemon.path("seeds"), true);
    PlainHttpServer tracker(
        [&](const PlainRequest&, Connection& to) { return PlainHttpServer::reply(to, 200, trackerReply({seed.address()})); });
    begin({{"bt.trackers", tracker.url("/announce").toString()}});
    EXPECT_EQ(ended("/about", "failed")[u"error"].toObject()[u"code"].toString(), "ChecksumMismatch");
}

TEST_F(DescribedFiles, AMetalinkIsReadOnce)
{
    documents["/about"] = metalink(bytes, kSize, at(origin, "/film.bin"));
    begin({{"limits.down", "300K"}, {"sync.interval", "100ms"}});
    const qint64 id = daemon.addTask(*peer, origin.url("/about"));
    ASSERT_TRUE(eventually([&] { return peer->result("task.get", {{"id", id}})[u"done"].toInteger() > 200'000; }));
    peer->result("task.pause", {{"ids", QJsonArray{id}}});
    ASSERT_FALSE(peer->untilState(id, "waiting").isEmpty());
    documents.clear();
    peer->result("config.set", {{"key", "limits.down"}, {"value", "0"}});
    peer->result("task.resume", {{"ids", QJsonArray{id}}});
    expectRight(peer->untilState(id, "done"), "metalink");
    EXPECT_EQ(asked(origin, "/about"), 1);
}

TEST_F(DescribedFiles, AServerNamesTheMetalink)
{
    documents["/film.meta4"] = metalink(bytes, kSize, at(mirror, "/copy"));
    headers = {"Link: </film.meta4>; rel=describedby; type=\"application/metalink4+xml\""};
    begin();
    const auto task = ended("/film.bin");
    expectRight(task, "metalink");
    EXPECT_EQ(task[u"verified"].toString(), "verified");
}

TEST_F(DescribedFiles, AServerNamesTheTorrent)
{
    documents["/film.bt"] = torrentOfFile().bytes;
    headers = {"Link: </film.bt>; rel=describedby; type=\"application/x-bittorrent\""};
    begin({{"downloads.lookBeside", true}});
    expectRight(ended("/film.bin"), "bt");
}

// To upload and to be announced has to be wanted.
TEST_F(DescribedFiles, APlainLinkJoinsNoSwarmUnlessTold)
{
    documents["/film.bt"] = torrentOfFile().bytes;
    headers = {"Link: </film.bt>; rel=describedby; type=\"application/x-bittorrent\""};
    begin();
    expectRight(ended("/film.bin"), "http");
    documents["/film.meta4"] = metalink(bytes, kSize, torrentAt("/film.bt") + at(mirror, "/copy"));
    headers = {"Link: </film.meta4>; rel=describedby; type=\"application/metalink4+xml\""};
    expectRight(ended("/film.bin"), "metalink");
}

TEST_F(DescribedFiles, ADescriptionOfAnotherFileChangesNothing)
{
    documents["/film.meta4"] = metalink(bytes, kSize + 1, at(mirror, "/copy"));
    headers = {"Link: </film.meta4>; rel=describedby; type=\"application/metalink4+xml\"",
        "Link: </film.bin.torrent>; rel=describedby; type=\"application/x-bittorrent\""};
    begin();
    expectRight(ended("/film.bin"), "http");
    EXPECT_EQ(mirror.requests().size(), 0);
}

TEST_F(DescribedFiles, NobodyLooksBesideUnlessTold)
{
    documents["/film.bin.torrent"] = torrentOfFile().bytes;
    begin();
    expectRight(ended("/film.bin"), "http");
    EXPECT_EQ(asked(origin, "/film.bin.torrent"), 0);
    EXPECT_EQ(asked(origin, "/film.bin.meta4"), 0);
}

TEST_F(DescribedFiles, AProbeOnlyLooksAtTheFile)
{
    documents["/film.bin.torrent"] = torrentOfFile().bytes;
    headers = {"Link: </film.bt>; rel=describedby; type=\"application/x-bittorrent\""};
    begin({{"downloads.lookBeside", true}});
    const auto found = peer->result("task.probe", {{"url", origin.url("/film.bin").toString()}});
    EXPECT_EQ(found[u"size"].toInteger(), kSize);
    EXPECT_EQ(asked(origin, "/film.bin.torrent") + asked(origin, "/film.bt"), 0);
}

TEST_F(DescribedFiles, TheTorrentBesideIsJoined)
{
    documents["/film.bin.torrent"] = torrentOfFile().bytes;
    begin({{"downloads.lookBeside", true}});
    expectRight(ended("/film.bin"), "bt");
}

TEST_F(DescribedFiles, TheMetalinkBesideIsUsed)
{
    documents["/film.bin.meta4"] = metalink(bytes, kSize, at(mirror, "/copy"));
    begin({{"downloads.lookBeside", true}});
    expectRight(ended("/film.bin"), "metalink");
}

// Same name, same size, another edition.
TEST_F(DescribedFiles, WhatLiesBesideHasToFit)
{
    documents["/film.bin.meta4"] = metalink(wrong, kSize, at(mirror, "/copy"));
    documents["/film.bin.torrent"] = makeTorrent(daemon.path("seeds"), "film.bin", {{QString(), kSize, 6}}).bytes;
    begin({{"downloads.lookBeside", true}});
    expectRight(ended("/film.bin"), "http");
    EXPECT_EQ(mirror.requests().size(), 0);
}

TEST_F(DescribedFiles, ChecksumsBesideProveTheFile)
{
    documents["/SHA256SUMS"] = sha256(bytes) + "  film.bin\n";
    begin({{"downloads.lookBeside", true}});
    EXPECT_EQ(ended("/film.bin")[u"verified"].toString(), "verified");
    documents["/SHA256SUMS"] = sha256(wrong) + "  film.bin\n";
    EXPECT_EQ(ended("/film.bin", "failed")[u"error"].toObject()[u"code"].toString(), "ChecksumMismatch");
}

// After a restart from nothing the address decides anew what it is.
TEST_F(DescribedFiles, WhatWasTakenOverCanBeginAgain)
{
    documents["/film.bin.torrent"] = torrentOfFile().bytes;
    begin({{"downloads.lookBeside", true}});
    const qint64 id = daemon.addTask(*peer, origin.url("/film.bin"));
    expectRight(peer->untilState(id, "done"), "bt");
    documents.clear();
    peer->result("task.restart", {{"ids", QJsonArray{id}}});
    expectRight(peer->untilState(id, "done"), "http");
}

} // namespace
