#include "queue/scheduler.h"

#include <gtest/gtest.h>

namespace weir {

namespace {

constexpr TimePoint t0{std::chrono::hours(1)};

Candidate task(TaskId id, QByteArray host = {}, int connections = 1, TimePoint notBefore = {})
{
    return {.id = id, .position = id, .host = std::move(host), .connections = connections, .notBefore = notBefore};
}

} // namespace

TEST(Plan, KeepsTheGivenOrderAndEndsAtTheProgramsLimit)
{
    const std::vector<Candidate> waiting{task(5, "a"), task(2, "b"), task(9, "c")};
    EXPECT_EQ(plan(waiting, {}, {.maxConnections = 2}, t0).start, (std::vector<TaskId>{5, 2}));
}

TEST(Plan, PassesOverAFullHost)
{
    const std::vector<Candidate> waiting{task(1, "a"), task(2, "a"), task(3, "b")};
    EXPECT_EQ(plan(waiting, {}, {.maxPerHost = 1}, t0).start, (std::vector<TaskId>{1, 3}));
}

TEST(Plan, CountsConnectionsAndNotTasks)
{
    const std::vector<Candidate> running{task(1, "a", 15)};
    const std::vector<Candidate> waiting{task(2, "a"), task(3, "a"), task(4, "b")};
    EXPECT_EQ(plan(waiting, running, {.maxConnections = 64, .maxPerHost = 16}, t0).start, (std::vector<TaskId>{2, 4}));
    EXPECT_EQ(plan(waiting, running, {.maxConnections = 16, .maxPerHost = 20}, t0).start, (std::vector<TaskId>{2}));
}

TEST(Plan, NeverRunsMoreTasksThanAllowed)
{
    const std::vector<Candidate> running{task(1, "a"), task(2, "b")};
    const std::vector<Candidate> waiting{task(3, "c"), task(4, "d")};
    EXPECT_EQ(plan(waiting, running, {.maxRunning = 3}, t0).start, (std::vector<TaskId>{3}));
}

TEST(Plan, SaysWhenToLookAgain)
{
    using std::chrono::seconds;
    const std::vector<Candidate> waiting{task(1, "a", 1, t0 + seconds(9)), task(2, "b", 1, t0 + seconds(3)), task(3, "c")};
    const Plan result = plan(waiting, {}, {}, t0);
    EXPECT_EQ(result.start, (std::vector<TaskId>{3}));
    EXPECT_EQ(result.wakeAt, t0 + seconds(3));
    EXPECT_FALSE(plan(std::vector<Candidate>{task(3)}, {}, {}, t0).wakeAt);
}

TEST(Plan, HostsHaveLimitsAndRestsOfTheirOwn)
{
    Policy policy{.maxPerHost = 16};
    policy.perHost = [](const QByteArray& host) { return host == "low" ? 1 : 100; };
    policy.hostNotBefore = [](const QByteArray& host) {
        return host == "resting" ? t0 + std::chrono::seconds(5) : TimePoint{};
    };
    std::vector<Candidate> waiting{task(1, "low"), task(2, "low"), task(3, "resting")};
    for (TaskId id = 10; id < 40; ++id)
        waiting.push_back(task(id, "h2"));
    const Plan result = plan(waiting, {}, policy, t0);
    EXPECT_EQ(result.start.size(), 31u);
    EXPECT_EQ(result.wakeAt, t0 + std::chrono::seconds(5));
}

} // namespace weir
