// Streams through everything: playlists from a real server, queue, plugins, spool, muxer; judged by ffprobe and ffmpeg.
#include "support/daemon_process.h"
#include "support/plain_http_server.h"

#include "unit/media/media_lab.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>

#include <gtest/gtest.h>

#include <csignal>
#include <set>

using namespace weir;
using namespace weir::test;

namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

/// A site that has one recording, and breaks it as a test wants.
class Site {
public:
    explicit Site(const lab::Made& made) : made_(made) {}

    std::set<int> missing;              ///< segments that are 404
    QByteArray beforeSegments;          ///< lines in front of the first
    std::chrono::milliseconds delay{0}; ///< before each segment
    std::optional<int> live;            ///< so many segments in the window; a new one each `period`
    std::chrono::milliseconds period{200};

    QByteArray playlist() const
    {
        const int all = int(made_.segments.size());
        int first = 0, end = all;
        if (live) {
            const std::lock_guard lock(mutex_);
            if (!begun_)
                begun_ = Clock::now();
            const auto passed = int((Clock::now() - *begun_) / period);
            end = std::min(all, *live + passed);
            first = std::max(0, end - *live);
        }
        QByteArray text = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:"
            + QByteArray::number(first) + '\n' + beforeSegments;
        if (!made_.init.isEmpty())
            text += "#EXT-X-MAP:URI=\"init.mp4\"\n";
        for (int i = first; i < end; ++i)
            text += "#EXTINF:" + QByteArray::number(made_.segments[std::size_t(i)].duration) + ",\nseg" + QByteArray::number(i)
                + ".ts?t=x\n";
        if (!live || end == all)
            text += "#EXT-X-ENDLIST\n";
        return text;
    }

    bool answer(const PlainRequest& request, Connection& to)
    {
        const QByteArray path =
            request.target.left(request.target.indexOf('?') < 0 ? request.target.size() : request.target.indexOf('?'));
        if (path.endsWith(".m3u8"))
            return PlainHttpServer::reply(to, 200, playlist(), {"Content-Type: application/vnd.apple.mpegurl"});
        if (path.endsWith("init.mp4"))
            return PlainHttpServer::reply(to, 200, made_.init);
        const int at = int(path.indexOf("/seg"));
        const int number = at < 0 ? -1 : path.mid(at + 4, path.indexOf('.', at) - at - 4).toInt();
        if (number < 0 || number >= int(made_.segments.size()) || missing.contains(number))
            return PlainHttpServer::reply(to, 404, "gone");
        if (delay.count() > 0)
            std::this_thread::sleep_for(delay);
        {
            const std::lock_guard lock(mutex_);
            ++asked_[number];
        }
        return PlainHttpServer::reply(to, 200, made_.segments[std::size_t(number)].bytes);
    }

    int asked() const
    {
        const std::lock_guard lock(mutex_);
        int sum = 0;
        for (const auto& [number, times] : asked_)
            sum += times;
        return sum;
    }

private:
    const lab::Made& made_;
    mutable std::optional<Clock::time_point> begun_; ///< when somebody asked first
    mutable std::mutex mutex_;
    std::map<int, int> asked_;
};

const lab::Made& film() { return lab::made({.seconds = 12, .segment = 1, .extra = {"-g", "25"}}); }

class Streams : public ::testing::Test {
protected:
    void SetUp() override { ASSERT_TRUE(daemon.start()) << daemon.errorOutput().toStdString(); }

    QString file(const QJsonObject& task) const { return task[u"path"].toString(); }
    /// All packets of the film, in a file that decodes, sound and picture together.
    void expectWhole(const QString& path, qint64 pictures = 300)
    {
        const lab::Probe probe = lab::probe(path);
        ASSERT_TRUE(probe.first("video") && probe.first("audio")) << path.toStdString();
        EXPECT_EQ(probe.first("video")->packets, pictures);
        EXPECT_LE(std::abs(probe.first("video")->start - probe.first("audio")->start), 0.04);
        EXPECT_EQ(lab::decodeErrors(path).toStdString(), "");
    }

