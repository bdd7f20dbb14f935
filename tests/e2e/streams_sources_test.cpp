// Where a stream's segments come from, and which of them are taken: redundant servers, advertisements, keys, segments that are
// larger than memory, and what is said of all that.
#include "stream_pages.h"
#include "support/daemon_process.h"

#include "unit/hls/sample_aes_lab.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>

#include <gtest/gtest.h>

using namespace weir;
using namespace weir::test;

namespace {

const lab::Made& film() { return lab::made({.seconds = 6, .segment = 1, .extra = {"-g", "25"}}); }

/// The lines of `film` with others put in front of the segments of those numbers.
QByteArray withLines(QByteArray playlist, const std::map<int, QByteArray>& before)
{
    for (auto line = before.rbegin(); line != before.rend(); ++line) {
        qsizetype at = -1;
        for (int i = 0; i <= line->first; ++i)
            at = playlist.indexOf("#EXTINF", at + 1);
        playlist.insert(at < 0 ? playlist.size() : at, line->second + '\n');
    }
    return playlist;
}

class StreamSources : public ::testing::Test {
protected:
    void SetUp() override
    {
        ASSERT_TRUE(daemon.start()) << daemon.errorOutput().toStdString();
        peer = daemon.client();
    }
    QJsonObject get(const QString& path, const QJsonObject& options = {}, const QString& state = QStringLiteral("done"))
    {
        const qint64 id = daemon.addTask(*peer, pages.url(path), {{"options", options}});
        const QJsonObject task = peer->untilState(id, state);
        EXPECT_FALSE(task.isEmpty()) << QJsonDocument(details(id)).toJson().toStdString() << daemon.logText().toStdString();
        return task;
    }
    QJsonObject details(qint64 id)
    {
        const QJsonObject result = peer->result("task.get", {{"id", id}});
        return result.contains(u"task") ? result[u"task"].toObject() : result;
    }
    static qint64 pictures(const QString& path)
    {
        const lab::Probe probe = lab::probe(path);
        EXPECT_EQ(lab::decodeErrors(path).toStdString(), "");
        return probe.first("video") ? probe.first("video")->packets : 0;
    }

