#include "queue/runner.h"
#include "support/main_inbox.h"

#include <gtest/gtest.h>

#include <QTemporaryDir>

#include <atomic>
#include <condition_variable>
#include <map>

namespace weir {

namespace {

class RunnerTest : public testing::Test {
protected:
    void waitFor(std::size_t ends)
    {
        main_.runUntil([&] { return ended_.size() >= ends; });
    }

    test::MainInbox main_;
    std::map<TaskId, Result<void>> ended_;
    Inbox inbox_{main_.executor()};
    Runner runner_{inbox_, nullptr, [this](const Runner::Ended& end) { ended_.emplace(end.task, end.outcome); }};
};

} // namespace

TEST_F(RunnerTest, BringsOutcomesToTheMainThread)
{
    runner_.start(1, "p", [] { return Result<void>(); });
    runner_.start(2, "p", []() -> Result<void> { return failure(Code::Stalled, QStringLiteral("x")); });
    waitFor(2);
    EXPECT_TRUE(ended_.at(1));
    EXPECT_EQ(ended_.at(2).error().code, Code::Stalled);
}

TEST_F(RunnerTest, WhatAPluginThrowsIsAnError)
{
    runner_.start(1, "p", []() -> Result<void> { throw std::runtime_error("bad day"); });
    runner_.start(2, "p", []() -> Result<void> { throw 7; });
    runner_.start(3, "p", []() -> Result<void> { throw std::bad_alloc(); });
    waitFor(3);
    EXPECT_EQ(ended_.at(1).error().code, Code::PluginThrew);
    EXPECT_EQ(ended_.at(1).error().detail, QStringLiteral("bad day"));
    EXPECT_EQ(ended_.at(2).error().code, Code::PluginThrew);
    EXPECT_EQ(ended_.at(3).error().code, Code::OutOfMemory);
}

TEST_F(RunnerTest, ThreadsAreUsedAgain)
{
    for (TaskId id = 1; id <= 200; ++id) {
        runner_.start(id, "p", [] { return Result<void>(); });
        waitFor(std::size_t(id));
    }
    EXPECT_EQ(runner_.threads(), 1u);
}

TEST_F(RunnerTest, OneThatBlocksHoldsUpNobody)
{
    std::mutex mutex;
    std::condition_variable changed;
    bool go = false;
    runner_.start(1, "p", [&] {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return go; });
        return Result<void>();
    });
    runner_.start(2, "p", [] { return Result<void>(); });
    waitFor(1);
    EXPECT_TRUE(ended_.contains(2));
    {
        const std::lock_guard lock(mutex);
        go = true;
    }
    changed.notify_all();
    waitFor(2);
}

TEST_F(RunnerTest, WhatTheRunOwnedIsGoneBeforeItsEndIsTold)
{
    auto owned = std::make_shared<int>(1);
    const std::weak_ptr<int> watched = owned;
    runner_.start(1, "p", [owned = std::move(owned)] { return Result<void>(); });
    waitFor(1);
    EXPECT_TRUE(watched.expired());
}

TEST(RunnerAndBlackBox, ARunIsNotedWhileItLasts)
{
    QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("box"));
    test::MainInbox main;
    std::vector<BlackBox::Note> during;
    {
        auto box = BlackBox::open(path);
        ASSERT_TRUE(box);
        Inbox inbox(main.executor());
        bool ended = false;
        Runner runner(inbox, box->get(), [&](const Runner::Ended&) { ended = true; });
        runner.start(42, "http", [&] {
            during = (*BlackBox::open(path))->lastLife();
            return Result<void>();
        });
        main.runUntil([&] { return ended; });
    }
    ASSERT_EQ(during.size(), 1u);
    EXPECT_EQ(during[0], (BlackBox::Note{42, "http"}));
}

} // namespace weir
