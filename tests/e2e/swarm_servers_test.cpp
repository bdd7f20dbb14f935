// Servers beside a swarm, or instead of it: mirrors that the user names and those of the torrent; every piece proven.
#include "e2e/swarms.h"
#include "support/weir_command.h"

#include <QJsonArray>

using namespace weir;
using namespace weir::test;

namespace {

/// As a web seed at /seeds/ does.
auto serveSeed(const LabTorrent& torrent, const PlainRequest& request, Connection& to)
{
    for (const LabFile& file : torrent.files)
        if (request.target == QByteArray("/seeds/Album/" + file.path.toUtf8()))
            return PlainHttpServer::serveFile(request, to, content(file.seed, 0, file.size));
    return PlainHttpServer::reply(to, 404, "no");
}

TEST_F(Swarms, AMirrorAloneBringsItAll)
{
    const LabTorrent torrent = film(6 * kMiB + 5);
    const QByteArray bytes = content(7, 0, torrent.size());
    PlainHttpServer mirror(
        [&](const PlainRequest& request, Connection& to) { return PlainHttpServer::serveFile(request, to, bytes); });
    begin();
    const auto peer = daemon.client();
    const auto task = peer->untilState(daemon.addTask(*peer, QUrl::fromLocalFile(writeTorrent(torrent.bytes)),
                                           {{"mirrors", QJsonArray{mirror.url("/other-name.bin").toString()}}}),
        "done");
    ASSERT_FALSE(task.isEmpty());
    expectWhole(torrent);
    qint64 sent = 0;
    for (const PlainRequest& request : mirror.requests())
        sent += request.range() ? request.range()->size() : torrent.size();
    EXPECT_LE(sent, torrent.size() + 4 * (64 << 10)) << "pieces came more than once";
}

TEST_F(Swarms, WebSeedsServeTheFilesOfAFolder)
{
    LabTorrent torrent;
    PlainHttpServer origin([&](const PlainRequest& request, Connection& to) { return serveSeed(torrent, request, to); });
    torrent = folder({.webSeeds = {origin.url("/seeds/").toString()}});
    begin();
    const auto peer = daemon.client();
    const auto task = peer->untilState(daemon.addTask(*peer, QUrl::fromLocalFile(writeTorrent(torrent.bytes))), "done");
    ASSERT_FALSE(task.isEmpty());
    expectWhole(torrent);
}

TEST_F(Swarms, ALyingMirrorCostsAPieceAndIsDropped)
{
    const LabTorrent torrent = film(4 * kMiB);
    const QByteArray right = content(7, 0, torrent.size()), wrong = content(8, 0, torrent.size());
    PlainHttpServer liar(
        [&](const PlainRequest& request, Connection& to) { return PlainHttpServer::serveFile(request, to, wrong); });
    PlainHttpServer honest(
        [&](const PlainRequest& request, Connection& to) { return PlainHttpServer::serveFile(request, to, right); });
    begin();
    const auto peer = daemon.client();
    const qint64 id = daemon.addTask(*peer, QUrl::fromLocalFile(writeTorrent(torrent.bytes)),
        {{"mirrors", QJsonArray{liar.url("/a").toString(), honest.url("/b").toString()}}});
    ASSERT_FALSE(peer->untilState(id, "done").isEmpty());
    expectWhole(torrent);
    EXPECT_EQ(liar.requests().size(), 1) << "asked again after it had lied";
    EXPECT_TRUE(logOf(id).contains("not asked any more"));
}

TEST_F(Swarms, MirrorAndPeersShareTheWork)
{
    const LabTorrent torrent = film(16 * kMiB);
    const LabPeer seed(torrent, seeds(), true, 2 * kMiB);
    const QByteArray right = content(7, 0, torrent.size());
    PlainHttpServer mirror(
        [&](const PlainRequest& request, Connection& to) { return PlainHttpServer::serveFile(request, to, right); });
    begin({{"limits.down", "4M"}});
    const auto peer = daemon.client();
    const qint64 id =
        daemon.addTask(*peer, torrent.magnet({seed.address()}), {{"mirrors", QJsonArray{mirror.url("/b").toString()}}});
    ASSERT_FALSE(peer->untilState(id, "done").isEmpty());
    expectWhole(torrent);
    EXPECT_GT(seed.sent(), 0);
    EXPECT_LT(seed.sent(), torrent.size());
}

// The whole way: made by the command, known by the trees of its blocks alone, and no peer anywhere.
TEST_F(Swarms, ATorrentOfVersion2ComesFromServersAlone)
{
    const QString source = daemon.path("film.mkv"), made = daemon.path("film.torrent");
    const QByteArray right = content(7, 0, 3 * kMiB + 5), wrong = content(8, 0, right.size());
    ASSERT_TRUE(writeFile(source, right));
    PlainHttpServer liar(
        [&](const PlainRequest& request, Connection& to) { return PlainHttpServer::serveFile(request, to, wrong); });
    PlainHttpServer honest(
        [&](const PlainRequest& request, Connection& to) { return PlainHttpServer::serveFile(request, to, right); });
    const Ran create = runWeir({"torrent", "create", source, "-o", made, "--format", "v2", "--piece-size", "64K", "--web-seed",
        honest.url("/film.mkv").toString()});
    ASSERT_EQ(create.status, 0) << create.err.toStdString();
    begin();
    const auto peer = daemon.client();
    const qint64 id = daemon.addTask(*peer, QUrl::fromLocalFile(made), {{"mirrors", QJsonArray{liar.url("/a").toString()}}});
    ASSERT_FALSE(peer->untilState(id, "done").isEmpty());
    expectWhole({.bytes = {}, .info = {}, .name = "film.mkv", .files = {{QString(), right.size(), 7}}});
    EXPECT_EQ(liar.requests().size(), 1) << "asked again after it had lied";
    EXPECT_GE(honest.requests().size(), 48);
}

TEST_F(Swarms, FilesOfVersion2AreAlignedToPieces)
{
    LabTorrent torrent;
    PlainHttpServer origin([&](const PlainRequest& request, Connection& to) { return serveSeed(torrent, request, to); });
    torrent = folder({.webSeeds = {origin.url("/seeds/").toString()}, .onlyV2 = true});
    begin();
    const auto peer = daemon.client();
    ASSERT_FALSE(peer->untilState(daemon.addTask(*peer, QUrl::fromLocalFile(writeTorrent(torrent.bytes))), "done").isEmpty());
    expectWhole(torrent);
}

// Its hashes are no part of what a magnet's description has: peers tell them.
TEST_F(Swarms, AMagnetOfVersion2IsFedOnceItsHashesAreKnown)
{
    const LabTorrent torrent = film(16 * kMiB, {.onlyV2 = true});
    const LabPeer seed(torrent, seeds(), true, 1 * kMiB);
    const QByteArray right = content(7, 0, torrent.size());
    PlainHttpServer mirror(
        [&](const PlainRequest& request, Connection& to) { return PlainHttpServer::serveFile(request, to, right); });
    begin();
    const auto peer = daemon.client();
    const qint64 id =
        daemon.addTask(*peer, torrent.magnet({seed.address()}), {{"mirrors", QJsonArray{mirror.url("/b").toString()}}});
    ASSERT_FALSE(peer->untilState(id, "done").isEmpty());
    expectWhole(torrent);
    EXPECT_LT(seed.sent(), torrent.size());
    EXPECT_GT(mirror.requests().size(), 0);
}

} // namespace
