#include "unit/media/media_lab.h"

#include "media/verify_media.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

using lab::Content;
using lab::Recipe;

ByteSource over(const QByteArray& bytes)
{
    return [bytes](qint64 offset, qint64 size) -> Result<QByteArray> { return bytes.mid(offset, size); };
}

PacketCounts packets(qint64 video, qint64 audio)
{
    PacketCounts counts;
    counts.of(TrackType::Video) = video;
    counts.of(TrackType::Audio) = audio;
    return counts;
}

TEST(PacketCounts, TransportStreamsHoweverTheyAreCut)
{
    const auto& made = lab::made(Recipe{});
    for (const qsizetype step : {100'000, 188, 1000, 7}) {
        TsCounter counter;
        for (const auto& segment : made.segments)
            for (qsizetype at = 0; at < segment.bytes.size(); at += step)
                counter.add(QByteArrayView(segment.bytes).sliced(at, std::min(step, segment.bytes.size() - at)));
        EXPECT_EQ(counter.counts(), packets(150, 283)) << step;
    }
}

TEST(PacketCounts, Fragments)
{
    const auto& made = lab::made(Recipe{.fmp4 = true});
    Mp4Counter counter;
    ASSERT_TRUE(counter.add(over(made.init), made.init.size()));
    for (const auto& segment : made.segments)
        ASSERT_TRUE(counter.add(over(segment.bytes), segment.bytes.size()));
    EXPECT_EQ(counter.counts(), packets(150, 283));
}

TEST(PacketCounts, EverySoundOfTransportStreams)
{
    struct {
        const char* codec;
        QStringList options;
    } kinds[] = {
        {"eac3", {}}, {"ac3", {}}, {"libopus", {}}, {"aac", {QStringLiteral("-mpegts_flags"), QStringLiteral("latm")}}};
    QTemporaryDir folder;
    for (const auto& kind : kinds) {
        const QString path = folder.filePath(QStringLiteral("a.ts"));
        lab::run(QStringLiteral("ffmpeg"),
            QStringList{QStringLiteral("-v"), QStringLiteral("error"), QStringLiteral("-y"), QStringLiteral("-f"),
                QStringLiteral("lavfi"), QStringLiteral("-i"), QStringLiteral("sine=sample_rate=48000:duration=3"),
                QStringLiteral("-c:a"), QString::fromLatin1(kind.codec)}
                + kind.options + QStringList{path});
        TsCounter counter;
        counter.add(lab::fileBytes(path));
        EXPECT_EQ(counter.counts().of(TrackType::Audio), lab::probe(path).first("audio")->packets)
            << kind.codec << kind.options.size();
    }
}

class CountFiles : public ::testing::Test {
protected:
    QByteArray converted(const char* name)
    {
        const auto& made = lab::made(Recipe{});
        QFile file(folder_.filePath(QStringLiteral("in.ts")));
        EXPECT_TRUE(file.open(QIODevice::WriteOnly));
        for (const auto& segment : made.segments)
            file.write(segment.bytes);
        file.close();
        const QString path = folder_.filePath(QString::fromLatin1(name));
        lab::run(QStringLiteral("ffmpeg"),
            {QStringLiteral("-v"), QStringLiteral("error"), QStringLiteral("-i"), file.fileName(), QStringLiteral("-c"),
                QStringLiteral("copy"), path});
        return lab::fileBytes(path);
    }
    QTemporaryDir folder_;
};

TEST_F(CountFiles, ThatOthersWrote)
{
    const QByteArray mp4 = converted("a.mp4"), mkv = converted("a.mkv");
    Mp4Counter mp4Counter;
    ASSERT_TRUE(mp4Counter.add(over(mp4), mp4.size()));
    EXPECT_EQ(mp4Counter.counts(), packets(150, 283));
    EXPECT_NEAR(mp4Counter.duration(), 6, 0.1);
    MatroskaCounter mkvCounter;
    ASSERT_TRUE(mkvCounter.add(over(mkv), mkv.size()));
    EXPECT_EQ(mkvCounter.counts(), packets(150, 283));
}

TEST_F(CountFiles, BrokenOnesNeverCrash)
{
    const QByteArray files[] = {converted("a.mp4"), converted("a.mkv"), converted("a.ts")};
    quint32 random = 7;
    for (int round = 0; round < 60; ++round)
        for (QByteArray bytes : files) {
            for (int i = 0; i < 50; ++i) {
                random = random * 1664525 + 1013904223;
                bytes[qsizetype((random >> 4) % quint32(bytes.size()))] = char(random >> 24);
            }
            bytes.truncate(qsizetype(random % quint32(bytes.size())));
            Mp4Counter mp4;
            EXPECT_TRUE(mp4.add(over(bytes), bytes.size()));
            MatroskaCounter mkv;
            EXPECT_TRUE(mkv.add(over(bytes), bytes.size()));
            TsCounter ts;
            ts.add(bytes);
        }
}

TEST(AudioFrames, SizesAreThoseOfTheStandards)
{
    const auto size = [](AudioFrames kind, const char* hex) { return audioFrameSize(kind, QByteArray::fromHex(hex)); };
    EXPECT_EQ(size(AudioFrames::Adts, "fff15080217ffc"), 267);
    EXPECT_EQ(size(AudioFrames::Adts, "fff15080000000"), 0) << "shorter than its header";
    EXPECT_EQ(size(AudioFrames::Mpeg, "fffb9064000000"), 417) << "128 kbit/s at 44.1 kHz";
    EXPECT_EQ(size(AudioFrames::Mpeg, "fff38464000000"), 192) << "64 kbit/s at 24 kHz";
    EXPECT_EQ(size(AudioFrames::Ac3, "0b77a1b2144040"), 768) << "192 kbit/s at 48 kHz";
    EXPECT_EQ(size(AudioFrames::Ac3, "00000000000000"), 0);
}

TEST(AudioFrames, AreFoundAgainAfterGarbage)
{
    const QByteArray frame = QByteArray::fromHex("fff150800143fc") + QByteArray(3, 'x'); // 10 bytes
    AudioFrameCounter counter(AudioFrames::Adts);
    counter.add(QByteArray("garbage") + frame + frame + frame.first(5));
    EXPECT_EQ(counter.frames(), 2);
    counter.add(frame.sliced(5));
    EXPECT_EQ(counter.frames(), 3);
    counter.add(frame.first(9));
    counter.restart();
    counter.add(frame);
    EXPECT_EQ(counter.frames(), 4);
}

RemuxReport reported(qint64 video, double seconds)
{
    RemuxReport report;
    report.streams.push_back({.type = AVMEDIA_TYPE_VIDEO, .packetsRead = video, .packetsWritten = video});
    report.parts.push_back({.duration = seconds});
    return report;
}

TEST(CompareMedia, MissingPacketsAreFigures)
{
    const SourceCount source{.wanted = packets(150, 283), .seconds = 6};
    const FileCount whole{packets(150, 283), 6};
    EXPECT_TRUE(compareMedia(source, reported(150, 6), {&whole, 1}));
    const FileCount less{packets(149, 283), 6};
    const auto incomplete = compareMedia(source, reported(149, 6), {&less, 1});
    ASSERT_FALSE(incomplete);
    EXPECT_EQ(incomplete.error().code, Code::MediaIncomplete);
    EXPECT_TRUE(incomplete.error().detail.contains(QStringLiteral("149 of 150 video")))
        << qPrintable(incomplete.error().detail);
    const FileCount halves[] = {{packets(100, 200), 4}, {packets(50, 83), 2}};
    RemuxReport two = reported(150, 4);
    two.parts.push_back({.duration = 2});
    EXPECT_TRUE(compareMedia(source, two, halves));
    two.streams[0].packetsRead = 151;
    EXPECT_FALSE(compareMedia(source, two, halves)) << "the demuxer saw one more";
}

TEST(CompareMedia, AFileThatIsMuchTooShortIsNotWhole)
{
    const SourceCount source{.wanted = packets(10, 0), .seconds = 600};
    const FileCount file{packets(10, 0), 0};
    EXPECT_FALSE(compareMedia(source, reported(10, 300), {&file, 1}));
    EXPECT_TRUE(compareMedia(source, reported(10, 570), {&file, 1})) << "playlists round";
    const FileCount says{packets(10, 0), 300};
    EXPECT_FALSE(compareMedia(source, reported(10, 570), {&says, 1})) << "the file itself says less";
}

} // namespace
} // namespace weir
