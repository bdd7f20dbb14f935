// Whole trees: what a copy keeps, what it refuses, and that nothing is ever followed out of one.
#include "platform/disk.h"

#include <gtest/gtest.h>

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QTemporaryDir>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace weir {
namespace {

class TreeTest : public ::testing::Test {
protected:
    QString at(const char* name) const { return folder_.filePath(QString::fromLatin1(name)); }
    QByteArray native(const char* name) const { return QFile::encodeName(at(name)); }
    void put(const char* name, const QByteArray& data)
    {
        QDir().mkpath(QFileInfo(at(name)).path());
        QFile file(at(name));
        ASSERT_TRUE(file.open(QIODevice::WriteOnly));
        file.write(data);
    }
    QByteArray get(const char* name) const
    {
        QFile file(at(name));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("(missing)");
    }
    Code copy(const char* from, const char* to)
    {
        const auto copied = disk_.copyTree(at(from), at(to), {stop_.get_token(), [this](qint64 bytes) { copied_ += bytes; }});
        return copied ? Code::Ok : copied.error().code;
    }

    QTemporaryDir folder_;
    Disk& disk_ = systemDisk();
    std::stop_source stop_;
    qint64 copied_ = 0;
};

TEST_F(TreeTest, ACopyHasEverythingThatTheFolderHas)
{
    put("a/one.bin", "one");
    put("a/deep/er/two.bin", QByteArray(3 << 20, 't'));
    put("a/.hidden", "");
    QDir().mkpath(at("a/empty"));
    ASSERT_EQ(::chmod(native("a/one.bin").constData(), 0640), 0);
    const timespec times[2] = {{1'000, 0}, {2'000, 5}};
    ASSERT_EQ(::utimensat(AT_FDCWD, native("a/one.bin").constData(), times, 0), 0);
    ASSERT_EQ(copy("a", "b"), Code::Ok);
    EXPECT_EQ(get("b/one.bin"), "one");
    EXPECT_EQ(get("b/deep/er/two.bin"), get("a/deep/er/two.bin"));
    EXPECT_EQ(get("b/.hidden"), "");
    EXPECT_TRUE(QFileInfo(at("b/empty")).isDir());
    EXPECT_EQ(copied_, (3 << 20) + 3);
    struct stat made = {};
    ASSERT_EQ(::stat(native("b/one.bin").constData(), &made), 0);
    EXPECT_EQ(made.st_mode & 0777, 0640u);
    EXPECT_EQ(made.st_mtim.tv_sec, 2'000);
}

TEST_F(TreeTest, HolesStayHoles)
{
    {
        QFile file(at("a"));
        ASSERT_TRUE(file.open(QIODevice::WriteOnly) && file.seek(64 << 20) && file.write("x") == 1 && file.resize(128 << 20));
    }
    ASSERT_EQ(copy("a", "b"), Code::Ok);
    EXPECT_EQ(QFileInfo(at("b")).size(), 128 << 20);
    EXPECT_LT(copied_, 1 << 20);
    EXPECT_LT(*disk_.treeBytes(at("b")), 1 << 20);
    QFile file(at("b"));
    ASSERT_TRUE(file.open(QIODevice::ReadOnly) && file.seek(64 << 20));
    EXPECT_EQ(file.read(2), QByteArray("x\0", 2));
}

TEST_F(TreeTest, LinksStayInsideOrAreRefused)
{
    put("secret", "not yours");
    put("a/deep/file", "x");
    ASSERT_EQ(::symlink("deep/file", native("a/good").constData()), 0);
    ASSERT_EQ(::symlink("../good", native("a/deep/back").constData()), 0);
    ASSERT_EQ(copy("a", "b"), Code::Ok);
    EXPECT_EQ(QFile::symLinkTarget(at("b/good")), at("b/deep/file")) << "it is a link, and leads into the copy";
    EXPECT_EQ(get("b/deep/back"), "x");
    for (const char* outside : {"../secret", "deep/../../secret", "/etc/passwd", "deep/file/../../../secret"}) {
        ASSERT_EQ(::symlink(outside, native("a/bad").constData()), 0);
        EXPECT_EQ(copy("a", "c"), Code::PathEscapes) << outside;
        ASSERT_TRUE(disk_.removeTree(at("c")));
        ASSERT_EQ(::unlink(native("a/bad").constData()), 0);
    }
    ASSERT_EQ(::symlink("secret", native("link").constData()), 0);
    EXPECT_EQ(copy("link", "d"), Code::PathEscapes);
    EXPECT_FALSE(QFileInfo::exists(at("d")));
}

TEST_F(TreeTest, WhatIsNoFileIsRefusedAndNotWaitedFor)
{
    put("a/file", "x");
    ASSERT_EQ(::mkfifo(native("a/pipe").constData(), 0600), 0);
    EXPECT_EQ(copy("a", "b"), Code::TargetNotRegular);
}

TEST_F(TreeTest, NothingThatIsThereIsOverwritten)
{
    put("a", "mine");
    put("b", "a stranger's");
    EXPECT_EQ(copy("a", "b"), Code::DiskFileExists);
    put("c/x", "mine");
    put("d/x", "a stranger's");
    EXPECT_EQ(copy("c", "d"), Code::DiskFileExists);
    EXPECT_EQ(get("b"), "a stranger's");
    EXPECT_EQ(get("d/x"), "a stranger's");
    EXPECT_EQ(copy("nowhere", "e"), Code::DiskNoSuchFile);
}

TEST_F(TreeTest, ACopyEndsWhenItIsNotWantedAnyMore)
{
    put("a", QByteArray(5 << 20, 'a'));
    const auto copied = disk_.copyTree(at("a"), at("b"), {stop_.get_token(), [this](qint64) { stop_.request_stop(); }});
    ASSERT_FALSE(copied);
    EXPECT_EQ(copied.error().code, Code::Cancelled);
    EXPECT_LT(QFileInfo(at("b")).size(), 5 << 20);
}

TEST_F(TreeTest, RemovingFollowsNothing)
{
    put("outside/file", "stays");
    put("a/deep/file", "goes");
    ASSERT_EQ(::symlink("../outside", native("a/link").constData()), 0);
    ASSERT_EQ(::symlink("../../outside/file", native("a/deep/link").constData()), 0);
    ASSERT_TRUE(disk_.removeTree(at("a")));
    EXPECT_FALSE(QFileInfo::exists(at("a")));
    EXPECT_EQ(get("outside/file"), "stays");
    ASSERT_EQ(::symlink("outside", native("link").constData()), 0);
    ASSERT_TRUE(disk_.removeTree(at("link")));
    EXPECT_EQ(get("outside/file"), "stays");
    EXPECT_TRUE(disk_.removeTree(at("nowhere")));
}

TEST_F(TreeTest, AnEndlessTreeIsRefused)
{
    QString path = at("a");
    for (int level = 0; level < 260; ++level)
        path += QStringLiteral("/d");
    ASSERT_TRUE(QDir().mkpath(path));
    EXPECT_EQ(copy("a", "b"), Code::DiskNameTooLong);
    EXPECT_FALSE(disk_.treeBytes(at("a")));
}

} // namespace
} // namespace weir
