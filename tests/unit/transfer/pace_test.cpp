#include "transfer/pace.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

namespace weir {
namespace {

using namespace std::chrono_literals;

struct Course {
    int lanesAtEnd = 0;
    int most = 0;
    double settledAfter = 0; ///< seconds until the count last changed
};

/// Plays `length` seconds on a link whose total rate is a function of the number of connections.
Course play(
    Pace& pace, const std::function<double(int)>& rate, std::chrono::milliseconds latency, double length = 8, qint64 left = -1)
{
    Course course;
    const TimePoint start = TimePoint{} + 1h;
    double bytes = 0;
    int before = 0, lanes = 0;
    for (double t = 0; t < length; t += 0.1) {
        lanes = pace.target(); // new connections deliver one tick later
        bytes += rate(lanes) * 0.1;
        pace.sample(start + std::chrono::milliseconds(int(t * 1000)), {qint64(bytes), left, lanes, latency});
        if (pace.target() != before)
            course.settledAfter = t;
        before = pace.target();
        course.most = std::max(course.most, before);
    }
    course.lanesAtEnd = pace.target();
    return course;
}

TEST(Pace, AFixedCountStaysWhatItIs)
{
    Pace pace({.fixed = 8});
    EXPECT_EQ(play(
                  pace, [](int) { return 1e6; }, 10ms)
                  .most,
        8);
    EXPECT_EQ(pace.target(), 8);
}

TEST(Pace, AServerThatCapsEachConnectionGetsAll)
{
    Pace pace({.most = 32});
    const Course course = play(
        pace, [](int n) { return 4e6 * n; }, 1ms);
    EXPECT_EQ(course.lanesAtEnd, 32);
    EXPECT_LT(course.settledAfter, 2.0) << "virtual seconds";
}

TEST(Pace, OneConnectionThatFillsTheLinkGetsFewOthers)
{
    Pace pace({.most = 32});
    const Course course = play(
        pace, [](int) { return 25e6; }, 100ms);
    EXPECT_LE(course.most, 4);
}

TEST(Pace, ConnectionsThatLossesHoldBackAreManyUntilTheLastSeconds)
{
    for (const auto& [left, most] : {std::pair(16'000'000, 32), std::pair(1'000'000, 4)}) {
        Pace pace({.most = 32});
        const Course course = play(
            pace, [](int n) { return 180e3 * n; }, 100ms, 8, left);
        EXPECT_EQ(course.most, most);
    }
}

TEST(Pace, AThinLineIsNotCrowded)
{
    Pace pace({.most = 32});
    const Course course = play(
        pace, [](int) { return 180e3; }, 100ms, 3);
    EXPECT_LE(course.most, 4);
}

TEST(Pace, StopsWhereTheLinkIsFull)
{
    Pace pace({.most = 64});
    const Course course = play(
        pace, [](int n) { return std::min(n * 5e6, 40e6); }, 20ms);
    EXPECT_GE(course.lanesAtEnd, 8);
    EXPECT_LE(course.lanesAtEnd, 32);
}

TEST(Pace, ARefusalIsACeiling)
{
    Pace pace({.most = 32});
    play(
        pace, [](int n) { return 4e6 * n; }, 1ms, 1);
    pace.refused(TimePoint{} + 1h + 1s, 4);
    EXPECT_EQ(pace.target(), 4);
    const Course after = play(
        pace, [](int n) { return 4e6 * n; }, 1ms);
    EXPECT_EQ(after.most, 4);
}

TEST(Pace, TriesAgainAfterAWhile)
{
    Pace pace({.most = 32});
    double now = 0;
    const Course course = play(
        pace,
        [&](int n) {
            now += 0.1;
            return now < 4 ? 10e6 : 10e6 * n;
        },
        10ms, 30);
    EXPECT_GT(course.lanesAtEnd, 8) << "the link became better and nobody noticed";
}

TEST(Pace, AServerThatDealsOutItsShareInPiecesGetsMore)
{
    // Each connection gets 2 MB every half second, at once, and nothing in between.
    for (const int offset : {0, 1, 2, 3, 4}) {
        Pace pace({.most = 32});
        int tick = offset;
        const Course course = play(
            pace, [&](int n) { return ++tick % 5 == 0 ? 20e6 * n : 0; }, 2ms);
        EXPECT_EQ(course.lanesAtEnd, 32);
        EXPECT_LT(course.settledAfter, 4) << "virtual seconds";
    }
}

TEST(Pace, TheLastSecondsAreNotForAttempts)
{
    Pace pace({.most = 32});
    EXPECT_EQ(play(
                  pace, [](int) { return 25e6; }, 200ms, 8, 100'000'000)
                  .most,
        1);
    Pace slow({.most = 32});
    EXPECT_GT(play(
                  slow, [](int n) { return 25e3 * n; }, 200ms, 8, 100'000'000)
                  .most,
        1);
}

} // namespace
} // namespace weir
