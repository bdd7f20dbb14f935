#include <weir/clock.h>

#include <gtest/gtest.h>

#include <thread>

using namespace weir;

namespace {

struct Waiting {
    std::mutex mutex;
    std::condition_variable_any changed;
    bool ready = false;
};

} // namespace

TEST(SteadyClock, NeverGoesBack)
{
    const auto first = steadyClock().now();
    EXPECT_LE(first, steadyClock().now());
}

TEST(SteadyClock, WaitEndsWhenReady)
{
    Waiting w;
    std::jthread other([&] {
        const std::scoped_lock lock(w.mutex);
        w.ready = true;
        w.changed.notify_all();
    });
    std::unique_lock lock(w.mutex);
    EXPECT_TRUE(steadyClock().wait(lock, w.changed, {}, TimePoint::max(), [&] { return w.ready; }));
    EXPECT_TRUE(lock.owns_lock());
}

TEST(SteadyClock, WaitEndsWhenStopped)
{
    Waiting w;
    std::stop_source stop;
    std::jthread other([&] { stop.request_stop(); });
    std::unique_lock lock(w.mutex);
    EXPECT_FALSE(steadyClock().wait(lock, w.changed, stop.get_token(), TimePoint::max(), [&] { return w.ready; }));
}

TEST(SteadyClock, WaitEndsWhenTheTimeHasCome)
{
    Waiting w;
    std::unique_lock lock(w.mutex);
    const auto until = steadyClock().now() + std::chrono::milliseconds(1);
    EXPECT_FALSE(steadyClock().wait(lock, w.changed, {}, until, [&] { return w.ready; }));
    EXPECT_GE(steadyClock().now(), until);
}
