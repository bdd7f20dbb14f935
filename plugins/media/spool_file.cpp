#include "media/spool_file.h"

#include <QFile>

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace weir {

namespace {

Code codeOf(int errnoValue)
{
    switch (errnoValue) {
    case ENOSPC: return Code::DiskFull;
    case EDQUOT: return Code::DiskQuota;
    case EROFS: return Code::DiskReadOnly;
    case EACCES:
    case EPERM: return Code::DiskPermission;
    case ENOENT: return Code::DiskNoSuchDirectory;
    case ENOTDIR: return Code::DiskNotADirectory;
    case EISDIR: return Code::DiskIsADirectory;
    case EFBIG: return Code::DiskFileTooBig;
    case EIO: return Code::DiskIo;
    case ENODEV:
    case ENXIO: return Code::DiskGone;
    case EMFILE:
    case ENFILE: return Code::DiskTooManyFiles;
    case ELOOP: return Code::DiskLoop;
    case ENAMETOOLONG: return Code::DiskNameTooLong;
    case ESTALE: return Code::DiskStale;
    case ETIMEDOUT: return Code::DiskTimedOut;
    default: return Code::DiskError;
    }
}

} // namespace

tl::unexpected<Error> spoolFailure(const char* operation, const QString& path, int errnoValue)
{
    QString detail = QString::fromLatin1(operation) + u' ' + path;
    const Code code = codeOf(errnoValue);
    if (code == Code::DiskError)
        detail += QStringLiteral(": ") + QString::fromLocal8Bit(std::strerror(errnoValue));
    return failure(code, detail, errnoValue);
}

SpoolFile::~SpoolFile()
{
    if (descriptor_ >= 0)
        ::close(descriptor_);
}

SpoolFile::SpoolFile(SpoolFile&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1))
{}

SpoolFile& SpoolFile::operator=(SpoolFile&& other) noexcept
{
    std::swap(path_, other.path_);
    std::swap(descriptor_, other.descriptor_);
    return *this;
}

Result<SpoolFile> SpoolFile::open(const QString& path)
{
    SpoolFile file;
    file.path_ = path;
    // Nobody but us puts anything into that folder: a link there is a trap.
    file.descriptor_ = ::open(QFile::encodeName(path).constData(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file.descriptor_ < 0)
        return spoolFailure("open", path, errno);
    return file;
}

Result<void> SpoolFile::write(qint64 offset, std::span<const char> bytes)
{
    while (!bytes.empty()) {
        const ssize_t written = ::pwrite(descriptor_, bytes.data(), bytes.size(), offset);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return spoolFailure("write", path_, written < 0 ? errno : EIO);
        bytes = bytes.subspan(std::size_t(written));
        offset += written;
    }
    return {};
}

Result<void> SpoolFile::read(qint64 offset, std::span<char> into) const
{
    while (!into.empty()) {
        const ssize_t got = ::pread(descriptor_, into.data(), into.size(), offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return spoolFailure("read", path_, errno);
        if (got == 0)
            return failure(Code::DiskShortRead, QStringLiteral("read %1 at %2").arg(path_).arg(offset));
        into = into.subspan(std::size_t(got));
        offset += got;
    }
    return {};
}

Result<void> SpoolFile::truncate(qint64 size)
{
    while (::ftruncate(descriptor_, size) != 0)
        if (errno != EINTR)
            return spoolFailure("truncate", path_, errno);
    return {};
}

Result<qint64> SpoolFile::size() const
{
    struct stat facts;
    if (::fstat(descriptor_, &facts) != 0)
        return spoolFailure("stat", path_, errno);
    return qint64(facts.st_size);
}

} // namespace weir
