#include <weir/rate_bucket.h>

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace weir {
namespace {

using namespace std::chrono_literals;
using Time = RateBucket::Time;

const Time kStart{std::chrono::hours(1000)};

/// Reads `piece` bytes whenever the bucket allows it, and looks again as late as the engine would; bytes within `length`.
qint64 transfer(RateBucket& bucket, std::chrono::seconds length, qint64 piece, std::chrono::milliseconds late)
{
    Time now = kStart;
    qint64 bytes = 0;
    while (now < kStart + length) {
        if (const auto wait = bucket.wait(now); wait.count() > 0) {
            now += wait + late;
            continue;
        }
        bucket.charge(piece, now);
        bytes += piece;
    }
    return bytes;
}

TEST(RateBucket, UnlimitedNeverWaitsButCounts)
{
    RateBucket bucket;
    bucket.charge(1 << 30, kStart);
    EXPECT_EQ(bucket.wait(kStart).count(), 0);
    EXPECT_EQ(bucket.total(), 1 << 30);
}

TEST(RateBucket, HoldsTwoMegabytesASecondOverAMinuteWithinOnePercent)
{
    for (const auto late : {0ms, 1ms, 25ms, 90ms}) {
        for (const qint64 piece : {qint64(1448), qint64(16384)}) {
            RateBucket bucket;
            bucket.setRate(2'000'000, kStart);
            const qint64 bytes = transfer(bucket, 60s, piece, late);
            EXPECT_NEAR(double(bytes), 120e6, 1.2e6) << piece << " bytes, looked " << late.count() << " ms late";
        }
    }
}

TEST(RateBucket, SmallPiecesAtAHighRateAreNotRoundedAway)
{
    RateBucket bucket;
    bucket.setRate(900'000'000, kStart);
    EXPECT_NEAR(double(transfer(bucket, 1s, 1448, 0ms)), 900e6, 9e6);
}

TEST(RateBucket, IdleTimeEarnsAtMostATenthOfASecond)
{
    RateBucket bucket;
    bucket.setRate(1'000'000, kStart);
    bucket.charge(1, kStart);
    const Time later = kStart + 1h;
    qint64 burst = 0;
    while (bucket.wait(later).count() == 0) {
        bucket.charge(1000, later);
        burst += 1000;
    }
    EXPECT_NEAR(double(burst), 100'000, 2'000);
}

TEST(RateBucket, ChildWaitsForTheLongestDebtUpToTheRoot)
{
    RateBucket root, first(&root), second(&root);
    root.setRate(1'000'000, kStart);
    first.setRate(100'000, kStart);
    first.charge(50'000, kStart);
    EXPECT_NEAR(double(first.wait(kStart).count()), 500'000, 1);
    EXPECT_NEAR(double(second.wait(kStart).count()), 50'000, 1) << "the root's debt counts for the sibling too";
    EXPECT_EQ(root.total(), 50'000);
    EXPECT_EQ(second.total(), 0);
}

TEST(RateBucket, ChildrenTogetherKeepTheParentsRate)
{
    RateBucket root, first(&root), second(&root);
    root.setRate(2'000'000, kStart);
    first.setRate(1'800'000, kStart);
    Time now = kStart;
    while (now < kStart + 60s) {
        bool moved = false;
        for (RateBucket* bucket : {&first, &second}) {
            if (bucket->wait(now).count() == 0) {
                bucket->charge(16384, now);
                moved = true;
            }
        }
        if (!moved)
            now += std::min(first.wait(now), second.wait(now)) + 1us;
    }
    EXPECT_NEAR(double(first.total() + second.total()), 120e6, 1.2e6);
    EXPECT_EQ(root.total(), first.total() + second.total());
    EXPECT_LE(first.total(), 109'100'000);
    EXPECT_GE(second.total(), 10'900'000) << "what the first may not have is the second's";
}

TEST(RateBucket, RaisedLimitActsAtOnce)
{
    RateBucket bucket;
    bucket.setRate(1'000, kStart);
    bucket.charge(60'000, kStart);
    EXPECT_GT(bucket.wait(kStart), 59s);
    bucket.setRate(10'000'000, kStart);
    EXPECT_LT(bucket.wait(kStart), 10ms);
    bucket.setRate(0, kStart);
    EXPECT_EQ(bucket.wait(kStart).count(), 0);
}

TEST(RateBucket, LoweredLimitDoesNotLengthenAnOldWait)
{
    RateBucket bucket;
    bucket.setRate(1'000'000, kStart);
    bucket.charge(500'000, kStart);
    bucket.setRate(1'000, kStart);
    EXPECT_LE(bucket.wait(kStart), 500ms);
}

TEST(RateBucket, ChangingTheRateAllTheTimeGivesNothingAway)
{
    RateBucket bucket;
    bucket.setRate(100'000, kStart);
    Time now = kStart;
    qint64 bytes = 0;
    for (int tick = 0; now < kStart + 60s; ++tick, now += 10ms) {
        if (tick % 25 == 0)
            bucket.setRate(tick % 50 == 0 ? 100'000 : 100'001, now);
        while (bucket.wait(now).count() == 0) {
            bucket.charge(16384, now);
            bytes += 16384;
        }
    }
    EXPECT_NEAR(double(bytes), 6e6, 6e4);
}

TEST(RateBucket, ManyThreadsLoseNothing)
{
    RateBucket root, child(&root);
    root.setRate(1'000'000'000'000, kStart);
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&child] {
            for (int n = 0; n < 10'000; ++n)
                child.charge(100, kStart);
        });
    for (std::thread& thread : threads)
        thread.join();
    EXPECT_EQ(root.total(), 4'000'000);
}

} // namespace
} // namespace weir
