// Tasks whose files get to another folder: in every state, into what can't take them, and when something else is wanted
// meanwhile. /dev/shm stands for the other volume.

#include "queue_world.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>

#include <gtest/gtest.h>

namespace weir {

namespace {

using test::contentOf;
using test::only;

struct Moves : testing::Test, test::QueueWorld {
    Moves() { QDir().mkpath(to); }

    Result<QList<TaskId>> move(TaskId id, const QString& folder)
    {
        return ask([&](Queue::Done done) { queue->relocate(only(id), folder, done); });
    }
    Code codeOf(const Result<QList<TaskId>>& answer) { return answer ? Code::Ok : answer.error().code; }
    QByteArray read(const QString& path)
    {
        QFile there(path);
        return there.open(QIODevice::ReadOnly) ? there.readAll() : QByteArray("(missing)");
    }
    QStringList filesIn(const QString& folder)
    {
        return QDir(folder).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot, QDir::Name);
    }
    /// Half of it is there, and it is stopped by the user.
    TaskId halfDone(const QString& name, qint64 size = 80'000)
    {
        const TaskId id = addOne(QStringLiteral("wait/%1?size=%2").arg(name).arg(size));
        until([&] {
            return read(file(name + QStringLiteral(".part"))).mid(size / 2 - 99, 99) == contentOf(size / 2 - 99, size / 2);
        });
        EXPECT_TRUE(ask([&](Queue::Done done) { queue->pause(only(id), QStringLiteral("user"), {}, 0, done); }));
        until([&] { return stateOf(id) == State::Waiting; });
        return id;
    }
    void resume(TaskId id)
    {
        EXPECT_TRUE(ask([&](Queue::Done done) { queue->resume(only(id), QStringLiteral("user"), done); }));
    }
    TaskRecord rowOf(TaskId id)
    {
        for (const TaskRecord& row : rows())
            if (row.id == id)
                return row;
        return {};
    }

    const QString down = folder.filePath(QStringLiteral("down"));
    const QString to = folder.filePath(QStringLiteral("to"));
};

/// On another volume.
struct MovesAway : Moves {
    void SetUp() override
    {
        if (!other.isValid() || systemDisk().volume(other.path())->device == systemDisk().volume(folder.path())->device)
            GTEST_SKIP() << "/dev/shm is no volume of its own here";
    }
    QTemporaryDir other{QStringLiteral("/dev/shm/weir-moves-XXXXXX")};
};

} // namespace

TEST_F(Moves, ADoneFileGoesAndTheRowFollows)
{
    const TaskId id = addOne(QStringLiteral("ok/a.bin?size=5000"));
    untilState(id, State::Done);
    ASSERT_EQ(move(id, to).value(), QList<TaskId>{id});
    EXPECT_EQ(read(to + QStringLiteral("/a.bin")), contentOf(0, 5'000));
    EXPECT_TRUE(filesIn(down).isEmpty());
    EXPECT_EQ(rowOf(id).directory, to);
    EXPECT_EQ(inFull(id)[u"path"].toString(), to + QStringLiteral("/a.bin"));
    end();
    begin();
    EXPECT_EQ(inFull(id)[u"path"].toString(), to + QStringLiteral("/a.bin"));
}

TEST_F(Moves, WhatLiesBesideADoneFileGoesWithIt)
{
    const TaskId id = addOne(QStringLiteral("ok/film.mp4?beside=de.vtt"));
    untilState(id, State::Done);
    ASSERT_EQ(filesIn(down), (QStringList{QStringLiteral("film.de.vtt"), QStringLiteral("film.mp4")}));
    QFile strangers(to + QStringLiteral("/film.de.vtt"));
    ASSERT_TRUE(strangers.open(QIODevice::WriteOnly));
    ASSERT_TRUE(move(id, to));
    EXPECT_TRUE(filesIn(down).isEmpty());
    EXPECT_EQ(read(to + QStringLiteral("/film (1).de.vtt")), contentOf(0, 100));
    EXPECT_EQ(read(to + QStringLiteral("/film (1).mp4")), contentOf(0, 1'000));
    ASSERT_TRUE(ask([&](Queue::Done done) { queue->remove(only(id), Removal::DeleteFile, done); }));
    EXPECT_EQ(filesIn(to), QStringList{QStringLiteral("film.de.vtt")}) << "a stranger's";
}

TEST_F(Moves, AHeldTaskGoesOnThereWhereItWas)
{
    const TaskId id = halfDone(QStringLiteral("a.bin"));
    ASSERT_TRUE(move(id, to));
    EXPECT_EQ(stateOf(id), State::Waiting);
    EXPECT_TRUE(filesIn(down).isEmpty());
    EXPECT_EQ(filesIn(to), QStringList(QStringLiteral("a.bin.part")));
    const auto progress = *ledger->read<std::vector<ProgressRecord>>([&](Store& store) { return store.progress(id); });
    ASSERT_EQ(progress.size(), 1u);
    EXPECT_EQ(progress[0].written.bytes(), 40'000);
    resume(id);
    untilState(id, State::Done);
    EXPECT_EQ(read(to + QStringLiteral("/a.bin")), contentOf(0, 80'000));
    EXPECT_TRUE(filesIn(down).isEmpty());
}

TEST_F(Moves, ARunningTaskStopsMovesAndGoesOn)
{
    const TaskId id = addOne(QStringLiteral("wait/a.bin?size=80000"));
    until([&] { return QFileInfo(file(QStringLiteral("a.bin.part"))).size() >= 40'000; });
    ASSERT_TRUE(move(id, to));
    untilState(id, State::Done);
    EXPECT_EQ(read(to + QStringLiteral("/a.bin")), contentOf(0, 80'000));
    EXPECT_TRUE(filesIn(down).isEmpty());
    const std::lock_guard lock(script->mutex);
    EXPECT_EQ(script->runs[id], 2);
}

TEST_F(Moves, ASharingTaskSharesFromThere)
{
    const TaskId id = addOne(QStringLiteral("share/a.bin?size=3000"));
    untilState(id, State::Sharing);
    until([&] {
        const std::lock_guard lock(script->mutex);
        return script->sharing.contains(id);
    });
    turn();
    ASSERT_TRUE(move(id, to));
    EXPECT_EQ(read(to + QStringLiteral("/a.bin")), contentOf(0, 3'000));
    untilState(id, State::Sharing);
    EXPECT_EQ(inFull(id)[u"path"].toString(), to + QStringLiteral("/a.bin"));
}

TEST_F(Moves, ATaskThatNeverRanJustHasAnotherFolder)
{
    const TaskId id = addOne(QStringLiteral("ok/a.bin?size=10"), [](NewTask& task) { task.held = true; });
    ASSERT_TRUE(move(id, to));
    EXPECT_EQ(rowOf(id).directory, to);
    resume(id);
    untilState(id, State::Done);
    EXPECT_EQ(filesIn(to), QStringList(QStringLiteral("a.bin")));
}

TEST_F(Moves, ATakenNameGetsANumber)
{
    const TaskId id = halfDone(QStringLiteral("a.bin"));
    QFile stranger(to + QStringLiteral("/a.bin"));
    ASSERT_TRUE(stranger.open(QIODevice::WriteOnly) && stranger.write("theirs") > 0 && stranger.flush());
    ASSERT_TRUE(move(id, to));
    EXPECT_EQ(rowOf(id).name, QStringLiteral("a (1).bin"));
    resume(id);
    untilState(id, State::Done);
    EXPECT_EQ(read(to + QStringLiteral("/a (1).bin")), contentOf(0, 80'000));
    EXPECT_EQ(read(stranger.fileName()), "theirs");
}

TEST_F(Moves, ManyGoAtOnce)
{
    QList<TaskId> ids;
    for (int i = 0; i < 20; ++i)
        ids += addOne(QStringLiteral("ok/same.bin?size=%1").arg(100 + i));
    for (const TaskId id : ids)
        untilState(id, State::Done);
    const auto moved = ask([&](Queue::Done done) { queue->relocate(Selection{.state = State::Done}, to, done); });
    EXPECT_EQ(moved.value().size(), 20);
    EXPECT_EQ(filesIn(to).size(), 20);
    EXPECT_TRUE(filesIn(down).isEmpty());
    for (const TaskId id : ids)
        EXPECT_EQ(QFileInfo(inFull(id)[u"path"].toString()).size(), inFull(id)[u"size"].toInteger());
}

TEST_F(Moves, WhatCanTakeNothingStopsNobody)
{
    const TaskId running = addOne(QStringLiteral("wait/a.bin?size=80000"));
    until([&] { return QFileInfo(file(QStringLiteral("a.bin.part"))).size() >= 40'000; });
    EXPECT_EQ(codeOf(move(running, folder.filePath(QStringLiteral("nowhere")))), Code::DiskNoSuchDirectory);
    EXPECT_EQ(codeOf(move(running, file(QStringLiteral("a.bin.part")))), Code::DiskNotADirectory);
    EXPECT_EQ(codeOf(move(4711, to)), Code::UnknownTask);
    EXPECT_EQ(stateOf(running), State::Running);
    const std::lock_guard lock(script->mutex);
    EXPECT_EQ(script->runs[running], 1);
}

TEST_F(Moves, AFileThatIsGoneIsSaid)
{
    const TaskId id = addOne(QStringLiteral("ok/a.bin?size=50"));
    untilState(id, State::Done);
    ASSERT_TRUE(QFile::remove(file(QStringLiteral("a.bin"))));
    EXPECT_EQ(codeOf(move(id, to)), Code::DiskNoSuchFile);
    EXPECT_EQ(rowOf(id).directory, down);
}

TEST_F(MovesAway, ACopyIsWholeAndTheOldOneGoes)
{
    const TaskId id = halfDone(QStringLiteral("a.bin"));
    ASSERT_TRUE(move(id, other.path()));
    EXPECT_EQ(filesIn(other.path()), QStringList(QStringLiteral("a.bin.part")));
    EXPECT_TRUE(filesIn(down).isEmpty());
    EXPECT_TRUE(ledger->read<std::vector<RelocationRecord>>([](Store& store) { return store.relocations(); })->empty());
    resume(id);
    untilState(id, State::Done);
    EXPECT_EQ(read(other.filePath(QStringLiteral("a.bin"))), contentOf(0, 80'000));
}

TEST_F(MovesAway, WithoutRoomEverythingStays)
{
    const TaskId id = halfDone(QStringLiteral("a.bin"));
    disk.freeBytes = 30'000;
    const auto moved = move(id, other.path());
    ASSERT_FALSE(moved);
    EXPECT_EQ(moved.error().code, Code::DiskFull);
    EXPECT_TRUE(moved.error().detail.contains(other.path())) << qPrintable(moved.error().detail);
    EXPECT_TRUE(filesIn(other.path()).isEmpty());
    disk.freeBytes = 1 << 30;
    resume(id);
    untilState(id, State::Done);
    EXPECT_EQ(read(down + QStringLiteral("/a.bin")), contentOf(0, 80'000));
}

namespace {

/// Copies hold still when their first bytes are there, until they are let go or not wanted any more.
struct MovesSlowly : MovesAway {
    MovesSlowly()
    {
        disk.whileCopying = [this](std::stop_token stop) {
            std::unique_lock lock(mutex);
            copying = true;
            changed.wait(lock, stop, [&] { return letGo; });
        };
    }
    ~MovesSlowly() override { release(); }
    void release()
    {
        const std::lock_guard lock(mutex);
        letGo = true;
        changed.notify_all();
    }
    /// Begins, and is in the middle of it.
    void begin(TaskId id)
    {
        queue->relocate(only(id), other.path(), [this](const Result<QList<TaskId>>& done) { answer = done; });
        until([&] {
            const std::lock_guard lock(mutex);
            return copying;
        });
    }

    std::mutex mutex;
    std::condition_variable_any changed;
    bool copying = false, letGo = false;
    std::optional<Result<QList<TaskId>>> answer;
};

} // namespace

TEST_F(MovesSlowly, ItIsSeenOnTheWay)
{
    const TaskId id = halfDone(QStringLiteral("a.bin"), 8 << 20);
    const TaskId next = addOne(QStringLiteral("ok/b.bin?size=50"));
    untilState(next, State::Done);
    begin(id);
    queue->relocate(only(next), to, [](const Result<QList<TaskId>>&) {});
    EXPECT_TRUE(inFull(id)[u"phase"].toString().startsWith(QStringLiteral("moving ")));
    const QString sentence = queue->why(id)->value(u"sentence").toString();
    EXPECT_TRUE(sentence.contains(other.path()) && sentence.contains(QStringLiteral(" of "))) << qPrintable(sentence);
    EXPECT_TRUE(queue->why(next)->value(u"sentence").toString().contains(to));
    EXPECT_EQ(codeOf(move(id, to)), Code::WrongState) << "it is being moved";
    release();
    until([&] { return answer.has_value(); });
    EXPECT_TRUE(*answer);
    until([&] { return inFull(next)[u"directory"].toString() == to; });
    EXPECT_EQ(inFull(id)[u"phase"].toString(), QString());
}

TEST_F(MovesSlowly, APauseEndsItAndAllIsAsBefore)
{
    const TaskId id = addOne(QStringLiteral("ok/a.bin?size=5000000"));
    untilState(id, State::Done);
    begin(id);
    EXPECT_TRUE(ask([&](Queue::Done done) { queue->pause(only(id), QStringLiteral("user"), {}, 0, done); }));
    until([&] { return answer.has_value(); });
    EXPECT_EQ(codeOf(*answer), Code::Cancelled);
    EXPECT_TRUE(filesIn(other.path()).isEmpty());
    EXPECT_EQ(read(down + QStringLiteral("/a.bin")), contentOf(0, 5'000'000));
    EXPECT_TRUE(ledger->read<std::vector<RelocationRecord>>([](Store& store) { return store.relocations(); })->empty());
}

TEST_F(MovesSlowly, ARemovalEndsItFirst)
{
    const TaskId id = halfDone(QStringLiteral("a.bin"), 8 << 20);
    begin(id);
    EXPECT_TRUE(ask([&](Queue::Done done) { queue->remove(only(id), Removal::DeleteFile, done); }));
    EXPECT_EQ(codeOf(*answer), Code::Cancelled);
    EXPECT_FALSE(stateOf(id));
    EXPECT_TRUE(filesIn(other.path()).isEmpty());
    EXPECT_TRUE(filesIn(down).isEmpty());
}

TEST_F(MovesSlowly, TheEndOfTheDaemonEndsItFirst)
{
    const TaskId id = halfDone(QStringLiteral("a.bin"), 8 << 20);
    begin(id);
    EXPECT_TRUE(end().isEmpty());
    EXPECT_EQ(codeOf(*answer), Code::Cancelled);
    EXPECT_TRUE(filesIn(other.path()).isEmpty());
    QueueWorld::begin();
    resume(id);
    untilState(id, State::Done);
    EXPECT_EQ(read(down + QStringLiteral("/a.bin")), contentOf(0, 8 << 20));
}

} // namespace weir