    StreamPages pages;
    DaemonProcess daemon;
    std::unique_ptr<RpcPeer> peer;
};

TEST_F(StreamSources, AdvertisementsAreNotEvenFetchedWhenDropped)
{
    const QByteArray lines = pages.putSegments("/a/", film());
    pages.put(
        "/a/film.m3u8", kPlaylistHead + withLines(lines, {{2, "#EXT-X-CUE-OUT:2"}, {4, "#EXT-X-CUE-IN"}}) + "#EXT-X-ENDLIST\n");
    const QJsonObject task = get("/a/film.m3u8", {{"ads", "drop"}});
    const QString path = task[u"path"].toString();
    EXPECT_EQ(pictures(path), 100);
    EXPECT_EQ(pages.asked("/a/2.ts") + pages.asked("/a/3.ts"), 0);
    EXPECT_NEAR(lab::probe(path).duration, 4, 0.15) << "there is no hole where they were";
    EXPECT_EQ(task[u"verified"].toString(), "received") << "what was left out as wished is not missing";
}

TEST_F(StreamSources, AdvertisementsBecomeFilesOfTheirOwn)
{
    const QByteArray lines = pages.putSegments("/a/", film());
    pages.put("/a/film.m3u8", kPlaylistHead + lines + "#EXT-X-ENDLIST\n");
    const QJsonObject task = get("/a/film.m3u8", {{"ads", "split"}, {"adPattern", "/[23]\\.ts$"}});
    const QString path = task[u"path"].toString(), stem = path.left(path.lastIndexOf(u'.'));
    EXPECT_EQ(pictures(path), 50);
    EXPECT_EQ(pictures(stem + ".part2.mp4"), 50);
    EXPECT_EQ(pictures(stem + ".part3.mp4"), 50);
}

TEST_F(StreamSources, ARuleThatMakesNoSenseIsRefused)
{
    pages.put("/a/film.m3u8", kPlaylistHead + pages.putSegments("/a/", film()) + "#EXT-X-ENDLIST\n");
    EXPECT_EQ(get("/a/film.m3u8", {{"ads", "drop"}, {"adPattern", "("}}, "failed")[u"error"][u"code"].toString(), "BadOption");
}

TEST_F(StreamSources, ProbeListsWhatThereIs)
{
    pages.put("/a/film.m3u8", kPlaylistHead + pages.putSegments("/a/", film()) + "#EXT-X-ENDLIST\n");
    pages.put("/master.m3u8",
        "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"s\",NAME=\"Deutsch\",LANGUAGE=\"de\",URI=\"a/film.m3u8\"\n"
        "#EXT-X-STREAM-INF:BANDWIDTH=800000,RESOLUTION=640x360,CODECS=\"avc1.64001e,mp4a.40.2\",AUDIO=\"s\"\na/film.m3u8\n"
        "#EXT-X-STREAM-INF:BANDWIDTH=2000000,RESOLUTION=1280x720,CODECS=\"avc1.64001f,mp4a.40.2\",AUDIO=\"s\"\na/other.m3u8\n");
    const QJsonObject found = peer->result("task.probe", {{"url", pages.url("/master.m3u8").toString()}});
    EXPECT_EQ(found[u"kind"].toString(), "hls");
    const QJsonArray variants = found[u"variants"].toArray();
    ASSERT_EQ(variants.size(), 3) << QJsonDocument(found).toJson().toStdString();
    EXPECT_EQ(variants[0][u"language"].toString(), "de");
    EXPECT_EQ(variants[2][u"bitrate"].toInteger(), 2'000'000);
    EXPECT_TRUE(variants[2][u"label"].toString().contains("1280x720"));
    EXPECT_EQ(variants[1][u"codecs"].toString(), "avc1.64001e");
    EXPECT_EQ(pages.asked("/a/0.ts"), 0) << "nothing is downloaded";
    EXPECT_EQ(peer->result("task.list", {})[u"tasks"].toArray().size(), 0) << "and nothing is left";

    pages.put("/broken.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:x,\n0.ts\n");
    const QJsonObject refused = peer->call("task.probe", {{"url", pages.url("/broken.m3u8").toString()}});
    EXPECT_TRUE(QJsonDocument(refused).toJson().contains("line 3")) << QJsonDocument(refused).toJson().toStdString();
}

TEST_F(StreamSources, GapsAreInTheTaskAlsoAfterARestart)
{
    pages.put("/a/film.m3u8", kPlaylistHead + pages.putSegments("/a/", film()) + "#EXT-X-ENDLIST\n");
    pages.remove("/a/3.ts");
    const QJsonObject told = get("/a/film.m3u8");
    const qint64 id = told[u"id"].toInteger();
    EXPECT_EQ(told[u"gapCount"].toInt(), 1) << "whoever waits for the end learns it with the end";
    const auto check = [&] {
        const QJsonArray gaps = details(id)[u"gaps"].toArray();
        ASSERT_EQ(gaps.size(), 1) << QJsonDocument(details(id)).toJson().toStdString();
        EXPECT_NEAR(gaps[0][u"start"].toDouble(), 3, 0.1);
        EXPECT_EQ(gaps[0][u"first"].toInteger(), 3);
        EXPECT_FALSE(gaps[0][u"reason"].toString().isEmpty());
    };
    check();
    daemon.kill();
    ASSERT_TRUE(daemon.start());
    peer = daemon.client();
    check();
}

TEST_F(StreamSources, ASegmentThatIsGoneComesFromTheRedundantStream)
{
    const QByteArray playlist = kPlaylistHead + pages.putSegments("/a/", film()) + "#EXT-X-ENDLIST\n";
    pages.put("/a/film.m3u8", playlist);
    pages.putSegments("/b/", film());
    pages.put("/b/film.m3u8", playlist);
    pages.put("/film.m3u8",
        "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=800000,RESOLUTION=640x360\na/film.m3u8\n"
        "#EXT-X-STREAM-INF:BANDWIDTH=800000,RESOLUTION=640x360\nb/film.m3u8\n");
    pages.remove("/a/2.ts");
    pages.put("/a/4.ts", "<html>come back later</html>");
    const QJsonObject task = get("/film.m3u8");
    EXPECT_EQ(task[u"verified"].toString(), "received");
    EXPECT_EQ(pictures(task[u"path"].toString()), 150);
    EXPECT_EQ(pages.asked("/b/2.ts"), 1);
    EXPECT_EQ(pages.asked("/b/4.ts"), 1);
    EXPECT_EQ(pages.asked("/b/0.ts"), 0) << "the rest comes from where it was first asked for";
    EXPECT_EQ(pages.asked("/b/film.m3u8"), 1) << "a recording's list does not change";

    pages.remove("/b/2.ts");
    const QJsonObject both = get("/film.m3u8");
    EXPECT_EQ(both[u"verified"].toString(), "unverifiable") << "what nobody has is said";
    EXPECT_EQ(pictures(both[u"path"].toString()), 125);
}

TEST_F(StreamSources, EveryBaseUrlIsTried)
{
    const lab::Made& made = lab::made({.content = lab::Content::Pictures, .seconds = 4, .segment = 1, .fmp4 = true});
    pages.putSegments("/a/", made);
    pages.putSegments("/b/", made);
    pages.remove("/a/1.ts");
    pages.put("/a/2.ts", "{\"error\": \"no such thing\"}");
    pages.put("/film.mpd",
        "<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"static\" mediaPresentationDuration=\"PT4S\">"
        "<BaseURL>a/</BaseURL><BaseURL>b/</BaseURL><Period><AdaptationSet mimeType=\"video/mp4\">"
        "<SegmentTemplate timescale=\"1\" duration=\"1\" startNumber=\"0\" media=\"$Number$.ts\" initialization=\"init.mp4\"/>"
        "<Representation id=\"v\" bandwidth=\"100000\" codecs=\"avc1.42c00b\" width=\"160\" height=\"90\"/>"
        "</AdaptationSet></Period></MPD>");
    const QJsonObject task = get("/film.mpd");
    EXPECT_EQ(task[u"verified"].toString(), "received")
        << QJsonDocument(details(task[u"id"].toInteger())).toJson().toStdString();
    EXPECT_EQ(pictures(task[u"path"].toString()), 100);
    EXPECT_EQ(pages.asked("/b/1.ts"), 1);
    EXPECT_EQ(pages.asked("/b/2.ts"), 1);
}

TEST_F(StreamSources, SampleAesWithAKeyInTheClearIsOpened)
{
    const QByteArray key = QByteArray::fromHex("00112233445566778899aabbccddeeff"),
                     iv = QByteArray::fromHex("000102030405060708090a0b0c0d0e0f");
    lab::Made made = lab::made({.seconds = 4, .segment = 1, .size = "640x360", .extra = {"-g", "25"}});
    const lab::Made plain = made;
    for (auto& segment : made.segments)
        segment.bytes = lab::sampleAesTs(segment.bytes, key, iv);
    pages.put("/a/key", key);
    const QByteArray head = kPlaylistHead + "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"key\",IV=0x" + iv.toHex();
    const QByteArray lines = pages.putSegments("/a/", made) + "#EXT-X-ENDLIST\n";
    pages.put("/a/film.m3u8", head + '\n' + lines);
    const QJsonObject task = get("/a/film.m3u8");
    EXPECT_EQ(pictures(task[u"path"].toString()), 100);
    pages.put("/p/film.m3u8", kPlaylistHead + pages.putSegments("/p/", plain) + "#EXT-X-ENDLIST\n");
    const QJsonObject other = get("/p/film.m3u8");
    for (const char* stream : {"v:0", "a:0"})
        EXPECT_EQ(lab::packetHashes(task[u"path"].toString(), stream), lab::packetHashes(other[u"path"].toString(), stream));

    pages.put("/a/drm.m3u8",
        head + "\n#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"skd://x\",KEYFORMAT=\"com.apple.streamingkeydelivery\"\n" + lines);
    const int before = pages.asked("/a/0.ts");
    const QJsonObject refused = get("/a/drm.m3u8", {}, "failed");
    EXPECT_EQ(refused[u"error"][u"code"].toString(), "DrmProtected");
    EXPECT_TRUE(refused[u"error"][u"detail"].toString().contains("FairPlay"));
    EXPECT_EQ(pages.asked("/a/0.ts"), before) << "not one byte of media";
}

TEST_F(StreamSources, ASegmentLargerThanMemoryComesInRanges)
{
    lab::Made made = film();
    // Packets that say nothing, as senders of constant bit rates put between those that do.
    QByteArray nothing = QByteArray("\x47\x1f\xff\x10", 4) + QByteArray(184, '\xff');
    made.segments[1].bytes += nothing.repeated((70 << 20) / 188);
    pages.put("/a/film.m3u8", kPlaylistHead + pages.putSegments("/a/", made) + "#EXT-X-ENDLIST\n");
    const QJsonObject task = get("/a/film.m3u8");
    EXPECT_EQ(pictures(task[u"path"].toString()), 150);
    EXPECT_EQ(task[u"verified"].toString(), "received");
    EXPECT_GE(pages.asked("/a/1.ts"), 70 / 4) << "in ranges";
    QFile status(QStringLiteral("/proc/%1/status").arg(daemon.process.processId()));
    ASSERT_TRUE(status.open(QIODevice::ReadOnly));
    const QByteArray text = status.readAll();
    const qint64 peak = text.mid(text.indexOf("VmHWM:") + 6, 20).trimmed().split(' ').first().toLongLong() / 1024;
    RecordProperty("peakMiB", int(peak));
    EXPECT_LT(peak, 160) << "MiB";
}

} // namespace