    Site site{film()};
    PlainHttpServer server{[this](const PlainRequest& request, Connection& to) { return site.answer(request, to); }};
    DaemonProcess daemon;
};

TEST_F(Streams, ARecordingEndsWhole)
{
    const auto peer = daemon.client();
    const auto task = peer->untilState(daemon.addTask(*peer, server.url("/some/film.m3u8")), "done");
    ASSERT_FALSE(task.isEmpty());
    EXPECT_EQ(task[u"kind"].toString(), "hls");
    EXPECT_EQ(task[u"name"].toString(), "film.mp4");
    EXPECT_EQ(task[u"verified"].toString(), "received");
    EXPECT_EQ(task[u"size"].toInteger(), QFileInfo(file(task)).size());
    expectWhole(file(task));
    EXPECT_TRUE(eventually([&] { return !QFile::exists(file(task) + ".spool"); }));
    EXPECT_FALSE(QFile::exists(file(task) + ".gaps.json"));
}

TEST_F(Streams, NothingIsAskedTwice)
{
    const auto peer = daemon.client();
    ASSERT_FALSE(peer->untilState(daemon.addTask(*peer, server.url("/film.m3u8")), "done").isEmpty());
    std::map<QByteArray, int> times;
    for (const PlainRequest& request : server.requests())
        EXPECT_EQ(++times[request.target], 1) << request.target.toStdString();
    EXPECT_EQ(site.asked(), 12);
}

TEST_F(Streams, AMissingSegmentIsNamedAndTheRestIsThere)
{
    site.missing = {5};
    const auto peer = daemon.client();
    const auto task = peer->untilState(daemon.addTask(*peer, server.url("/film.m3u8")), "done");
    ASSERT_FALSE(task.isEmpty());
    EXPECT_EQ(task[u"verified"].toString(), "unverifiable");
    EXPECT_EQ(lab::probe(file(task)).first("video")->packets, 275);
    QFile list(file(task) + ".gaps.json");
    ASSERT_TRUE(list.open(QIODevice::ReadOnly));
    const QJsonArray gaps = QJsonDocument::fromJson(list.readAll())[u"gaps"].toArray();
    ASSERT_EQ(gaps.size(), 1);
    EXPECT_NEAR(gaps[0][u"start"].toDouble(), 5, 0.1);
    EXPECT_NEAR(gaps[0][u"end"].toDouble(), 6, 0.1);
    EXPECT_EQ(gaps[0][u"first"].toInteger(), 5);
}

TEST_F(Streams, DrmIsRefusedBeforeAnyMedia)
{
    site.beforeSegments =
        "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"data:text/"
        "plain;base64,AAAA\",KEYFORMAT=\"urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed\",KEYFORMATVERSIONS=\"1\"\n";
    const auto peer = daemon.client();
    const auto task = peer->untilState(daemon.addTask(*peer, server.url("/film.m3u8")), "failed");
    ASSERT_FALSE(task.isEmpty());
    EXPECT_EQ(task[u"error"][u"code"].toString(), "DrmProtected");
    EXPECT_TRUE(task[u"error"][u"detail"].toString().contains("Widevine"))
        << task[u"error"][u"detail"].toString().toStdString();
    EXPECT_EQ(site.asked(), 0);
}

TEST_F(Streams, APlaylistThatIsNoneSaysWhere)
{
    site.beforeSegments = "#EXT-X-KEY:METHOD=ROT13\n";
    const auto peer = daemon.client();
    const auto task = peer->untilState(daemon.addTask(*peer, server.url("/film.m3u8")), "failed");
    ASSERT_FALSE(task.isEmpty());
    EXPECT_TRUE(
        task[u"error"][u"detail"].toString().contains("line ") && task[u"error"][u"detail"].toString().contains("ROT13"))
        << task[u"error"][u"detail"].toString().toStdString();
}

