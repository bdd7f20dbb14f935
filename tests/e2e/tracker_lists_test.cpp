// Lists of public trackers by subscription: a server of lists, a tracker that is in one, and who is told about which torrent.
#include "e2e/own_tracker.h"
#include "e2e/torrent_lab.h"
#include "support/content.h"
#include "support/daemon_process.h"
#include "support/plain_http_server.h"

#include <QFile>
#include <QJsonDocument>
#include <QTcpSocket>

#include <gtest/gtest.h>

#include <csignal>

using namespace weir;
using namespace weir::test;

namespace {

constexpr qint64 kSize = 300'000;

class TrackerListsOfOthers : public ::testing::Test {
protected:
    void SetUp() override { ASSERT_TRUE(own.start("127.0.0.1", {"--believe-ip"})); }
    void begin(const QString& lists)
    {
        daemon.writeConfig(
            settingsWithoutStrangers(freePort(), {{"bt.pex", false}, {"bt.seedRatio", "100"}, {"bt.trackerLists", lists}}));
        start();
    }
    void start()
    {
        ASSERT_TRUE(daemon.start()) << daemon.errorOutput().toStdString();
        rpc = daemon.client();
    }
    void stop()
    {
        rpc.reset();
        ASSERT_TRUE(daemon.stop());
    }
    QString seeds() const { return daemon.path("seeds"); }
    QString stateFile() const { return daemon.path("state/plugins/bt/tracker-lists"); }
    LabTorrent film(int number, const LabWishes& wishes = {})
    {
        return makeTorrent(
            seeds(), QStringLiteral("film%1.bin").arg(number), {{QString(), kSize, quint64(number + 1)}}, wishes);
    }
    qint64 add(const LabTorrent& torrent) { return addTorrent(daemon, *rpc, torrent); }
    /// It has no other way to a seed than the tracker of the list.
    bool arrives(int number)
    {
        const LabTorrent torrent = film(number);
        const LabPeer seed(torrent, seeds(), true);
        introduce(torrent, seed);
        return own.seeds(torrent.info) == 1 && !rpc->untilState(add(torrent), "sharing").isEmpty();
    }
    /// The tracker hears of a seed that does not speak for itself.
    void introduce(const LabTorrent& torrent, const LabPeer& seed)
    {
        const QByteArray host = seed.address().section(u':', 0, 0).toLatin1(),
                         port = seed.address().section(u':', 1).toLatin1();
        QTcpSocket socket;
        socket.connectToHost(QStringLiteral("127.0.0.1"), own.port());
        ASSERT_TRUE(socket.waitForConnected());
        socket.write("GET /announce?info_hash=" + QByteArray::fromHex(torrent.info).toPercentEncoding()
            + "&peer_id=-XX0000-0123456789ab&port=" + port + "&ip=" + host
            + "&left=0&uploaded=0&downloaded=0&event=started HTTP/1.0\r\n\r\n");
        while (socket.state() == QAbstractSocket::ConnectedState && socket.waitForReadyRead()) {}
    }

