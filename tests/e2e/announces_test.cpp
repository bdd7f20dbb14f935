// What trackers hear of a torrent's life: once of each event, no more often than they wish, nothing of it twice after a
// restart; and what `weir tracker serve` makes of it.
#include "e2e/own_tracker.h"
#include "e2e/torrent_lab.h"
#include "support/content.h"
#include "support/daemon_process.h"
#include "support/plain_http_server.h"

#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QUrlQuery>

#include <gtest/gtest.h>

#include <csignal>
#include <thread>

using namespace weir;
using namespace weir::test;

namespace {

constexpr qint64 kSize = (2 << 20) + 31;
constexpr int kInterval = 2400, kShortest = 1500; // seconds

struct Heard {
    QString event;
    qint64 left = 0, downloaded = 0;
    QString key, port;
};

class Announces : public ::testing::Test {
protected:
    void begin()
    {
        daemon.writeConfig(
            settingsWithoutStrangers(freePort(), {{"bt.pex", false}, {"bt.seedRatio", "100"}, {"queue.running", 100}}));
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
    LabTorrent film(const QString& tracker, int number = 0, qint64 size = kSize)
    {
        return makeTorrent(seeds(), QStringLiteral("film%1.bin").arg(number), {{QString(), size, quint64(number + 1)}},
            {.trackers = {tracker}});
    }
    QString seeds() const { return daemon.path("seeds"); }
    qint64 add(const LabTorrent& torrent, const QJsonObject& more = {}) { return addTorrent(daemon, *rpc, torrent, more); }
    /// As the tracker of the test heard them, in the order of their coming.
    QList<Heard> heard() const
    {
        QList<Heard> all;
        for (const PlainRequest& request : tracker.requests()) {
            const QUrlQuery query(QString::fromLatin1(request.target).section(u'?', 1));
            const auto item = [&](const char* name) { return query.queryItemValue(QLatin1String(name)); };
            all.append({item("event"), item("left").toLongLong(), item("downloaded").toLongLong(), item("key"), item("port")});
        }
        return all;
    }
    QStringList events() const
    {
        QStringList all;
        for (const Heard& one : heard())
            all.append(one.event.isEmpty() ? QStringLiteral("regular") : one.event);
        return all;
    }
    bool hears(const QStringList& wanted)
    {
        return eventually([&] { return events() == wanted; });
    }

    QList<QString> named;
    int shortest = kShortest;
    std::chrono::milliseconds thinks{0}; ///< before it answers that something is complete
    PlainHttpServer tracker{[this](const PlainRequest& request, Connection& to) {
        if (request.target.contains("event=completed"))
            std::this_thread::sleep_for(thinks);
        QByteArray reply = trackerReply(named);
        reply.replace("8:intervali1800e",
            "8:intervali" + QByteArray::number(kInterval) + "e12:min intervali" + QByteArray::number(shortest) + 'e');
        return PlainHttpServer::reply(to, 200, reply);
    }};
    DaemonProcess daemon;
    std::unique_ptr<RpcPeer> rpc;
};

TEST_F(Announces, EachEventIsToldOnce)
{
    const LabTorrent torrent = film(tracker.url("/announce").toString());
    const LabPeer seed(torrent, seeds(), true);
    named = {seed.address()};
    begin();
    const qint64 id = add(torrent);
    ASSERT_FALSE(rpc->untilState(id, "sharing").isEmpty());
    EXPECT_TRUE(hears({"started", "completed", "started"})) << events().join(u' ').toStdString();
    const QList<Heard> life = heard();
    ASSERT_EQ(life.size(), 3);
    EXPECT_EQ(life[0].left, kSize);
    EXPECT_EQ(life[1].left, 0);
    EXPECT_EQ(life[1].downloaded, kSize);
    EXPECT_EQ(life[2].left, 0);
    EXPECT_FALSE(life[0].key.isEmpty());
    EXPECT_EQ(life[1].port, life[0].port);
    stop();
    EXPECT_TRUE(hears({"started", "completed", "started", "stopped"})) << events().join(u' ').toStdString();
    start();
    EXPECT_TRUE(hears({"started", "completed", "started", "stopped", "started"})) << events().join(u' ').toStdString();
}

TEST_F(Announces, WhoAsksForItIsAnnouncedOnceAMinute)
{
    shortest = 1;
    begin();
    const qint64 id = add(film(tracker.url("/announce").toString()));
    ASSERT_TRUE(eventually([&] {
        const QJsonArray trackers = rpc->result("task.get", {{"id", id}})[u"trackers"].toArray();
        return trackers.size() == 1 && trackers[0][u"state"].toString() == u"announced";
    }));
    const QJsonObject first = rpc->call("task.announce", {{"id", id}});
    EXPECT_FALSE(first.contains(u"error")) << QJsonDocument(first).toJson().toStdString();
    EXPECT_TRUE(hears({"started", "regular"})) << events().join(u' ').toStdString();
    const QJsonObject again = rpc->call("task.announce", {{"id", id}})[u"error"].toObject();
    EXPECT_TRUE(again[u"message"].toString().contains("again in")) << QJsonDocument(again).toJson().toStdString();
    rpc->result("task.pause", {{"ids", QJsonArray{id}}});
    ASSERT_FALSE(rpc->untilState(id, "waiting").isEmpty());
    EXPECT_FALSE(rpc->call("task.announce", {{"id", id}})[u"error"].toObject().isEmpty());
}

TEST_F(Announces, WhoSharesNothingSaysGoodbye)
{
    thinks = std::chrono::milliseconds(300);
    const LabTorrent torrent = film(tracker.url("/announce").toString());
    const LabPeer seed(torrent, seeds(), true);
    named = {seed.address()};
    begin();
    const qint64 id = add(torrent, {{"options", QJsonObject{{"seedRatio", 0}}}});
    ASSERT_FALSE(rpc->untilState(id, "done").isEmpty());
    EXPECT_TRUE(hears({"started", "completed", "stopped"})) << events().join(u' ').toStdString();
}

TEST_F(Announces, TheTrackersWishIsTheNextTime)
{
    const LabTorrent torrent = film(tracker.url("/announce").toString());
    begin();
    const qint64 id = add(torrent);
    QJsonObject told;
    EXPECT_TRUE(eventually([&] {
        told = rpc->result("task.get", {{"id", id}})[u"trackers"].toArray().at(0).toObject();
        return told[u"nextAnnounce"].toInt() > kShortest;
    })) << told[u"nextAnnounce"].toInt();
    EXPECT_LE(told[u"nextAnnounce"].toInt(), kInterval);
    EXPECT_EQ(events(), QStringList{"started"});
}

TEST_F(Announces, ACompletedLeecherIsASeedAtOnce)
{
    OwnTracker own;
    ASSERT_TRUE(own.start());
    const LabTorrent torrent = film(own.announceAt("127.0.0.1"));
    begin();
    const qint64 id = add(torrent);
    // Before there is a seed: it is listed, with what it lacks.
    ASSERT_TRUE(eventually([&] { return own.peers(torrent.info).size() == 1; }));
    const QJsonObject waiting = own.peers(torrent.info).at(0).toObject();
    EXPECT_EQ(waiting[u"left"].toInteger(), kSize);
    EXPECT_EQ(waiting[u"event"].toString(), "started");
    EXPECT_EQ(own.seeds(torrent.info), 0);
    LabPeer seed(torrent, seeds(), true);
    seed.connectTo(quint16(waiting[u"port"].toInt()));
    ASSERT_FALSE(rpc->untilState(id, "sharing").isEmpty());
    EXPECT_TRUE(eventually([&] {
        const QJsonObject now = own.torrent(torrent.info);
        return now[u"seeds"].toInt() == 1 && now[u"leechers"].toInt() == 0 && now[u"completed"].toInt() == 1;
    }));
    stop();
    EXPECT_TRUE(eventually([&] { return own.peers(torrent.info).isEmpty(); }));
}

TEST_F(Announces, ARestartIsNoFlood)
{
    constexpr int kTorrents = 20, kLives = 2;
    OwnTracker own;
    ASSERT_TRUE(own.start());
    begin();
    QDir().mkpath(daemon.path("downloads"));
    QList<LabTorrent> torrents;
    for (int i = 0; i < kTorrents; ++i) {
        torrents.append(film(own.announceAt("127.0.0.1"), i, 70'000));
        QFile::rename(seeds() + u'/' + torrents.last().name, daemon.path("downloads/") + torrents.last().name);
        add(torrents.last(), {{"options", QJsonObject{{"ifExists", "resume"}}}});
    }
    EXPECT_TRUE(eventually([&] {
        const QJsonArray known = own.state()[u"torrents"].toArray();
        return known.size() == kTorrents
            && std::all_of(known.begin(), known.end(), [](const QJsonValue one) { return one[u"seeds"].toInt() == 1; });
    })) << QJsonDocument(own.state()).toJson().toStdString();
    // A goodbye may be lost, for an end has to be quick. A beginning is told, and once.
    for (int life = 0; life < kLives; ++life) {
        stop();
        const int before = own.counter("http announces");
        start();
        const auto said = [&] { return own.counter("http announces") - before; };
        EXPECT_TRUE(eventually([&] { return said() >= kTorrents; })) << said();
        stop();
        EXPECT_LE(said(), 2 * kTorrents) << "life " << life;
        start();
    }
}

} // namespace
