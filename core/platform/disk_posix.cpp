#include "platform/posix_calls.h"

#include <QDir>
#include <QFileInfo>

#include <algorithm>
#include <array>

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

namespace weir {
namespace {

// A name that the file system can't store is EINVAL on FAT and its kin; elsewhere EINVAL says "can't do that at all".
tl::unexpected<Error> nameFailure(const char* operation, const QString& path, const QString& folder, int errnoValue)
{
    if (errnoValue == EINVAL)
        return diskFailure(Code::DiskNameInvalid, operation, path, errnoValue);
    if (errnoValue == ENOENT && !QFileInfo::exists(folder))
        return diskFailure(Code::DiskNoSuchDirectory, operation, path, errnoValue);
    return diskFailure(operation, path, errnoValue);
}

Result<FileIdentity> statIdentity(int fd, const char* name, int flags, const QString& path)
{
    struct statx info = {};
    if (uninterrupted([&] { return ::statx(fd, name, flags, STATX_BASIC_STATS | STATX_BTIME, &info); }) != 0)
        return diskFailure("look at", path, errno);
    const qint64 born = info.stx_mask & STATX_BTIME ? info.stx_btime.tv_sec * 1'000'000'000 + info.stx_btime.tv_nsec : 0;
    return FileIdentity{makedev(info.stx_dev_major, info.stx_dev_minor), info.stx_ino, qint64(info.stx_size), born};
}

// What is written in a few pieces is as quickly refused by a full disk, and an allocation costs as much as the file itself.
constexpr qint64 kSmall = 1 << 20;

enum class Growth { Allocate, Sparse, Never };

// What a longer file costs: copy-on-write systems gain nothing from an allocation, network systems can't do it, FAT would
// write zeros for a sparse one.
Growth growth(long magic, Reserve mode)
{
    const QString name = fileSystemName(magic);
    if (name == u"vfat" || name == u"exfat")
        return Growth::Never;
    static constexpr std::array<QStringView, 6> kSparse{u"btrfs", u"zfs", u"nfs", u"cifs", u"fuse", u"9p"};
    if (mode == Reserve::Auto && std::find(kSparse.begin(), kSparse.end(), QStringView(name)) != kSparse.end())
        return Growth::Sparse;
    return Growth::Allocate;
}

class PosixFile final : public File {
public:
    PosixFile(Descriptor fd, QString path) : fd_(std::move(fd)), path_(std::move(path)) {}

    Result<void> write(qint64 offset, std::span<const char> data) override
    {
        while (!data.empty()) {
            const ssize_t n = uninterrupted([&] { return ::pwrite(fd_.get(), data.data(), data.size(), offset); });
            if (n < 0)
                return diskFailure("write", path_, errno);
            if (n == 0)
                return diskFailure("write", path_, EIO);
            offset += n;
            data = data.subspan(std::size_t(n));
        }
        return {};
    }

    Result<void> read(qint64 offset, std::span<char> into) const override
    {
        while (!into.empty()) {
            const ssize_t n = uninterrupted([&] { return ::pread(fd_.get(), into.data(), into.size(), offset); });
            if (n < 0)
                return diskFailure("read", path_, errno);
            if (n == 0)
                return diskFailure(Code::DiskShortRead, "read", path_, 0);
            offset += n;
            into = into.subspan(std::size_t(n));
        }
        return {};
    }