TEST_F(Streams, ALiveStreamIsRecordedWithoutAHole)
{
    site.live = 8;
    site.period = 1s;
    const auto peer = daemon.client();
    const qint64 id = daemon.addTask(*peer, server.url("/film.m3u8"), {{"options", QJsonObject{{"liveFromStart", true}}}});
    const auto task = peer->untilState(id, "done");
    ASSERT_FALSE(task.isEmpty());
    EXPECT_EQ(site.asked(), 12);
    expectWhole(file(task));
}

TEST_F(Streams, APauseGoesOnWhereItWas)
{
    site.delay = 60ms;
    const auto peer = daemon.client();
    const qint64 id = daemon.addTask(*peer, server.url("/film.m3u8"), {{"options", QJsonObject{{"connections", 1}}}});
    ASSERT_TRUE(eventually([&] { return site.asked() >= 4; }));
    peer->call("task.pause", {{"ids", QJsonArray{id}}});
    ASSERT_FALSE(peer->untilState(id, "waiting").isEmpty());
    peer->call("task.resume", {{"ids", QJsonArray{id}}});
    const auto task = peer->untilState(id, "done");
    ASSERT_FALSE(task.isEmpty());
    expectWhole(file(task));
    EXPECT_LE(site.asked(), 12 + 2) << "what was on its way may be asked again, nothing else";
}

TEST_F(Streams, APartOfARecordingCanBeFinished)
{
    site.delay = 60ms;
    const auto peer = daemon.client();
    const qint64 id = daemon.addTask(*peer, server.url("/film.m3u8"), {{"options", QJsonObject{{"connections", 1}}}});
    ASSERT_TRUE(eventually([&] { return site.asked() >= 5; }));
    peer->call("task.pause", {{"ids", QJsonArray{id}}});
    ASSERT_FALSE(peer->untilState(id, "waiting").isEmpty());
    const auto before = server.requests().size(); // as they came: one that was given up may still be answered
    const auto reply = peer->call("task.finish", {{"id", id}, {"partial", true}});
    ASSERT_FALSE(reply.contains(u"error")) << QJsonDocument(reply).toJson().toStdString();
    const auto task = peer->untilState(id, "done");
    ASSERT_FALSE(task.isEmpty());
    EXPECT_EQ(server.requests().size(), before) << "nothing more is fetched";
    EXPECT_TRUE(QFile::exists(file(task) + ".gaps.json"));
    EXPECT_EQ(task[u"verified"].toString(), "unverifiable");
    const lab::Probe probe = lab::probe(file(task));
    EXPECT_GE(probe.first("video")->packets, 4 * 25);
    EXPECT_EQ(lab::decodeErrors(file(task)).toStdString(), "");
}

TEST_F(Streams, KillsChangeNothingInTheFile)
{
    site.delay = 15ms;
    auto peer = daemon.client();
    const qint64 id = daemon.addTask(*peer, server.url("/film.m3u8"), {{"options", QJsonObject{{"connections", 2}}}});
    constexpr int kKills = 8;
    for (int kill = 0; kill < kKills; ++kill) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10 + 17 * kill));
        daemon.kill();
        ASSERT_TRUE(daemon.start());
    }
    peer = daemon.client();
    QJsonObject task;
    ASSERT_TRUE(eventually([&] {
        task = peer->result("task.get", {{"id", id}});
        task = task.contains(u"task") ? task[u"task"].toObject() : task;
        return task[u"state"].toString() == "done" || task[u"state"].toString() == "failed";
    }));
    ASSERT_EQ(task[u"state"].toString().toStdString(), "done") << QJsonDocument(task).toJson().toStdString();
    expectWhole(file(task));
    DaemonProcess calm;
    ASSERT_TRUE(calm.start());
    const auto other = calm.client();
    const auto whole = other->untilState(calm.addTask(*other, server.url("/film.m3u8")), "done");
    ASSERT_FALSE(whole.isEmpty());
    EXPECT_EQ(lab::packetHashes(file(task), "v:0"), lab::packetHashes(file(whole), "v:0"));
    EXPECT_EQ(lab::packetHashes(file(task), "a:0"), lab::packetHashes(file(whole), "a:0"));
}

} // namespace
