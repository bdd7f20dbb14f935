#include "hls/capture_state.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

CaptureState sample()
{
    CaptureState state;
    state.tracks = {QStringLiteral("v"), QStringLiteral("a")};
    state.points = {
        ResumePoint{7, 1.5, 9.5, 2, std::chrono::system_clock::time_point(std::chrono::seconds(1'700'000'000)), false},
        std::nullopt};
    state.gaps = {{1, 2, 4, 3, 4, QStringLiteral("gone")}};
    state.remux = {{.type = TrackType::Video, .withSound = true},
        {.type = TrackType::Audio, .language = QStringLiteral("de"), .isDefault = true}};
    state.chapters = {{0, 2.5, QStringLiteral("One")}, {2.5, 9, QStringLiteral("Two")}};
    state.points[0]->seams = 3;
    state.points[0]->ad = true;
    state.live = true;
    state.duration = 12.5;
    state.suggestedName = QStringLiteral("film");
    state.container = QStringLiteral("mkv");
    state.spool = "index";
    state.folder = QStringLiteral("film.mkv.spool");
    return state;
}

TEST(CaptureState, ComesBackAsItWas)
{
    const auto back = CaptureState::fromBytes(sample().toBytes());
    ASSERT_TRUE(back);
    EXPECT_EQ(back->tracks, sample().tracks);
    ASSERT_TRUE(back->points[0] && !back->points[1]);
    EXPECT_EQ(back->points[0]->number, 7);
    EXPECT_EQ(back->points[0]->end, 9.5);
    EXPECT_EQ(back->points[0]->clock, sample().points[0]->clock);
    EXPECT_FALSE(back->points[0]->numbered);
    EXPECT_EQ(back->points[0]->seams, 3);
    EXPECT_TRUE(back->points[0]->ad);
    ASSERT_EQ(back->chapters.size(), 2u);
    EXPECT_EQ(back->chapters[1].end, 9);
    EXPECT_EQ(back->chapters[1].title, QStringLiteral("Two"));
    EXPECT_EQ(back->gaps, sample().gaps);
    ASSERT_EQ(back->remux.size(), 2u);
    EXPECT_TRUE(back->remux[0].withSound);
    EXPECT_EQ(back->remux[1].language, QStringLiteral("de"));
    EXPECT_TRUE(back->live);
    EXPECT_EQ(back->duration, 12.5);
    EXPECT_EQ(back->container, QStringLiteral("mkv"));
    EXPECT_EQ(back->spool, "index");
    EXPECT_FALSE(back->complete);
}

TEST(CaptureState, WhatIsNoStateIsNone)
{
    EXPECT_FALSE(CaptureState::fromBytes({}));
    EXPECT_FALSE(CaptureState::fromBytes("nonsense"));
    const QByteArray good = sample().toBytes();
    for (qsizetype size = 0; size < good.size(); ++size)
        static_cast<void>(CaptureState::fromBytes(good.left(size))); // no crash
    CaptureState odd = sample();
    odd.points.pop_back();
    EXPECT_FALSE(CaptureState::fromBytes(odd.toBytes()));
}

} // namespace
} // namespace weir
