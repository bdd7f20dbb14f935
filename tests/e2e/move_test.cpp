// What tasks of each kind have on disk gets to another folder and they go on there. /dev/shm is another volume than the home of
// the daemon, so files are copied; where it is not, they are renamed, and all must be true as well.
#include "e2e/torrent_lab.h"
#include "support/content.h"
#include "support/daemon_process.h"
#include "support/ftp_server.h"
#include "support/http_fault_server.h"
#include "support/plain_http_server.h"
#include "support/rpc_world.h"
#include "unit/media/media_lab.h"

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

QByteArray contents(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("(missing)");
}

QStringList filesIn(const QString& folder)
{
    return QDir(folder).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot, QDir::Name);
}

class Moved : public ::testing::Test {
protected:
    void SetUp() override { ASSERT_TRUE(QDir().mkpath(near())); }
    void begin(QJsonObject config = {})
    {
        config.insert(QStringLiteral("retry.base"), QStringLiteral("50ms"));
        config.insert(QStringLiteral("sync.interval"), QStringLiteral("200ms"));
        daemon.writeConfig(config);
        ASSERT_TRUE(daemon.start()) << daemon.errorOutput().toStdString();
        peer = daemon.client();
    }
    void beginSwarm(const QJsonObject& more = {}) { begin(settingsWithoutStrangers(port, more)); }
    QString near() const { return daemon.path(QStringLiteral("near")); }
    QJsonObject task(qint64 id) { return peer->result("task.get", {{"id", id}}); }
    qint64 add(const QUrl& url, const QJsonObject& options = {})
    {
        return daemon.addTask(*peer, url, {{"dir", near()}, {"options", options}});
    }
    void move(qint64 id, const QString& to)
    {
        const auto reply = peer->call("task.relocate", {{"ids", QJsonArray{id}}, {"dir", to}});
        ASSERT_EQ(errorCode(reply), "") << QJsonDocument(reply).toJson().toStdString();
        EXPECT_EQ(task(id)[u"directory"].toString(), to);
    }
    void pause(qint64 id)
    {
        peer->result("task.pause", {{"ids", QJsonArray{id}}});
        ASSERT_FALSE(peer->untilState(id, "waiting").isEmpty());
    }
    void resume(qint64 id) { peer->result("task.resume", {{"ids", QJsonArray{id}}}); }
    LabTorrent album()
    {
        return makeTorrent(daemon.path(QStringLiteral("seeds")), QStringLiteral("Album"),
            {{"a.flac", 12 * kMiB + 17, 1}, {"deep/b.flac", 8 * kMiB, 2}, {"deep/c.txt", 99, 3}});
    }
    static void expectWhole(const LabTorrent& torrent, const QString& folder)
    {
        for (const LabFile& file : torrent.files) {
            const QByteArray bytes = contents(folder + u'/' + torrent.name + u'/' + file.path);
            EXPECT_EQ(bytes.size(), file.size) << file.path.toStdString();
            EXPECT_TRUE(isContent(file.seed, 0, {bytes.constData(), std::size_t(bytes.size())})) << file.path.toStdString();
        }
    }

    const quint16 port = freePort();
    DaemonProcess daemon;
    std::unique_ptr<RpcPeer> peer;
    const QTemporaryDir far{QStringLiteral("/dev/shm/weir-moved-XXXXXX")};
};

TEST_F(Moved, AFileOnItsWayAndAgainWhenItIsDone)
{
    HttpFaultServer server;
    const Behaviour file{.seed = 9, .size = 16 * kMiB};
    begin();
    const qint64 id = add(server.on("/f.bin", file), {{"limit", 8 * kMiB}});
    ASSERT_TRUE(eventually([&] { return task(id)[u"done"].toInteger() > 6 * kMiB; }));
    const qint64 sent = server.bytesSent("/f.bin");
    move(id, far.path());
    EXPECT_TRUE(filesIn(near()).isEmpty());
    ASSERT_FALSE(peer->untilState(id, "done").isEmpty());
    EXPECT_EQ(contents(far.filePath("f.bin")), content(9, 0, file.size));
    EXPECT_LE(server.bytesSent("/f.bin") - sent, 14 * kMiB) << "what was there came again";
    move(id, near());
    EXPECT_EQ(contents(near() + "/f.bin"), content(9, 0, file.size));
    EXPECT_TRUE(filesIn(far.path()).isEmpty());
    const auto history = peer->result("task.history")[u"tasks"].toArray();
    EXPECT_EQ(history[0][u"path"].toString(), near() + "/f.bin");
}

