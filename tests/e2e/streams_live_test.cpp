// Live streams through everything: DASH with and without a clock to ask, subtitles beside, captures that are killed.
#include "stream_pages.h"
#include "support/daemon_process.h"

#include <QDateTime>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>

#include <gtest/gtest.h>

#include <random>

using namespace weir;
using namespace weir::test;

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr int kSeconds = 10;

const lab::Made& pictures()
{
    return lab::made(
        {.content = lab::Content::Pictures, .seconds = kSeconds, .segment = 1, .fmp4 = true, .extra = {"-bf", "0"}});
}
const lab::Made& sound()
{
    return lab::made({.content = lab::Content::Sound, .seconds = kSeconds, .segment = 1, .fmp4 = true});
}

/// A channel that began a while before the test, and ends while it watches.
class Channel {
public:
    Channel(StreamPages& pages, double there) : began_(Clock::now() - std::chrono::milliseconds(qint64(there * 1000)))
    {
        pages.putSegments("/v/", pictures());
        pages.putSegments("/a/", sound());
    }
    double passed() const { return std::chrono::duration<double>(Clock::now() - began_).count(); }
    bool over() const { return passed() >= kSeconds; }
    /// When it began, by a clock that is off by so many seconds.
    QByteArray beganAt(double off) const { return stamp(-passed() + off); }
    static QByteArray stamp(double fromNow)
    {
        return QDateTime::currentDateTimeUtc().addMSecs(qint64(fromNow * 1000)).toString(Qt::ISODateWithMs).toUtf8();
    }