    Result<void> reserve(qint64 size, Reserve mode) override
    {
        struct stat info = {};
        if (::fstat(fd_.get(), &info) != 0)
            return diskFailure("make room in", path_, errno);
        if (info.st_size > size)
            if (auto ok = truncate(size); !ok)
                return ok;
        if (mode == Reserve::Auto && size <= kSmall)
            return {};
        struct statfs system = {};
        if (uninterrupted([&] { return ::fstatfs(fd_.get(), &system); }) != 0)
            return diskFailure("make room in", path_, errno);
        const qint64 missing = size - qint64(info.st_blocks) * 512;
        const qint64 free = qint64(system.f_bavail) * qint64(system.f_frsize ? system.f_frsize : system.f_bsize);
        // Some network and user-space systems don't know their size and say 0 blocks.
        if (missing > free && system.f_blocks > 0)
            return diskFailure(Code::DiskFull, "make room in", path_, ENOSPC);
        const Growth how = growth(system.f_type, mode);
        if (mode == Reserve::None || how == Growth::Never)
            return {};
        if (how == Growth::Allocate) {
            if (size <= 0 || uninterrupted([&] { return ::fallocate(fd_.get(), 0, 0, size); }) == 0)
                return {};
            const int error = errno;
            if (error != EOPNOTSUPP && error != ENOSYS) {
                // What was allocated before space ran out goes back, and so does the length.
                (void)uninterrupted([&] { return ::ftruncate(fd_.get(), std::min<off_t>(info.st_size, size)); });
                return diskFailure("make room in", path_, error);
            }
        }
        return info.st_size < size ? truncate(size) : Result<void>{};
    }

    Result<void> truncate(qint64 size) override
    {
        if (uninterrupted([&] { return ::ftruncate(fd_.get(), size); }) != 0)
            return diskFailure("set the length of", path_, errno);
        return {};
    }

    Result<void> sync() override
    {
        if (uninterrupted([&] { return ::fdatasync(fd_.get()); }) != 0)
            return syncFailure(errno);
        return {};
    }

    void startWriting() override
    {
        (void)uninterrupted([&] { return ::sync_file_range(fd_.get(), 0, 0, SYNC_FILE_RANGE_WRITE); });
    }

    Result<void> checkWritten() override
    {
        // The kernel tells each descriptor once of a failed write-back; waiting for none that runs asks for just that.
        if (uninterrupted([&] { return ::sync_file_range(fd_.get(), 0, 0, SYNC_FILE_RANGE_WAIT_BEFORE); }) == 0)
            return {};
        if (errno == ENOSYS || errno == EINVAL || errno == ESPIPE)
            return sync();
        return syncFailure(errno);
    }

    Result<FileIdentity> identity() const override { return statIdentity(fd_.get(), "", AT_EMPTY_PATH, path_); }
    QString path() const override { return path_; }
    int descriptor() const override { return fd_.get(); }

private:
    // Systems that find room only when they write back say so here.
    tl::unexpected<Error> syncFailure(int error) const
    {
        const Code code = diskErrorCode(error);
        const bool full = code == Code::DiskFull || code == Code::DiskQuota || code == Code::DiskReadOnly;
        return diskFailure(full ? code : Code::DiskSyncFailed, "sync", path_, error);
    }

    const Descriptor fd_;
    const QString path_;
};

// True: the file system knows no rename that refuses an existing target.
bool lacksNoReplace(int error) { return error == EINVAL || error == ENOSYS || error == EOPNOTSUPP; }

class PosixDisk final : public Disk {
public:
    Result<std::unique_ptr<File>> open(const QString& path, Open mode) override
    {
        // O_NONBLOCK: a pipe or device of that name must not hold us up; it means nothing to a file.
        int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
        if (mode != Open::Existing)
            flags |= O_CREAT;
        if (mode == Open::New)
            flags |= O_EXCL;
        Descriptor fd(uninterrupted([&] { return ::open(native(path).constData(), flags, 0666); }));
        if (!fd)
            return errno == ENXIO || errno == ENODEV ? diskFailure(Code::TargetNotRegular, "open", path, errno)
                                                     : nameFailure("open", path, parentOf(path), errno);
        return adoptFile(fd.release(), path);
    }

