// Whole trees by descriptors: every step is taken from an open folder and refuses links, so that nothing which is put in the
// way, be it while the tree is walked, leads out of it.

#include "platform/posix_calls.h"

#include <algorithm>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

namespace weir {
namespace {

constexpr int kDeepest = 200;                   // a descriptor, two when copying, for each level
constexpr qint64 kChunk = 1 << 20;              // between two looks at the stop
constexpr qint64 kSyncEvery = qint64(64) << 20; // so that the last sync, which nothing stops, is a short one

struct Place {
    int folder = AT_FDCWD; ///< open, borrowed
    QByteArray name;       ///< in it
    QString path;          ///< for messages

    Place below(int opened, const QByteArray& child) const { return {opened, child, path + u'/' + QFile::decodeName(child)}; }
};

Place top(const QString& path) { return {AT_FDCWD, native(path), path}; }

Result<struct stat> look(const Place& place)
{
    struct stat info = {};
    if (::fstatat(place.folder, place.name.constData(), &info, AT_SYMLINK_NOFOLLOW) != 0)
        return diskFailure("look at", place.path, errno);
    return info;
}

Result<Descriptor> openAt(const Place& place, int flags, mode_t mode = 0)
{
    Descriptor fd(uninterrupted(
        [&] { return ::openat(place.folder, place.name.constData(), flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, mode); }));
    if (!fd)
        return diskFailure("open", place.path, errno);
    return fd;
}

Result<std::vector<QByteArray>> namesIn(int folder, const QString& path)
{
    const int own = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); // readdir moves on; ours stays as it is
    DIR* const listing = own >= 0 ? ::fdopendir(own) : nullptr;
    if (!listing) {
        const int error = errno;
        if (own >= 0)
            ::close(own);
        return diskFailure("list", path, error);
    }
    std::vector<QByteArray> names;
    errno = 0;
    while (const dirent* entry = ::readdir(listing)) {
        const QByteArray name(entry->d_name);
        if (name != "." && name != "..")
            names.push_back(name);
        errno = 0;
    }
    const int error = errno;
    ::closedir(listing);
    if (error != 0)
        return diskFailure("list", path, error);
    return names;
}

Result<void> requireLevel(int level, const QString& path)
{
    return level <= kDeepest ? Result<void>() : diskFailure(Code::DiskNameTooLong, "go into", path, 0);
}

/// `level`: of the folder that the link lies in; that of the tree's own top is 0.
bool staysInside(const QByteArray& target, int level)
{
    if (target.startsWith('/'))
        return false;
    for (const QByteArray& part : target.split('/')) {
        if (part == "..")
            --level;
        else if (!part.isEmpty() && part != ".")
            ++level;
        if (level < 0)
            return false;
    }
    return true;
}

Result<void> copyLink(const Place& from, const Place& to, int level)
{
    QByteArray target(4096, Qt::Uninitialized);
    const ssize_t length = ::readlinkat(from.folder, from.name.constData(), target.data(), std::size_t(target.size()));
    if (length < 0)
        return diskFailure("read the link", from.path, errno);
    target.truncate(length);
    if (level < 0 || !staysInside(target, level))
        return diskFailure(Code::PathEscapes, "copy the link", from.path, 0);
    if (::symlinkat(target.constData(), to.folder, to.name.constData()) != 0)
        return diskFailure("make the link", to.path, errno);
    return {};
}

class FileCopy {
public:
    FileCopy(const Place& from, const Place& to, const CopyWatch& watch) : from_(from), to_(to), watch_(watch) {}

