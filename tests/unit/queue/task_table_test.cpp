#include "queue/task_table.h"

#include <gtest/gtest.h>

namespace weir {

namespace {

Task taskOf(TaskId id, qint64 position, qint8 priority = 0, State state = State::Waiting)
{
    Task task;
    task.id = id;
    task.position = position;
    task.priority = priority;
    task.state = state;
    return task;
}

std::vector<TaskId> waitingIds(const TaskTable& table)
{
    std::vector<TaskId> ids;
    for (const Task* task : table.waiting())
        ids.push_back(task->id);
    return ids;
}

std::vector<TaskId> changedSince(const TaskTable& table, quint64 revision)
{
    std::vector<TaskId> ids;
    const auto changes = table.since(revision);
    for (const Task* task : changes->changed)
        ids.push_back(task->id);
    return ids;
}

} // namespace

TEST(TaskTable, WaitingOnesComeByPriorityThenPosition)
{
    TaskTable table;
    table.insert(taskOf(1, 30));
    table.insert(taskOf(2, 10, -1));
    table.insert(taskOf(3, 20, 1));
    table.insert(taskOf(4, 5, 0, State::Done));
    table.insert(taskOf(5, 20));
    EXPECT_EQ(waitingIds(table), (std::vector<TaskId>{3, 5, 1, 2}));
    table.find(1)->position = 1;
    table.touch(*table.find(1));
    table.find(3)->state = State::Running;
    table.touch(*table.find(3));
    EXPECT_EQ(waitingIds(table), (std::vector<TaskId>{1, 5, 2}));
    EXPECT_EQ(table.count(State::Waiting), 3u);
    EXPECT_EQ(table.count(State::Running), 1u);
    EXPECT_EQ(table.count(State::Done), 1u);
}

TEST(TaskTable, SinceTellsEachChangeOnceInTheOrderOfTheLast)
{
    TaskTable table;
    for (TaskId id = 1; id <= 3; ++id)
        table.insert(taskOf(id, id));
    const quint64 before = table.revision();
    EXPECT_TRUE(table.since(before)->changed.empty());
    table.touch(*table.find(3));
    table.touch(*table.find(1));
    table.touch(*table.find(3));
    EXPECT_EQ(changedSince(table, before), (std::vector<TaskId>{1, 3}));
    EXPECT_EQ(changedSince(table, 0), (std::vector<TaskId>{2, 1, 3}));
}

TEST(TaskTable, SinceTellsRemovals)
{
    TaskTable table;
    for (TaskId id = 1; id <= 3; ++id)
        table.insert(taskOf(id, id));
    const quint64 before = table.revision();
    table.remove(2);
    table.remove(99);
    const auto changes = table.since(before);
    ASSERT_TRUE(changes);
    EXPECT_TRUE(changes->changed.empty());
    EXPECT_EQ(changes->removed, (std::vector<TaskId>{2}));
    EXPECT_EQ(table.find(2), nullptr);
    EXPECT_EQ(waitingIds(table), (std::vector<TaskId>{1, 3}));
}

TEST(TaskTable, ARevisionThatIsTooOldOrNotYetIsRefused)
{
    TaskTable table;
    EXPECT_FALSE(table.since(1));
    table.insert(taskOf(1, 1));
    const quint64 old = table.revision();
    for (TaskId id = 2; id < 10'010; ++id) {
        table.insert(taskOf(id, id));
        table.remove(id);
    }
    EXPECT_FALSE(table.since(old));
    EXPECT_TRUE(table.since(table.revision() - 5));
}

TEST(TaskTable, TextsThatManyTasksHaveAreKeptOnce)
{
    TaskTable table;
    for (TaskId id = 1; id <= 2; ++id) {
        Task task = taskOf(id, id);
        task.directory = QString::fromLatin1("/home/u/Downloads/%1").arg(QStringLiteral("x"));
        task.host = QByteArray("example.org:") + QByteArray::number(443);
        task.adapter = QByteArray("ht") + "tp";
        table.insert(std::move(task));
    }
    EXPECT_EQ(table.find(1)->directory.constData(), table.find(2)->directory.constData());
    EXPECT_EQ(table.find(1)->host.constData(), table.find(2)->host.constData());
    EXPECT_EQ(table.find(1)->adapter.constData(), table.find(2)->adapter.constData());
}

} // namespace weir
