// Streams of another maker than ffmpeg: what shaka-packager writes of the same film must give the same packets.
#include "stream_pages.h"
#include "support/daemon_process.h"
#include "test_paths.h"

#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QProcess>
#include <QSysInfo>

#include <gtest/gtest.h>

using namespace weir;
using namespace weir::test;

namespace {

constexpr const char* kKey = "00112233445566778899aabbccddeeff";
constexpr const char* kIv = "000102030405060708090a0b0c0d0e0f";

QString packager()
{
    return QStringLiteral(WEIR_SOURCE_DIR "/node_modules/shaka-packager/bin/packager-linux-")
        + (QSysInfo::currentCpuArchitecture() == u"arm64" ? QStringLiteral("arm64") : QStringLiteral("x64"));
}

class Packager : public ::testing::Test {
protected:
    void SetUp() override
    {
        ASSERT_TRUE(QFileInfo(packager()).isExecutable()) << packager().toStdString() << ": `./dev setup` installs it";
        ASSERT_TRUE(daemon.start()) << daemon.errorOutput().toStdString();
    }

    /// One film, with those codecs.
    QString film(const QStringList& video, const QStringList& audio, const QString& extension = QStringLiteral("mp4"))
    {
        const QString path = work.filePath(QStringLiteral("in.") + extension);
        QStringList arguments{"-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=4", "-f",
            "lavfi", "-i", "sine=sample_rate=48000:duration=4", "-g", "25", "-keyint_min", "25", "-pix_fmt", "yuv420p"};
        lab::run(QStringLiteral("ffmpeg"), arguments + video + audio + QStringList{path});
        return path;
    }

