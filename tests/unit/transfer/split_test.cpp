#include "transfer/split.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

constexpr qint64 kMiB = 1 << 20;

LaneView lane(quint64 id, qint64 position, qint64 end, double rate)
{
    return {.id = id, .position = position, .end = end, .rate = rate, .age = 10, .started = true};
}

TEST(Split, FreeBytesComeFirst)
{
    const LaneView lanes[]{lane(1, 0, 50 * kMiB, 1e6)};
    const auto next = nextRange({{60 * kMiB, 61 * kMiB}}, lanes, {});
    ASSERT_TRUE(next);
    EXPECT_EQ(next->range, (ByteRange{60 * kMiB, 61 * kMiB}));
    EXPECT_FALSE(next->cut);
}

TEST(Split, WithNothingKnownTheWholeGapIsOneRequest)
{
    EXPECT_EQ(nextRange({{0, 900 * kMiB}}, {}, {})->range, (ByteRange{0, 900 * kMiB}));
}

TEST(Split, LongGapsAreTakenInRequestsOfLimitedLength)
{
    const auto next = nextRange({{0, 900 * kMiB}}, {}, {.newRate = 1e6, .longest = 10});
    ASSERT_TRUE(next);
    EXPECT_LE(next->range.size(), 10'000'000);
    EXPECT_GE(next->range.size(), 9'000'000);
}

TEST(Split, EqualLanesShareTheRestInHalves)
{
    const LaneView lanes[]{lane(1, 0, 64 * kMiB, 4e6)};
    const auto next = nextRange({}, lanes, {.latency = 0.001, .newRate = 4e6});
    ASSERT_TRUE(next);
    EXPECT_EQ(next->cut, 1u);
    EXPECT_EQ(next->range.end, 64 * kMiB);
    EXPECT_NEAR(double(next->range.begin), 32 * kMiB, 128 << 10);
}

TEST(Split, TheFasterLaneGetsTheLargerShare)
{
    const LaneView lanes[]{lane(1, 0, 64 * kMiB, 1e6)};
    const auto next = nextRange({}, lanes, {.latency = 0.001, .newRate = 3e6});
    ASSERT_TRUE(next);
    EXPECT_NEAR(double(next->range.begin), 16 * kMiB, 256 << 10);
}

TEST(Split, TheLaneThatWouldEndLastIsRelieved)
{
    const LaneView lanes[]{lane(1, 0, 64 * kMiB, 8e6), lane(2, 64 * kMiB, 96 * kMiB, 1e6)};
    EXPECT_EQ(nextRange({}, lanes, {.latency = 0.01, .newRate = 4e6})->cut, 2u);
}

TEST(Split, ALaneThatStandsStillLosesEverything)
{
    const LaneView lanes[]{lane(1, 10 * kMiB, 20 * kMiB, 0), lane(2, 30 * kMiB, 31 * kMiB, 5e6)};
    const auto next = nextRange({}, lanes, {.latency = 0.05, .newRate = 5e6});
    ASSERT_TRUE(next);
    EXPECT_EQ(next->cut, 1u);
    EXPECT_EQ(next->range, (ByteRange{10 * kMiB, 20 * kMiB}));
}

TEST(Split, TheLastBlocksOfASlowLaneAreRaced)
{
    const LaneView lanes[]{lane(1, 0, 200 << 10, 10e3)};
    const auto next = nextRange({}, lanes, {.latency = 0.05, .newRate = 5e6});
    ASSERT_TRUE(next);
    EXPECT_EQ(next->race, 1u);
    EXPECT_EQ(next->range, (ByteRange{0, 200 << 10}));
}

TEST(Split, NothingIsRacedTwice)
{
    LaneView slow = lane(1, 0, 200 << 10, 10e3);
    slow.raced = true;
    const LaneView lanes[]{slow};
    EXPECT_FALSE(nextRange({}, lanes, {.latency = 0.05, .newRate = 5e6}));
}

TEST(Split, ALaneThatEndsSoonIsLeftAlone)
{
    const LaneView lanes[]{lane(1, 0, 300 << 10, 10e6)};
    EXPECT_FALSE(nextRange({}, lanes, {.latency = 0.1, .newRate = 10e6}));
}

TEST(Split, OnlyFreeBytesIfCuttingIsNotAllowed)
{
    const LaneView lanes[]{lane(1, 0, 64 * kMiB, 1e6)};
    EXPECT_FALSE(nextRange({}, lanes, {.latency = 0.001, .newRate = 1e6, .mayCut = false}));
}

TEST(Split, ALaneThatHasJustBegunIsNotTakenForAsSlowAsTheOneThatStands)
{
    // The first crawls; the second has just been sent after what the first had left. A third takes half of that, not all.
    const std::vector<LaneView> lanes{
        {.id = 1, .position = 100'000, .end = 101'232, .rate = 1'000'000, .age = 1, .started = true},
        {.id = 2, .position = 101'232, .end = 4 << 20, .age = 0}};
    const auto next = nextRange({}, lanes, {.latency = 0.002, .newRate = 50e6});
    ASSERT_TRUE(next);
    EXPECT_EQ(next->cut, 2u);
    EXPECT_GT(next->range.begin, 1 << 20);
}

// Over a long way a connection that is cut was fast, and the one that takes over begins slowly.

TEST(Split, OverALongWayALaneThatWarmsUpIsNotRobbed)
{
    LaneView young = lane(1, 0, 20 * kMiB, 5e5);
    young.age = 0.5;
    const auto next = nextRange({}, std::span(&young, 1), {.latency = 0.1, .newRate = 20e6});
    if (next) {
        EXPECT_NEAR(double(next->range.begin), 14 * kMiB, 6 * kMiB) << "it will be as fast as the other";
    }
    young.age = 3;
    const auto later = nextRange({}, std::span(&young, 1), {.latency = 0.1, .newRate = 20e6});
    ASSERT_TRUE(later);
    EXPECT_LT(later->range.begin, 2 * kMiB) << "it is slow";
}

TEST(Split, OverALongWayWhatAFastLaneHasSoonIsLeftToIt)
{
    const LaneView lanes[]{lane(1, 0, 20 * kMiB, 20e6)};
    EXPECT_FALSE(nextRange({}, lanes, {.latency = 0.1, .newRate = 20e6}));
    EXPECT_TRUE(nextRange({}, lanes, {.latency = 0.001, .newRate = 20e6}));
}

} // namespace
} // namespace weir