TEST_F(Moved, AFolderOfAnFtpServerOnItsWay)
{
    const QByteArray large = patternBytes(6'000'000);
    FtpServer server({{"/set/a.txt", "alpha"}, {"/set/deep/large.bin", large}, {"/set/deep/other.bin", large}});
    begin();
    const qint64 id = add(server.url("/set/"), {{"limit", 4'000'000}});
    ASSERT_TRUE(eventually([&] { return task(id)[u"done"].toInteger() > 4'000'000; }));
    ASSERT_TRUE(QDir().mkdir(far.filePath("set"))); // a stranger's
    move(id, far.path());
    EXPECT_TRUE(filesIn(near()).isEmpty());
    const auto ended = peer->untilState(id, "done");
    ASSERT_FALSE(ended.isEmpty());
    EXPECT_EQ(ended[u"path"].toString(), far.filePath("set (1)"));
    EXPECT_EQ(contents(far.filePath("set (1)/a.txt")), "alpha");
    EXPECT_TRUE(contents(far.filePath("set (1)/deep/large.bin")) == large);
    EXPECT_TRUE(contents(far.filePath("set (1)/deep/other.bin")) == large);
    EXPECT_TRUE(filesIn(far.filePath("set")).isEmpty());
}

TEST_F(Moved, ATorrentOfAFolderOnItsWay)
{
    const LabTorrent torrent = album();
    const LabPeer seed(torrent, daemon.path("seeds"), true, 4 * kMiB);
    beginSwarm();
    const qint64 id = add(torrent.magnet({seed.address()}));
    ASSERT_TRUE(eventually([&] { return seed.sent() > 8 * kMiB; }));
    move(id, far.path());
    EXPECT_TRUE(filesIn(near()).isEmpty());
    ASSERT_FALSE(peer->untilState(id, "done").isEmpty());
    expectWhole(torrent, far.path());
    EXPECT_EQ(filesIn(far.path()), QStringList("Album"));
    EXPECT_LT(seed.sent(), torrent.size() + 2 * kMiB) << "what was there came again";
    const QByteArray log = contents(daemon.path(QStringLiteral("log/tasks/task-%1.log").arg(id)));
    EXPECT_FALSE(log.contains("they are checked")) << log.toStdString();
}

TEST_F(Moved, ATorrentThatIsSharedIsSharedFromThere)
{
    const LabTorrent torrent = album();
    auto seed = std::make_unique<LabPeer>(torrent, daemon.path("seeds"), true);
    beginSwarm({{"bt.seedRatio", "1"}});
    const qint64 id = add(torrent.magnet({seed->address()}));
    ASSERT_FALSE(peer->untilState(id, "sharing").isEmpty());
    seed.reset();
    move(id, far.path());
    EXPECT_TRUE(filesIn(near()).isEmpty());
    ASSERT_FALSE(peer->untilState(id, "sharing").isEmpty());
    LabPeer other(torrent, daemon.path("elsewhere"), false);
    ASSERT_TRUE(eventually([&] {
        other.connectTo(port);
        return other.finished();
    }));
    ASSERT_FALSE(peer->untilState(id, "done").isEmpty());
    expectWhole(torrent, far.path());
    move(id, near());
    expectWhole(torrent, near());
}

TEST_F(Moved, ARecordingThatIsHeld)
{
    const lab::Made& film = lab::made({.seconds = 12, .segment = 1, .extra = {"-g", "25"}});
    std::atomic<int> asked{0};
    PlainHttpServer site{[&](const PlainRequest& request, Connection& to) {
        const int at = int(request.target.indexOf("/seg"));
        if (at < 0) {
            QByteArray text = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:1\n";
            for (std::size_t i = 0; i < film.segments.size(); ++i)
                text += "#EXTINF:" + QByteArray::number(film.segments[i].duration) + ",\nseg" + QByteArray::number(int(i))
                    + ".ts\n";
            return PlainHttpServer::reply(to, 200, text + "#EXT-X-ENDLIST\n", {"Content-Type: application/vnd.apple.mpegurl"});
        }
        ++asked;
        std::this_thread::sleep_for(std::chrono::milliseconds(60));
        const int number = request.target.mid(at + 4, request.target.indexOf('.', at) - at - 4).toInt();
        return PlainHttpServer::reply(to, 200, film.segments[std::size_t(number)].bytes);
    }};
    begin();
    const qint64 id = add(site.url("/film.m3u8"), {{"connections", 1}});
    ASSERT_TRUE(eventually([&] { return asked >= 5; }));
    pause(id);
    QFile stranger(far.filePath("film.mp4"));
    ASSERT_TRUE(stranger.open(QIODevice::WriteOnly) && stranger.write("theirs") == 6 && stranger.flush());
    move(id, far.path());
    EXPECT_TRUE(filesIn(near()).isEmpty()) << filesIn(near()).join(u' ').toStdString();
    EXPECT_TRUE(QDir(far.filePath("film (1).mp4.spool")).exists());
    resume(id);
    const auto ended = peer->untilState(id, "done");
    ASSERT_FALSE(ended.isEmpty());
    const QString path = far.filePath("film (1).mp4");
    EXPECT_EQ(ended[u"path"].toString(), path);
    EXPECT_EQ(lab::probe(path).first("video")->packets, 300);
    EXPECT_EQ(lab::decodeErrors(path).toStdString(), "");
    EXPECT_LE(asked, 12 + 2) << "what was there came again";
    EXPECT_EQ(contents(stranger.fileName()), "theirs");
    EXPECT_TRUE(eventually([&] {
        return filesIn(far.path()) == QStringList({"film (1).mp4", "film.mp4"});
    })) << filesIn(far.path()).join(u' ').toStdString();
}

} // namespace