    /// Packages it and serves what came of it. `suffix`: of segments; "" makes one file a track.
    void package(const QString& film, const QString& suffix, QStringList options = {})
    {
        QProcess process;
        process.setWorkingDirectory(work.path());
        const bool ts = suffix == u"ts", whole = suffix.isEmpty();
        const auto stream = [&](const char* kind, const QString& segment) {
            const QString name = QString::fromLatin1(kind);
            const QString init = ts ? QString() : QStringLiteral(",init_segment=out/%1/init.mp4").arg(name);
            const QString where = whole ? QStringLiteral("output=out/%1.mp4").arg(name)
                                        : QStringLiteral("segment_template=out/%1/$Number$.%2").arg(name, segment) + init;
            const QString hls = QStringLiteral(",playlist_name=%1.m3u8").arg(name)
                + (name == u"audio" ? QStringLiteral(",hls_group_id=s,hls_name=sound,language=de") : QString());
            return QStringLiteral("in=%1,stream=%2,%3%4").arg(film, name, where, hls);
        };
        const QStringList arguments = QStringList{"--quiet", stream("video", suffix), stream("audio", ts ? "aac" : suffix),
                                          "--segment_duration", "1", "--hls_master_playlist_output", "out/film.m3u8"}
            + (ts ? QStringList() : QStringList{"--mpd_output", "out/film.mpd", "--generate_static_live_mpd"}) + options;
        process.start(packager(), arguments);
        ASSERT_TRUE(process.waitForFinished(60'000));
        ASSERT_EQ(process.exitCode(), 0) << process.readAllStandardError().constData();
        QDirIterator files(work.filePath(QStringLiteral("out")), QDir::Files, QDirIterator::Subdirectories);
        while (files.hasNext()) {
            const QString path = files.next();
            pages.put(path.mid(work.path().size() + 4).toUtf8(), lab::fileBytes(path));
        }
    }
    /// All but the first, which says in one file what is to be skipped of it, and in another not.
    static QByteArray hashes(const QString& path, const char* stream)
    {
        const QByteArray all = lab::packetHashes(path, stream);
        return all.sliced(all.indexOf('\n') + 1);
    }
    static QStringList encrypted()
    {
        const QString key = QString::fromLatin1(kKey);
        return {"--protection_scheme", "cbcs", "--enable_raw_key_encryption", "--keys",
            QStringLiteral("label=:key_id=%1:key=%1").arg(key), "--iv", QString::fromLatin1(kIv), "--clear_lead", "0",
            "--hls_key_uri", "key"};
    }

    QString get(const QString& path, const QJsonObject& options = {})
    {
        const auto peer = daemon.client();
        const QJsonObject task =
            peer->untilState(daemon.addTask(*peer, pages.url(path), {{"options", options}}), QStringLiteral("done"));
        EXPECT_FALSE(task.isEmpty()) << path.toStdString() << '\n' << daemon.logText().toStdString();
        EXPECT_EQ(task[u"verified"].toString(), "received");
        return task[u"path"].toString();
    }
    /// All packets of the film, unchanged, in sync.
    void expectSame(const QString& result, const QString& film)
    {
        ASSERT_FALSE(result.isEmpty());
        EXPECT_EQ(lab::decodeErrors(result).toStdString(), "");
        const lab::Probe found = lab::probe(result), wanted = lab::probe(film);
        for (const char* type : {"video", "audio"}) {
            ASSERT_TRUE(found.first(type)) << type;
            EXPECT_EQ(found.first(type)->packets, wanted.first(type)->packets) << type;
            EXPECT_EQ(found.first(type)->codec.toStdString(), wanted.first(type)->codec.toStdString());
        }
        EXPECT_LE(std::abs((found.first("video")->start - found.first("audio")->start)
                      - (wanted.first("video")->start - wanted.first("audio")->start)),
            0.04);
    }

    QTemporaryDir work;
    StreamPages pages;
    DaemonProcess daemon;
};

const QStringList kH264{"-c:v", "libx264", "-preset", "veryfast"}, kAac{"-c:a", "aac", "-b:a", "64k"};

TEST_F(Packager, HlsAndDashOfTheSameSegments)
{
    const QString source = film(kH264, kAac);
    package(source, "m4s");
    expectSame(get("/film.m3u8"), source);
    expectSame(get("/film.mpd"), source);
}

TEST_F(Packager, FilesWithAnIndex)
{
    const QString source = film(kH264, kAac);
    package(source, {});
    expectSame(get("/film.mpd"), source);
    expectSame(get("/film.m3u8"), source);
}

TEST_F(Packager, SampleAesInTransportStreamsAndPackedAudio)
{
    const QString source = film(kH264, kAac);
    package(source, "ts", encrypted());
    pages.put("/key", QByteArray::fromHex(kKey));
    const QString result = get("/film.m3u8");
    expectSame(result, source);
    EXPECT_EQ(hashes(result, "a:0"), hashes(source, "a:0"));
}

TEST_F(Packager, CbcsInFragments)
{
    const QString source = film(kH264, kAac);
    package(source, "m4s", encrypted());
    pages.put("/key", QByteArray::fromHex(kKey));
    const QString result = get("/film.m3u8");
    expectSame(result, source);
    for (const char* stream : {"v:0", "a:0"})
        EXPECT_EQ(hashes(result, stream), hashes(source, stream)) << stream;
}

TEST_F(Packager, ANameOfADrmSystemInTheHeaderIsEnough)
{
    package(film(kH264, kAac), "m4s", encrypted() + QStringList{"--protection_systems", "Widevine"});
    pages.put("/key", QByteArray::fromHex(kKey));
    // The playlist is made to name the open key alone; the header still says whose the film is.
    for (const char* name : {"/video.m3u8", "/audio.m3u8"}) {
        QByteArray clean;
        for (const QByteArray& line :
            lab::fileBytes(work.filePath(QStringLiteral("out") + QString::fromLatin1(name))).split('\n'))
            if (!line.startsWith("#EXT-X-KEY"))
                clean += line + '\n';
        const QByteArray tag = QByteArray("#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"key\",IV=0x") + kIv + '\n';
        pages.put(name, clean.replace("#EXTINF", tag + "#EXTINF"));
    }
    const auto peer = daemon.client();
    const QJsonObject task = peer->untilState(daemon.addTask(*peer, pages.url("/film.m3u8")), QStringLiteral("failed"));
    EXPECT_EQ(task[u"error"][u"code"].toString(), "DrmProtected");
    EXPECT_TRUE(task[u"error"][u"detail"].toString().contains("Widevine"))
        << task[u"error"][u"detail"].toString().toStdString();
}

TEST_F(Packager, Vp9AndOpus)
{
    const QString source =
        film({"-c:v", "libvpx-vp9", "-b:v", "200k", "-deadline", "realtime", "-cpu-used", "8"}, {"-c:a", "libopus"}, "webm");
    package(source, "m4s");
    expectSame(get("/film.mpd"), source);
}

TEST_F(Packager, Av1)
{
    const QString source = film({"-c:v", "libaom-av1", "-cpu-used", "8", "-usage", "realtime", "-b:v", "200k"}, kAac);
    package(source, "m4s");
    expectSame(get("/film.mpd"), source);
}

TEST_F(Packager, HevcWithAc3AndEac3)
{
    for (const char* sound : {"ac3", "eac3"}) {
        const QString source =
            film({"-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none:keyint=25", "-tag:v", "hvc1"},
                {"-c:a", QString::fromLatin1(sound)});
        package(source, "m4s");
        const QString result = get("/film.mpd");
        expectSame(result, source);
        EXPECT_EQ(lab::probe(result).first("video")->tag.toStdString(), "hvc1");
    }
}

} // namespace
