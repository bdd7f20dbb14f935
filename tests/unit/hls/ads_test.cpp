#include "hls/ads.h"
#include "hls/chapters.h"
#include "hls/elsewhere.h"
#include "hls/timeline.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

const TimePoint kNow{std::chrono::seconds(1000)};

/// Ten segments of 4 s: "....AA...." where the text has an A.
Listing listing(const char* kinds, qint64 first = 0, bool live = false)
{
    Listing listing;
    listing.live = live;
    listing.targetDuration = 4;
    for (int i = 0; kinds[i]; ++i) {
        Segment segment;
        segment.number = first + i;
        segment.media.urls = {QUrl(QStringLiteral("http://host/%1/%2.ts")
                                       .arg(kinds[i] == 'A' ? QStringLiteral("spot") : QStringLiteral("film"))
                                       .arg(first + i))};
        segment.start = i * 4;
        segment.duration = 4;
        segment.ad = kinds[i] == 'A';
        listing.segments.push_back(std::move(segment));
    }
    return listing;
}

std::string kindsOf(const Listing& listing)
{
    std::string kinds;
    for (const Segment& segment : listing.segments)
        kinds += segment.ad ? 'A' : '.';
    return kinds;
}

TimelineOptions options(Ads ads, const char* pattern = "")
{
    return {.fromStart = true, .ads = {ads, QRegularExpression(QString::fromLatin1(pattern))}};
}

/// "0 1 2|5 6": numbers, and a seam as '|' (left out) or '/' (a new file).
std::string play(Timeline& timeline)
{
    std::string played;
    while (const auto segment = timeline.next()) {
        played += segment->seam == Seam::Joined ? "|" : segment->seam == Seam::NewFile ? "/" : played.empty() ? "" : " ";
        played += std::to_string(segment->number);
    }
    return played;
}

TEST(Ads, TheRuleIsReadOrRefused)
{
    EXPECT_EQ(adRuleOf({})->ads, Ads::Keep);
    EXPECT_EQ(adRuleOf({{"ads", "drop"}})->ads, Ads::Drop);
    EXPECT_EQ(adRuleOf({{"ads", "split"}, {"adPattern", "spot"}})->pattern.pattern(), QStringLiteral("spot"));
    EXPECT_EQ(adRuleOf({{"ads", "eat"}}).error().code, Code::BadOption);
    const auto bad = adRuleOf({{"ads", "drop"}, {"adPattern", "(spot"}});
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().code, Code::BadOption);
    EXPECT_TRUE(bad.error().detail.contains(QStringLiteral("place"))) << bad.error().detail.toStdString();
}

TEST(Ads, MarkersAndPatternsMarkSegments)
{
    Listing all = listing("..........");
    all.markers = {{"a", "x", 8, 8, {}, true}, {"b", "x", 28, 4, {}, false}, {"c", "x", 36, -1, {}, true}};
    markAds(all, {});
    EXPECT_EQ(kindsOf(all), "..AA......") << "only what is an advertisement and has an end";
    Listing byName = listing("..AA..");
    for (Segment& segment : byName.segments)
        segment.ad = false;
    markAds(byName, QRegularExpression(QStringLiteral("/spot/")));
    EXPECT_EQ(kindsOf(byName), "..AA..");
}

TEST(Ads, WhatOneTrackSaysHoldsForAll)
{
    std::vector<Listing> both{listing("..AA...."), listing("........")};
    for (Segment& segment : both[1].segments)
        segment.start += 0.02; // sound is never cut where pictures are
    shareAds(both);
    EXPECT_EQ(kindsOf(both[1]), "..AA....");
}

TEST(Ads, DroppedOnesAreNeverHandedOut)
{
    Timeline timeline(options(Ads::Drop));
    timeline.update(listing("A..AA..A"), kNow);
    EXPECT_EQ(play(timeline), "1 2|5 6");
    EXPECT_TRUE(timeline.finished());
    EXPECT_TRUE(timeline.lost().empty()) << "left out is not lost";
}

TEST(Ads, KeptOnesLeaveNoTrace)
{
    Timeline timeline(options(Ads::Keep));
    timeline.update(listing("..AA.."), kNow);
    EXPECT_EQ(play(timeline), "0 1 2 3 4 5");
}

TEST(Ads, SplitBeginsAFileAtEveryBorder)
{
    Timeline timeline(options(Ads::Split));
    timeline.update(listing("..AA.A"), kNow);
    EXPECT_EQ(play(timeline), "0 1/2 3/4/5");
}

TEST(Ads, ASeamIsADomainOfItsOwn)
{
    Timeline timeline(options(Ads::Drop));
    timeline.update(listing("..A.A."), kNow);
    std::vector<int> domains;
    while (const auto segment = timeline.next())
        domains.push_back(segment->discontinuity);
    EXPECT_EQ(domains, (std::vector<int>{0, 0, 1, 2}));
}

