#include "plugin_host/quarantine.h"

#include <gtest/gtest.h>

namespace weir {

namespace {

constexpr qint64 kNow = 1'000'000'000'000;
constexpr qint64 kHour = 3'600'000;

StrikeRecord strikeAt(qint64 at, const char* plugin = "bad") { return {QString::fromLatin1(plugin), 1, at}; }

} // namespace

TEST(Blame, OneDeathIsOneStrikeForAPluginHoweverManyOfItsTasksRan)
{
    const Blame result =
        blame({{1, QStringLiteral("http")}, {2, QStringLiteral("http")}, {3, QStringLiteral("bt")}, {4, {}}}, {}, kNow);
    ASSERT_EQ(result.strikes.size(), 2u);
    EXPECT_EQ(result.strikes[0].plugin, QStringLiteral("http"));
    EXPECT_EQ(result.strikes[1].task, 3);
    EXPECT_TRUE(result.quarantine.isEmpty());
}

TEST(Blame, TheThirdStrikeWithinADayQuarantines)
{
    EXPECT_TRUE(blame({{1, QStringLiteral("bad")}}, {strikeAt(kNow - kHour)}, kNow).quarantine.isEmpty());
    EXPECT_EQ(blame({{1, QStringLiteral("bad")}}, {strikeAt(kNow - kHour), strikeAt(kNow - 23 * kHour)}, kNow).quarantine,
        QStringList{QStringLiteral("bad")});
    EXPECT_TRUE(
        blame({{1, QStringLiteral("bad")}}, {strikeAt(kNow - kHour), strikeAt(kNow - 25 * kHour)}, kNow).quarantine.isEmpty());
    EXPECT_TRUE(blame({{1, QStringLiteral("bad")}}, {strikeAt(kNow - kHour), strikeAt(kNow - kHour, "other")}, kNow)
                    .quarantine.isEmpty());
}

TEST(Blame, ATaskCrashesOutAfterTwo)
{
    EXPECT_FALSE(taskHasCrashedOut(1));
    EXPECT_TRUE(taskHasCrashedOut(2));
}

} // namespace weir
