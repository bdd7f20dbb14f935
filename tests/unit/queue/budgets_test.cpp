#include "queue/connection_budget.h"
#include "queue/path_claims.h"
#include "queue/rate_allocator.h"

#include <gtest/gtest.h>

#include <numeric>
#include <thread>

namespace weir {

namespace {

constexpr TimePoint t0{std::chrono::hours(1)};
using std::chrono::minutes;
using std::chrono::seconds;

} // namespace

TEST(HostKey, NamesHostAndPort)
{
    EXPECT_EQ(hostKey(QUrl(QStringLiteral("https://Example.org/a"))), "example.org:443");
    EXPECT_EQ(hostKey(QUrl(QStringLiteral("http://example.org:8080/a"))), "example.org:8080");
    EXPECT_EQ(hostKey(QUrl(QStringLiteral("ftp://[::1]/a"))), "::1:21");
    EXPECT_EQ(hostKey(QUrl(QStringLiteral("magnet:?xt=urn:btih:abc"))), "");
}

TEST(ConnectionBudget, ExtraConnectionsEndAtTheHostsAndTheProgramsLimit)
{
    ConnectionBudget budget;
    budget.setLimits({.total = 5, .perHost = 3});
    budget.take("a");
    EXPECT_TRUE(budget.takeExtra("a", t0));
    EXPECT_TRUE(budget.takeExtra("a", t0));
    EXPECT_FALSE(budget.takeExtra("a", t0));
    EXPECT_TRUE(budget.takeExtra("b", t0));
    EXPECT_TRUE(budget.takeExtra("b", t0));
    EXPECT_FALSE(budget.takeExtra("b", t0));
    EXPECT_EQ(budget.inUse(), 5);
    budget.release("a");
    EXPECT_TRUE(budget.takeExtra("b", t0));
    EXPECT_EQ(budget.inUse("a"), 2);
    EXPECT_EQ(budget.inUse("b"), 3);
}

TEST(ConnectionBudget, WhileOthersWaitNobodyTakesMoreThanHalf)
{
    ConnectionBudget budget;
    budget.setLimits({.total = 64, .perHost = 8});
    budget.setContended(true);
    for (int i = 0; i < 4; ++i)
        EXPECT_TRUE(budget.takeExtra("a", t0));
    EXPECT_FALSE(budget.takeExtra("a", t0));
    budget.setContended(false);
    EXPECT_TRUE(budget.takeExtra("a", t0));
}

TEST(ConnectionBudget, ABusyHostGetsHalfAndRecoversByOneAMinute)
{
    ConnectionBudget budget;
    for (int i = 0; i < 16; ++i)
        budget.take("a");
    budget.busy("a", t0, std::nullopt);
    EXPECT_EQ(budget.limit("a", t0), 8);
    budget.busy("a", t0 + std::chrono::milliseconds(100), std::nullopt); // of the same burst
    EXPECT_EQ(budget.limit("a", t0), 8);
    EXPECT_EQ(budget.limit("a", t0 + minutes(3)), 11);
    EXPECT_EQ(budget.limit("a", t0 + minutes(60)), 16);
    budget.busy("a", t0 + seconds(2), std::nullopt);
    EXPECT_EQ(budget.limit("a", t0 + seconds(2)), 4);
    EXPECT_EQ(budget.limit("b", t0), 16);
}

TEST(ConnectionBudget, RetryAfterIsKeptAndRecoveryBeginsThere)
{
    ConnectionBudget budget;
    budget.take("a");
    budget.busy("a", t0, t0 + minutes(10));
    EXPECT_EQ(budget.notBefore("a"), t0 + minutes(10));
    EXPECT_FALSE(budget.takeExtra("a", t0 + minutes(9)));
    EXPECT_EQ(budget.limit("a", t0 + minutes(10)), 1);
    EXPECT_EQ(budget.limit("a", t0 + minutes(12)), 3);
    EXPECT_TRUE(budget.takeExtra("a", t0 + minutes(12)));
    EXPECT_EQ(budget.notBefore("b"), TimePoint{});
}

TEST(ConnectionBudget, HostsThatMultiplexMayHaveMore)
{
    ConnectionBudget budget;
    budget.multiplexes("a");
    EXPECT_EQ(budget.limit("a", t0), 100);
    EXPECT_EQ(budget.limit("b", t0), 16);
}

TEST(ConnectionBudget, CountsRightFromManyThreads)
{
    ConnectionBudget budget;
    budget.setLimits({.total = 1'000'000, .perHost = 1'000'000});
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            for (int n = 0; n < 1'000; ++n) {
                budget.takeExtra("a", t0);
                budget.release("a");
            }
        });
    for (std::thread& thread : threads)
        thread.join();
    EXPECT_EQ(budget.inUse(), 0);
}

