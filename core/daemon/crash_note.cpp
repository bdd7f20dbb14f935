#include "daemon/crash_note.h"

#include "platform/disk.h"

#include <QFile>

#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <unistd.h>

namespace weir {

namespace {

constexpr int kSignals[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL};

volatile int noteFile = -1;
struct sigaction before[std::size(kSignals)];

extern "C" void noteCrash(int number, siginfo_t* info, void*)
{
    const char byte = char(number);
    [[maybe_unused]] const auto written = ::pwrite(noteFile, &byte, 1, 0);
    for (std::size_t i = 0; i < std::size(kSignals); ++i)
        if (kSignals[i] == number)
            ::sigaction(number, &before[i], nullptr);
    // A fault happens again as soon as we return; a signal that somebody sent does not.
    if (info->si_code <= 0)
        ::raise(number);
}

} // namespace

Result<std::unique_ptr<CrashNote>> CrashNote::open(const QString& path)
{
    const int fd = ::open(QFile::encodeName(path).constData(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return failure(diskErrorCode(errno), QStringLiteral("open %1").arg(path), errno);
    char byte = 0;
    const bool crashed = ::pread(fd, &byte, 1, 0) == 1;
    if (::ftruncate(fd, 0) != 0) {
        const int error = errno;
        ::close(fd);
        return failure(diskErrorCode(error), QStringLiteral("empty %1").arg(path), error);
    }
    noteFile = fd;
    struct sigaction action = {};
    action.sa_sigaction = noteCrash;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    for (std::size_t i = 0; i < std::size(kSignals); ++i)
        ::sigaction(kSignals[i], &action, &before[i]);
    return std::unique_ptr<CrashNote>(new CrashNote(crashed ? byte : 0));
}

CrashNote::~CrashNote()
{
    for (std::size_t i = 0; i < std::size(kSignals); ++i)
        ::sigaction(kSignals[i], &before[i], nullptr);
    ::close(noteFile);
    noteFile = -1;
}

} // namespace weir
