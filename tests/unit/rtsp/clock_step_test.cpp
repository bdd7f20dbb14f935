#include "rtsp/clock_step.h"

#include <gtest/gtest.h>

#include <vector>

namespace weir {
namespace {

using Times = std::vector<int64_t>;

ClockStep step(const Times& shown, const Times& next) { return findClockStep(shown, next, 3600); }

TEST(ClockStep, NoneIsFoundWherePicturesFollowEachOther)
{
    EXPECT_EQ(step({237600, 241200}, {252000, 244800, 248400, 262800, 255600, 259200}).back, 0);
    EXPECT_EQ(step({3600}, {7200, 10800, 14400, 18000}).back, 0);
    EXPECT_EQ(step({3600}, {50000, 53600, 57200}).back, 0) << "a hole is no step back";
}

TEST(ClockStep, ItIsUndoneAtItsPlace)
{
    const ClockStep first = step({237600, 241200}, {244799, 237599, 241199, 255599, 248399, 251999});
    EXPECT_EQ(first.place, 0u);
    EXPECT_EQ(first.back, 7201);
    const ClockStep second = step({237600, 241200}, {252000, 237599, 241199, 255599, 248399, 251999});
    EXPECT_EQ(second.place, 1u);
    EXPECT_EQ(second.back, 7201);
    const ClockStep plain = step({3600}, {7200, 3601, 7201, 10801});
    EXPECT_EQ(plain.place, 1u);
    EXPECT_EQ(plain.back, 7199);
}

TEST(ClockStep, NonsenseEndsToo)
{
    EXPECT_EQ(step({}, {}).back, 0);
    EXPECT_EQ(step({5}, {}).back, 0);
    EXPECT_GE(step({100000}, {0, 0, 0, 0}).back, 100000);
    EXPECT_GE(findClockStep(Times{7, 7, 7}, Times{1, 2, 3}, 1).back, 0);
}

} // namespace
} // namespace weir
