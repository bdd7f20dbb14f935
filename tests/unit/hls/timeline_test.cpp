#include "hls/timeline.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::system_clock;

const TimePoint t0{1000s};
const Clock::time_point kNoon{1'795'000'000s};

struct Window {
    qint64 first = 0;
    int count = 6;
    double duration = 4;
    bool live = true;
    bool dated = false;
    const char* folder = "a";
};

/// A playlist as the parser gives it: times begin with the window.
Listing playlist(const Window& window)
{
    Listing listing;
    listing.live = window.live;
    listing.targetDuration = window.duration;
    for (int i = 0; i < window.count; ++i) {
        Segment segment;
        segment.number = window.first + i;
        segment.media.urls = {
            QUrl(QStringLiteral("http://host/%1/seg%2.ts").arg(QLatin1String(window.folder)).arg(segment.number))};
        segment.start = i * window.duration;
        segment.duration = window.duration;
        if (window.dated)
            segment.wallClock = kNoon + std::chrono::milliseconds(qint64(double(segment.number) * window.duration * 1000));
        listing.segments.push_back(std::move(segment));
    }
    return listing;
}

/// A track of a live manifest: times are the presentation's, numbers mean nothing.
Listing manifest(qint64 first, int count, double duration = 4, int period = 0)
{
    Listing listing = playlist({first, count, duration});
    listing.numbered = false;
    for (Segment& segment : listing.segments) {
        segment.start = double(segment.number) * duration;
        segment.number -= first;
        segment.discontinuity = period;
    }
    return listing;
}

std::vector<Segment> drain(Timeline& timeline)
{
    std::vector<Segment> segments;
    while (auto segment = timeline.next())
        segments.push_back(std::move(*segment));
    return segments;
}

std::vector<qint64> numbers(Timeline& timeline)
{
    std::vector<qint64> numbers;
    for (const Segment& segment : drain(timeline))
        numbers.push_back(segment.number);
    return numbers;
}

using Numbers = std::vector<qint64>;

// ---- recordings

TEST(Timeline, ARecordingIsHandedOutOnceAndNeverReloaded)
{
    Timeline timeline;
    EXPECT_FALSE(timeline.finished());
    timeline.update(playlist({.first = 3, .count = 3, .live = false}), t0);
    EXPECT_EQ(timeline.dueAt(), TimePoint::max());
    EXPECT_FALSE(timeline.finished());
    const auto segments = drain(timeline);
    ASSERT_EQ(segments.size(), 3u);
    EXPECT_EQ(segments[0].number, 3);
    EXPECT_EQ(segments[2].start, 8);
    EXPECT_TRUE(timeline.finished());
    EXPECT_TRUE(timeline.lost().empty());
    EXPECT_EQ(timeline.due(t0 + 1h), Timeline::Due::Nothing);
}

TEST(Timeline, FromAndToTakeWhatTheyTouch)
{
    Timeline timeline({.from = 5, .to = 12});
    timeline.update(playlist({.count = 6, .live = false}), t0);
    EXPECT_EQ(numbers(timeline), (Numbers{1, 2}));
    EXPECT_TRUE(timeline.finished());
    Timeline nothing({.from = 500});
    nothing.update(playlist({.live = false}), t0);
    EXPECT_TRUE(numbers(nothing).empty());
    EXPECT_TRUE(nothing.finished());
}

TEST(Timeline, DurationEndsARecordingToo)
{
    Timeline timeline({.from = 4, .duration = 8});
    timeline.update(playlist({.count = 6, .live = false}), t0);
    EXPECT_EQ(numbers(timeline), (Numbers{1, 2}));
    EXPECT_TRUE(timeline.finished());
}

TEST(Timeline, ARecordingGoesOnAfterAResume)
{
    Timeline timeline({.after = ResumePoint{.number = 3, .end = 16}});
    timeline.update(playlist({.count = 6, .live = false}), t0);
    const auto segments = drain(timeline);
    ASSERT_EQ(segments.size(), 2u);
    EXPECT_EQ(segments[0].number, 4);
    EXPECT_EQ(segments[0].start, 16);
    EXPECT_TRUE(timeline.finished());
}

// ---- where a live recording begins

TEST(Timeline, ALiveStreamBeginsThreeTargetDurationsBeforeItsEnd)
{
    Timeline timeline;
    timeline.update(playlist({.first = 100, .count = 10}), t0);
    EXPECT_EQ(numbers(timeline), (Numbers{107, 108, 109}));
    EXPECT_FALSE(timeline.finished());
}

TEST(Timeline, AShortWindowIsTakenWhole)
{
    Timeline timeline;
    timeline.update(playlist({.first = 100, .count = 2}), t0);
    EXPECT_EQ(numbers(timeline), (Numbers{100, 101}));
}

TEST(Timeline, BeginningsThatWereAskedFor)
{
    const auto begin = [](TimelineOptions options, std::optional<double> offset = {}, double holdBack = -1) {
        Listing listing = playlist({.first = 100, .count = 10, .dated = true});
        listing.startOffset = offset;
        listing.holdBack = holdBack;
        Timeline timeline(options);
        timeline.update(std::move(listing), t0);
        return timeline.next()->number;
    };
    EXPECT_EQ(begin({.fromStart = true}), 100);
    EXPECT_EQ(begin({.fromStart = true}, -4), 100);
    EXPECT_EQ(begin({}, 0), 100);
    EXPECT_EQ(begin({}, 9), 102);
    EXPECT_EQ(begin({}, -4), 109);
    EXPECT_EQ(begin({}, -4000), 100);
    EXPECT_EQ(begin({}, 4000), 109);
    EXPECT_EQ(begin({}, {}, 20), 105);
    EXPECT_EQ(begin({.beginAt = kNoon + 413s}), 103);
    EXPECT_EQ(begin({.beginAt = kNoon + 4000s}), 107) << "not there: as if it were not asked for";
}

TEST(Timeline, AStreamThatHasNotBegunIsWaitedFor)
{
    Timeline timeline;
    timeline.update(playlist({.count = 0}), t0);
    EXPECT_FALSE(timeline.next());
    EXPECT_FALSE(timeline.finished());
    EXPECT_EQ(timeline.due(t0 + 2s), Timeline::Due::Reload);
    timeline.update(playlist({.count = 1}), t0 + 2s);
    EXPECT_EQ(numbers(timeline), Numbers{0});
}

// ---- reloads

TEST(Timeline, TheWindowMovesOn)
{
    Timeline timeline({.fromStart = true});
    timeline.update(playlist({.first = 10, .count = 4}), t0);
    EXPECT_EQ(numbers(timeline), (Numbers{10, 11, 12, 13}));
    timeline.update(playlist({.first = 12, .count = 4}), t0 + 4s);
    const auto segments = drain(timeline);
    ASSERT_EQ(segments.size(), 2u);
    EXPECT_EQ(segments[0].number, 14);
    EXPECT_EQ(segments[0].start, 16) << "the recording's clock goes on";
    EXPECT_EQ(segments[1].start, 20);
}

TEST(Timeline, WhatWaitsStaysThoughTheWindowLeavesIt)
{
    Timeline timeline({.fromStart = true});
    timeline.update(playlist({.first = 10, .count = 4}), t0);
    EXPECT_EQ(timeline.next()->number, 10);
    timeline.update(playlist({.first = 13, .count = 4, .folder = "token"}), t0 + 4s);
    const auto segments = drain(timeline);
    ASSERT_EQ(segments.size(), 6u);
    EXPECT_EQ(segments[0].number, 11);
    EXPECT_EQ(segments[1].media.urls.first(), QUrl("http://host/a/seg12.ts"));
    EXPECT_EQ(segments[2].media.urls.first(), QUrl("http://host/token/seg13.ts")) << "the latest address";
    EXPECT_TRUE(timeline.lost().empty());
}

TEST(Timeline, ReloadTimesAreThoseOfTheSpecification)
{
    Timeline timeline;
    timeline.update(playlist({.first = 0}), t0);
    EXPECT_EQ(timeline.dueAt(), t0 + 4s);
    EXPECT_EQ(timeline.due(t0 + 3999ms), Timeline::Due::Nothing);
    EXPECT_EQ(timeline.due(t0 + 4s), Timeline::Due::Reload);
    timeline.update(playlist({.first = 0}), t0 + 4s);
    EXPECT_EQ(timeline.dueAt(), t0 + 6s) << "nothing new";
    timeline.update(playlist({.first = 1}), t0 + 6s);
    EXPECT_EQ(timeline.dueAt(), t0 + 10s);
    EXPECT_EQ(timeline.lastChange(), t0 + 6s);
    timeline.reloadFailed(t0 + 10s);
    EXPECT_EQ(timeline.failures(), 1);
    EXPECT_EQ(timeline.dueAt(), t0 + 12s);
    timeline.update(playlist({.first = 1}), t0 + 12s);
    EXPECT_EQ(timeline.failures(), 0);
}

TEST(Timeline, NoTargetDurationMakesAStorm)
{
    Timeline timeline;
    Listing listing = playlist({});
    listing.targetDuration = 0.0001;
    timeline.update(listing, t0);
    EXPECT_GE(timeline.dueAt(), t0 + 500ms);
    timeline.update(listing, t0);
    EXPECT_GE(timeline.dueAt(), t0 + 500ms);
    listing.targetDuration = 1e12;
    timeline.update(listing, t0);
    EXPECT_LE(timeline.dueAt(), t0 + 120s);
}

TEST(Timeline, WhatTheWindowLeftIsAGap)
{
    Timeline timeline({.fromStart = true});
    timeline.update(playlist({.first = 10, .count = 4}), t0);
    drain(timeline);
    timeline.update(playlist({.first = 20, .count = 4}), t0 + 40s);
    EXPECT_TRUE(timeline.lost().empty()) << "not before it is passed";
    const auto segments = drain(timeline);
    EXPECT_EQ(segments.front().number, 20);
    EXPECT_EQ(segments.front().start, 40);
    EXPECT_EQ(timeline.lost(), (std::vector<LostSegments>{{14, 19, 16, 40}}));
}

TEST(Timeline, DatesMeasureAGap)
{
    Timeline timeline({.fromStart = true});
    timeline.update(playlist({.first = 10, .count = 4, .dated = true}), t0);
    drain(timeline);
    Listing later = playlist({.first = 20, .count = 4, .dated = true});
    for (Segment& segment : later.segments)
        *segment.wallClock += 3s;
    timeline.update(later, t0 + 40s);
    EXPECT_EQ(timeline.next()->start, 43);
}

TEST(Timeline, ALateEndIsAnEnd)
{
    Timeline timeline({.fromStart = true});
    timeline.update(playlist({.count = 4}), t0);
    EXPECT_EQ(numbers(timeline).size(), 4u);
    timeline.update(playlist({.count = 4}), t0 + 4s);
    EXPECT_FALSE(timeline.finished());
    timeline.update(playlist({.count = 5, .live = false}), t0 + 6s);
    EXPECT_FALSE(timeline.finished());
    EXPECT_EQ(numbers(timeline), Numbers{4});
    EXPECT_TRUE(timeline.finished());
}

TEST(Timeline, DurationEndsALiveRecording)
{
    Timeline timeline({.fromStart = true, .duration = 10});
    timeline.update(playlist({.count = 2}), t0);
    EXPECT_EQ(numbers(timeline).size(), 2u);
    EXPECT_FALSE(timeline.finished());
    timeline.update(playlist({.count = 6}), t0 + 8s);
    EXPECT_EQ(numbers(timeline), Numbers{2}) << "8 s to 12 s has the tenth second in it";
    EXPECT_TRUE(timeline.finished());
    EXPECT_EQ(timeline.dueAt(), TimePoint::max());
}

TEST(Timeline, ALiveRecordingIsResumed)
{
    Timeline first({.fromStart = true});
    first.update(playlist({.first = 10, .count = 6}), t0);
    first.next();
    first.next();
    Timeline again({.duration = 100, .after = first.position()});
    again.update(playlist({.first = 11, .count = 6}), t0 + 4s);
    const auto segments = drain(again);
    EXPECT_EQ(segments.front().number, 12);
    EXPECT_EQ(segments.front().start, 8);
    EXPECT_TRUE(again.lost().empty());
    EXPECT_EQ(again.position()->begin, 0);

    Timeline late({.after = first.position()});
    late.update(playlist({.first = 15, .count = 6}), t0 + 20s);
    EXPECT_EQ(late.next()->start, 20);
    EXPECT_EQ(late.lost(), (std::vector<LostSegments>{{12, 14, 8, 20}}));
}

// ---- servers that lag and servers that begin anew

TEST(Timeline, AServerThatLagsBehindIsNoNews)
{
    Timeline timeline({.fromStart = true});
    timeline.update(playlist({.first = 100, .count = 6}), t0);
    drain(timeline);
    for (int i = 0; i < 5; ++i) {
        timeline.update(playlist({.first = 96 + i, .count = 6, .folder = "b"}), t0 + i * 4s);
        EXPECT_EQ(numbers(timeline), Numbers{}) << i;
    }
    timeline.update(playlist({.first = 101, .count = 6, .folder = "b"}), t0 + 30s);
    EXPECT_EQ(numbers(timeline), Numbers{106});
    EXPECT_TRUE(timeline.lost().empty());
}

TEST(Timeline, AFrozenServerIsNotANewBeginning)
{
    Timeline timeline({.fromStart = true});
    timeline.update(playlist({.first = 100, .count = 6}), t0);
    drain(timeline);
    for (int i = 0; i < 100; ++i)
        timeline.update(playlist({.first = 3, .count = 6}), t0 + i * 2s);
    EXPECT_TRUE(numbers(timeline).empty());
}

TEST(Timeline, AServerThatBeginsAnewIsFollowed)
{
    Timeline timeline({.fromStart = true});
    timeline.update(playlist({.first = 100, .count = 6}), t0);
    drain(timeline);
    std::vector<Segment> segments;
    for (int i = 1; i < 8; ++i) {
        Listing listing = playlist({.first = 0, .count = i});
        for (Segment& segment : listing.segments)
            segment.key = std::make_shared<SegmentKey>(SegmentKey{.url = QUrl("http://host/key")});
        timeline.update(std::move(listing), t0 + i * 4s);
        for (Segment& segment : drain(timeline))
            segments.push_back(std::move(segment));
    }
    ASSERT_EQ(segments.size(), 7u) << "none of the new ones is missing";
    for (int i = 0; i < 7; ++i) {
        EXPECT_EQ(segments[std::size_t(i)].number, 106 + i);
        EXPECT_EQ(segments[std::size_t(i)].start, 24 + 4 * i);
        EXPECT_EQ(segments[std::size_t(i)].discontinuity, 1);
        EXPECT_EQ(segments[std::size_t(i)].key->iv, QByteArray(15, '\0') + char(i)) << "the vector is the server's number";
    }
}

TEST(Timeline, DatesTellANewBeginningFromALag)
{
    Timeline timeline({.fromStart = true});
    timeline.update(playlist({.first = 100, .count = 6, .dated = true}), t0);
    drain(timeline);
    for (int i = 0; i < 20; ++i)
        timeline.update(playlist({.first = 50 + i, .count = 6, .dated = true, .folder = "b"}), t0 + i * 4s);
    EXPECT_TRUE(numbers(timeline).empty()) << "all of it is older";
    std::vector<qint64> taken;
    for (int i = 1; i < 5; ++i) {
        Listing listing = playlist({.first = 0, .count = 6 + i, .dated = true});
        for (Segment& segment : listing.segments)
            *segment.wallClock += 400s; // it repeats 100 to 105 and goes on
        timeline.update(listing, t0 + 100s + i * 4s);
        for (qint64 number : numbers(timeline))
            taken.push_back(number);
    }
    EXPECT_EQ(taken, (Numbers{106, 107, 108, 109})) << "without what is there already";
}

TEST(Timeline, TheRecordingOfWhatIsOverIsNotTakenAgain)
{
    Timeline timeline({.fromStart = true});
    timeline.update(playlist({.first = 100, .count = 6}), t0);
    drain(timeline);
    timeline.update(playlist({.first = 0, .count = 50, .live = false}), t0 + 4s);
    EXPECT_TRUE(numbers(timeline).empty());
    EXPECT_TRUE(timeline.finished());
}

TEST(Timeline, DiscontinuitiesAreCountedOnThoughTheServerDoesNot)
{
    Timeline timeline({.fromStart = true});
    Listing listing = playlist({.first = 0, .count = 4});
    listing.segments[2].discontinuity = listing.segments[3].discontinuity = 1;
    timeline.update(listing, t0);
    listing = playlist({.first = 3, .count = 4}); // begins behind the tag, so all are 0 again
    listing.segments[3].discontinuity = 1;
    timeline.update(listing, t0 + 4s);
    std::vector<int> counted;
    for (const Segment& segment : drain(timeline))
        counted.push_back(segment.discontinuity);
    EXPECT_EQ(counted, (std::vector<int>{0, 0, 1, 1, 1, 1, 2}));
}

TEST(Timeline, MarkersStandOnTheRecordingsClockOnce)
{
    Timeline timeline({.fromStart = true});
    Listing listing = playlist({.first = 0, .count = 4});
    listing.markers = {{"ad", "x", 12, -1, {}}};
    timeline.update(listing, t0);
    listing = playlist({.first = 2, .count = 4});
    listing.markers = {{"ad", "x", 4, 6, {}}, {"next", "x", 15, -1, {}}};
    timeline.update(listing, t0 + 4s);
    ASSERT_EQ(timeline.markers().size(), 2u);
    EXPECT_EQ(timeline.markers()[0].start, 12);
    EXPECT_EQ(timeline.markers()[0].duration, 6);
    EXPECT_EQ(timeline.markers()[1].start, 23);
}

// ---- manifests, whose segments have times and no numbers

TEST(Timeline, TimesTellWhatIsNew)
{
    Timeline timeline;
    timeline.update(manifest(1000, 10), t0);
    const auto first = drain(timeline);
    ASSERT_EQ(first.size(), 3u);
    EXPECT_EQ(first[0].number, 0);
    EXPECT_EQ(first[0].start, 4028);
    timeline.update(manifest(1002, 10), t0 + 8s);
    const auto more = drain(timeline);
    ASSERT_EQ(more.size(), 2u);
    EXPECT_EQ(more[0].number, 3);
    EXPECT_EQ(more[0].start, 4040);
    timeline.update(manifest(1020, 10), t0 + 80s);
    EXPECT_EQ(timeline.next()->number, 13);
    EXPECT_EQ(timeline.lost(), (std::vector<LostSegments>{{5, 12, 4048, 4080}})) << "as many as the time between holds";
}

TEST(Timeline, AManifestSaysItselfWhenToReload)
{
    Timeline timeline;
    Listing listing = manifest(0, 10);
    listing.reloadAfter = 30s;
    timeline.update(listing, t0);
    EXPECT_EQ(timeline.dueAt(), t0 + 30s);
    listing.predictable = true;
    timeline.update(listing, t0 + 30s);
    EXPECT_EQ(timeline.due(t0 + 32s), Timeline::Due::Recount);
    timeline.update(manifest(1, 10), t0 + 100s);
    Timeline predictable;
    predictable.update(listing, t0);
    listing = manifest(1, 10);
    listing.reloadAfter = 30s;
    listing.predictable = true;
    for (auto now = t0 + 4s; now < t0 + 30s; now += 4s) {
        EXPECT_EQ(predictable.due(now), Timeline::Due::Recount);
        predictable.update(listing, now);
    }
    EXPECT_EQ(predictable.due(t0 + 30s), Timeline::Due::Reload) << "recounting does not put it off";
}

TEST(Timeline, PeriodsThatAreTakenAwayDoNotRenumberTheOthers)
{
    Timeline timeline({.fromStart = true});
    Listing listing = manifest(0, 6, 4, 0);
    listing.segments[4].discontinuity = listing.segments[5].discontinuity = 1;
    timeline.update(listing, t0);
    timeline.update(manifest(4, 4, 4, 0), t0 + 8s); // the first period is gone: what was 1 is 0 now
    std::vector<int> counted;
    for (const Segment& segment : drain(timeline))
        counted.push_back(segment.discontinuity);
    EXPECT_EQ(counted, (std::vector<int>{0, 0, 0, 0, 1, 1, 1, 1}));
}

TEST(Timeline, AHoleInAManifestIsNotALoss)
{
    Timeline timeline({.fromStart = true});
    Listing listing = manifest(0, 4);
    listing.segments.erase(listing.segments.begin() + 2);
    timeline.update(listing, t0);
    EXPECT_EQ(drain(timeline).size(), 3u);
    EXPECT_TRUE(timeline.lost().empty());
}

TEST(Timeline, AManifestIsResumedByTime)
{
    Timeline timeline({.after = ResumePoint{.number = 41, .begin = 4000, .end = 4028, .discontinuity = 2, .numbered = false}});
    timeline.update(manifest(1000, 10), t0);
    const auto segments = drain(timeline);
    ASSERT_EQ(segments.size(), 3u);
    EXPECT_EQ(segments[0].number, 42);
    EXPECT_EQ(segments[0].start, 4028);
    EXPECT_EQ(segments[0].discontinuity, 2);
    EXPECT_TRUE(timeline.lost().empty());
}

} // namespace
} // namespace weir