    Result<void> run()
    {
        auto in = openAt(from_, O_RDONLY);
        if (!in)
            return failure(in.error());
        in_ = std::move(*in);
        struct stat before = {}, after = {}, made = {};
        if (::fstat(in_.get(), &before) != 0)
            return diskFailure("look at", from_.path, errno);
        if (!S_ISREG(before.st_mode))
            return diskFailure(Code::TargetNotRegular, "copy", from_.path, 0);
        auto out = openAt(to_, O_WRONLY | O_CREAT | O_EXCL, 0600);
        if (!out)
            return failure(out.error());
        out_ = std::move(*out);
        if (auto ok = copyData(before.st_size); !ok)
            return ok;
        if (uninterrupted([&] { return ::ftruncate(out_.get(), before.st_size); }) != 0)
            return diskFailure("set the length of", to_.path, errno);
        // Systems without modes or times keep their own.
        (void)::fchmod(out_.get(), before.st_mode & 0777);
        const timespec times[2] = {before.st_atim, before.st_mtim};
        (void)::futimens(out_.get(), times);
        if (auto ok = sync(); !ok)
            return ok;
        if (::fstat(in_.get(), &after) != 0 || ::fstat(out_.get(), &made) != 0)
            return diskFailure("look at", to_.path, errno);
        const bool same = after.st_size == before.st_size && made.st_size == before.st_size
            && after.st_mtim.tv_sec == before.st_mtim.tv_sec && after.st_mtim.tv_nsec == before.st_mtim.tv_nsec;
        return same ? Result<void>() : diskFailure(Code::DiskBusy, "copy", from_.path, 0);
    }

private:
    // Holes stay holes: an unfinished file of 100 GB may be nearly empty.
    Result<void> copyData(qint64 size)
    {
        for (qint64 at = 0; at < size;) {
            const off_t data = ::lseek(in_.get(), at, SEEK_DATA);
            if (data < 0 && errno == ENXIO)
                return {};
            const qint64 begin = data < 0 ? at : qint64(data);
            const off_t hole = data < 0 ? -1 : ::lseek(in_.get(), data, SEEK_HOLE);
            at = hole < 0 ? size : std::min<qint64>(size, hole);
            if (auto ok = copyRange(begin, at); !ok)
                return ok;
        }
        return {};
    }

    Result<void> copyRange(qint64 begin, qint64 end)
    {
        QByteArray buffer(std::min(kChunk, end - begin), Qt::Uninitialized);
        while (begin < end) {
            if (watch_.stop.stop_requested())
                return failure(Code::Cancelled);
            const auto wanted = std::size_t(std::min<qint64>(buffer.size(), end - begin));
            const ssize_t got = uninterrupted([&] { return ::pread(in_.get(), buffer.data(), wanted, begin); });
            if (got < 0)
                return diskFailure("read", from_.path, errno);
            if (got == 0)
                return diskFailure(Code::DiskBusy, "copy", from_.path, 0); // it was cut
            if (auto ok = write(begin, buffer.constData(), got); !ok)
                return ok;
            begin += got;
            unsynced_ += got;
            if (watch_.copied)
                watch_.copied(got);
            if (unsynced_ >= kSyncEvery)
                if (auto ok = sync(); !ok)
                    return ok;
        }
        return {};
    }

    Result<void> write(qint64 at, const char* bytes, qint64 count)
    {
        while (count > 0) {
            const ssize_t n = uninterrupted([&] { return ::pwrite(out_.get(), bytes, std::size_t(count), at); });
            if (n <= 0)
                return diskFailure("write", to_.path, n < 0 ? errno : EIO);
            at += n;
            bytes += n;
            count -= n;
        }
        return {};
    }

    Result<void> sync()
    {
        unsynced_ = 0;
        if (uninterrupted([&] { return ::fsync(out_.get()); }) == 0)
            return {};
        const Code code = diskErrorCode(errno);
        return diskFailure(
            code == Code::DiskFull || code == Code::DiskQuota ? code : Code::DiskSyncFailed, "sync", to_.path, errno);
    }

