#include "support/fake_clock.h"

#include <gtest/gtest.h>

using namespace std::chrono_literals;

namespace weir::test {
namespace {

bool never() { return false; }

TEST(FakeClock, RunsEventsInOrderOfTimeAndThenOfGiving)
{
    FakeClock clock;
    std::string order;
    clock.after(2s, [&] { order += 'c'; });
    clock.after(1s, [&] { order += 'a'; });
    clock.after(1s, [&] { order += 'b'; });
    clock.runAll();
    EXPECT_EQ(order, "abc");
    EXPECT_EQ(clock.elapsed(), 2s);
}

TEST(FakeClock, WaitEndsWhenAnEventMakesItReady)
{
    FakeClock clock;
    std::mutex mutex;
    std::condition_variable_any changed;
    bool ready = false;
    clock.after(3h, [&] {
        const std::lock_guard lock(mutex); // the waiter must not hold it while events run
        ready = true;
    });
    std::unique_lock lock(mutex);
    EXPECT_TRUE(clock.wait(lock, changed, {}, TimePoint::max(), [&] { return ready; }));
    EXPECT_EQ(clock.elapsed(), 3h);
    EXPECT_TRUE(lock.owns_lock());
}

TEST(FakeClock, WaitEndsAtItsDeadlineAndLeavesLaterEventsAlone)
{
    FakeClock clock;
    std::mutex mutex;
    std::condition_variable_any changed;
    bool ran = false;
    clock.after(2s, [&] { ran = true; });
    std::unique_lock lock(mutex);
    EXPECT_FALSE(clock.wait(lock, changed, {}, clock.now() + 1s, never));
    EXPECT_EQ(clock.elapsed(), 1s);
    EXPECT_FALSE(ran);
    EXPECT_EQ(clock.pending(), 1u);
}

TEST(FakeClock, WaitEndsWhenAnEventRequestsStop)
{
    FakeClock clock;
    std::mutex mutex;
    std::condition_variable_any changed;
    std::stop_source stop;
    clock.after(1s, [&] { stop.request_stop(); });
    std::unique_lock lock(mutex);
    EXPECT_FALSE(clock.wait(lock, changed, stop.get_token(), TimePoint::max(), never));
    EXPECT_EQ(clock.elapsed(), 1s);
}

TEST(FakeClock, CancelledEventsDoNotRun)
{
    FakeClock clock;
    bool ran = false;
    clock.cancel(clock.after(1s, [&] { ran = true; }));
    clock.runFor(2s);
    EXPECT_FALSE(ran);
    EXPECT_EQ(clock.elapsed(), 2s);
}

TEST(FakeClockDeathTest, AWaitThatNothingCanEndIsReported)
{
    EXPECT_DEATH(
        {
            FakeClock clock;
            std::mutex mutex;
            std::condition_variable_any changed;
            std::unique_lock lock(mutex);
            clock.wait(lock, changed, {}, TimePoint::max(), never);
        },
        "nothing left that could end it");
}

} // namespace
} // namespace weir::test
