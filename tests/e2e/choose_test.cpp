// Other files of a torrent than were chosen at first: while it runs, is held, is shared and is done, and with kills between.
#include "e2e/torrent_lab.h"
#include "support/content.h"
#include "support/daemon_process.h"
#include "support/ftp_server.h"
#include "support/rpc_world.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>

#include <gtest/gtest.h>

using namespace weir;
using namespace weir::test;

namespace {

constexpr qint64 kMiB = 1 << 20;

class Chosen : public ::testing::Test {
protected:
    void begin(const QString& seedRatio = QStringLiteral("0"))
    {
        daemon.writeConfig(settingsWithoutStrangers(port, {{"bt.seedRatio", seedRatio}, {"sync.interval", "200ms"}}));
        ASSERT_TRUE(daemon.start()) << daemon.errorOutput().toStdString();
        peer = daemon.client();
    }
    void killAndStart()
    {
        daemon.kill();
        ASSERT_TRUE(daemon.start()) << daemon.errorOutput().toStdString();
        peer = daemon.client();
    }
    LabTorrent album()
    {
        return makeTorrent(daemon.path(QStringLiteral("seeds")), QStringLiteral("Album"),
            {{"a.flac", 6 * kMiB + 17, 1}, {"deep/b.flac", 6 * kMiB, 2}, {"deep/c.flac", 5 * kMiB + 5, 3}, {"d.txt", 99, 4}});
    }
    std::unique_ptr<LabPeer> seed(const LabTorrent& torrent, int rate = 0)
    {
        return std::make_unique<LabPeer>(torrent, daemon.path(QStringLiteral("seeds")), true, rate);
    }
    qint64 add(const LabTorrent& torrent, const LabPeer& from, const char* files)
    {
        return daemon.addTask(
            *peer, torrent.magnet({from.address()}), {{"options", QJsonObject{{"files", QLatin1String(files)}}}});
    }
    QString choose(qint64 id, const char* files)
    {
        return errorCode(peer->call("task.choose", {{"id", id}, {"choice", QJsonObject{{"files", QLatin1String(files)}}}}));
    }
    QJsonObject task(qint64 id) { return peer->result("task.get", {{"id", id}}); }
    QString path(const LabTorrent& torrent, int file) const
    {
        return daemon.path(QStringLiteral("downloads/%1/%2").arg(torrent.name, torrent.files[file].path));
    }
    bool isWhole(const LabTorrent& torrent, int file) const
    {
        QFile in(path(torrent, file));
        if (!in.open(QIODevice::ReadOnly) || in.size() != torrent.files[file].size)
            return false;
        const QByteArray bytes = in.readAll();
        return isContent(torrent.files[file].seed, 0, {bytes.constData(), std::size_t(bytes.size())});
    }

    void TearDown() override
    {
        if (!HasFailure() || !peer)
            return;
        const QJsonArray all = peer->result("task.list")[u"tasks"].toArray();
        for (const QJsonValue one : all)
            std::fprintf(stderr, "%s%s\n", QJsonDocument(one.toObject()).toJson().constData(),
                qPrintable(peer->result("task.log", {{"id", one[u"id"]}})[u"text"].toString()));
    }

