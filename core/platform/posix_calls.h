#pragma once
// What the *_posix files share: descriptors that close themselves, calls that go on after a signal, errors that say what was
// being done. Any thread.

#include "platform/disk.h"

#include <QByteArray>
#include <QFile>

#include <cerrno>
#include <utility>

#include <unistd.h>

namespace weir {

class Descriptor {
public:
    explicit Descriptor(int fd = -1) : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept
    {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~Descriptor() { reset(); }
    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }
    int release() { return std::exchange(fd_, -1); }
    void reset()
    {
        if (fd_ >= 0)
            ::close(std::exchange(fd_, -1));
    }

private:
    int fd_;
};

/// Repeats the call while signals interrupt it.
template <class Call> auto uninterrupted(Call call)
{
    auto result = call();
    while (result == -1 && errno == EINTR)
        result = call();
    return result;
}

inline QByteArray native(const QString& path) { return QFile::encodeName(path); }

/// "open /a/b.part", with the code of the errno.
tl::unexpected<Error> diskFailure(const char* operation, const QString& path, int errnoValue);
tl::unexpected<Error> diskFailure(Code code, const char* operation, const QString& path, int errnoValue);

/// The folder that a path lies in.
QString parentOf(const QString& path);
/// Moves to the trash of freedesktop.org.
Result<void> moveToTrashPosix(Disk& disk, const QString& path);
// As the Disk's functions of these names.
Result<void> copyTreePosix(const QString& from, const QString& to, const CopyWatch& watch);
Result<void> removeTreePosix(const QString& path);
Result<qint64> treeBytesPosix(const QString& path);
/// "ext4", "btrfs" ..., empty: not known.
QString fileSystemName(long magic);

} // namespace weir
