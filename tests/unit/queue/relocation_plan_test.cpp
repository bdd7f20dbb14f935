#include "queue/relocation_plan.h"

#include <gtest/gtest.h>

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QTemporaryDir>

#include <unistd.h>

namespace weir {
namespace {

TEST(Renamed, WhatIsCalledAfterTheTaskFollows)
{
    const auto to = [](const char* path) {
        return renamed(QString::fromLatin1(path), QStringLiteral("film.mp4"), QStringLiteral("film (1).mp4")).toStdString();
    };
    EXPECT_EQ(to("film.mp4"), "film (1).mp4");
    EXPECT_EQ(to("film.mp4.part"), "film (1).mp4.part");
    EXPECT_EQ(to("film.mp4.spool"), "film (1).mp4.spool");
    EXPECT_EQ(to("film.mp4/inside/film.mp4"), "film (1).mp4/inside/film.mp4");
    EXPECT_EQ(to("film.de.vtt.part"), "film (1).de.vtt.part");
    EXPECT_EQ(to("film.mp4.gaps.json"), "film (1).mp4.gaps.json");
    EXPECT_EQ(to("filmography.txt"), "filmography.txt");
    EXPECT_EQ(to("other/film.mp4"), "other/film.mp4");
    EXPECT_EQ(renamed(QStringLiteral("a/b"), QStringLiteral("a"), QStringLiteral("a (2)")), QStringLiteral("a (2)/b"));
    EXPECT_EQ(renamed(QStringLiteral("a"), QStringLiteral("a"), QStringLiteral("a")), QStringLiteral("a"));
    EXPECT_EQ(renamed(QStringLiteral("a"), QString(), QStringLiteral("b")), QStringLiteral("a"));
}

TEST(Footprint, IsWhatATaskCanHave)
{
    TaskRecord task;
    task.name = QStringLiteral("film.mp4");
    const std::vector<ProgressRecord> rows{{1, QStringLiteral("film.mp4"), 9, {}}, {1, QStringLiteral("film.de.vtt"), -1, {}},
        {1, QStringLiteral("film.mp4/inside"), 3, {}}};
    EXPECT_EQ(footprint(task, true, rows, {}),
        (QStringList{QStringLiteral("film.mp4"), QStringLiteral("film.mp4.part"), QStringLiteral("film.mp4.spool"),
            QStringLiteral("film.de.vtt.part")}));
    EXPECT_TRUE(footprint(task, false, rows, {}).isEmpty()) << "a name that was only wished for may be a stranger's";
    task.state = State::Done;
    EXPECT_EQ(footprint(task, true, {}, {QStringLiteral("film.de.vtt")}),
        (QStringList{QStringLiteral("film.mp4"), QStringLiteral("film.de.vtt")}));
}

class PlanTest : public ::testing::Test {
protected:
    PlanTest()
    {
        QDir().mkpath(folder_.filePath(QStringLiteral("from")));
        QDir().mkpath(folder_.filePath(QStringLiteral("to")));
        wish_.task.id = 7;
        wish_.task.name = QStringLiteral("a.bin");
        wish_.task.directory = folder_.filePath(QStringLiteral("from"));
        wish_.task.size = 100;
        wish_.task.done = 50;
        wish_.begun = true;
        wish_.to = folder_.filePath(QStringLiteral("to"));
    }
    void put(const char* path)
    {
        QDir().mkpath(QFileInfo(folder_.filePath(QString::fromLatin1(path))).path());
        QFile file(folder_.filePath(QString::fromLatin1(path)));
        ASSERT_TRUE(file.open(QIODevice::WriteOnly));
    }
    Code codeOf()
    {
        const auto plan = planRelocation(systemDisk(), claims_, wish_);
        return plan ? Code::Ok : plan.error().code;
    }
    QStringList moves(const RelocationPlan& plan) const
    {
        QStringList all;
        for (const auto& entry : plan.record.entries)
            all.append(entry.from + QStringLiteral(" > ") + entry.to);
        return all;
    }

