#include "platform/disk.h"

#include <gtest/gtest.h>

#include <QDir>
#include <QFile>
#include <QTemporaryDir>

#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace weir {
namespace {

std::span<const char> bytes(const QByteArray& data) { return {data.constData(), std::size_t(data.size())}; }

class DiskTest : public ::testing::Test {
protected:
    QString at(const char* name) const { return folder_.filePath(QString::fromLatin1(name)); }
    void put(const char* name, const QByteArray& data)
    {
        QFile file(at(name));
        ASSERT_TRUE(file.open(QIODevice::WriteOnly));
        file.write(data);
    }
    QByteArray get(const QString& path)
    {
        QFile file(path);
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("(missing)");
    }
    template <class T> static Code codeOf(const Result<T>& result) { return result ? Code::Ok : result.error().code; }

    QTemporaryDir folder_;
    Disk& disk_ = systemDisk();
};

TEST_F(DiskTest, WritesAndReadsAtOffsets)
{
    auto file = disk_.open(at("a.part"), Disk::Open::New);
    ASSERT_TRUE(file);
    ASSERT_TRUE((*file)->write(5, bytes("world")));
    ASSERT_TRUE((*file)->write(0, bytes("hello")));
    QByteArray back(10, '?');
    ASSERT_TRUE((*file)->read(0, {back.data(), 10}));
    EXPECT_EQ(back, "helloworld");
    EXPECT_EQ(codeOf((*file)->read(8, {back.data(), 10})), Code::DiskShortRead);
    ASSERT_TRUE((*file)->sync());
    ASSERT_TRUE((*file)->checkWritten());
    EXPECT_EQ((*file)->identity()->size, 10);
}

TEST_F(DiskTest, OpensInThreeWays)
{
    EXPECT_EQ(codeOf(disk_.open(at("a"), Disk::Open::Existing)), Code::DiskNoSuchFile);
    EXPECT_EQ(codeOf(disk_.open(at("no/such/a"), Disk::Open::New)), Code::DiskNoSuchDirectory);
    put("a", "x");
    const auto taken = disk_.open(at("a"), Disk::Open::New);
    EXPECT_EQ(codeOf(taken), Code::DiskFileExists);
    EXPECT_TRUE(taken.error().detail.contains(at("a")) && taken.error().detail.startsWith(QStringLiteral("open")));
    EXPECT_TRUE(disk_.open(at("a"), Disk::Open::NewOrExisting));
    EXPECT_EQ(codeOf(disk_.open(at("a/b"), Disk::Open::New)), Code::DiskNotADirectory);
    EXPECT_EQ(codeOf(disk_.open(folder_.path(), Disk::Open::Existing)), Code::DiskIsADirectory);
    EXPECT_EQ(codeOf(disk_.open(folder_.filePath(QString(300, u'n')), Disk::Open::New)), Code::DiskNameTooLong);
}

TEST_F(DiskTest, FollowsNoLinkAndOpensNoPipe)
{
    put("victim", "precious");
    ASSERT_TRUE(QFile::link(at("victim"), at("a.part")));
    EXPECT_EQ(codeOf(disk_.open(at("a.part"), Disk::Open::NewOrExisting)), Code::DiskLoop);
    ASSERT_EQ(::mkfifo(QFile::encodeName(at("pipe")).constData(), 0600), 0);
    EXPECT_EQ(codeOf(disk_.open(at("pipe"), Disk::Open::Existing)), Code::TargetNotRegular);
}

TEST_F(DiskTest, ClosesItsFilesOnExec)
{
    const int before = ::open("/dev/null", O_RDONLY);
    ::close(before);
    auto file = disk_.open(at("a"), Disk::Open::New);
    ASSERT_TRUE(file);
    EXPECT_TRUE(::fcntl(before, F_GETFD) & FD_CLOEXEC);
}

TEST_F(DiskTest, ReservesWhatFitsAndRefusesWhatDoesNot)
{
    auto file = disk_.open(at("a"), Disk::Open::New);
    ASSERT_TRUE(file);
    for (const Reserve mode : {Reserve::Auto, Reserve::Full}) {
        ASSERT_TRUE((*file)->reserve(2'000'000, mode));
        EXPECT_EQ((*file)->identity()->size, 2'000'000);
    }
    ASSERT_TRUE((*file)->reserve(3'000'000, Reserve::None));
    EXPECT_EQ((*file)->identity()->size, 2'000'000);
    ASSERT_TRUE((*file)->reserve(50'000, Reserve::Auto));
    EXPECT_EQ((*file)->identity()->size, 50'000);
    const qint64 tooMuch = disk_.volume(folder_.path())->freeBytes + (qint64(1) << 40);
    for (const Reserve mode : {Reserve::None, Reserve::Auto, Reserve::Full})
        EXPECT_EQ(codeOf((*file)->reserve(tooMuch, mode)), Code::DiskFull);
    EXPECT_EQ((*file)->identity()->size, 50'000);
}

TEST_F(DiskTest, SaysWhenAFileMayNotGrow)
{
    auto file = disk_.open(at("a"), Disk::Open::New);
    ASSERT_TRUE(file);
    rlimit before = {};
    ::getrlimit(RLIMIT_FSIZE, &before);
    const auto ignored = ::signal(SIGXFSZ, SIG_IGN);
    rlimit small = before;
    small.rlim_cur = 4096;
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    const auto written = (*file)->write(0, bytes(QByteArray(10'000, 'x')));
    ::setrlimit(RLIMIT_FSIZE, &before);
    ::signal(SIGXFSZ, ignored);
    EXPECT_EQ(codeOf(written), Code::DiskFileTooBig);
}

TEST_F(DiskTest, RenamesOverNobodyUnlessAsked)
{
    put("a.part", "new");
    put("a", "stranger");
    EXPECT_EQ(codeOf(disk_.rename(at("a.part"), at("a"), false)), Code::DiskFileExists);
    EXPECT_EQ(get(at("a")), "stranger");
    const auto identity = disk_.identity(at("a.part"));
    ASSERT_TRUE(disk_.rename(at("a.part"), at("a"), true));
    EXPECT_EQ(get(at("a")), "new");
    EXPECT_TRUE(disk_.identity(at("a"))->sameFile(*identity));
    ASSERT_TRUE(disk_.rename(at("a"), at("b"), false));
    EXPECT_EQ(codeOf(disk_.identity(at("a"))), Code::DiskNoSuchFile);
    EXPECT_EQ(codeOf(disk_.rename(at("a"), at("c"), false)), Code::DiskNoSuchFile);
    EXPECT_EQ(codeOf(disk_.rename(at("b"), at("no/b"), false)), Code::DiskNoSuchDirectory);
}

TEST_F(DiskTest, ANewFileWithAReusedInodeIsAnotherFile)
{
    const FileIdentity first{1, 42, 10, 1000}, again{1, 42, 10, 2000}, elsewhere{7, 42, 10, 1000}, old{1, 42, 10, 0};
    EXPECT_FALSE(first.sameFile(again));
    EXPECT_TRUE(first.sameFile(elsewhere)) << "device numbers change with a reboot";
    EXPECT_TRUE(old.sameFile(first));
    EXPECT_FALSE(old.sameFile(elsewhere));
}

TEST_F(DiskTest, MakesAndSyncsFolders)
{
    ASSERT_TRUE(disk_.makeDirectory(at("a/b/c")));
    ASSERT_TRUE(disk_.makeDirectory(at("a/b/c")));
    EXPECT_TRUE(QDir(at("a/b/c")).exists());
    EXPECT_TRUE(disk_.syncDirectory(at("a/b/c")));
    EXPECT_TRUE(disk_.syncVolume(at("a")));
    EXPECT_EQ(codeOf(disk_.syncDirectory(at("none"))), Code::DiskNoSuchDirectory);
    put("file", "x");
    EXPECT_EQ(codeOf(disk_.makeDirectory(at("file"))), Code::DiskNotADirectory);
    EXPECT_EQ(codeOf(disk_.makeDirectory(at("file/x"))), Code::DiskNotADirectory);
}

TEST_F(DiskTest, RemovingAMissingFileIsNoError)
{
    put("a", "x");
    EXPECT_TRUE(disk_.remove(at("a")));
    EXPECT_TRUE(disk_.remove(at("a")));
    EXPECT_EQ(codeOf(disk_.remove(folder_.path())), Code::DiskIsADirectory);
}

TEST_F(DiskTest, KnowsTheVolumeOfAFolderThatIsNotThereYet)
{
    const auto here = disk_.volume(folder_.path()), later = disk_.volume(at("not/there/yet"));
    ASSERT_TRUE(here && later);
    EXPECT_EQ(here->device, later->device);
    EXPECT_EQ(here->device, disk_.identity(folder_.path())->device);
    EXPECT_GT(here->totalBytes, here->freeBytes);
    EXPECT_FALSE(here->readOnly);
    EXPECT_EQ(disk_.volume(QStringLiteral("/dev/shm"))->type, QStringLiteral("tmpfs"));
}

TEST_F(DiskTest, MovesToTheHomeTrashWithItsOrigin)
{
    const QByteArray before = qgetenv("XDG_DATA_HOME");
    qputenv("XDG_DATA_HOME", QFile::encodeName(at("data")));
    put("100% mine.bin", "first");
    ASSERT_TRUE(disk_.moveToTrash(at("100% mine.bin")));
    put("100% mine.bin", "second");
    ASSERT_TRUE(disk_.moveToTrash(at("100% mine.bin")));
    const auto missing = disk_.moveToTrash(at("100% mine.bin"));
    qputenv("XDG_DATA_HOME", before);
    EXPECT_EQ(codeOf(missing), Code::DiskNoSuchFile);
    EXPECT_EQ(get(at("data/Trash/files/100% mine.bin")), "first");
    EXPECT_EQ(get(at("data/Trash/files/100% mine.bin.1")), "second");
    const QByteArray info = get(at("data/Trash/info/100% mine.bin.trashinfo"));
    EXPECT_TRUE(
        info.startsWith("[Trash Info]\nPath=" + QFile::encodeName(folder_.path()) + "/100%25%20mine.bin\nDeletionDate=20"))
        << info.constData();
}

TEST_F(DiskTest, MovesToTheTrashOfAnotherVolume)
{
    QTemporaryDir other(QStringLiteral("/dev/shm/weir-XXXXXX"));
    if (!other.isValid() || disk_.volume(other.path())->device == disk_.volume(folder_.path())->device)
        GTEST_SKIP() << "one volume only";
    const QString file = other.filePath(QStringLiteral("weir-trash-test.bin"));
    QFile source(file);
    ASSERT_TRUE(source.open(QIODevice::WriteOnly));
    source.close();
    const QByteArray before = qgetenv("XDG_DATA_HOME");
    qputenv("XDG_DATA_HOME", QFile::encodeName(at("data")));
    const auto moved = disk_.moveToTrash(file);
    qputenv("XDG_DATA_HOME", before);
    ASSERT_TRUE(moved) << describe(moved.error()).toStdString();
    const QString trash = QStringLiteral("/dev/shm/.Trash-%1").arg(::getuid());
    bool found = false;
    for (const QString& info : QDir(trash + QStringLiteral("/info")).entryList({QStringLiteral("weir-trash-test.bin*")})) {
        const QString name = info.chopped(10);
        const bool ours = get(trash + QStringLiteral("/info/") + info)
                              .contains(QFile::encodeName(other.path().mid(9)) + "/weir-trash-test.bin");
        if (ours) {
            found = QFile::remove(trash + QStringLiteral("/files/") + name)
                && QFile::remove(trash + QStringLiteral("/info/") + info);
        }
    }
    EXPECT_TRUE(found) << "its origin is told relative to the top folder";
    for (const char* folder : {"/info", "/files", ""})
        QDir().rmdir(trash + QLatin1String(folder));
}

TEST(DiskErrorCode, EveryErrnoOfAFileOperationHasItsRow)
{
    const std::pair<int, Code> rows[] = {
        {0, Code::Ok},
        {ENOSPC, Code::DiskFull},
        {EDQUOT, Code::DiskQuota},
        {EROFS, Code::DiskReadOnly},
        {EACCES, Code::DiskPermission},
        {EPERM, Code::DiskPermission},
        {ENOENT, Code::DiskNoSuchFile},
        {ENOTDIR, Code::DiskNotADirectory},
        {EISDIR, Code::DiskIsADirectory},
        {EEXIST, Code::DiskFileExists},
        {ENOTEMPTY, Code::DiskFileExists},
        {ENAMETOOLONG, Code::DiskNameTooLong},
        {EILSEQ, Code::DiskNameInvalid},
        {EFBIG, Code::DiskFileTooBig},
        {EOVERFLOW, Code::DiskFileTooBig},
        {EIO, Code::DiskIo},
        {EREMOTEIO, Code::DiskIo},
        {EBADMSG, Code::DiskIo},
        {EUCLEAN, Code::DiskIo},
        {ENODEV, Code::DiskGone},
        {ENXIO, Code::DiskGone},
        {ENOMEDIUM, Code::DiskGone},
        {ENOTCONN, Code::DiskGone},
        {ESHUTDOWN, Code::DiskGone},
        {EMFILE, Code::DiskTooManyFiles},
        {ENFILE, Code::DiskTooManyFiles},
        {EBUSY, Code::DiskBusy},
        {ETXTBSY, Code::DiskBusy},
        {EAGAIN, Code::DiskBusy},
        {EDEADLK, Code::DiskBusy},
        {ENOLCK, Code::DiskBusy},
        {ELOOP, Code::DiskLoop},
        {EXDEV, Code::DiskCrossDevice},
        {EINVAL, Code::DiskNotSupported},
        {ENOSYS, Code::DiskNotSupported},
        {EOPNOTSUPP, Code::DiskNotSupported},
        {ENOTTY, Code::DiskNotSupported},
        {EMLINK, Code::DiskNotSupported},
        {ESTALE, Code::DiskStale},
        {ETIMEDOUT, Code::DiskTimedOut},
        {EHOSTDOWN, Code::DiskTimedOut},
        {EHOSTUNREACH, Code::DiskTimedOut},
        {ENETDOWN, Code::DiskTimedOut},
        {ENOMEM, Code::OutOfMemory},
        {ENOKEY, Code::DiskPermission},
        {ECANCELED, Code::DiskError},
    };
    for (const auto& [number, code] : rows)
        EXPECT_EQ(int(diskErrorCode(number)), int(code)) << "errno " << number;
}

} // namespace
} // namespace weir
