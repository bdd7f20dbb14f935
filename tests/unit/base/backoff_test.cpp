#include "base/backoff.h"

#include <gtest/gtest.h>

using namespace weir;
using namespace std::chrono;

namespace {

const system_clock::time_point kNow = sys_days(year(2026) / 11 / 21) + hours(22);

qint64 waitOf(QByteArrayView value)
{
    const auto at = parseRetryAfter(value, kNow);
    return at ? qint64(duration_cast<seconds>(*at - kNow).count()) : -1;
}

} // namespace

TEST(Backoff, CeilingDoublesUpToTheCap)
{
    const RandomSource highest = [] { return 1.0; };
    EXPECT_EQ(backoffDelay(1, {}, highest), 1s);
    EXPECT_EQ(backoffDelay(2, {}, highest), 2s);
    EXPECT_EQ(backoffDelay(9, {}, highest), 256s);
    EXPECT_EQ(backoffDelay(10, {}, highest), 300s);
    EXPECT_EQ(backoffDelay(1'000'000'000, {}, highest), 300s);
}

TEST(Backoff, JitterIsFull)
{
    EXPECT_EQ(backoffDelay(5, {}, [] { return 0.0; }), 0s);
    EXPECT_EQ(backoffDelay(5, {}, [] { return 0.5; }), 8s);
}

TEST(Backoff, OddArgumentsStayWithinBounds)
{
    EXPECT_EQ(backoffDelay(0, {}, [] { return 1.0; }), 1s);
    EXPECT_EQ(backoffDelay(-5, {}, [] { return 7.0; }), 1s);
    EXPECT_EQ(backoffDelay(3, {.base = 0ms}, [] { return 1.0; }), 0s);
}

TEST(RetryAfter, Seconds)
{
    EXPECT_EQ(waitOf("120"), 120);
    EXPECT_EQ(waitOf(" 0 "), 0);
}

TEST(RetryAfter, AllThreeDateForms)
{
    EXPECT_EQ(waitOf("Sat, 21 Nov 2026 22:00:30 GMT"), 30);
    EXPECT_EQ(waitOf("Saturday, 21-Nov-26 22:00:30 GMT"), 30);
    EXPECT_EQ(waitOf("Sat Nov 21 22:00:30 2026"), 30);
}

TEST(RetryAfter, ThePastIsNow) { EXPECT_EQ(waitOf("Sun, 06 Nov 1994 08:49:37 GMT"), 0); }

TEST(RetryAfter, NobodyParksATaskForYears)
{
    const qint64 day = 24 * 3600;
    EXPECT_EQ(waitOf("99999999999999999999999999999999999999"), day);
    EXPECT_EQ(waitOf("Sun, 06 Nov 2094 08:49:37 GMT"), day);
}

TEST(RetryAfter, NonsenseIsNothing)
{
    for (const char* text : {"", " ", "-1", "1.5", "soon", "Sat, 31 Feb 2026 22:00:30 GMT", "Sat, 21 Nov 2026 25:00:30 GMT",
             "Sat, 21 Nov 2026 22:00:30 UTC", "Sat, 21 Nov 9999 22:00:30 GMT", "Sat, +1 Nov 2026 22:00:30 GMT",
             "Saturday, 21-Nov-26 22:00:30", "12 34"})
        EXPECT_EQ(waitOf(text), -1) << text;
    EXPECT_EQ(waitOf(QByteArrayView("1\0"
                                    "2",
                  3)),
        -1);
}

TEST(HttpDate, LeadingBlankDayAndLeapSecond)
{
    EXPECT_EQ(parseHttpDate("Sun Nov  6 08:49:37 1994", kNow), parseHttpDate("Sun, 06 Nov 1994 08:49:37 GMT", kNow));
    EXPECT_TRUE(parseHttpDate("Sat, 31 Dec 2016 23:59:60 GMT", kNow));
}
