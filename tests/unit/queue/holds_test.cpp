#include "queue/holds.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace weir {

namespace {

HoldRecord holdOf(const char* scope, const char* key, const char* owner, qint64 until = 0)
{
    return {QString::fromLatin1(scope), QString::fromLatin1(key), QString::fromLatin1(owner), QStringLiteral("because"), until};
}

const Holds::Subject kSubject{7, "http", 42, "host:80"};

} // namespace

TEST(Holds, EachScopeCoversWhatItNames)
{
    for (const HoldRecord& hold : {holdOf("task", "7", "user"), holdOf("kind", "http", "user"), holdOf("volume", "42", "user"),
             holdOf("host", "host:80", "user"), holdOf("network", "", "user"), holdOf("all", "", "user")})
        EXPECT_TRUE(Holds({hold}).covers(kSubject)) << qPrintable(hold.scope);
    for (const HoldRecord& hold : {holdOf("task", "8", "user"), holdOf("kind", "bt", "user"), holdOf("volume", "43", "user"),
             holdOf("host", "other:80", "user")})
        EXPECT_FALSE(Holds({hold}).covers(kSubject)) << qPrintable(hold.scope);
}

TEST(Holds, TwoHoldersAndTheUserInAnyOrderOfRelease)
{
    std::vector<const char*> owners{"battery", "disk-full", "user"};
    std::sort(owners.begin(), owners.end(), [](const char* a, const char* b) { return strcmp(a, b) < 0; });
    do {
        Holds holds;
        for (const char* owner : owners)
            EXPECT_TRUE(holds.place(holdOf("task", "7", owner)));
        for (std::size_t i = 0; i < owners.size(); ++i) {
            EXPECT_TRUE(holds.covers(kSubject)) << "before the release of " << owners[i];
            EXPECT_FALSE(holds.release(QStringLiteral("task"), QStringLiteral("7"), QStringLiteral("nobody")));
            EXPECT_TRUE(holds.release(QStringLiteral("task"), QStringLiteral("7"), QString::fromLatin1(owners[i])));
            EXPECT_EQ(holds.covering(kSubject).size(), owners.size() - i - 1);
        }
        EXPECT_FALSE(holds.covers(kSubject));
    } while (
        std::next_permutation(owners.begin(), owners.end(), [](const char* a, const char* b) { return strcmp(a, b) < 0; }));
}

TEST(Holds, EndingOneScopeLeavesAnother)
{
    Holds holds({holdOf("task", "7", "user"), holdOf("volume", "42", "disk-full"), holdOf("all", "", "metered")});
    holds.release(QStringLiteral("volume"), QStringLiteral("42"), QStringLiteral("disk-full"));
    const auto left = holds.covering(kSubject);
    ASSERT_EQ(left.size(), 2u);
    EXPECT_EQ(left[0]->owner, QStringLiteral("user"));
    EXPECT_EQ(left[1]->owner, QStringLiteral("metered"));
}

TEST(Holds, PlacingTheSameAgainChangesNothingAndAnotherReasonReplaces)
{
    Holds holds;
    EXPECT_TRUE(holds.place(holdOf("task", "7", "user")));
    EXPECT_FALSE(holds.place(holdOf("task", "7", "user")));
    EXPECT_TRUE(holds.place(holdOf("task", "7", "user", 99)));
    EXPECT_EQ(holds.all().size(), 1u);
    EXPECT_EQ(holds.nextExpiry(), 99);
}

TEST(Holds, ExpireInTime)
{
    Holds holds({holdOf("task", "1", "user", 100), holdOf("task", "2", "user"), holdOf("task", "3", "user", 50),
        holdOf("task", "4", "user", 200)});
    const auto gone = holds.expire(100);
    EXPECT_EQ(gone.size(), 2u);
    EXPECT_EQ(holds.nextExpiry(), 200);
    EXPECT_FALSE(holds.covers({1, {}, 0, {}}));
    EXPECT_TRUE(holds.covers({2, {}, 0, {}}));
    EXPECT_FALSE(holds.covers({3, {}, 0, {}}));
    EXPECT_TRUE(holds.covers({4, {}, 0, {}}));
}

} // namespace weir
