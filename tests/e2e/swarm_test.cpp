// Torrents through everything: the real daemon and its plugin, other clients on loopback, a tracker; judged by the bytes.
#include "e2e/torrent_lab.h"
#include "support/content.h"
#include "support/daemon_process.h"
#include "support/plain_http_server.h"
#include "test_paths.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QProcess>

#include <gtest/gtest.h>

#include <csignal>

using namespace weir;
using namespace weir::test;

namespace {

constexpr qint64 kMiB = 1 << 20;

class Swarms : public ::testing::Test {
protected:
    /// Adds it, and kills the daemon once so many bytes have left the seed; then the task goes on to its end.
    qint64 killedOnTheWay(const LabTorrent& torrent, const LabPeer& seed, qint64 sent)
    {
        auto peer = daemon.client();
        const qint64 id = daemon.addTask(*peer, torrent.magnet({seed.address()}));
        EXPECT_TRUE(eventually([&] { return seed.sent() > sent; }));
        daemon.kill();
        EXPECT_TRUE(daemon.start()) << daemon.errorOutput().toStdString();
        peer = daemon.client();
        EXPECT_FALSE(peer->untilState(id, "done").isEmpty());
        expectWhole(torrent);
        return id;
    }
    QByteArray logOf(qint64 id)
    {
        QFile log(daemon.path(QStringLiteral("log/tasks/task-%1.log").arg(id)));
        EXPECT_TRUE(eventually([&] { return log.exists(); }));
        EXPECT_TRUE(log.open(QIODevice::ReadOnly));
        return log.readAll();
    }
    void begin(QJsonObject more = {})
    {
        config = {{QStringLiteral("bt.dht.enabled"), false}, {QStringLiteral("bt.lsd"), false},
            {QStringLiteral("bt.portMapping"), false}, {QStringLiteral("bt.utp"), false},
            {QStringLiteral("bt.dht.bootstrap"), QString()}, {QStringLiteral("bt.ports"), QString::number(port)},
            {QStringLiteral("bt.seedRatio"), QStringLiteral("0")}};
        for (auto each = more.begin(); each != more.end(); ++each)
            config.insert(each.key(), each.value());
        daemon.writeConfig(config);
        ASSERT_TRUE(daemon.start()) << daemon.errorOutput().toStdString();
    }
    QString downloads() const { return daemon.path(QStringLiteral("downloads")); }
    QString seeds() const { return daemon.path(QStringLiteral("seeds")); }
    /// Every wanted byte is right; files that nobody wanted are not there.
    void expectWhole(const LabTorrent& torrent, const QList<int>& wanted = {})
    {
        for (int i = 0; i < torrent.files.size(); ++i) {
            const LabFile& file = torrent.files[i];
            const QString path = downloads() + u'/' + torrent.name + (file.path.isEmpty() ? QString() : u'/' + file.path);
            if (!wanted.isEmpty() && !wanted.contains(i)) {
                EXPECT_FALSE(QFile::exists(path)) << path.toStdString();
                continue;
            }
            QFile in(path);
            ASSERT_TRUE(in.open(QIODevice::ReadOnly)) << path.toStdString();
            const QByteArray bytes = in.readAll();
            EXPECT_EQ(bytes.size(), file.size) << path.toStdString();
            EXPECT_TRUE(isContent(file.seed, 0, {bytes.constData(), std::size_t(bytes.size())})) << path.toStdString();
        }
        EXPECT_FALSE(QFile::exists(downloads() + u'/' + torrent.name + ".part"));
    }
    QJsonObject show(RpcPeer& peer, qint64 id) { return peer.result(QStringLiteral("task.get"), {{QStringLiteral("id"), id}}); }
    QString writeTorrent(const QByteArray& bytes)
    {
        QFile file(daemon.path(QStringLiteral("x.torrent")));
        EXPECT_TRUE(file.open(QIODevice::WriteOnly));
        file.write(bytes);
        return file.fileName();
    }
    LabTorrent folder(const LabWishes& wishes = {})
    {
        return makeTorrent(seeds(), QStringLiteral("Album"),
            {{"a.flac", 3 * kMiB + 17, 1}, {"deep/b.flac", 2 * kMiB, 2}, {"deep/c.txt", 99, 3}}, wishes);
    }
    LabTorrent film(qint64 size, const LabWishes& wishes = {})
    {
        return makeTorrent(seeds(), QStringLiteral("film.mkv"), {{QString(), size, 7}}, wishes);
    }

