#include "queue/target_name.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>

#include <gtest/gtest.h>

#include <sys/stat.h>

namespace weir {

namespace {

class TargetNames : public testing::Test {
protected:
    void put(const char* name, qsizetype size = 1)
    {
        QFile file(folder_.filePath(QString::fromLatin1(name)));
        ASSERT_TRUE(file.open(QIODevice::WriteOnly));
        file.write(QByteArray(size, 'x'));
    }
    NameWish wish(IfExists policy, qint64 size = 100, TaskId task = 1)
    {
        return {.directory = folder_.path(),
            .name = QStringLiteral("a.iso"),
            .task = task,
            .size = size,
            .resumable = true,
            .ifExists = policy,
            .ours = [this](const QString&, const FileIdentity&) { return ours_; }};
    }
    Result<TargetName> choose(const NameWish& wish) { return chooseTargetName(wish, systemDisk(), claims_); }

    QTemporaryDir folder_;
    PathClaims claims_;
    bool ours_ = false;
};

} // namespace

TEST_F(TargetNames, AFreeNameIsTaken)
{
    EXPECT_EQ(choose(wish(IfExists::Rename))->name, QStringLiteral("a.iso"));
    EXPECT_EQ(claims_.size(), 1u);
}

TEST_F(TargetNames, RenamePassesFilesForeignPartsAndOtherTasks)
{
    put("a.iso");
    put("a (1).iso.part");
    claims_.claim(folder_.filePath(QStringLiteral("a (2).iso")), 9);
    EXPECT_EQ(choose(wish(IfExists::Rename))->name, QStringLiteral("a (3).iso"));
    EXPECT_EQ(claims_.size(), 2u);
}

TEST_F(TargetNames, ItsOwnPartIsUsedAgain)
{
    put("a.iso.part", 50);
    ours_ = true;
    const auto name = choose(wish(IfExists::Rename));
    EXPECT_EQ(name->name, QStringLiteral("a.iso"));
    EXPECT_EQ(name->adopted, -1);
}

TEST_F(TargetNames, ManyOfOneNameFindTheirNumbersWithoutTryingAll)
{
    for (TaskId task = 1; task <= 500; ++task)
        ASSERT_TRUE(choose(wish(IfExists::Rename, 100, task)));
    EXPECT_EQ(claims_.owner(folder_.filePath(QStringLiteral("a (499).iso"))), 500);
}

TEST_F(TargetNames, SkipAndOverwrite)
{
    put("a.iso");
    EXPECT_EQ(choose(wish(IfExists::Skip)).error().code, Code::FileSkipped);
    EXPECT_EQ(claims_.size(), 0u);
    EXPECT_EQ(choose(wish(IfExists::Overwrite))->name, QStringLiteral("a.iso"));
    EXPECT_EQ(choose(wish(IfExists::Overwrite, 100, 2)).error().code, Code::PartFileInUse);
}

TEST_F(TargetNames, WhatIsNoPlainFileIsNeverReplaced)
{
    QDir(folder_.path()).mkdir(QStringLiteral("a.iso"));
    EXPECT_EQ(choose(wish(IfExists::Overwrite)).error().code, Code::DiskIsADirectory);
    QDir(folder_.path()).rmdir(QStringLiteral("a.iso"));
    ASSERT_EQ(mkfifo(QFile::encodeName(folder_.filePath(QStringLiteral("a.iso"))).constData(), 0600), 0);
    EXPECT_EQ(choose(wish(IfExists::Overwrite)).error().code, Code::TargetNotRegular);
    EXPECT_EQ(choose(wish(IfExists::Rename))->name, QStringLiteral("a (1).iso"));
}

TEST_F(TargetNames, ResumeAdoptsAShorterPart)
{
    put("a.iso.part", 40);
    EXPECT_EQ(choose(wish(IfExists::Resume))->adopted, 40);
}

TEST_F(TargetNames, APartOfFullLengthMayBeReservedSpaceAndIsFetchedAgain)
{
    put("a.iso.part", 100);
    EXPECT_EQ(choose(wish(IfExists::Resume))->adopted, 0);
}

TEST_F(TargetNames, ResumeContinuesAShorterFile)
{
    put("a.iso", 40);
    EXPECT_EQ(choose(wish(IfExists::Resume))->adopted, 40);
    EXPECT_FALSE(QFile::exists(folder_.filePath(QStringLiteral("a.iso"))));
    EXPECT_TRUE(QFile::exists(folder_.filePath(QStringLiteral("a.iso.part"))));
}

TEST_F(TargetNames, ResumeLeavesAWholeOrLongerFileAlone)
{
    put("a.iso", 100);
    EXPECT_EQ(choose(wish(IfExists::Resume)).error().code, Code::FileSkipped);
    put("a.iso", 101);
    EXPECT_EQ(choose(wish(IfExists::Resume)).error().code, Code::DiskFileExists);
    NameWish once = wish(IfExists::Resume, 200);
    once.resumable = false;
    EXPECT_EQ(choose(once).error().code, Code::DiskFileExists);
    EXPECT_EQ(claims_.size(), 0u);
}

TEST_F(TargetNames, NothingLeadsOutOfTheFolder)
{
    const QString inside = folder_.path();
    EXPECT_TRUE(requireInside(inside, inside + QStringLiteral("/a")));
    EXPECT_TRUE(requireInside(inside, inside + QStringLiteral("/not/there/yet")));
    ASSERT_TRUE(QFile::link(QStringLiteral("/"), inside + QStringLiteral("/out")));
    EXPECT_EQ(requireInside(inside, inside + QStringLiteral("/out/a")).error().code, Code::PathEscapes);
    EXPECT_EQ(requireInside(inside, inside + QStringLiteral("/out/not/there")).error().code, Code::PathEscapes);
    ASSERT_TRUE(QFile::link(QStringLiteral("/etc/passwd"), inside + QStringLiteral("/b.part")));
    EXPECT_EQ(requireInside(inside, inside + QStringLiteral("/b")).error().code, Code::PathEscapes);
    QDir(inside).mkdir(QStringLiteral("deep"));
    ASSERT_TRUE(QFile::link(inside + QStringLiteral("/deep"), inside + QStringLiteral("/in")));
    EXPECT_TRUE(requireInside(inside, inside + QStringLiteral("/in/a")));
}

} // namespace weir
