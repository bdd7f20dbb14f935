// The mailbox between the session that brings a part and the run that writes it.
#include "queue/pushes.h"

#include <gtest/gtest.h>

#include <thread>

using namespace weir;

namespace {

class PushMailbox : public testing::Test {
protected:
    /// An answer that is kept by its name.
    Pushes::Answer keep(std::vector<Result<qint64>>& into)
    {
        return [&into](const Result<qint64>& outcome) { into.push_back(outcome); };
    }

    Pushes pushes{[](const std::function<void()>& work) { work(); }};
    std::vector<Result<qint64>> answers;
    std::stop_source stop;
    const int one = 1, other = 2;
};

TEST_F(PushMailbox, APartGoesAcrossAndItsAnswerBack)
{
    ASSERT_TRUE(pushes.attach(7, &one));
    Result<PushPart> taken = failure(Code::Internal);
    std::jthread run([&] {
        taken = pushes.take(7, stop.get_token());
        pushes.answer(7, 3);
    });
    ASSERT_TRUE(pushes.put(7, {0, "abc", true}, keep(answers)));
    run.join();
    ASSERT_TRUE(taken);
    EXPECT_EQ(taken->bytes, "abc");
    EXPECT_TRUE(taken->last);
    ASSERT_EQ(answers.size(), 1u);
    EXPECT_EQ(*answers[0], 3);
    EXPECT_FALSE(pushes.waits(7));
}

TEST_F(PushMailbox, OnePartAtATime)
{
    ASSERT_TRUE(pushes.attach(7, &one));
    ASSERT_TRUE(pushes.put(7, {}, keep(answers)));
    EXPECT_EQ(pushes.put(7, {}, keep(answers)).error().code, Code::RpcBadParams);
    EXPECT_TRUE(answers.empty());
    pushes.refuse(7, Error{Code::DiskFull, {}});
    ASSERT_EQ(answers.size(), 1u);
    EXPECT_EQ(answers[0].error().code, Code::DiskFull);
    EXPECT_TRUE(pushes.put(7, {}, keep(answers)));
}

TEST_F(PushMailbox, WhoWaitsForNobodyEndsAtOnce)
{
    EXPECT_EQ(pushes.take(7, stop.get_token()).error().code, Code::PushAbandoned);
    ASSERT_TRUE(pushes.attach(7, &one));
    Code ended = Code::Ok;
    std::jthread run([&] { ended = pushes.take(7, stop.get_token()).error().code; });
    pushes.abandon(&one);
    run.join();
    EXPECT_EQ(ended, Code::PushAbandoned);
}

TEST_F(PushMailbox, APageThatIsGoneIsNotWaitedForForEver)
{
    Pushes hasty([](const std::function<void()>& work) { work(); }, std::chrono::milliseconds(0));
    ASSERT_TRUE(hasty.attach(7, &one));
    EXPECT_EQ(hasty.take(7, stop.get_token()).error().code, Code::PushAbandoned);
    ASSERT_TRUE(hasty.put(7, {0, "abc", true}, keep(answers)));
    EXPECT_TRUE(hasty.take(7, stop.get_token())) << "it came back";
}

TEST_F(PushMailbox, AStopWakesTheRunAndARunThatEndsLeavesNoPart)
{
    ASSERT_TRUE(pushes.attach(7, &one));
    Code ended = Code::Ok;
    std::jthread run([&] { ended = pushes.take(7, stop.get_token()).error().code; });
    stop.request_stop();
    run.join();
    EXPECT_EQ(ended, Code::Cancelled);
    // A part that came in between is refused by the run, and is not found by the next.
    ASSERT_TRUE(pushes.put(7, {0, "abc", false}, keep(answers)));
    pushes.answer(7, failure(Code::Cancelled));
    ASSERT_EQ(answers.size(), 1u);
    std::stop_source second;
    second.request_stop();
    EXPECT_EQ(pushes.take(7, second.get_token()).error().code, Code::Cancelled);
}

TEST_F(PushMailbox, AnotherSessionMayTakeOver)
{
    ASSERT_TRUE(pushes.attach(7, &one));
    ASSERT_TRUE(pushes.attach(7, &other));
    pushes.abandon(&one); // comes late: the task is the other's by now
    ASSERT_TRUE(pushes.put(7, {0, "x", false}, keep(answers)));
    EXPECT_TRUE(pushes.take(7, stop.get_token()));
    pushes.abandon(&other);
    ASSERT_EQ(answers.size(), 1u);
    EXPECT_EQ(answers[0].error().code, Code::PushAbandoned);
    pushes.answer(7, 1);
    EXPECT_EQ(answers.size(), 1u) << "answered once";
}

TEST_F(PushMailbox, OnlySoMany)
{
    std::vector<int> senders(Pushes::kMaxAtOnce / Pushes::kMaxOfSender + 1);
    TaskId task = 0;
    for (std::size_t s = 0; s + 1 < senders.size(); ++s) {
        for (int i = 0; i < Pushes::kMaxOfSender; ++i)
            ASSERT_TRUE(pushes.attach(++task, &senders[s]));
        EXPECT_EQ(pushes.attach(1000, &senders[s]).error().code, Code::TooManyPushes);
    }
    EXPECT_EQ(pushes.attach(1000, &senders.back()).error().code, Code::TooManyPushes);
    EXPECT_TRUE(pushes.attach(1, &senders.back())) << "one that is there already";
    pushes.end(2, Error{Code::UnknownTask, {}});
    EXPECT_TRUE(pushes.attach(1000, &senders.back()));
}

} // namespace
