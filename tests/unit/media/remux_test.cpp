#include "unit/media/remux_lab.h"

#include <cmath>

namespace weir {
namespace {

constexpr double kWrap = double(1LL << 33) / 90'000;

struct Form {
    bool fmp4;
    Container container;
};
class RemuxForms : public RemuxTest, public ::testing::WithParamInterface<Form> {};

TEST_P(RemuxForms, EveryPacketArrivesUnchanged)
{
    const auto [fmp4, container] = GetParam();
    const Made& made = lab::made(Recipe{.fmp4 = fmp4});
    makeSpool(1);
    lab::spoolUp(*spool_, 0, made);
    const auto report = mustRemux({.tracks = {both()}, .container = container, .duration = 6});
    EXPECT_TRUE(report.notices.isEmpty()) << notices(report);
    const auto probe = lab::probe(first());
    ASSERT_EQ(probe.streams.size(), 2u);
    EXPECT_EQ(probe.first("video")->packets, 150);
    EXPECT_EQ(probe.first("audio")->packets, 283);
    EXPECT_NEAR(probe.duration, 6, 0.1);
    if (container != Container::Ts)
        EXPECT_NEAR(probe.start, 0, 0.001);
    EXPECT_NEAR(soundAfterPictures(first()), soundAfterPictures(joined(folder_, made)), 0.002);
    if (container == Container::Mp4) {
        EXPECT_TRUE(indexIsInFront(first()));
        EXPECT_TRUE(report.parts.front().indexInFront);
    }
    ASSERT_EQ(report.streams.size(), 2u);
    EXPECT_EQ(report.streams[0].packetsRead, 150);
    EXPECT_EQ(report.streams[0].packetsWritten, 150);
    EXPECT_EQ(report.streams[1].packetsWritten, 283);
    EXPECT_NEAR(report.streams[0].duration, 6, 0.1);
    if (fmp4 && container != Container::Ts) // the others write another form of the same
        EXPECT_EQ(lab::packetHashes(first(), "v:0"), lab::packetHashes(joined(folder_, made), "v:0"));
    EXPECT_EQ(lab::run(QStringLiteral("ffmpeg"),
                  {QStringLiteral("-v"), QStringLiteral("error"), QStringLiteral("-i"), first(), QStringLiteral("-map"),
                      QStringLiteral("0:v"), QStringLiteral("-fps_mode"), QStringLiteral("passthrough"), QStringLiteral("-f"),
                      QStringLiteral("md5"), QStringLiteral("-")}),
        lab::run(QStringLiteral("ffmpeg"),
            {QStringLiteral("-v"), QStringLiteral("error"), QStringLiteral("-i"), joined(folder_, made), QStringLiteral("-map"),
                QStringLiteral("0:v"), QStringLiteral("-fps_mode"), QStringLiteral("passthrough"), QStringLiteral("-f"),
                QStringLiteral("md5"), QStringLiteral("-")}))
        << "the pictures are others";
}

INSTANTIATE_TEST_SUITE_P(All, RemuxForms,
    ::testing::Values(Form{false, Container::Mp4}, Form{false, Container::FragmentedMp4}, Form{false, Container::Mkv},
        Form{false, Container::Ts}, Form{true, Container::Mp4}, Form{true, Container::FragmentedMp4},
        Form{true, Container::Mkv}, Form{true, Container::Ts}));

TEST_F(RemuxTest, TracksOfTheirOwnKeepTheirDistance)
{
    for (const bool fmp4 : {false, true}) {
        makeSpool(3);
        lab::spoolUp(*spool_, 0, lab::made(Recipe{.content = Content::Pictures, .fmp4 = fmp4, .startAt = 20}));
        lab::spoolUp(*spool_, 1, lab::made(Recipe{.content = Content::Sound, .fmp4 = fmp4, .startAt = 20.3}));
        lab::spoolUp(*spool_, 2, lab::made(Recipe{.content = Content::Sound, .fmp4 = fmp4, .startAt = 20.3}));
        RemuxPlan plan{.tracks = {pictures(), sound(), sound()}, .duration = 6, .title = QStringLiteral("A film")};
        plan.tracks[1].language = QStringLiteral("de-AT");
        plan.tracks[1].isDefault = true;
        plan.tracks[2].language = QStringLiteral("en");
        mustRemux(plan);
        const auto probe = lab::probe(first());
        ASSERT_EQ(probe.streams.size(), 3u);
        EXPECT_EQ(probe.streams[0].packets, 150);
        EXPECT_EQ(probe.streams[1].packets, probe.streams[2].packets);
        EXPECT_EQ(probe.streams[1].language, QStringLiteral("deu"));
        EXPECT_EQ(probe.streams[2].language, QStringLiteral("eng"));
        EXPECT_NEAR(soundAfterPictures(first()), 0.3 - 0.021 - (fmp4 ? 0 : 0.08), 0.09) << fmp4;
    }
}

/// A tag as packed audio has it in front of every segment.
QByteArray timestampTag(double seconds)
{
    const auto ticks = quint64(std::llround(seconds * 90'000)) & 0x1'ffff'ffffULL;
    QByteArray body = QByteArray("com.apple.streaming.transportStreamTimestamp") + '\0';
    for (int shift = 56; shift >= 0; shift -= 8)
        body += char(ticks >> shift);
    return QByteArray("ID3\4\0\0", 6) + QByteArray("\0\0\0", 3) + char(body.size() + 10) + "PRIV" + QByteArray("\0\0\0", 3)
        + char(body.size()) + QByteArray("\0\0", 2) + body;
}

Made packedAudio(const char* codec, const char* format, double start, int samplesPerFrame)
{
    const QString extension = QString::fromLatin1(format);
    Made made = lab::made(QStringList{QStringLiteral("-f"), QStringLiteral("lavfi"), QStringLiteral("-i"),
        QStringLiteral("sine=frequency=440:sample_rate=48000:duration=6"), QStringLiteral("-c:a"), QString::fromLatin1(codec),
        QStringLiteral("-f"), QStringLiteral("segment"), QStringLiteral("-segment_time"), QStringLiteral("2"),
        QStringLiteral("-segment_format"), extension, QStringLiteral("-segment_list"), QStringLiteral("list.m3u8"),
        QStringLiteral("s%d.") + extension});
    double at = start;
    for (auto& segment : made.segments) {
        AudioFrameCounter counter(QByteArrayView(format) == "adts" ? AudioFrames::Adts
                : QByteArrayView(format) == "mp3"                  ? AudioFrames::Mpeg
                                                                   : AudioFrames::Ac3);
        counter.add(segment.bytes);
        segment.bytes.prepend(timestampTag(at));
        at += double(counter.frames()) * samplesPerFrame / 48'000;
    }
    return made;
}

TEST_F(RemuxTest, PackedAudioTakesItsTimesFromTags)
{
    struct {
        const char *codec, *format;
        int samples;
    } kinds[] = {{"aac", "adts", 1024}, {"ac3", "ac3", 1536}};
    for (const auto& kind : kinds) {
        makeSpool(2);
        lab::spoolUp(*spool_, 0, lab::made(Recipe{.content = Content::Pictures, .startAt = kWrap - 3}));
        const Made audio = packedAudio(kind.codec, kind.format, kWrap - 3 + 1.5, kind.samples);
        ASSERT_EQ(audio.packing, Packing::PackedAudio);
        lab::spoolUp(*spool_, 1, audio);
        const auto report = mustRemux({.tracks = {pictures(), sound()}, .duration = 7});
        EXPECT_TRUE(report.notices.isEmpty()) << notices(report);
        const auto probe = lab::probe(first());
        EXPECT_EQ(probe.first("video")->packets, 150) << kind.codec;
        const qint64 frames = (6 * 48'000 + kind.samples - 1) / kind.samples;
        EXPECT_NEAR(double(probe.first("audio")->packets), double(frames), 1.5) << kind.codec;
        const auto [least, most] = steps(first(), "a:0");
        EXPECT_NEAR(least, kind.samples / 48'000.0, 0.001);
        EXPECT_NEAR(most, kind.samples / 48'000.0, 0.001);
        EXPECT_NEAR(soundAfterPictures(first()), 0, 0.15) << "ffmpeg's own segments begin 1.4 s late";
    }
}

TEST_F(RemuxTest, DiscontinuitiesJoinWithoutASeam)
{
    for (const bool fmp4 : {false, true}) {
        makeSpool(1);
        const Recipe recipe{.seconds = 4, .fmp4 = fmp4};
        Recipe far = recipe;
        far.startAt = 5000;
        lab::spoolUp(*spool_, 0, lab::made(recipe), {.discontinuity = 0});
        lab::spoolUp(*spool_, 0, lab::made(far), {.number = 2, .start = 4, .discontinuity = 1});
        lab::spoolUp(*spool_, 0, lab::made(recipe), {.number = 4, .start = 8, .discontinuity = 2});
        mustRemux({.tracks = {both()}, .duration = 12});
        ASSERT_EQ(outputs_.size(), 1u);
        const auto probe = lab::probe(first());
        EXPECT_EQ(probe.first("video")->packets, 300);
        EXPECT_NEAR(probe.duration, 12, 0.2);
        for (const char* stream : {"v:0", "a:0"}) {
            const auto [least, most] = steps(first(), stream);
            EXPECT_GT(least, 0) << stream;
            EXPECT_LT(most, 0.12) << stream;
        }
        // Sound and pictures of the last domain are as far apart as those of the first.
        const auto video = lab::packetTimes(first(), "v:0"), audio = lab::packetTimes(first(), "a:0");
        const std::size_t perDomain = audio.size() / 3;
        const double atFirst = audio[0].second - video[0].second, atLast = audio[2 * perDomain].second - video[200].second;
        EXPECT_NEAR(atFirst, atLast, 0.04);
    }
}

TEST_F(RemuxTest, TheClockMayWrapInTheMiddle)
{
    makeSpool(2);
    lab::spoolUp(*spool_, 0, lab::made(Recipe{.content = Content::Pictures, .startAt = kWrap - 4.4}));
    lab::spoolUp(*spool_, 1, lab::made(Recipe{.content = Content::Sound, .startAt = kWrap - 1.38}));
    const auto report = mustRemux({.tracks = {pictures(), sound()}, .duration = 9});
    EXPECT_TRUE(report.notices.isEmpty()) << notices(report);
    EXPECT_EQ(lab::probe(first()).first("video")->packets, 150);
    EXPECT_NEAR(soundAfterPictures(first()), 3, 0.2);
    for (const char* stream : {"v:0", "a:0"})
        EXPECT_LT(steps(first(), stream).second, 0.05) << stream;
}

TEST_F(RemuxTest, JumpsThatNobodyAnnouncedAreClosed)
{
    makeSpool(2);
    const auto at = [](Content content, double start) -> const Made& {
        return lab::made(Recipe{.content = content, .seconds = 4, .startAt = start});
    };
    lab::spoolUp(*spool_, 0, at(Content::Pictures, 1000));
    lab::spoolUp(*spool_, 1, at(Content::Sound, 1000));
    lab::spoolUp(*spool_, 0, at(Content::Pictures, 30), {.number = 2, .start = 4});
    lab::spoolUp(*spool_, 1, at(Content::Sound, 30), {.number = 2, .start = 4});
    const auto report = mustRemux({.tracks = {pictures(), sound()}, .duration = 8});
    EXPECT_TRUE(notices(report).find("jump") != std::string::npos) << notices(report);
    const auto video = lab::packetTimes(first(), "v:0"), audio = lab::packetTimes(first(), "a:0");
    EXPECT_NEAR(video.back().second, 8, 0.2);
    EXPECT_NEAR(audio.back().second, 8, 0.2);
    EXPECT_NEAR(video[100].second - audio[audio.size() / 2].second, video[0].second - audio[0].second, 0.04);
}

TEST_F(RemuxTest, AGapStaysAGap)
{
    makeSpool(1);
    const Made& made = lab::made(Recipe{.seconds = 8});
    for (std::size_t i = 0; i < made.segments.size(); ++i) {
        const auto& segment = made.segments[i];
        SpoolEntry entry{.packing = made.packing, .number = qint64(i), .start = double(i) * 2, .duration = segment.duration};
        const bool missing = i == 1;
        entry.kind = missing ? SpoolEntry::Kind::Gap : SpoolEntry::Kind::Media;
        ASSERT_TRUE(spool_->append(0, entry,
            missing ? std::span<const char>()
                    : std::span<const char>(segment.bytes.constData(), std::size_t(segment.bytes.size()))));
    }
    mustRemux({.tracks = {both()}, .duration = 8});
    const auto probe = lab::probe(first());
    EXPECT_EQ(probe.first("video")->packets, 150);
    EXPECT_NEAR(probe.duration, 8, 0.1);
    EXPECT_NEAR(steps(first(), "v:0").second, 2, 0.1);
}

TEST_F(RemuxTest, AGapAtADiscontinuityStaysToo)
{
    makeSpool(1);
    const Made& made = lab::made(Recipe{.seconds = 4});
    lab::spoolUp(*spool_, 0, made);
    ASSERT_TRUE(
        spool_->append(0, {.kind = SpoolEntry::Kind::Gap, .number = 2, .start = 4, .duration = 3, .discontinuity = 1}, {}));
    lab::spoolUp(*spool_, 0, made, {.number = 3, .start = 7, .discontinuity = 1});
    mustRemux({.tracks = {both()}, .duration = 11});
    EXPECT_NEAR(lab::probe(first()).duration, 11, 0.1);
    EXPECT_NEAR(steps(first(), "v:0").second, 3, 0.1);
}

TEST_F(RemuxTest, ManyFragmentsGoThroughManyDemuxers)
{
    makeSpool(1);
    const Made& made = lab::made(Recipe{.seconds = 80, .segment = 1, .fmp4 = true, .rate = 5});
    ASSERT_GT(made.segments.size(), 70u);
    lab::spoolUp(*spool_, 0, made);
    const auto report = mustRemux({.tracks = {both()}, .duration = 80});
    EXPECT_TRUE(report.notices.isEmpty()) << notices(report);
    EXPECT_EQ(lab::probe(first()).first("video")->packets, 400);
    EXPECT_EQ(lab::packetHashes(first(), "a:0"), lab::packetHashes(joined(folder_, made), "a:0"));
}

TEST_F(RemuxTest, AnIndexThatIsWrittenInPiecesIsInFrontToo)
{
    makeSpool(1);
    // Larger than what the muxer hands over at once: it comes back to fill in the sizes.
    lab::spoolUp(
        *spool_, 0, lab::made(Recipe{.content = lab::Content::Sound, .seconds = 900, .segment = 10, .audioRate = 96'000}));
    const auto report = mustRemux({.tracks = {{.type = TrackType::Audio}}, .duration = 900});
    EXPECT_TRUE(report.notices.isEmpty()) << notices(report);
    EXPECT_TRUE(report.parts.front().indexInFront);
    EXPECT_TRUE(indexIsInFront(first()));
    EXPECT_NEAR(double(lab::probe(first()).first("audio")->packets), 900 * 96'000 / 1024.0, 3);
}

TEST_F(RemuxTest, AnIndexThatDoesNotFitGoesToTheEnd)
{
    makeSpool(1);
    lab::spoolUp(*spool_, 0, lab::made(Recipe{.seconds = 40, .rate = 60}));
    const auto report = mustRemux({.tracks = {both()}, .duration = 0.01});
    EXPECT_FALSE(report.parts.front().indexInFront);
    EXPECT_TRUE(notices(report).find("index") != std::string::npos);
    EXPECT_FALSE(indexIsInFront(first()));
    EXPECT_EQ(lab::probe(first()).first("video")->packets, 2400);
}

TEST_F(RemuxTest, ItFollowsASpoolThatGrowsAndCanBePlayedMeanwhile)
{
    makeSpool(1);
    const Made& made = lab::made(Recipe{.seconds = 12, .segment = 1});
    const RemuxPlan plan{.tracks = {both()}, .container = Container::FragmentedMp4, .live = true};
    Result<RemuxReport> report;
    const RemuxFiles out = files();
    std::thread muxer([&] { report = remux(*spool_, plan, out, {}); });
    SpoolEntry entry{.packing = made.packing};
    for (std::size_t i = 0; i < made.segments.size(); ++i) {
        const auto& bytes = made.segments[i].bytes;
        entry.duration = made.segments[i].duration;
        ASSERT_TRUE(spool_->append(0, entry, {bytes.constData(), std::size_t(bytes.size())}));
        ++entry.number;
        entry.start += entry.duration;
        if (i == 8) {
            const QString path = folder_.filePath(QStringLiteral("1-0.mp4"));
            while (!QFile::exists(path) || QFile(path).size() < 20'000)
                std::this_thread::yield();
            EXPECT_GT(lab::probe(path).first("video")->packets, 24);
            EXPECT_EQ(lab::decodeErrors(path), QString());
        }
    }
    spool_->finish();
    muxer.join();
    ASSERT_TRUE(report) << qPrintable(describe(report.error()));
    EXPECT_EQ(lab::probe(first()).first("video")->packets, 300);
}

TEST_F(RemuxTest, StoppedInTheMiddleAndBegunAgainItWritesTheSame)
{
    const RemuxPlan plan{.tracks = {both()}, .duration = 6};
    makeSpool(1);
    const Made& made = lab::made(Recipe{});
    lab::spoolUp(*spool_, 0, made);
    {
        std::stop_source stop;
        Result<RemuxReport> report;
        const RemuxFiles out = files();
        std::thread muxer([&] { report = remux(*spool_, plan, out, stop.get_token()); }); // the spool is not finished
        stop.request_stop();
        muxer.join();
        ASSERT_FALSE(report);
        EXPECT_EQ(report.error().code, Code::Cancelled);
    }
    outputs_.clear();
    mustRemux(plan);
    const QByteArray once = lab::fileBytes(first());
    // Over a file that an earlier attempt left.
    RemuxFiles same;
    same.media = [this](int, Container) { return Result<OutputFile*>(outputs_.front().get()); };
    ASSERT_TRUE(outputs_.front()->setSize(once.size() / 2));
    mustRemux(plan, same);
    EXPECT_EQ(lab::fileBytes(first()), once);
}

TEST_F(RemuxTest, ParameterSetsThatChangeStayInBand)
{
    for (const bool fmp4 : {false, true})
        for (const Container container : {Container::Mp4, Container::Mkv}) {
            makeSpool(1);
            lab::spoolUp(*spool_, 0, lab::made(Recipe{.content = Content::Pictures, .seconds = 4, .fmp4 = fmp4}));
            lab::spoolUp(*spool_, 0,
                lab::made(Recipe{.content = Content::Pictures, .seconds = 4, .fmp4 = fmp4, .size = QStringLiteral("320x180")}),
                {.number = 2, .start = 4, .discontinuity = 1});
            const auto report = mustRemux({.tracks = {pictures()}, .container = container, .duration = 8});
            ASSERT_EQ(outputs_.size(), 1u);
            EXPECT_TRUE(notices(report).find("parameters") != std::string::npos);
            EXPECT_EQ(lab::probe(first()).first("video")->packets, 200);
            const QByteArray sizes = lab::run(QStringLiteral("ffprobe"),
                {QStringLiteral("-v"), QStringLiteral("error"), QStringLiteral("-show_entries"), QStringLiteral("frame=width"),
                    QStringLiteral("-of"), QStringLiteral("csv=p=0"), first()});
            EXPECT_EQ(sizes.count("160"), 100);
            EXPECT_EQ(sizes.count("320"), 100) << "the second half is decoded by its own parameters";
        }
}

TEST_F(RemuxTest, AnotherCodecBeginsASecondFile)
{
    makeSpool(1);
    lab::spoolUp(*spool_, 0, lab::made(Recipe{.seconds = 4}));
    lab::spoolUp(
        *spool_, 0, lab::made(Recipe{.seconds = 4, .audioRate = 44'100}), {.number = 2, .start = 4, .discontinuity = 1});
    const auto report = mustRemux({.tracks = {both()}, .duration = 8});
    ASSERT_EQ(outputs_.size(), 2u);
    ASSERT_EQ(report.parts.size(), 2u);
    EXPECT_NEAR(report.parts[1].start, 4, 0.1);
    for (const auto& output : outputs_) {
        const auto probe = lab::probe(output->partPath());
        EXPECT_EQ(probe.first("video")->packets, 100);
        EXPECT_NEAR(probe.duration, 4, 0.1);
        EXPECT_NEAR(probe.start, 0, 0.03);
    }
    EXPECT_EQ(report.streams[0].packetsWritten, 200);
}

TEST_F(RemuxTest, ManifestsThatShiftTimesAreFollowed)
{
    makeSpool(2);
    // Two periods; sound and pictures have clocks of their own.
    lab::spoolUp(*spool_, 0, lab::made(Recipe{.content = Content::Pictures, .seconds = 4, .fmp4 = true, .startAt = 100}),
        {.timeShift = -100});
    lab::spoolUp(*spool_, 1, lab::made(Recipe{.content = Content::Sound, .seconds = 4, .fmp4 = true, .startAt = 700}),
        {.timeShift = -700});
    lab::spoolUp(*spool_, 0, lab::made(Recipe{.content = Content::Pictures, .seconds = 4, .fmp4 = true, .startAt = 50}),
        {.number = 2, .start = 5, .timeShift = -45, .discontinuity = 1});
    lab::spoolUp(*spool_, 1, lab::made(Recipe{.content = Content::Sound, .seconds = 4, .fmp4 = true, .startAt = 20}),
        {.number = 2, .start = 5, .timeShift = -15, .discontinuity = 1});
    mustRemux({.tracks = {pictures(), sound()}, .duration = 9});
    EXPECT_NEAR(lab::probe(first()).duration, 9, 0.1);
    EXPECT_NEAR(soundAfterPictures(first()), 0, 0.03);
    const auto video = lab::packetTimes(first(), "v:0");
    EXPECT_NEAR(video[100].first - video[0].first, 5, 0.03) << "the second period begins where the manifest says";
}

TEST_F(RemuxTest, ChaptersAndTitleAreKept)
{
    for (const Container container : {Container::Mp4, Container::Mkv}) {
        makeSpool(1);
        lab::spoolUp(*spool_, 0, lab::made(Recipe{}));
        mustRemux({.tracks = {both()},
            .container = container,
            .duration = 6,
            .title = QStringLiteral("A film"),
            .chapters = {{0, 2, QStringLiteral("First")}, {2, 6, QStringLiteral("Second")}}});
        const QByteArray chapters = lab::run(QStringLiteral("ffprobe"),
            {QStringLiteral("-v"), QStringLiteral("error"), QStringLiteral("-show_chapters"), QStringLiteral("-show_format"),
                QStringLiteral("-of"), QStringLiteral("compact"), first()});
        EXPECT_EQ(chapters.count("chapter|"), 2) << chapters.constData();
        EXPECT_TRUE(chapters.contains("title=Second"));
        EXPECT_TRUE(chapters.contains("title=A film"));
    }
}

TEST_F(RemuxTest, ADiskThatRefusesIsReportedAsSuch)
{
    makeSpool(1);
    lab::spoolUp(*spool_, 0, lab::made(Recipe{}));
    spool_->finish();
    RemuxFiles out;
    out.media = [](int, Container) -> Result<OutputFile*> { return failure(Code::DiskFull, QStringLiteral("here")); };
    const auto report = remux(*spool_, {.tracks = {both()}, .duration = 6}, out, {});
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, Code::DiskFull);
}

/// A film of which the middle was left out: it goes on at once, whatever its segments' times say.
TEST_F(RemuxTest, WhatWasLeftOutLeavesNoHole)
{
    for (const bool shifted : {false, true}) {
        const Made& made = lab::made(Recipe{.seconds = 8, .fmp4 = shifted});
        makeSpool(1);
        const auto put = [&](std::size_t i, int domain, SpoolEntry::Kind before) {
            SpoolEntry entry{
                .packing = made.packing, .number = qint64(i), .start = double(i) * 2, .duration = 2, .discontinuity = domain};
            if (shifted)
                entry.timeShift = 0;
            const auto append = [&](SpoolEntry::Kind kind, const QByteArray& bytes) {
                entry.kind = kind;
                ASSERT_TRUE(spool_->append(0, entry, {bytes.constData(), std::size_t(bytes.size())}));
            };
            if (i == 0 && shifted)
                append(SpoolEntry::Kind::Init, made.init);
            if (before != SpoolEntry::Kind::Media)
                append(before, {});
            append(SpoolEntry::Kind::Media, made.segments[i].bytes);
        };
        put(0, 0, SpoolEntry::Kind::Media);
        put(3, 1, SpoolEntry::Kind::Joined);
        mustRemux({.tracks = {both()}, .duration = 4});
        const auto probe = lab::probe(first());
        EXPECT_EQ(probe.first("video")->packets, 100) << shifted;
        EXPECT_NEAR(probe.duration, 4, 0.1) << shifted;
        EXPECT_LT(steps(first(), "v:0").second, 0.13) << shifted;
    }
}

TEST_F(RemuxTest, AWishedSeamBeginsAFile)
{
    const Made& made = lab::made(Recipe{.seconds = 6});
    makeSpool(1);
    for (std::size_t i = 0; i < 3; ++i) {
        SpoolEntry entry{
            .packing = made.packing, .number = qint64(i), .start = double(i) * 2, .duration = 2, .discontinuity = int(i)};
        if (i > 0) {
            entry.kind = SpoolEntry::Kind::NewFile;
            ASSERT_TRUE(spool_->append(0, entry, {}));
        }
        entry.kind = SpoolEntry::Kind::Media;
        const QByteArray& bytes = made.segments[i].bytes;
        ASSERT_TRUE(spool_->append(0, entry, {bytes.constData(), std::size_t(bytes.size())}));
    }
    const auto report = mustRemux({.tracks = {both()}, .duration = 6});
    ASSERT_EQ(outputs_.size(), 3u);
    for (const auto& output : outputs_) {
        EXPECT_EQ(lab::probe(output->partPath()).first("video")->packets, 50);
        EXPECT_NEAR(lab::probe(output->partPath()).start, 0, 0.03);
    }
    EXPECT_TRUE(notices(report).find("advertisement") != std::string::npos) << notices(report);
}

} // namespace
} // namespace weir
