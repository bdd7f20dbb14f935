#include "queue/retry_rule.h"

#include <gtest/gtest.h>

namespace weir {

namespace {

Verdict judged(RunEnd end)
{
    end.nowMs = end.nowMs ? end.nowMs : 1'000'000;
    return judge(end, BackoffPolicy{}, [] { return 0.5; });
}

} // namespace

TEST(RetryRule, TheTablesColumnDecidesForEveryError)
{
    for (const ErrorRow& row : errorRows()) {
        if (row.code == Code::Ok || row.code == Code::Cancelled || row.code == Code::OtherAdapter)
            continue;
        const Verdict verdict = judged({.error = {row.code, {}}});
        Event expected = Event::Fail;
        if (row.retry == Retry::Now || row.retry == Retry::Later || row.retry == Retry::OtherSource
            || volumeTrouble(row.code) != VolumeTrouble::None)
            expected = Event::TryAgain;
        else if (row.code == Code::AwaitingChoice)
            expected = Event::Ask;
        EXPECT_EQ(verdict.event, expected) << row.name;
        const bool later = row.retry == Retry::Later || row.retry == Retry::OtherSource;
        EXPECT_EQ(verdict.notBefore > 0, later) << row.name;
    }
}

TEST(RetryRule, LaterWaitsLongerEachTimeAndEndsAfterSoManyInARow)
{
    qint64 before = 0;
    for (int attempts = 0; attempts < 4; ++attempts) {
        const Verdict verdict = judged({.error = {Code::ConnectRefused, {}}, .attempts = attempts, .maxAttempts = 5});
        EXPECT_EQ(verdict.event, Event::TryAgain);
        EXPECT_EQ(verdict.attempts, attempts + 1);
        EXPECT_GT(verdict.notBefore, before);
        before = verdict.notBefore;
    }
    EXPECT_EQ(judged({.error = {Code::ConnectRefused, {}}, .attempts = 4, .maxAttempts = 5}).event, Event::Fail);
}

TEST(RetryRule, ProgressBeginsTheCountAnew)
{
    const Verdict verdict =
        judged({.error = {Code::ConnectionReset, {}}, .progressed = true, .attempts = 99, .maxAttempts = 5});
    EXPECT_EQ(verdict.event, Event::TryAgain);
    EXPECT_EQ(verdict.attempts, 1);
}

TEST(RetryRule, RetryAfterWins)
{
    const auto when = std::chrono::system_clock::time_point(std::chrono::milliseconds(5'000'000));
    EXPECT_EQ(judged({.error = {Code::HttpUnavailable, {}, 503, when}}).notBefore, 5'000'000);
    EXPECT_EQ(judged({.error = {Code::HttpUnavailable, {}, 503, when}, .nowMs = 6'000'000}).notBefore, 6'000'000);
}

TEST(RetryRule, NowIsAtOnceThreeTimesAndThenLater)
{
    for (int before = 0; before < 3; ++before) {
        const Verdict verdict = judged({.error = {Code::RangeIgnored, {}}, .atOnce = before});
        EXPECT_EQ(verdict.event, Event::TryAgain);
        EXPECT_EQ(verdict.notBefore, 0);
        EXPECT_EQ(verdict.atOnce, before + 1);
    }
    const Verdict verdict = judged({.error = {Code::RangeIgnored, {}}, .atOnce = 3});
    EXPECT_GT(verdict.notBefore, 0);
    EXPECT_EQ(verdict.atOnce, 0);
}

TEST(RetryRule, AStopIsNoFailureUnlessTheErrorIsFinal)
{
    EXPECT_EQ(judged({.error = {Code::Cancelled, {}}, .stopRequested = true, .attempts = 2}).event, Event::Stopped);
    EXPECT_EQ(judged({.error = {Code::Cancelled, {}}, .stopRequested = true, .attempts = 2}).attempts, 2);
    EXPECT_EQ(judged({.error = {Code::ConnectionReset, {}}, .stopRequested = true}).event, Event::Stopped);
    EXPECT_EQ(judged({.error = {Code::ChecksumMismatch, {}}, .stopRequested = true}).event, Event::Fail);
    EXPECT_EQ(judged({.error = {Code::Ok, {}}, .stopRequested = true}).event, Event::Finish);
}

TEST(RetryRule, CancelledWithoutAStopIsNoLoopWithoutAPause)
{
    const Verdict verdict = judged({.error = {Code::Cancelled, {}}});
    EXPECT_EQ(verdict.event, Event::TryAgain);
    EXPECT_GT(verdict.notBefore, 0);
}

TEST(RetryRule, DiskTroubleHoldsTheVolume)
{
    EXPECT_EQ(judged({.error = {Code::DiskFull, {}}}).trouble, VolumeTrouble::Full);
    EXPECT_EQ(judged({.error = {Code::DiskQuota, {}}}).trouble, VolumeTrouble::Full);
    EXPECT_EQ(judged({.error = {Code::DiskReadOnly, {}}}).trouble, VolumeTrouble::ReadOnly);
    EXPECT_EQ(judged({.error = {Code::DiskGone, {}}}).trouble, VolumeTrouble::Gone);
    EXPECT_EQ(judged({.error = {Code::DiskIo, {}}}).event, Event::Fail);
}

} // namespace weir