    const quint16 port = freePort();
    QList<QString> named; ///< whom the tracker names
    int trackerStatus = 200;
    QByteArray trackerSays;
    PlainHttpServer web{[this](const PlainRequest& request, Connection& to) {
        if (request.target.contains("/announce"))
            return PlainHttpServer::reply(to, trackerStatus, trackerSays.isEmpty() ? trackerReply(named) : trackerSays);
        return PlainHttpServer::reply(to, 200, served, {"Content-Type: text/html"});
    }};
    QByteArray served;
    QJsonObject config;
    DaemonProcess daemon;
};

TEST_F(Swarms, ATorrentBehindAnyUrlIsDownloaded)
{
    const LabTorrent torrent = folder({.trackers = {web.url("/announce").toString()}});
    const LabPeer seed(torrent, seeds(), true);
    named = {seed.address()};
    served = torrent.bytes;
    begin();
    const auto peer = daemon.client();
    const auto task = peer->untilState(daemon.addTask(*peer, web.url("/get?id=7")), "done");
    ASSERT_FALSE(task.isEmpty());
    EXPECT_EQ(task[u"kind"].toString(), "bt");
    EXPECT_EQ(task[u"name"].toString(), "Album");
    EXPECT_EQ(task[u"verified"].toString(), "verified");
    EXPECT_EQ(task[u"size"].toInteger(), torrent.size());
    expectWhole(torrent);
}

TEST_F(Swarms, ATorrentOnDiskIsDownloaded)
{
    const LabTorrent torrent = film(5 * kMiB + 1, {.trackers = {web.url("/announce").toString()}});
    const LabPeer seed(torrent, seeds(), true);
    named = {seed.address()};
    begin();
    const auto peer = daemon.client();
    const auto task = peer->untilState(daemon.addTask(*peer, QUrl::fromLocalFile(writeTorrent(torrent.bytes))), "done");
    ASSERT_FALSE(task.isEmpty());
    EXPECT_EQ(task[u"name"].toString(), "film.mkv");
    expectWhole(torrent);
}

TEST_F(Swarms, AMagnetIsDownloaded)
{
    const LabTorrent torrent = folder();
    const LabPeer seed(torrent, seeds(), true);
    begin();
    const auto peer = daemon.client();
    ASSERT_FALSE(peer->untilState(daemon.addTask(*peer, torrent.magnet({seed.address()})), "done").isEmpty());
    expectWhole(torrent);
}

TEST_F(Swarms, OnlyWhatWasChosenIsThere)
{
    const LabTorrent torrent = folder();
    const LabPeer seed(torrent, seeds(), true);
    begin();
    const auto peer = daemon.client();
    const auto task = peer->untilState(daemon.addTask(*peer, torrent.magnet({seed.address()}),
                                           {{"options", QJsonObject{{"files", "2"}, {"sequential", true}}}}),
        "done");
    ASSERT_FALSE(task.isEmpty());
    EXPECT_EQ(task[u"size"].toInteger(), 2 * kMiB);
    expectWhole(torrent, {1});
}

TEST_F(Swarms, AKilledDaemonGoesOnWhereItWas)
{
    const LabTorrent torrent = film(24 * kMiB);
    const LabPeer seed(torrent, seeds(), true, 4 * kMiB);
    begin();
    const qint64 id = killedOnTheWay(torrent, seed, 14 * kMiB);
    const QByteArray log = logOf(id);
    EXPECT_TRUE(log.contains("are there: will download")) << log.toStdString();
    EXPECT_FALSE(log.contains("they are checked")) << log.toStdString();
}

// What a kill costs is what the seed has to send again: with 4 MiB a second at most 20 MiB, and what was on its way.
TEST_F(Swarms, AKillCostsAtMostFiveSeconds)
{
    const LabTorrent torrent = film(44 * kMiB);
    const LabPeer seed(torrent, seeds(), true, 4 * kMiB);
    begin();
    killedOnTheWay(torrent, seed, 38 * kMiB);
    const qint64 lost = seed.sent() - torrent.size();
    EXPECT_LE(lost, 5 * 4 * kMiB + kMiB);
    RecordProperty("lost", std::to_string(lost));
}

TEST_F(Swarms, WithoutAPeerItWaitsAndSaysWhy)
{
    begin({{"sync.interval", "100ms"}});
    const auto peer = daemon.client();
    const qint64 id = daemon.addTask(*peer, QUrl::fromLocalFile(writeTorrent(folder().bytes)));
    // While the other one downloads, states of both are kept, although of the first not one file is there.
    const LabTorrent other = film(18 * kMiB);
    const LabPeer seed(other, seeds(), true, 4 * kMiB);
    ASSERT_FALSE(peer->untilState(daemon.addTask(*peer, other.magnet({seed.address()})), "done").isEmpty());
    const QString sentence = peer->result("task.why", {{"id", id}})[u"sentence"].toString();
    EXPECT_TRUE(sentence.contains("Nobody has named a peer yet")) << sentence.toStdString();
    EXPECT_EQ(show(*peer, id)[u"state"].toString(), "running");
}

TEST_F(Swarms, APauseKeepsWhatIsThere)
{
    const LabTorrent torrent = film(16 * kMiB);
    const LabPeer seed(torrent, seeds(), true, 4 * kMiB);
    begin();
    const auto peer = daemon.client();
    const qint64 id = daemon.addTask(*peer, torrent.magnet({seed.address()}));
    ASSERT_TRUE(eventually([&] { return seed.sent() > 8 * kMiB; }));
    peer->result("task.pause", {{"ids", QJsonArray{id}}});
    ASSERT_FALSE(peer->untilState(id, "waiting").isEmpty());
    peer->result("task.resume", {{"ids", QJsonArray{id}}});
    ASSERT_FALSE(peer->untilState(id, "done").isEmpty());
    expectWhole(torrent);
    EXPECT_LT(seed.sent(), 18 * kMiB) << "what was there came again";
}

TEST_F(Swarms, WhatIsWholeIsSharedUntilEnoughWasGiven)
{
    const LabTorrent torrent = film(4 * kMiB);
    auto seed = std::make_unique<LabPeer>(torrent, seeds(), true);
    begin({{"bt.seedRatio", "1"}});
    const auto peer = daemon.client();
    const qint64 id = daemon.addTask(*peer, torrent.magnet({seed->address()}));
    EXPECT_EQ(peer->untilState(id, "sharing")[u"verified"].toString(), "verified");
    expectWhole(torrent);
    seed.reset();
    const QString elsewhere = daemon.path(QStringLiteral("elsewhere"));
    LabPeer other(torrent, elsewhere, false);
    ASSERT_TRUE(eventually([&] {
        other.connectTo(port);
        return other.finished();
    }));
    const auto task = peer->untilState(id, "done");
    ASSERT_FALSE(task.isEmpty());
    EXPECT_GE(task[u"uploaded"].toInteger(), 4 * kMiB);
}

TEST_F(Swarms, SharingGoesOnAfterARestart)
{
    const LabTorrent torrent = folder();
    auto seed = std::make_unique<LabPeer>(torrent, seeds(), true);
    begin({{"bt.seedRatio", "1"}});
    auto peer = daemon.client();
    const qint64 id = daemon.addTask(*peer, torrent.magnet({seed->address()}));
    ASSERT_FALSE(peer->untilState(id, "sharing").isEmpty());
    seed.reset();
    daemon.signal(SIGTERM);
    ASSERT_TRUE(daemon.waitForEnd());
    EXPECT_EQ(daemon.exitStatus(), 0);
    ASSERT_TRUE(daemon.start()) << daemon.errorOutput().toStdString();
    peer = daemon.client();
    ASSERT_FALSE(peer->untilState(id, "sharing").isEmpty());
    LabPeer other(torrent, daemon.path(QStringLiteral("elsewhere")), false);
    ASSERT_TRUE(eventually([&] {
        other.connectTo(port);
        return other.finished();
    }));
    ASSERT_FALSE(peer->untilState(id, "done").isEmpty());
}

TEST_F(Swarms, DefaultTrackersAreForPublicTorrentsOnly)
{
    PlainHttpServer common(
        [this](const PlainRequest&, Connection& to) { return PlainHttpServer::reply(to, 200, trackerReply(named)); });
    const LabTorrent secret = film(kMiB, {.trackers = {web.url("/announce?passkey=geheim").toString()}, .isPrivate = true});
    const LabPeer seed(secret, seeds(), true);
    const LabTorrent open = folder();
    const LabPeer other(open, seeds(), true);
    begin({{"bt.trackers", common.url("/announce").toString()}});
    const auto peer = daemon.client();
    named = {seed.address()};
    served = secret.bytes;
    const qint64 first = daemon.addTask(*peer, web.url("/one"));
    ASSERT_FALSE(peer->untilState(first, "done").isEmpty());
    EXPECT_TRUE(common.requests().isEmpty()) << "a private torrent was told to a stranger";
    named = {other.address()};
    served = open.bytes;
    ASSERT_FALSE(peer->untilState(daemon.addTask(*peer, web.url("/two")), "done").isEmpty());
    EXPECT_FALSE(common.requests().isEmpty());
    EXPECT_FALSE(daemon.logText().contains("geheim"));
}

TEST_F(Swarms, ARefusingTrackerIsNamed)
{
    trackerSays = "d14:failure reason12:unregisterede";
    const LabTorrent torrent = film(kMiB, {.trackers = {web.url("/announce?passkey=geheim").toString()}});
    served = torrent.bytes;
    begin();
    const auto peer = daemon.client();
    const qint64 id = daemon.addTask(*peer, web.url("/one"));
    QString sentence;
    EXPECT_TRUE(eventually([&] {
        sentence = peer->result("task.why", {{"id", id}})[u"sentence"].toString();
        return sentence.contains("not announced");
    })) << sentence.toStdString();
    EXPECT_TRUE(sentence.contains("unregistered")) << sentence.toStdString();
    EXPECT_FALSE(sentence.contains("geheim"));
    EXPECT_FALSE(logOf(id).contains("geheim"));
}

TEST_F(Swarms, HostileNamesStayInside)
{
    const auto text = [](const QByteArray& value) { return QByteArray::number(value.size()) + ':' + value; };
    QByteArray files;
    const QList<QList<QByteArray>> paths{{"..", "..", "escaped"}, {"/etc", "passwd"}, {QByteArray("nul\0l", 5)},
        {QByteArray(300, 'x')}, {"same"}, {"same"}, {"same", "below"}, {"con\ntrol"}, {"."}, {""}};
    for (const auto& parts : paths) {
        QByteArray list;
        for (const QByteArray& part : parts)
            list += text(part);
        files += "d6:lengthi0e4:pathl" + list + "ee";
    }
    files += "d6:lengthi5e4:pathl4:realee";
    const QByteArray torrent = "d4:infod5:filesl" + files + "e4:name" + text("../../up") + "12:piece lengthi16384e6:pieces20:"
        + QByteArray::fromHex("aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d") + "ee"; // of "hello"
    served = torrent;
    QDir().mkpath(downloads());
    begin();
    const auto peer = daemon.client();
    const qint64 id = daemon.addTask(*peer, web.url("/evil"));
    QJsonObject task;
    ASSERT_TRUE(eventually([&] {
        task = show(*peer, id);
        return task[u"state"].toString() == "failed" || !task[u"phase"].toString().isEmpty();
    }));
    if (task[u"state"].toString() == "failed") {
        EXPECT_EQ(task[u"error"].toObject()[u"code"].toString(), "TorrentBad");
    }
    EXPECT_FALSE(task[u"name"].toString().contains(u'/'));
    EXPECT_FALSE(QFile::exists(daemon.path("escaped")) || QFile::exists(daemon.path("up")));
    EXPECT_FALSE(QFile::exists(QFileInfo(daemon.home.path()).path() + "/up"));
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
    PlainHttpServer origin([&](const PlainRequest& request, Connection& to) {
        for (const LabFile& file : torrent.files)
            if (request.target == QByteArray("/seeds/Album/" + file.path.toUtf8()))
                return PlainHttpServer::serveFile(request, to, content(file.seed, 0, file.size));
        return PlainHttpServer::reply(to, 404, "no");
    });
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
    QFile file(source);
    ASSERT_TRUE(file.open(QIODevice::WriteOnly) && file.write(right) == right.size() && file.flush());
    PlainHttpServer liar(
        [&](const PlainRequest& request, Connection& to) { return PlainHttpServer::serveFile(request, to, wrong); });
    PlainHttpServer honest(
        [&](const PlainRequest& request, Connection& to) { return PlainHttpServer::serveFile(request, to, right); });
    QProcess create;
    create.start(QStringLiteral(WEIR_BUILD_DIR "/bin/weir"),
        {"torrent", "create", source, "-o", made, "--format", "v2", "--piece-size", "64K", "--web-seed",
            honest.url("/film.mkv").toString()});
    ASSERT_TRUE(create.waitForFinished(30'000) && create.exitCode() == 0) << create.readAllStandardError().toStdString();
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
    PlainHttpServer origin([&](const PlainRequest& request, Connection& to) {
        for (const LabFile& file : torrent.files)
            if (request.target == QByteArray("/seeds/Album/" + file.path.toUtf8()))
                return PlainHttpServer::serveFile(request, to, content(file.seed, 0, file.size));
        return PlainHttpServer::reply(to, 404, "no");
    });
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

TEST_F(Swarms, WhatIsThereAlreadyIsTakenOver)
{
    const LabTorrent torrent = folder();
    const LabPeer seed(torrent, seeds(), true);
    makeTorrent(downloads(), torrent.name, torrent.files);
    const QString damaged = downloads() + QStringLiteral("/Album/deep/b.flac");
    QFile file(damaged);
    ASSERT_TRUE(file.open(QIODevice::ReadWrite) && file.seek(kMiB) && file.write("wrong") == 5);
    file.close();
    begin();
    const auto peer = daemon.client();
    const qint64 id =
        daemon.addTask(*peer, torrent.magnet({seed.address()}), {{"options", QJsonObject{{"ifExists", "resume"}}}});
    ASSERT_FALSE(peer->untilState(id, "done").isEmpty());
    expectWhole(torrent);
    EXPECT_LE(seed.sent(), 128 << 10);
    EXPECT_TRUE(logOf(id).contains("will download 65536"));
}

TEST_F(Swarms, AWholeFileThatIsThereIsSharedAtOnce)
{
    const LabTorrent torrent = film(3 * kMiB);
    makeTorrent(downloads(), torrent.name, torrent.files);
    begin({{"bt.seedRatio", "1"}});
    const auto peer = daemon.client();
    const qint64 id = daemon.addTask(
        *peer, QUrl::fromLocalFile(writeTorrent(torrent.bytes)), {{"options", QJsonObject{{"ifExists", "resume"}}}});
    EXPECT_EQ(peer->untilState(id, "sharing")[u"verified"].toString(), "verified");
    expectWhole(torrent);
}

// Held back it takes minutes; let go, it is over at once.
TEST_F(Swarms, ACheckIsHeldBackAndLetGo)
{
    const LabTorrent torrent = film(24 * kMiB);
    makeTorrent(downloads(), torrent.name, torrent.files);
    begin({{"bt.checkRate", "100K"}});
    const auto peer = daemon.client();
    const qint64 id = daemon.addTask(
        *peer, QUrl::fromLocalFile(writeTorrent(torrent.bytes)), {{"options", QJsonObject{{"ifExists", "resume"}}}});
    ASSERT_TRUE(eventually([&] { return show(*peer, id)[u"phase"].toString().startsWith("checking "); }));
    peer->result("task.pause", {{"ids", QJsonArray{id}}});
    ASSERT_FALSE(peer->untilState(id, "waiting").isEmpty()) << "it can't be stopped";
    peer->result("task.resume", {{"ids", QJsonArray{id}}});
    ASSERT_TRUE(eventually([&] { return show(*peer, id)[u"phase"].toString().startsWith("checking "); }));
    config.insert("bt.checkRate", "0");
    daemon.writeConfig(config);
    ASSERT_FALSE(peer->untilState(id, "done").isEmpty());
    expectWhole(torrent);
}

class Ordered : public Swarms, public ::testing::WithParamInterface<const char*> {
protected:
    /// A character for each piece, once so many are there.
    QString mapOf(RpcPeer& peer, qint64 id, qint64 count)
    {
        QString map;
        EXPECT_TRUE(eventually([&] {
            map = show(peer, id)[u"pieces"][u"map"].toString();
            return map.count(u'#') >= count;
        }));
        return map;
    }
    LabTorrent torrent = makeTorrent(seeds(), QStringLiteral("Album"),
        {{"a", kMiB, 1}, {"b", kMiB, 2}, {"c", kMiB, 3}, {"d", kMiB, 4}, {"e", kMiB, 5}, {"f", kMiB, 6}},
        {.pieceSize = 16 << 10});
    LabPeer seed{torrent, seeds(), true, 256 << 10};
    static constexpr int kPieces = 384, kInFile = 64;
};

TEST_P(Ordered, WhatIsWantedFirstComesFirst)
{
    const QString order = GetParam();
    begin();
    const auto peer = daemon.client();
    const qint64 id = daemon.addTask(*peer, torrent.magnet({seed.address()}), {{"options", QJsonObject{{"order", order}}}});
    const QString map = mapOf(*peer, id, 60);
    ASSERT_EQ(map.size(), kPieces);
    ASSERT_LT(map.count(u'#'), kPieces / 2) << "too late to tell";
    int ends = 0;
    for (int at = 0; at < kPieces; at += kInFile)
        ends += (map[at] == u'#') + (map[at + kInFile - 1] == u'#');
    const qsizetype leading = std::max<qsizetype>(map.indexOf(u'.'), 0);
    if (order == u"ends" || order == u"playback")
        EXPECT_EQ(ends, 12) << map.toStdString();
    if (order == u"playback" || order == u"sequential")
        EXPECT_GE(leading, 20) << map.toStdString();
    else
        EXPECT_LT(leading, 20) << map.toStdString();
    if (order == u"rarest")
        EXPECT_LT(ends, 12) << map.toStdString();
}
INSTANTIATE_TEST_SUITE_P(All, Ordered, ::testing::Values("rarest", "sequential", "ends", "playback"),
    [](const auto& info) { return std::string(info.param); });

// A server alone keeps to it, too.
TEST_F(Swarms, AServerBringsWhatIsUrgentFirst)
{
    const LabTorrent torrent =
        makeTorrent(seeds(), QStringLiteral("film.mkv"), {{QString(), 6 * kMiB, 7}}, {.pieceSize = 16 << 10});
    PlainHttpServer mirror([&](const PlainRequest& request, Connection& to) {
        return PlainHttpServer::serveFile(request, to, content(7, 0, 6 * kMiB));
    });
    begin({{"limits.down", "256K"}});
    const auto peer = daemon.client();
    const qint64 id = daemon.addTask(*peer, QUrl::fromLocalFile(writeTorrent(torrent.bytes)),
        {{"mirrors", QJsonArray{mirror.url("/film.mkv").toString()}}, {"options", QJsonObject{{"order", "playback"}}}});
    QString map;
    ASSERT_TRUE(eventually([&] {
        map = show(*peer, id)[u"pieces"][u"map"].toString();
        return map.count(u'#') >= 60;
    }));
    EXPECT_GE(map.indexOf(u'.'), 20) << map.toStdString();
    EXPECT_EQ(map.back(), u'#') << map.toStdString();
}

TEST_F(Swarms, WhatIsNoTorrentIsRefusedPrecisely)
{
    begin();
    const auto peer = daemon.client();
    const auto codeOf = [&](const QUrl& url) {
        const auto task = peer->untilState(daemon.addTask(*peer, url), "failed");
        return task[u"error"].toObject()[u"code"].toString();
    };
    EXPECT_EQ(codeOf(QUrl(QStringLiteral("magnet:?xt=urn:btih:short"))), "MagnetBad");
    EXPECT_EQ(codeOf(QUrl::fromLocalFile(writeTorrent("d8:announce3:abc"))), "TorrentUnreadable");
    EXPECT_EQ(codeOf(QUrl::fromLocalFile(writeTorrent("d4:infod4:name1:aee"))), "TorrentBad");
}

TEST_F(Swarms, TheSameTorrentTwiceIsSaid)
{
    const LabTorrent torrent = film(kMiB);
    begin();
    const auto peer = daemon.client();
    const qint64 first = daemon.addTask(*peer, torrent.magnet({}));
    ASSERT_TRUE(eventually([&] { return show(*peer, first)[u"phase"].toString().contains("description"); }));
    const auto second = peer->untilState(daemon.addTask(*peer, torrent.magnet({})), "failed");
    EXPECT_EQ(second[u"error"].toObject()[u"code"].toString(), "TorrentDuplicate");
}

} // namespace
