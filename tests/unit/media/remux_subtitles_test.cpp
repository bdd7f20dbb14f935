#include "unit/media/remux_lab.h"

#include "media/webvtt.h"

#include <thread>

namespace weir {
namespace {

Made subtitleSegments(std::initializer_list<QByteArray> segments, double duration)
{
    Made made;
    made.packing = Packing::WebVtt;
    for (const QByteArray& text : segments)
        made.segments.push_back({text, duration});
    return made;
}

TEST_F(RemuxTest, SubtitlesGoIntoTheFileAndBeside)
{
    // MPEG-2 time 900000 is 10 s; the pictures begin there.
    const Made texts = subtitleSegments(
        {"WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000\n\n00:00.500 --> 00:01.500\n<i>one</i> &amp; only\n\n"
         "00:01.800 --> 00:02.500\nover the edge\n",
            "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000\n\n00:01.800 --> 00:02.500\nover the edge\n\n"
            "00:03.000 --> 00:03.500\nthree\n",
            "WEBVTT\n"},
        2);
    for (const Container container : {Container::Mp4, Container::FragmentedMp4, Container::Mkv}) {
        makeSpool(2);
        lab::spoolUp(*spool_, 0, lab::made(Recipe{.fmp4 = true, .startAt = 10}));
        lab::spoolUp(*spool_, 1, texts);
        RemuxFiles out = files();
        out.subtitles = [this](int track) -> Result<OutputFile*> {
            sides_.push_back(lab::output(folder_.filePath(QStringLiteral("%1-%2.vtt").arg(++runs_).arg(track))));
            return sides_.back().get();
        };
        const auto report = mustRemux({.tracks = {both(), subtitles()}, .container = container, .duration = 6}, out);
        const auto probe = lab::probe(first());
        EXPECT_EQ(probe.first("video")->packets, 150);
        EXPECT_EQ(report.notices.isEmpty(), holdsSubtitles(container)) << notices(report);
        ASSERT_EQ(probe.streams.size(), holdsSubtitles(container) ? 3u : 2u);
        if (holdsSubtitles(container)) {
            EXPECT_EQ(
                probe.first("subtitle")->language, container == Container::Mkv ? QStringLiteral("ger") : QStringLiteral("deu"));
            const QByteArray srt = lab::run(QStringLiteral("ffmpeg"),
                {QStringLiteral("-v"), QStringLiteral("error"), QStringLiteral("-i"), first(), QStringLiteral("-map"),
                    QStringLiteral("0:s"), QStringLiteral("-f"), QStringLiteral("srt"), QStringLiteral("-")});
            EXPECT_EQ(srt.count("-->"), 3) << srt.constData();
            EXPECT_TRUE(srt.contains("00:00:00,5") && srt.contains("one")) << srt.constData();
            EXPECT_TRUE(srt.contains("--> 00:00:03,5")) << srt.constData();
        }
        ASSERT_EQ(sides_.size(), 1u);
        EXPECT_TRUE(sides_[0]->complete());
        const auto beside = parseWebVtt(lab::fileBytes(sides_[0]->partPath()));
        ASSERT_TRUE(beside);
        ASSERT_EQ(beside->cues.size(), 3u);
        EXPECT_EQ(beside->cues[0].text, "<i>one</i> &amp; only");
        EXPECT_NEAR(beside->cues[0].start, 0.5, 0.03);
        EXPECT_NEAR(beside->cues[2].end, 3.5, 0.03);
    }
}

TEST_F(RemuxTest, SubtitlesThatComeLateHoldNobodyBack)
{
    makeSpool(2);
    lab::spoolUp(*spool_, 0, lab::made(Recipe{}));
    const RemuxPlan plan{.tracks = {both(), subtitles()}, .container = Container::Mkv, .live = true};
    Result<RemuxReport> report;
    const RemuxFiles out = files();
    std::thread muxer([&] { report = remux(*spool_, plan, out, {}); });
    const QString path = folder_.filePath(QStringLiteral("1-0.mkv"));
    while (!QFile::exists(path) || QFile(path).size() < 20'000)
        std::this_thread::yield(); // pictures flow although no subtitle has come
    lab::spoolUp(*spool_, 1, subtitleSegments({"WEBVTT\n\n00:01.000 --> 00:02.000\nlate\n"}, 6));
    spool_->finish();
    muxer.join();
    ASSERT_TRUE(report) << qPrintable(describe(report.error()));
    EXPECT_EQ(lab::probe(first()).first("subtitle")->packets, 1);
}

} // namespace
} // namespace weir
