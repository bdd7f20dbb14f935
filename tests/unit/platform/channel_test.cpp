#include "platform/channel.h"

#include <QFile>
#include <QTemporaryDir>

#include <gtest/gtest.h>

#include <thread>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace std::chrono_literals;

namespace weir {
namespace {

class ChannelTest : public ::testing::Test {
protected:
    void SetUp() override
    {
        auto ends = Channel::pair();
        ASSERT_TRUE(ends);
        a = std::move(ends->first);
        b = std::move(ends->second);
    }
    void raw(const QByteArray& bytes) { ASSERT_EQ(::send(a->descriptor(), bytes.constData(), bytes.size(), 0), bytes.size()); }

    std::unique_ptr<Channel> a, b;
};

TEST_F(ChannelTest, MessagesComeWholeAndInOrder)
{
    const QByteArray large(3 << 20, 'x');
    std::thread sender([&] {
        EXPECT_TRUE(a->send("one"));
        EXPECT_TRUE(a->send(large));
        EXPECT_TRUE(a->send("three"));
    });
    EXPECT_EQ((*b->receive(10s))->bytes, "one");
    EXPECT_EQ((*b->receive(10s))->bytes, large);
    EXPECT_EQ((*b->receive(10s))->bytes, "three");
    sender.join();
    EXPECT_FALSE(*b->receive(0ms)) << "nothing more";
}

TEST_F(ChannelTest, AnOpenFileComesWithItsOwnMessage)
{
    QTemporaryDir folder;
    const QByteArray path = QFile::encodeName(folder.filePath("f"));
    const int file = ::open(path.constData(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    ASSERT_GE(file, 0);
    ASSERT_TRUE(a->send("before"));
    ASSERT_TRUE(a->send("with", file));
    ASSERT_TRUE(a->send("after"));
    ::close(file);
    EXPECT_EQ((*b->receive(10s))->descriptor, -1);
    {
        auto with = b->receive(10s);
        EXPECT_EQ((*with)->bytes, "with");
        const int passed = (*with)->take();
        ASSERT_GE(passed, 0);
        EXPECT_EQ(::pwrite(passed, "hello", 5, 0), 5);
        ::close(passed);
    }
    EXPECT_EQ((*b->receive(10s))->descriptor, -1);
    QFile read(folder.filePath("f"));
    ASSERT_TRUE(read.open(QIODevice::ReadOnly));
    EXPECT_EQ(read.readAll(), "hello");
}

TEST_F(ChannelTest, TheEndOfTheOtherSideIsNoticed)
{
    a.reset();
    EXPECT_EQ(b->receive(10s).error().code, Code::ConnectionLost);
    EXPECT_EQ(b->send("x").error().code, Code::ConnectionLost);
}

TEST_F(ChannelTest, ACrashHasALastWord)
{
    Channel::sayCrashed(a->descriptor());
    EXPECT_EQ(b->receive(10s).error().code, Code::PluginCrashed);
}

TEST_F(ChannelTest, WhatIsTooLongOrEmptyEndsIt)
{
    EXPECT_FALSE(a->send({}));
    raw(QByteArray("\xff\xff\xff\x7f", 4));
    EXPECT_EQ(b->receive(10s).error().code, Code::RpcFrameTooBig);
    SetUp();
    raw(QByteArray(4, '\0'));
    EXPECT_EQ(b->receive(10s).error().code, Code::RpcFrameTooBig);
    SetUp();
    raw(QByteArray("\x01\x00\x00\x80x", 5)); // announces a file, and sends none
    EXPECT_EQ(b->receive(10s).error().code, Code::RpcFrameTooBig);
}

} // namespace
} // namespace weir