    const Place& from_;
    const Place& to_;
    const CopyWatch& watch_;
    Descriptor in_, out_;
    qint64 unsynced_ = 0;
};

Result<void> copyEntry(const Place& from, const Place& to, const CopyWatch& watch, int level);

Result<void> copyFolder(const Place& from, const Place& to, const struct stat& info, const CopyWatch& watch, int level)
{
    if (auto ok = requireLevel(level, from.path); !ok)
        return ok;
    if (::mkdirat(to.folder, to.name.constData(), 0700) != 0)
        return diskFailure("make folder", to.path, errno);
    const auto in = openAt(from, O_RDONLY | O_DIRECTORY);
    const auto out = openAt(to, O_RDONLY | O_DIRECTORY);
    if (!in || !out)
        return failure(in ? out.error() : in.error());
    const auto names = namesIn(in->get(), from.path);
    if (!names)
        return failure(names.error());
    for (const QByteArray& name : *names)
        if (auto ok = copyEntry(from.below(in->get(), name), to.below(out->get(), name), watch, level); !ok)
            return ok;
    (void)::fchmod(out->get(), info.st_mode & 0777);
    const timespec times[2] = {info.st_atim, info.st_mtim};
    (void)::futimens(out->get(), times);
    // Network systems that can't sync a folder have sent the names to the server already.
    if (uninterrupted([&] { return ::fsync(out->get()); }) != 0 && errno != EINVAL && errno != EOPNOTSUPP && errno != EBADF)
        return diskFailure(Code::DiskSyncFailed, "sync folder", to.path, errno);
    return {};
}

/// `level`: of the folder around it, -1 for the tree itself.
Result<void> copyEntry(const Place& from, const Place& to, const CopyWatch& watch, int level)
{
    if (watch.stop.stop_requested())
        return failure(Code::Cancelled);
    const auto info = look(from);
    if (!info)
        return failure(info.error());
    if (S_ISDIR(info->st_mode))
        return copyFolder(from, to, *info, watch, level + 1);
    if (S_ISLNK(info->st_mode))
        return copyLink(from, to, level);
    if (S_ISREG(info->st_mode))
        return FileCopy(from, to, watch).run();
    return diskFailure(Code::TargetNotRegular, "copy", from.path, 0);
}

Result<void> removeEntry(const Place& place, int level)
{
    const auto info = look(place);
    if (!info)
        return info.error().code == Code::DiskNoSuchFile ? Result<void>() : failure(info.error());
    int flags = 0;
    if (S_ISDIR(info->st_mode)) {
        if (auto ok = requireLevel(level, place.path); !ok)
            return ok;
        const auto folder = openAt(place, O_RDONLY | O_DIRECTORY);
        if (!folder)
            return failure(folder.error());
        const auto names = namesIn(folder->get(), place.path);
        if (!names)
            return failure(names.error());
        for (const QByteArray& name : *names)
            if (auto ok = removeEntry(place.below(folder->get(), name), level + 1); !ok)
                return ok;
        flags = AT_REMOVEDIR;
    }
    if (::unlinkat(place.folder, place.name.constData(), flags) != 0 && errno != ENOENT)
        return diskFailure("remove", place.path, errno);
    return {};
}

Result<qint64> bytesOf(const Place& place, int level)
{
    constexpr qint64 kStatBlock = 512;
    const auto info = look(place);
    if (!info)
        return failure(info.error());
    qint64 sum = qint64(info->st_blocks) * kStatBlock;
    if (!S_ISDIR(info->st_mode))
        return sum;
    if (auto ok = requireLevel(level, place.path); !ok)
        return failure(ok.error());
    const auto folder = openAt(place, O_RDONLY | O_DIRECTORY);
    if (!folder)
        return failure(folder.error());
    const auto names = namesIn(folder->get(), place.path);
    if (!names)
        return failure(names.error());
    for (const QByteArray& name : *names) {
        const auto inside = bytesOf(place.below(folder->get(), name), level + 1);
        if (!inside)
            return inside;
        sum += *inside;
    }
    return sum;
}

} // namespace

Result<void> copyTreePosix(const QString& from, const QString& to, const CopyWatch& watch)
{
    return copyEntry(top(from), top(to), watch, -1);
}

Result<void> removeTreePosix(const QString& path) { return removeEntry(top(path), 0); }

Result<qint64> treeBytesPosix(const QString& path) { return bytesOf(top(path), 0); }

} // namespace weir