    OwnTracker own;
    QByteArray listed = "\n";
    PlainHttpServer lists{
        [this](const PlainRequest&, Connection& to) { return PlainHttpServer::reply(to, listed == "\n" ? 503 : 200, listed); }};
    DaemonProcess daemon;
    std::unique_ptr<RpcPeer> rpc;
};

TEST_F(TrackerListsOfOthers, APublicTorrentFindsItsPeersThroughThem)
{
    listed = "# public\n\nhttp://127.0.0.1:9/announce\n" + own.announceAt("127.0.0.1").toUtf8() + "\nnonsense\n";
    begin(lists.url("/best.txt").toString());
    ASSERT_TRUE(arrives(1));
    ASSERT_TRUE(arrives(2));
    EXPECT_EQ(lists.requests().size(), 1) << "once a day is enough";
    stop();
    listed = "\n";
    QFile kept(stateFile());
    ASSERT_TRUE(kept.open(QIODevice::ReadOnly)) << stateFile().toStdString();
    QJsonObject state = QJsonDocument::fromJson(kept.readAll()).object();
    kept.close();
    QJsonObject old = state[u"lists"].toObject();
    ASSERT_EQ(old.size(), 1);
    QJsonObject list = old.begin().value().toObject();
    EXPECT_EQ(list[u"trackers"].toArray().size(), 2);
    list[u"fetched"] = list[u"tried"] = 1;
    old.begin().value() = list;
    state[u"lists"] = old;
    ASSERT_TRUE(kept.open(QIODevice::WriteOnly));
    kept.write(QJsonDocument(state).toJson());
    kept.close();
    start();
    // Those that share want it as well: only the first of all asks.
    ASSERT_TRUE(arrives(3)) << "the last good list serves on";
    EXPECT_EQ(lists.requests().size(), 2) << "it was a day old, and the server has none now";
    stop();
    QFile again(stateFile());
    ASSERT_TRUE(again.open(QIODevice::ReadOnly));
    EXPECT_TRUE(again.readAll().contains(own.announceAt("127.0.0.1").toUtf8()));
}

TEST_F(TrackerListsOfOthers, AFileIsAListToo)
{
    QFile file(daemon.path("mine.txt"));
    ASSERT_TRUE(file.open(QIODevice::WriteOnly));
    file.write(own.announceAt("127.0.0.1").toUtf8());
    file.close();
    begin(file.fileName());
    ASSERT_TRUE(arrives(1));
}

TEST_F(TrackerListsOfOthers, APrivateTorrentIsNeverToldThere)
{
    PlainHttpServer theirs(
        [](const PlainRequest&, Connection& to) { return PlainHttpServer::reply(to, 200, trackerReply({})); });
    listed = own.announceAt("127.0.0.1").toUtf8();
    begin(lists.url("/").toString());
    const LabTorrent secret = film(1, {.trackers = {theirs.url("/announce?passkey=9f3c").toString()}, .isPrivate = true});
    const qint64 id = add(secret);
    ASSERT_TRUE(eventually([&] { return !theirs.requests().isEmpty(); }));
    // A public one in the same session goes there, so it is the way that a private one would have gone, too.
    ASSERT_TRUE(arrives(2));
    EXPECT_TRUE(own.torrent(secret.info).isEmpty());
    const auto trackers = [&] { return rpc->result("task.get", {{"id", id}})[u"trackers"].toArray(); };
    EXPECT_TRUE(eventually([&] { return !trackers().isEmpty(); }));
    EXPECT_EQ(trackers().size(), 1) << QJsonDocument(trackers()).toJson().toStdString();
    stop();
    QFile kept(stateFile());
    ASSERT_TRUE(kept.open(QIODevice::ReadOnly));
    EXPECT_FALSE(kept.readAll().contains("passkey"));
}

TEST_F(TrackerListsOfOthers, AMagnetIsToldThereOnceItIsKnownToBePublic)
{
    listed = own.announceAt("127.0.0.1").toUtf8();
    begin(lists.url("/").toString());
    const LabTorrent torrent = film(1);
    const LabPeer seed(torrent, seeds(), true);
    const qint64 unknown = daemon.addTask(*rpc, torrent.magnet({}));
    ASSERT_TRUE(eventually([&] {
        const QJsonObject task = rpc->result("task.get", {{"id", unknown}});
        return task[u"state"].toString() == u"running" && task.contains(u"trackers");
    }));
    EXPECT_TRUE(rpc->result("task.get", {{"id", unknown}})[u"trackers"].toArray().isEmpty());
    EXPECT_TRUE(lists.requests().isEmpty());
    rpc->result("task.remove", {{"ids", QJsonArray{unknown}}});
    const qint64 id = daemon.addTask(*rpc, torrent.magnet({seed.address()}));
    ASSERT_FALSE(rpc->untilState(id, "sharing").isEmpty());
    EXPECT_TRUE(eventually([&] { return own.seeds(torrent.info) == 1; }))
        << QJsonDocument(own.state()).toJson().toStdString()
        << rpc->result("task.log", {{"id", id}})[u"text"].toString().toStdString();
}

} // namespace