TEST(Ads, ALaterRunCountsTheSeamsOn)
{
    Timeline first(options(Ads::Drop));
    first.update(listing(".A.A.A."), kNow);
    first.next();
    const auto second = first.next();
    ASSERT_TRUE(second);
    EXPECT_EQ(second->discontinuity, 1);
    TimelineOptions again = options(Ads::Drop);
    again.after = first.position();
    Timeline later(again);
    later.update(listing(".A.A.A."), kNow);
    const auto third = later.next();
    ASSERT_TRUE(third);
    EXPECT_EQ(third->number, 4);
    EXPECT_EQ(third->seam, Seam::Joined);
    EXPECT_EQ(third->discontinuity, 2);
}

TEST(Ads, ALiveWindowShorterThanTheBreakRemembersIt)
{
    Timeline timeline(options(Ads::Drop));
    Listing window = listing("...", 0, true);
    window.markers = {{"cue 1", "CUE-OUT", 4, 20, {}, true}}; // segments 1 to 5
    timeline.update(window, kNow);
    timeline.update(listing("...", 3, true), kNow);
    EXPECT_EQ(play(timeline), "0");
    timeline.update(listing("...", 6, true), kNow);
    EXPECT_EQ(play(timeline), "|6 7 8");
}

TEST(Ads, ABreakThatEndsEarlyEndsEarly)
{
    Timeline timeline(options(Ads::Drop));
    Listing window = listing("...", 0, true);
    window.markers = {{"cue 1", "CUE-OUT", 4, 40, {}, true}};
    timeline.update(window, kNow);
    Listing back = listing("...", 3, true);
    back.markers = {{{}, "CUE-IN", 4, 0, {}}}; // before segment 4
    timeline.update(back, kNow);
    EXPECT_EQ(play(timeline), "0|4 5");
}

TEST(Chapters, TitlesBecomeChaptersOfTheFile)
{
    Listing film = listing("..AA....");
    film.markers = {{"1", "x", 0, 8, {}, false, QStringLiteral("One")}, {"2", "x", 16, -1, {}, false, QStringLiteral("Two")},
        {"3", "x", 20, 4, {}}};
    const auto kept = chaptersOf(film, Ads::Keep, {}, {});
    ASSERT_EQ(kept.size(), 2u);
    EXPECT_EQ(kept[0].end, 8);
    EXPECT_EQ(kept[1].start, 16);
    EXPECT_EQ(kept[1].end, 32);
    EXPECT_EQ(kept[1].title, QStringLiteral("Two"));
    const auto dropped = chaptersOf(film, Ads::Drop, {}, {});
    ASSERT_EQ(dropped.size(), 2u);
    EXPECT_EQ(dropped[1].start, 8) << "the spots are not in the file";
    const auto part = chaptersOf(film, Ads::Keep, 4, 20);
    ASSERT_EQ(part.size(), 2u);
    EXPECT_EQ(part[0].end, 4);
    EXPECT_EQ(part[1].start, 12);
    film.markers.resize(1);
    EXPECT_TRUE(chaptersOf(film, Ads::Keep, {}, {}).empty()) << "one chapter is none";
}

TEST(Elsewhere, TheSameSegmentIsFoundByDateOrNumber)
{
    const Listing mine = listing("....", 10);
    Listing theirs = listing("....", 10);
    const Segment* same = sameSegment(theirs, mine.segments[2]);
    ASSERT_TRUE(same);
    EXPECT_EQ(same->number, 12);
    theirs.segments[2].gap = true;
    EXPECT_FALSE(sameSegment(theirs, mine.segments[2])) << "they don't have it either";
    EXPECT_FALSE(sameSegment(listing("....", 12), mine.segments[2])) << "another recording: the number lies at another time";
    EXPECT_TRUE(sameSegment(listing("....", 12, true), mine.segments[2])) << "windows of live streams begin anywhere";
    Listing dated = listing("....", 500, true);
    Segment wanted = mine.segments[1];
    const std::chrono::system_clock::time_point noon{std::chrono::seconds(1'795'000'000)};
    wanted.wallClock = noon + std::chrono::seconds(4);
    for (std::size_t i = 0; i < dated.segments.size(); ++i)
        dated.segments[i].wallClock = noon + std::chrono::seconds(4 * i) + std::chrono::milliseconds(100);
    ASSERT_TRUE(sameSegment(dated, wanted));
    EXPECT_EQ(sameSegment(dated, wanted)->number, 501) << "each server counts from where it was started";
}

} // namespace
} // namespace weir
