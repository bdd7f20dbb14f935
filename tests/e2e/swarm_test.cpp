// Torrents through everything: the real daemon and its plugin, other clients on loopback, a tracker; judged by the bytes.
#include "e2e/swarms.h"

#include <QDir>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>

using namespace weir;
using namespace weir::test;

namespace {

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
    ASSERT_TRUE(daemon.stop());
    EXPECT_EQ(daemon.exitStatus(), 0);
    ASSERT_TRUE(daemon.start()) << daemon.errorOutput().toStdString();
    peer = daemon.client();
    ASSERT_FALSE(peer->untilState(id, "sharing").isEmpty()) << QJsonDocument(show(*daemon.client(), id)).toJson().toStdString();
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
