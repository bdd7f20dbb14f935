#include "media/webvtt.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

std::vector<Cue> cuesOf(QByteArrayView text)
{
    const auto vtt = parseWebVtt(text);
    EXPECT_TRUE(vtt);
    return vtt ? vtt->cues : std::vector<Cue>{};
}

TEST(WebVtt, ReadsWhatWritersWrite)
{
    const auto vtt = parseWebVtt("\xef\xbb\xbfWEBVTT - some title\r\nX-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:01.500\r\n\r\n"
                                 "NOTE a comment\r\nof two lines\r\n\r\nSTYLE\r\n::cue { color: red }\r\n\r\n"
                                 "intro\r\n00:01.000 --> 00:02.500 align:start line:0\r\n<b>Hello</b>\r\nworld\r\n\r\n"
                                 "01:00:00.000 --> 01:00:01.000\r\nLate\r\n");
    ASSERT_TRUE(vtt);
    ASSERT_TRUE(vtt->map);
    EXPECT_DOUBLE_EQ(vtt->map->mpegts, 10);
    EXPECT_DOUBLE_EQ(vtt->map->local, 1.5);
    ASSERT_EQ(vtt->cues.size(), 2u);
    EXPECT_EQ(vtt->cues[0], (Cue{1, 2.5, "intro", "align:start line:0", "<b>Hello</b>\nworld"}));
    EXPECT_EQ(vtt->cues[1], (Cue{3600, 3601, {}, {}, "Late"}));
}

TEST(WebVtt, TheMapMayBeTurnedRound)
{
    const auto vtt = parseWebVtt("WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:8589934592\n\n");
    ASSERT_TRUE(vtt && vtt->map);
    EXPECT_DOUBLE_EQ(vtt->map->mpegts, 0) << "33 bits";
}

TEST(WebVtt, BrokenCuesAreLeftOut)
{
    EXPECT_EQ(cuesOf("WEBVTT\n\n00:02.000 --> 00:01.000\nbackwards\n\n00:01.000 --> 00:02.000\ngood\n").size(), 1u);
    EXPECT_EQ(cuesOf("WEBVTT\n\n00:99.000 --> 00:01.000\nx\n\nabc --> def\ny\n\n00:01 --> 00:02\nz\n").size(), 0u);
    EXPECT_EQ(cuesOf("WEBVTT\n\n00:01.000 --> 00:02.000\n\n").size(), 0u) << "no text";
    EXPECT_EQ(cuesOf("WEBVTT\n\nid without a cue").size(), 0u);
    EXPECT_EQ(cuesOf("WEBVTT\n00:01.000 --> 00:02.000\nno empty line\n").size(), 1u);
    EXPECT_EQ(cuesOf("WEBVTT\r\r00:01.000 --> 00:02.000\rold Macs\r").size(), 1u);
    EXPECT_FALSE(parseWebVtt("WEBVTTX\n"));
    EXPECT_FALSE(parseWebVtt("<html>"));
    EXPECT_FALSE(parseWebVtt({}));
}

TEST(WebVtt, EveryCutOfAFileIsTaken)
{
    const QByteArray text =
        "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:1,LOCAL:00:00.000\n\na\n00:01.000 --> 00:02.000 x:y\n<i>t\n\nNOTE\n";
    for (qsizetype size = 6; size <= text.size(); ++size)
        EXPECT_TRUE(parseWebVtt(text.first(size))) << size;
}

TEST(WebVtt, WhatIsWrittenReadsTheSame)
{
    const std::vector<Cue> cues{{0.5, 1.25, "one", "line:0", "A &amp; B\nsecond"}, {3599.999, 3600.001, {}, {}, "x"}};
    QByteArray text = webVttHeader();
    for (const Cue& cue : cues)
        text += toWebVtt(cue);
    EXPECT_EQ(cuesOf(text), cues);
    EXPECT_TRUE(toWebVtt({-5, 1, {}, {}, "x"}).startsWith("00:00:00.000 --> 00:00:01.000\n"));
}

TEST(WebVtt, PlainTextHasNoTags)
{
    EXPECT_EQ(plainText("<v Roger>Hi</v> <00:01.000>&lt;you&gt; &amp; me &x"), "Hi <you> & me &x");
    EXPECT_EQ(plainText("open <i"), "open ");
}

TEST(CueFlattener, OverlapsBecomeMoments)
{
    CueFlattener flattener;
    flattener.add({0, 4, {}, {}, "A"});
    flattener.add({2, 6, {}, {}, "B"});
    flattener.add({6, 7, {}, {}, "C"});
    flattener.add({9, 10, {}, {}, "D"});
    const auto moments = flattener.flatten(100);
    ASSERT_EQ(moments.size(), 5u);
    EXPECT_EQ(moments[0], (Cue{0, 2, {}, {}, "A"}));
    EXPECT_EQ(moments[1], (Cue{2, 4, {}, {}, "A\nB"}));
    EXPECT_EQ(moments[2], (Cue{4, 6, {}, {}, "B"}));
    EXPECT_EQ(moments[3], (Cue{6, 7, {}, {}, "C"}));
    EXPECT_EQ(moments[4], (Cue{9, 10, {}, {}, "D"}));
    EXPECT_TRUE(flattener.flatten(200).empty());
}

TEST(CueFlattener, NothingIsFinalThatALaterCueCouldChange)
{
    CueFlattener flattener;
    flattener.add({1, 5, {}, {}, "A"});
    EXPECT_TRUE(flattener.flatten(4).empty());
    flattener.add({3, 4, {}, {}, "B"});
    const auto moments = flattener.flatten(5);
    ASSERT_EQ(moments.size(), 3u);
    EXPECT_EQ(moments[1], (Cue{3, 4, {}, {}, "A\nB"}));
    EXPECT_EQ(moments[2].end, 5);
}

} // namespace
} // namespace weir