TEST(PathClaims, APathBelongsToOneTask)
{
    PathClaims claims;
    EXPECT_TRUE(claims.claim(QStringLiteral("/d/a"), 1));
    EXPECT_TRUE(claims.claim(QStringLiteral("/d/a"), 1));
    EXPECT_FALSE(claims.claim(QStringLiteral("/d/a"), 2));
    EXPECT_TRUE(claims.claim(QStringLiteral("/d/b"), 1));
    claims.release(QStringLiteral("/d/a"), 2); // not its own
    EXPECT_EQ(claims.owner(QStringLiteral("/d/a")), 1);
    claims.releaseAll(1);
    EXPECT_EQ(claims.size(), 0u);
    EXPECT_TRUE(claims.claim(QStringLiteral("/d/a"), 2));
}

TEST(AllocateRates, SharesByWeight)
{
    const auto rates = allocateRates(4'000, std::vector<RateShare>{{1, 1'000'000}, {3, 1'000'000}});
    EXPECT_NEAR(double(rates[0]), 1'000, 1);
    EXPECT_NEAR(double(rates[1]), 3'000, 1);
}

TEST(AllocateRates, WhatOneLeavesTheOthersGet)
{
    const auto rates = allocateRates(9'000, std::vector<RateShare>{{2, 1'000}, {2, 1'000'000}, {2, 1'000'000}});
    EXPECT_EQ(rates[0], 1'000);
    EXPECT_NEAR(double(rates[1]), 4'000, 1);
    EXPECT_NEAR(double(rates[2]), 4'000, 1);
}

TEST(AllocateRates, WhatNobodyAsksForIsHeadroomAndNobodyGetsZero)
{
    const auto rates = allocateRates(10'000, std::vector<RateShare>{{1, 100}, {1, 100}});
    EXPECT_EQ(rates[0] + rates[1], 10'000);
    for (const qint64 rate : allocateRates(3, std::vector<RateShare>(10, {1, 1'000})))
        EXPECT_GE(rate, 1);
    EXPECT_TRUE(allocateRates(10, {}).empty());
}

TEST(AllocateRates, NeverGivesAwayMoreThanThereIs)
{
    std::vector<RateShare> shares;
    for (int i = 0; i < 50; ++i)
        shares.push_back({priorityWeight(i % 3 - 1), i * 700});
    const auto rates = allocateRates(20'000, shares);
    EXPECT_LE(std::accumulate(rates.begin(), rates.end(), qint64(0)), 20'000 + 50);
}

TEST(EstimateDemand, OneThatUsedUpItsShareWantsMore)
{
    EXPECT_GT(estimateDemand(1'000, 1'000, 0), qint64(1) << 50);
    EXPECT_EQ(estimateDemand(1'000, 1'000, 5'000), 5'000);
    EXPECT_EQ(estimateDemand(400'000, 1'000'000, 0), 500'000);
    EXPECT_GT(estimateDemand(0, 1'000'000, 0), 0);
}

} // namespace weir
