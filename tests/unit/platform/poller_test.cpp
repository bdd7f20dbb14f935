#include "platform/poller.h"

#include <gtest/gtest.h>

#include <thread>

#include <sys/socket.h>
#include <unistd.h>

namespace weir {
namespace {

using namespace std::chrono_literals;

class PollerTest : public ::testing::Test {
protected:
    void SetUp() override
    {
        ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends_), 0);
        poller_ = std::move(*Poller::create());
    }
    void TearDown() override
    {
        close(ends_[0]);
        close(ends_[1]);
    }
    int ends_[2];
    std::unique_ptr<Poller> poller_;
};

TEST_F(PollerTest, SaysWhoseSocketIsReadable)
{
    poller_->watch(ends_[0], 7, true, false);
    EXPECT_TRUE(poller_->wait(0ms).empty());
    ASSERT_EQ(write(ends_[1], "x", 1), 1);
    const auto events = poller_->wait(10s);
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].socket, ends_[0]);
    EXPECT_EQ(events[0].owner, 7U);
    EXPECT_TRUE(events[0].readable);
    EXPECT_FALSE(events[0].writable);
}

TEST_F(PollerTest, WatchingAgainChangesTheInterest)
{
    poller_->watch(ends_[0], 1, true, false);
    poller_->watch(ends_[0], 1, false, true);
    const auto events = poller_->wait(10s);
    ASSERT_EQ(events.size(), 1U);
    EXPECT_TRUE(events[0].writable);
}

TEST_F(PollerTest, ForgottenSocketsAreSilentAndMayBeForgottenTwice)
{
    poller_->watch(ends_[0], 1, false, true);
    poller_->forget(ends_[0]);
    poller_->forget(ends_[0]);
    EXPECT_TRUE(poller_->wait(0ms).empty());
}

TEST_F(PollerTest, TellsThatTheOtherEndHasClosed)
{
    poller_->watch(ends_[0], 1, true, false);
    shutdown(ends_[1], SHUT_RDWR);
    const auto events = poller_->wait(10s);
    ASSERT_EQ(events.size(), 1U);
    EXPECT_TRUE(events[0].failed);
}

TEST_F(PollerTest, WakeEndsTheWaitAndIsNoEvent)
{
    std::thread other([this] { poller_->wake(); });
    EXPECT_TRUE(poller_->wait().empty());
    other.join();
    EXPECT_TRUE(poller_->wait(0ms).empty());
}

} // namespace
} // namespace weir
