#include "queue/ready_index.h"

#include <gtest/gtest.h>

namespace weir {

namespace {

constexpr TimePoint t0{std::chrono::hours(1)};

std::vector<TaskId> idsOf(const std::vector<Candidate>& candidates)
{
    std::vector<TaskId> ids;
    for (const Candidate& candidate : candidates)
        ids.push_back(candidate.id);
    return ids;
}

ReadyIndex::HostRoom anyRoom(const QByteArray&) { return {.free = 1'000}; }

} // namespace

TEST(ReadyIndex, MergesHostsInQueueOrderHigherPriorityFirst)
{
    ReadyIndex index;
    index.put({0, 10, 1}, "a", {}, t0);
    index.put({0, 20, 2}, "b", {}, t0);
    index.put({0, 30, 3}, "a", {}, t0);
    index.put({1, 99, 4}, "c", {}, t0);
    index.put({-1, 1, 5}, "b", {}, t0);
    EXPECT_EQ(idsOf(index.candidates(10, anyRoom)), (std::vector<TaskId>{4, 1, 2, 3, 5}));
    EXPECT_EQ(idsOf(index.candidates(2, anyRoom)), (std::vector<TaskId>{4, 1}));
}

TEST(ReadyIndex, GivesOfEachHostNoMoreThanItHasRoomFor)
{
    ReadyIndex index;
    for (TaskId id = 1; id <= 100; ++id)
        index.put({0, id, id}, id <= 90 ? "crowded" : "free", {}, t0);
    const auto found = index.candidates(
        64, [](const QByteArray& host) -> ReadyIndex::HostRoom { return {.free = host == "crowded" ? 2 : 16}; });
    EXPECT_EQ(idsOf(found), (std::vector<TaskId>{1, 2, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100}));
}

TEST(ReadyIndex, ARestingHostIsNamedOnceAndTakesNobodysPlace)
{
    ReadyIndex index;
    index.put({0, 1, 1}, "resting", {}, t0);
    index.put({0, 2, 2}, "resting", {}, t0);
    index.put({0, 3, 3}, "b", {}, t0);
    const auto found = index.candidates(
        1, [](const QByteArray& host) -> ReadyIndex::HostRoom { return {.free = 5, .resting = host == "resting"}; });
    EXPECT_EQ(idsOf(found), (std::vector<TaskId>{1, 3}));
}

TEST(ReadyIndex, RipensInTime)
{
    using std::chrono::seconds;
    ReadyIndex index;
    index.put({0, 1, 1}, "a", t0 + seconds(5), t0);
    index.put({0, 2, 2}, "a", t0 + seconds(9), t0);
    EXPECT_TRUE(index.empty());
    EXPECT_EQ(index.nextRipe(), t0 + seconds(5));
    index.ripen(t0 + seconds(5));
    EXPECT_EQ(idsOf(index.candidates(9, anyRoom)), (std::vector<TaskId>{1}));
    EXPECT_EQ(index.nextRipe(), t0 + seconds(9));
}

TEST(ReadyIndex, WhatIsDroppedOrMovedLeavesNoTrace)
{
    ReadyIndex index;
    index.put({0, 1, 1}, "a", {}, t0);
    index.put({0, 2, 2}, "a", {}, t0);
    index.put({1, 2, 2}, "b", {}, t0); // another priority and host
    EXPECT_EQ(idsOf(index.candidates(9, anyRoom)), (std::vector<TaskId>{2, 1}));
    index.drop(2);
    index.drop(1);
    index.drop(77);
    EXPECT_TRUE(index.empty());
    EXPECT_EQ(index.size(), 0u);
}

} // namespace weir