    Result<void> rename(const QString& from, const QString& to, bool replace) override
    {
        const QByteArray source = native(from), target = native(to);
        if (replace) {
            if (uninterrupted([&] { return ::rename(source.constData(), target.constData()); }) == 0)
                return {};
            return renameFailure(from, to, errno);
        }
        if (uninterrupted([&] {
                return ::syscall(
                    SYS_renameat2, AT_FDCWD, source.constData(), AT_FDCWD, target.constData(), 1 /* RENAME_NOREPLACE */);
            })
            == 0)
            return {};
        if (!lacksNoReplace(errno))
            return renameFailure(from, to, errno);
        if (uninterrupted([&] { return ::link(source.constData(), target.constData()); }) == 0) {
            if (uninterrupted([&] { return ::unlink(source.constData()); }) == 0)
                return {};
            const int error = errno;
            ::unlink(target.constData());
            return renameFailure(from, to, error);
        }
        if (errno != EPERM && errno != EMLINK && !lacksNoReplace(errno))
            return renameFailure(from, to, errno);
        return renameOverOwn(from, to);
    }

    Result<void> remove(const QString& path) override
    {
        if (uninterrupted([&] { return ::unlink(native(path).constData()); }) == 0 || errno == ENOENT)
            return {};
        return diskFailure("remove", path, errno);
    }

    Result<void> moveToTrash(const QString& path) override { return moveToTrashPosix(*this, path); }

    Result<void> makeDirectory(const QString& path) override
    {
        if (::mkdir(native(path).constData(), 0777) == 0)
            return syncDirectory(parentOf(path));
        int error = errno;
        if (error == ENOENT && parentOf(path) != path) {
            if (auto ok = makeDirectory(parentOf(path)); !ok)
                return ok;
            if (::mkdir(native(path).constData(), 0777) == 0)
                return syncDirectory(parentOf(path));
            error = errno;
        }
        // A read-only or forbidden parent answers before the name is looked at.
        struct stat info = {};
        if (::stat(native(path).constData(), &info) == 0)
            return S_ISDIR(info.st_mode) ? Result<void>{} : diskFailure("make folder", path, ENOTDIR);
        return nameFailure("make folder", path, parentOf(path), error);
    }