    const quint16 port = freePort();
    DaemonProcess daemon;
    std::unique_ptr<RpcPeer> peer;
};

TEST_F(Chosen, MoreOfATorrentThatRuns)
{
    const LabTorrent torrent = album();
    const auto from = seed(torrent, 3 * kMiB);
    begin();
    const qint64 id = add(torrent, *from, "1");
    ASSERT_TRUE(eventually([&] { return from->sent() > 2 * kMiB; }));
    EXPECT_EQ(choose(id, "1,3"), "");
    const auto ended = peer->untilState(id, "done");
    ASSERT_FALSE(ended.isEmpty());
    EXPECT_EQ(ended[u"size"].toInteger(), torrent.files[0].size + torrent.files[2].size);
    EXPECT_TRUE(isWhole(torrent, 0));
    EXPECT_TRUE(isWhole(torrent, 2));
    EXPECT_FALSE(QFile::exists(path(torrent, 1)));
    EXPECT_LT(from->sent(), 14 * kMiB) << "what was there came again, or what nobody wanted";
}

TEST_F(Chosen, LessOfOneThatIsHeldAndTheDaemonDies)
{
    const LabTorrent torrent = album();
    const auto from = seed(torrent, 3 * kMiB);
    begin();
    const qint64 id = add(torrent, *from, "1-4");
    ASSERT_TRUE(eventually([&] { return from->sent() > 2 * kMiB; }));
    peer->result("task.pause", {{"ids", QJsonArray{id}}});
    ASSERT_FALSE(peer->untilState(id, "waiting").isEmpty());
    EXPECT_EQ(choose(id, "4,2"), "");
    killAndStart();
    EXPECT_EQ(task(id)[u"state"].toString(), "waiting");
    peer->result("task.resume", {{"ids", QJsonArray{id}}});
    const auto ended = peer->untilState(id, "done");
    ASSERT_FALSE(ended.isEmpty());
    EXPECT_EQ(ended[u"size"].toInteger(), torrent.files[1].size + torrent.files[3].size);
    EXPECT_TRUE(isWhole(torrent, 1));
    EXPECT_TRUE(isWhole(torrent, 3));
    EXPECT_LT(from->sent(), 12 * kMiB) << "what was dropped came all the same";
}

TEST_F(Chosen, MoreOfOneThatIsSharedGoesBackToDownloading)
{
    const LabTorrent torrent = album();
    const auto from = seed(torrent, 4 * kMiB);
    begin(QStringLiteral("5"));
    const qint64 id = add(torrent, *from, "1");
    ASSERT_FALSE(peer->untilState(id, "sharing").isEmpty());
    EXPECT_TRUE(isWhole(torrent, 0));
    const qint64 before = from->sent();
    EXPECT_EQ(choose(id, "1,2"), "");
    ASSERT_FALSE(peer->untilState(id, "running").isEmpty());
    ASSERT_TRUE(eventually([&] { return from->sent() > before + kMiB; })) << QJsonDocument(task(id)).toJson().toStdString();
    EXPECT_TRUE(QFileInfo::exists(daemon.path("downloads/Album.part")));
    EXPECT_FALSE(QFileInfo::exists(daemon.path("downloads/Album")));
    killAndStart();
    ASSERT_FALSE(peer->untilState(id, "sharing").isEmpty());
    EXPECT_TRUE(isWhole(torrent, 0));
    EXPECT_TRUE(isWhole(torrent, 1));
    EXPECT_FALSE(QFileInfo::exists(daemon.path("downloads/Album.part")));
    EXPECT_LT(from->sent() - before, 10 * kMiB) << "what was there came again";
    const qint64 now = from->sent();
    EXPECT_EQ(choose(id, "2"), "") << "less of it";
    ASSERT_FALSE(peer->untilState(id, "sharing").isEmpty());
    EXPECT_EQ(from->sent(), now);
    EXPECT_TRUE(isWhole(torrent, 0)) << "what is there stays";
}

TEST_F(Chosen, MoreOfOneThatIsDone)
{
    const LabTorrent torrent = album();
    const auto from = seed(torrent);
    begin();
    const qint64 id = add(torrent, *from, "4");
    ASSERT_FALSE(peer->untilState(id, "done").isEmpty());
    killAndStart();
    EXPECT_EQ(choose(id, "3-4"), "");
    ASSERT_FALSE(peer->untilState(id, "running").isEmpty());
    const auto ended = peer->untilState(id, "done");
    ASSERT_FALSE(ended.isEmpty());
    EXPECT_EQ(ended[u"path"].toString(), daemon.path("downloads/Album"));
    EXPECT_TRUE(isWhole(torrent, 2));
    EXPECT_TRUE(isWhole(torrent, 3));
    EXPECT_FALSE(QFile::exists(path(torrent, 0)));
}

TEST_F(Chosen, WhatIsNoChoiceIsRefusedAndChangesNothing)
{
    const LabTorrent torrent = album();
    const auto from = seed(torrent);
    const LabTorrent single = makeTorrent(daemon.path("seeds"), QStringLiteral("film.mkv"), {{QString(), kMiB, 7}});
    const auto other = seed(single);
    begin();
    const qint64 id = add(torrent, *from, "4");
    ASSERT_FALSE(peer->untilState(id, "done").isEmpty());
    for (const char* wrong : {"5", "0", "2-1", "x", ""})
        EXPECT_EQ(choose(id, wrong), "BadChoice") << wrong;
    EXPECT_EQ(errorCode(peer->call("task.choose", {{"id", id}, {"choice", QJsonObject{{"files", "1"}, {"quality", "best"}}}})),
        "BadChoice");
    EXPECT_EQ(task(id)[u"state"].toString(), "done");
    const qint64 one = daemon.addTask(*peer, single.magnet({other->address()}));
    ASSERT_FALSE(peer->untilState(one, "done").isEmpty());
    EXPECT_EQ(choose(one, "1"), "NothingToChoose");
    // A finished folder of parts can't be gone on with: nothing tells its bytes from others.
    FtpServer server({{"/set/1", "one"}, {"/set/2", "two"}});
    const qint64 folder = daemon.addTask(*peer, server.url("/set/"), {{"options", QJsonObject{{"files", "1"}}}});
    ASSERT_FALSE(peer->untilState(folder, "done").isEmpty());
    EXPECT_EQ(choose(folder, "1,2"), "WrongState");
}

TEST_F(Chosen, OfAFolderOfAnFtpServerWhileItIsHeld)
{
    const QByteArray large(4'000'000, 'x');
    FtpServer server({{"/set/1", large}, {"/set/2", "two"}, {"/set/3", "three"}});
    begin();
    const qint64 id =
        daemon.addTask(*peer, server.url("/set/"), {{"options", QJsonObject{{"files", "1,2"}, {"limit", 1'000'000}}}});
    ASSERT_TRUE(eventually([&] { return task(id)[u"done"].toInteger() > 500'000; }));
    peer->result("task.pause", {{"ids", QJsonArray{id}}});
    ASSERT_FALSE(peer->untilState(id, "waiting").isEmpty());
    EXPECT_EQ(choose(id, "2-3"), "");
    peer->result("task.resume", {{"ids", QJsonArray{id}}});
    ASSERT_FALSE(peer->untilState(id, "done").isEmpty());
    EXPECT_EQ(QDir(daemon.path("downloads/set")).entryList({"2", "3"}, QDir::Files), (QStringList{"2", "3"}));
    EXPECT_FALSE(QFile::exists(daemon.path("downloads/set/1")));
}

} // namespace