    /// Times as the segments themselves have them.
    QByteArray timeline(const lab::Made& made) const
    {
        QByteArray list;
        double at = 0;
        for (const auto& segment : made.segments) {
            if (at + segment.duration > passed() && !over())
                break;
            list += "<S t=\"" + QByteArray::number(qint64(at * 90'000)) + "\" d=\""
                + QByteArray::number(qint64(segment.duration * 90'000)) + "\"/>";
            at += segment.duration;
        }
        return "timescale=\"90000\"><SegmentTimeline>" + list + "</SegmentTimeline></SegmentTemplate>";
    }
    static QByteArray set(const char* mime, const char* folder, const char* representation, const QByteArray& rest)
    {
        return QByteArray("<AdaptationSet mimeType=\"") + mime + "\"><SegmentTemplate startNumber=\"0\" media=\"" + folder
            + "$Number$.ts\" initialization=\"" + folder + "init.mp4\" " + rest + "<Representation " + representation
            + "/></AdaptationSet>";
    }
    QByteArray manifest(
        const QByteArray& head, const QByteArray& forPictures, const QByteArray& forSound, const QByteArray& tail = {}) const
    {
        return "<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" " + head + "><Period id=\"1\" start=\"PT0S\">"
            + set("video/mp4", "v/", "id=\"v\" bandwidth=\"100000\" codecs=\"avc1.42c00b\" width=\"160\" height=\"90\"",
                forPictures)
            + set("audio/mp4", "a/", "id=\"a\" bandwidth=\"64000\" codecs=\"mp4a.40.2\"", forSound) + "</Period>" + tail
            + "</MPD>";
    }

private:
    const Clock::time_point began_;
};

class LiveStreams : public ::testing::Test {
protected:
    void SetUp() override { ASSERT_TRUE(daemon.start()) << daemon.errorOutput().toStdString(); }
    QJsonObject record(const QString& path, QJsonObject options = {{"liveFromStart", true}})
    {
        const auto peer = daemon.client();
        const qint64 id = daemon.addTask(*peer, pages.url(path), {{"options", options}});
        const QJsonObject task = peer->untilState(id, "done");
        EXPECT_FALSE(task.isEmpty()) << daemon.logText().toStdString();
        return task;
    }
    void expectWhole(const QJsonObject& task)
    {
        const QString path = task[u"path"].toString();
        EXPECT_EQ(task[u"verified"].toString(), "received") << path.toStdString();
        const lab::Probe probe = lab::probe(path);
        ASSERT_TRUE(probe.first("video") && probe.first("audio"));
        EXPECT_EQ(probe.first("video")->packets, kSeconds * 25);
        EXPECT_GE(probe.first("audio")->packets, kSeconds * 48'000 / 1024);
        EXPECT_LE(std::abs(probe.first("video")->start - probe.first("audio")->start), 0.04);
        EXPECT_EQ(lab::decodeErrors(path).toStdString(), "");
        for (int i = 0; i < kSeconds; ++i)
            EXPECT_EQ(pages.asked("/v/" + QByteArray::number(i) + ".ts"), 1) << i;
    }

    StreamPages pages;
    DaemonProcess daemon;
};

TEST_F(LiveStreams, ADashTimelineThatGrows)
{
    const Channel channel(pages, 6);
    pages.make("/live.mpd", [&] {
        const QByteArray head = channel.over()
            ? QByteArray("type=\"static\" mediaPresentationDuration=\"PT10S\"")
            : QByteArray("type=\"dynamic\" minimumUpdatePeriod=\"PT1S\" availabilityStartTime=\"" + channel.beganAt(0) + "\"");
        return channel.manifest(head, channel.timeline(pictures()), channel.timeline(sound()));
    });
    expectWhole(record("/live.mpd"));
}

/// Segments follow from the clock alone; the server's is an hour ahead of this machine's, and says so.
TEST_F(LiveStreams, DashNumbersByTheServersClock)
{
    const Channel channel(pages, 6);
    pages.make("/time", [] { return Channel::stamp(3600); });
    const QByteArray began = channel.beganAt(3600);
    const QByteArray each = "timescale=\"1\" duration=\"1\"/>";
    pages.put("/live.mpd",
        channel.manifest("type=\"dynamic\" mediaPresentationDuration=\"PT10S\" availabilityStartTime=\"" + began + "\"", each,
            each, "<UTCTiming schemeIdUri=\"urn:mpeg:dash:utc:http-iso:2014\" value=\"time\"/>"));
    expectWhole(record("/live.mpd"));
    EXPECT_GE(pages.asked("/time"), 1);
}

TEST_F(LiveStreams, DashNumbersByThisMachinesClock)
{
    const Channel channel(pages, 6);
    const QByteArray began = channel.beganAt(0), each = "timescale=\"1\" duration=\"1\"/>";
    pages.put("/live.mpd",
        channel.manifest(
            "type=\"dynamic\" mediaPresentationDuration=\"PT10S\" availabilityStartTime=\"" + began + "\"", each, each));
    expectWhole(record("/live.mpd"));
}

TEST_F(LiveStreams, SubtitlesOfALiveStreamLieBesideIt)
{
    const lab::Made& film = lab::made({.seconds = 4, .segment = 1, .extra = {"-g", "25"}});
    QByteArray lines = pages.putSegments("/v/", film);
    const auto began = Clock::now();
    const auto over = [began] { return Clock::now() - began > 2s; };
    pages.make("/v/live.m3u8", [=] { return kPlaylistHead + lines + (over() ? "#EXT-X-ENDLIST\n" : ""); });
    QByteArray texts;
    for (int i = 0; i < 4; ++i) {
        const QByteArray number = QByteArray::number(i);
        pages.put("/s/" + number + ".vtt",
            "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:126000,LOCAL:00:00:00.000\n\n00:0" + number + ".100 --> 00:0" + number
                + ".900\nline " + number + "\n");
        texts += "#EXTINF:1,\n" + number + ".vtt\n";
    }
    pages.make("/s/live.m3u8", [=] { return kPlaylistHead + texts + (over() ? "#EXT-X-ENDLIST\n" : ""); });
    pages.put("/live.m3u8",
        "#EXTM3U\n#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"t\",NAME=\"Deutsch\",LANGUAGE=\"de\",URI=\"s/live.m3u8\"\n"
        "#EXT-X-STREAM-INF:BANDWIDTH=800000,RESOLUTION=160x90,SUBTITLES=\"t\"\nv/live.m3u8\n");
    const QJsonObject task = record("/live.m3u8", {{"liveFromStart", true}, {"subs", QJsonArray{"de"}}});
    const QString path = task[u"path"].toString();
    EXPECT_EQ(lab::probe(path).first("video")->packets, 100);
    const QByteArray beside = lab::fileBytes(path.left(path.lastIndexOf(u'.')) + ".de.vtt");
    EXPECT_EQ(beside.count("-->"), 4) << beside.constData();
    EXPECT_TRUE(beside.contains("line 3")) << beside.constData();
}

TEST_F(LiveStreams, ThirtyKillsChangeNothingInTheFile)
{
    const lab::Made& film = lab::made({.seconds = 40, .segment = 1, .extra = {"-g", "25"}});
    const QByteArray lines = pages.putSegments("/f/", film);
    pages.put("/f/film.m3u8", kPlaylistHead + lines + "#EXT-X-ENDLIST\n");
    for (std::size_t i = 0; i < film.segments.size(); ++i)
        pages.make("/f/" + QByteArray::number(int(i)) + ".ts", [&film, i] {
            std::this_thread::sleep_for(250ms); // a server far away
            return film.segments[i].bytes;
        });
    auto peer = daemon.client();
    const qint64 id = daemon.addTask(*peer, pages.url("/f/film.m3u8"), {{"options", QJsonObject{{"connections", 1}}}});
    const auto now = [&] {
        const QJsonObject result = peer->result("task.get", {{"id", id}});
        return result.contains(u"task") ? result[u"task"].toObject() : result;
    };
    constexpr unsigned kSeed = 20261122;
    std::mt19937 dice(kSeed);
    std::uniform_int_distribution<int> pause(0, 900);
    int inside = 0;
    for (int kill = 0; kill < 30; ++kill) {
        std::this_thread::sleep_for(std::chrono::milliseconds(pause(dice)));
        inside += now()[u"state"].toString() != "done";
        daemon.kill();
        ASSERT_TRUE(daemon.start());
        peer = daemon.client();
    }
    RecordProperty("killsBeforeTheEnd", inside);
    pages.putSegments("/f/", film); // the rest may come at once
    QJsonObject task;
    ASSERT_TRUE(eventually([&] {
        task = now();
        return task[u"state"].toString() == "done" || task[u"state"].toString() == "failed";
    }));
    ASSERT_EQ(task[u"state"].toString().toStdString(), "done") << QJsonDocument(task).toJson().toStdString();
    const QJsonObject calm = record("/f/film.m3u8", {});
    ASSERT_FALSE(calm.isEmpty());
    EXPECT_EQ(lab::probe(task[u"path"].toString()).first("video")->packets, 1000);
    for (const char* stream : {"v:0", "a:0"})
        EXPECT_EQ(lab::packetHashes(task[u"path"].toString(), stream), lab::packetHashes(calm[u"path"].toString(), stream));
}

} // namespace