    QTemporaryDir folder_;
    PathClaims claims_;
    RelocationWish wish_;
};

TEST_F(PlanTest, APartGoesUnderItsName)
{
    put("from/a.bin.part");
    put("from/a.bin"); // a stranger's: the task has a part
    const auto plan = planRelocation(systemDisk(), claims_, wish_);
    ASSERT_TRUE(plan);
    EXPECT_EQ(moves(*plan), QStringList(QStringLiteral("a.bin.part > a.bin.part")));
    EXPECT_EQ(claims_.owner(wish_.to + QStringLiteral("/a.bin")), 7);
}

TEST_F(PlanTest, ATakenNameGetsANumberAndSoDoesEverythingOfTheTask)
{
    wish_.task.name = QStringLiteral("film.mp4");
    put("from/film.mp4.part");
    put("from/film.mp4.spool/entries");
    put("from/film.de.vtt.part");
    wish_.progress = {{7, QStringLiteral("film.mp4"), -1, {}}, {7, QStringLiteral("film.de.vtt"), -1, {}}};
    put("to/film.mp4.part");
    put("to/film (1).de.vtt.part");
    ASSERT_TRUE(claims_.claim(wish_.to + QStringLiteral("/film (2).mp4"), 8));
    const auto plan = planRelocation(systemDisk(), claims_, wish_);
    ASSERT_TRUE(plan) << describe(plan.error()).toStdString();
    EXPECT_EQ(plan->name, QStringLiteral("film (3).mp4"));
    EXPECT_EQ(moves(*plan),
        (QStringList{QStringLiteral("film.mp4.part > film (3).mp4.part"), QStringLiteral("film.mp4.spool > film (3).mp4.spool"),
            QStringLiteral("film.de.vtt.part > film (3).de.vtt.part")}));
    EXPECT_FALSE(claims_.owner(wish_.to + QStringLiteral("/film.mp4")));
    EXPECT_EQ(claims_.owner(wish_.to + QStringLiteral("/film (2).mp4")), 8);
}

TEST_F(PlanTest, AFileOfAnotherNameThatIsTakenIsSaid)
{
    put("from/a.bin.part");
    put("from/extra.part");
    wish_.progress = {{7, QStringLiteral("extra"), -1, {}}};
    put("to/extra.part");
    EXPECT_EQ(codeOf(), Code::DiskFileExists);
    EXPECT_EQ(claims_.size(), 0u);
}

TEST_F(PlanTest, AWholeFolderThatIsSharedGoesAsOne)
{
    put("from/a.bin/one");
    wish_.task.done = 100;
    const auto plan = planRelocation(systemDisk(), claims_, wish_);
    ASSERT_TRUE(plan);
    EXPECT_EQ(moves(*plan), QStringList(QStringLiteral("a.bin > a.bin")));
}

TEST_F(PlanTest, AFolderOfPartsGoesAsOne)
{
    put("from/a.bin/deep/one.part");
    wish_.progress = {{7, QStringLiteral("a.bin/deep/one"), 5, {}}};
    const auto plan = planRelocation(systemDisk(), claims_, wish_);
    ASSERT_TRUE(plan);
    EXPECT_EQ(moves(*plan), QStringList(QStringLiteral("a.bin > a.bin")));
}

TEST_F(PlanTest, WhatNeverBeganHasNothingToMove)
{
    wish_.begun = false;
    wish_.task.done = 0;
    put("from/a.bin.part");
    const auto plan = planRelocation(systemDisk(), claims_, wish_);
    ASSERT_TRUE(plan);
    EXPECT_TRUE(plan->record.entries.empty());
    EXPECT_EQ(claims_.size(), 0u);
}

TEST_F(PlanTest, TheSameFolderByAnotherNameIsNoMove)
{
    put("from/a.bin.part");
    wish_.to = folder_.filePath(QStringLiteral("link"));
    ASSERT_EQ(::symlink("from", qPrintable(wish_.to)), 0);
    const auto plan = planRelocation(systemDisk(), claims_, wish_);
    ASSERT_TRUE(plan);
    EXPECT_TRUE(plan->record.entries.empty());
    EXPECT_EQ(plan->record.to, wish_.task.directory);
}

TEST_F(PlanTest, PlacesThatCanTakeNothing)
{
    put("from/a.bin/deep/file");
    put("file");
    wish_.task.done = 100;
    wish_.to = folder_.filePath(QStringLiteral("nowhere"));
    EXPECT_EQ(codeOf(), Code::DiskNoSuchDirectory);
    wish_.to = folder_.filePath(QStringLiteral("file"));
    EXPECT_EQ(codeOf(), Code::DiskNotADirectory);
    wish_.to = folder_.filePath(QStringLiteral("from/a.bin/deep"));
    EXPECT_EQ(codeOf(), Code::BadOption) << "into itself";
    EXPECT_EQ(claims_.size(), 0u);
}

TEST_F(PlanTest, AFolderThatLeadsElsewhereThereIsRefused)
{
    put("from/a.bin.part");
    put("from/sub/extra.part");
    wish_.progress = {{7, QStringLiteral("sub/extra"), -1, {}}};
    QDir().mkpath(folder_.filePath(QStringLiteral("elsewhere")));
    ASSERT_EQ(::symlink("../elsewhere", qPrintable(wish_.to + QStringLiteral("/sub"))), 0);
    EXPECT_EQ(codeOf(), Code::PathEscapes);
    EXPECT_EQ(claims_.size(), 0u);
}

TEST_F(PlanTest, WhatIsGoneIsSaid)
{
    EXPECT_EQ(codeOf(), Code::DiskGone) << "it had 50 bytes";
    wish_.task.state = State::Done;
    EXPECT_EQ(codeOf(), Code::DiskNoSuchFile);
}

} // namespace
} // namespace weir