    Result<void> syncDirectory(const QString& path) override
    {
        Descriptor fd(uninterrupted([&] { return ::open(native(path).constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
        if (!fd)
            return errno == ENOENT ? diskFailure(Code::DiskNoSuchDirectory, "sync folder", path, errno)
                                   : diskFailure("sync folder", path, errno);
        // Network systems that can't sync a folder have sent the names to the server already.
        if (uninterrupted([&] { return ::fsync(fd.get()); }) != 0 && errno != EINVAL && errno != EOPNOTSUPP && errno != EBADF)
            return diskFailure(Code::DiskSyncFailed, "sync folder", path, errno);
        return {};
    }

    Result<void> syncVolume(const QString& anyPathOnIt) override
    {
        Descriptor fd(
            uninterrupted([&] { return ::open(native(anyPathOnIt).constData(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); }));
        if (!fd)
            return diskFailure("sync the volume of", anyPathOnIt, errno);
        if (uninterrupted([&] { return ::syncfs(fd.get()); }) != 0)
            return diskFailure(Code::DiskSyncFailed, "sync the volume of", anyPathOnIt, errno);
        return {};
    }

    Result<FileIdentity> identity(const QString& path) override
    {
        return statIdentity(AT_FDCWD, native(path).constData(), AT_SYMLINK_NOFOLLOW, path);
    }

    Result<Volume> volume(const QString& path) override
    {
        QString existing = QDir::cleanPath(path);
        struct stat info = {};
        while (::stat(native(existing).constData(), &info) != 0) {
            if ((errno != ENOENT && errno != ENOTDIR) || parentOf(existing) == existing)
                return diskFailure("look at the volume of", existing, errno);
            existing = parentOf(existing);
        }
        struct statvfs space = {};
        struct statfs system = {};
        const QByteArray name = native(existing);
        if (uninterrupted([&] { return ::statvfs(name.constData(), &space); }) != 0
            || uninterrupted([&] { return ::statfs(name.constData(), &system); }) != 0)
            return diskFailure(Code::DiskWatchFailed, "look at the volume of", existing, errno);
        return Volume{info.st_dev, qint64(space.f_bavail) * qint64(space.f_frsize),
            qint64(space.f_blocks) * qint64(space.f_frsize), (space.f_flag & ST_RDONLY) != 0, fileSystemName(system.f_type)};
    }

    Result<void> copyTree(const QString& from, const QString& to, const CopyWatch& watch) override
    {
        return copyTreePosix(from, to, watch);
    }
    Result<void> removeTree(const QString& path) override { return removeTreePosix(path); }
    Result<qint64> treeBytes(const QString& path) override { return treeBytesPosix(path); }

private:
    static tl::unexpected<Error> renameFailure(const QString& from, const QString& to, int error)
    {
        return nameFailure("rename", from + QStringLiteral(" to ") + to, parentOf(to), error == ENOTEMPTY ? EEXIST : error);
    }

    // Neither renameat2 nor hard links (some user-space systems): an empty file of our own takes the name first, so that
    // nobody else's can be overwritten.
    static Result<void> renameOverOwn(const QString& from, const QString& to)
    {
        Descriptor own(
            uninterrupted([&] { return ::open(native(to).constData(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666); }));
        if (!own)
            return renameFailure(from, to, errno);
        if (uninterrupted([&] { return ::rename(native(from).constData(), native(to).constData()); }) == 0)
            return {};
        const int error = errno;
        ::unlink(native(to).constData());
        return renameFailure(from, to, error);
    }
};

} // namespace

QString parentOf(const QString& path)
{
    const qsizetype slash = path.lastIndexOf(u'/');
    if (slash < 0)
        return QStringLiteral(".");
    return slash == 0 ? QStringLiteral("/") : path.left(slash);
}

QString fileSystemName(long magic)
{
    struct Known {
        quint32 magic;
        const char* name;
    };
    static constexpr Known kKnown[] = {
        {EXT4_SUPER_MAGIC, "ext4"},
        {XFS_SUPER_MAGIC, "xfs"},
        {BTRFS_SUPER_MAGIC, "btrfs"},
        {TMPFS_MAGIC, "tmpfs"},
        {F2FS_SUPER_MAGIC, "f2fs"},
        {0x2fc12fc1, "zfs"},
        {0xca451a4e, "bcachefs"},
        {NFS_SUPER_MAGIC, "nfs"},
        {0xff534d42, "cifs"},
        {0xfe534d42, "cifs"},
        {SMB_SUPER_MAGIC, "cifs"},
        {FUSE_SUPER_MAGIC, "fuse"},
        {V9FS_MAGIC, "9p"},
        {MSDOS_SUPER_MAGIC, "vfat"},
        {0x2011bab0, "exfat"},
        {0x5346544e, "ntfs"},
        {0x7366746e, "ntfs3"},
        {OVERLAYFS_SUPER_MAGIC, "overlay"},
        {RAMFS_MAGIC, "ramfs"},
        {ECRYPTFS_SUPER_MAGIC, "ecryptfs"},
        {SQUASHFS_MAGIC, "squashfs"},
        {ISOFS_SUPER_MAGIC, "iso9660"},
        {0x15013346, "udf"},
        {HPFS_SUPER_MAGIC, "hpfs"},
    };
    for (const Known& known : kKnown)
        if (known.magic == quint32(magic))
            return QString::fromLatin1(known.name);
    return {};
}

Result<std::unique_ptr<File>> adoptFile(int descriptor, const QString& path)
{
    Descriptor fd(descriptor);
    struct stat info = {};
    if (::fstat(fd.get(), &info) != 0)
        return diskFailure("open", path, errno);
    if (!S_ISREG(info.st_mode))
        return diskFailure(Code::TargetNotRegular, "open", path, 0);
    return std::make_unique<PosixFile>(std::move(fd), path);
}

Disk& systemDisk()
{
    static PosixDisk disk;
    return disk;
}

} // namespace weir
