#include "platform/paths.h"
#include "platform/posix_calls.h"
#include "platform/process.h"

#include <QDir>
#include <QFileInfo>

#include <csignal>
#include <cstring>

#include <dlfcn.h>
#include <fcntl.h>
#include <malloc.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

namespace weir {
namespace {

std::optional<qint64> numberIn(int fd)
{
    char text[32] = {};
    const ssize_t n = ::pread(fd, text, sizeof text - 1, 0);
    bool ok = false;
    const qint64 number = n > 0 ? QByteArray(text, n).trimmed().toLongLong(&ok) : 0;
    return ok ? std::optional(number) : std::nullopt;
}

// Locks of the open file: they are not lost when another descriptor of the file is closed, as those of the process are.
struct flock wholeFile()
{
    struct flock lock = {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    return lock;
}

void (*toldOfCrash)() = nullptr;

extern "C" void sayCrash(int number)
{
    toldOfCrash();
    ::signal(number, SIG_DFL);
    ::raise(number); // comes when the handler has returned
}

QByteArray contents(const char* path)
{
    QFile file(QString::fromLatin1(path));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

} // namespace

Result<std::unique_ptr<InstanceLock>> InstanceLock::take(const QString& path)
{
    Descriptor fd(
        uninterrupted([&] { return ::open(native(path).constData(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600); }));
    if (!fd)
        return diskFailure(Code::LockFailed, "open", path, errno);
    struct flock whole = wholeFile();
    if (uninterrupted([&] { return ::fcntl(fd.get(), F_OFD_SETLK, &whole); }) != 0) {
        if (errno != EAGAIN && errno != EACCES)
            return diskFailure(Code::LockFailed, "lock", path, errno);
        const auto pid = numberIn(fd.get());
        return failure(Code::DaemonRunning, pid ? QStringLiteral("process %1").arg(*pid) : path);
    }
    const QByteArray text = QByteArray::number(qint64(::getpid())) + '\n';
    if (::ftruncate(fd.get(), 0) != 0 || ::pwrite(fd.get(), text.constData(), std::size_t(text.size()), 0) != text.size())
        return diskFailure(Code::LockFailed, "write", path, errno);
    return std::unique_ptr<InstanceLock>(new InstanceLock(fd.release()));
}

std::optional<qint64> InstanceLock::owner(const QString& path)
{
    Descriptor fd(uninterrupted([&] { return ::open(native(path).constData(), O_RDONLY | O_CLOEXEC); }));
    if (!fd)
        return {};
    // Only asks: a lock of our own, however short, could make a starting daemon believe that another one runs.
    struct flock whole = wholeFile();
    if (uninterrupted([&] { return ::fcntl(fd.get(), F_OFD_GETLK, &whole); }) != 0 || whole.l_type == F_UNLCK)
        return {};
    return numberIn(fd.get());
}

InstanceLock::~InstanceLock() { ::close(fd_); }

Result<void> makePrivateDirectory(const QString& path)
{
    if (::mkdir(native(path).constData(), 0700) == 0 || (errno == EEXIST && QFileInfo(path).isDir()))
        return {};
    if (errno != ENOENT || parentOf(path) == path)
        return diskFailure("make folder", path, errno == EEXIST ? ENOTDIR : errno);
    if (auto ok = makePrivateDirectory(parentOf(path)); !ok)
        return ok;
    if (::mkdir(native(path).constData(), 0700) == 0 || errno == EEXIST)
        return {};
    return diskFailure("make folder", path, errno);
}

Result<void> requirePrivateDirectory(const QString& path)
{
    struct stat info = {};
    if (::lstat(native(path).constData(), &info) != 0)
        return diskFailure("look at folder", path, errno);
    if (!S_ISDIR(info.st_mode) || info.st_uid != ::geteuid() || (info.st_mode & 077))
        return failure(Code::RuntimeDirUnsafe, path);
    return {};
}

Result<quint32> peerUser(qintptr socket)
{
    struct ucred peer = {};
    socklen_t size = sizeof peer;
    if (::getsockopt(int(socket), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || size != sizeof peer)
        return diskFailure(Code::RpcPeerRefused, "ask for the user of", QStringLiteral("the connection"), errno);
    return peer.uid;
}

void raiseFileLimit()
{
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

void leaveNoCore()
{
    rlimit limit{};
    if (getrlimit(RLIMIT_CORE, &limit) == 0) {
        limit.rlim_cur = 0;
        setrlimit(RLIMIT_CORE, &limit);
    }
}

void setFileMask(std::optional<quint32> mask)
{
    static const mode_t inherited = [] {
        const mode_t now = ::umask(077); // it can be read only by setting it
        ::umask(now);
        return now;
    }();
    ::umask(mask ? mode_t(*mask) : inherited);
}

void shareHeaps()
{
#ifdef M_ARENA_MAX
    mallopt(M_ARENA_MAX, 2);
#endif
}

void onCrash(void (*told)())
{
    toldOfCrash = told;
    for (const int number : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL})
        ::signal(number, sayCrash);
}

quint32 ownUser() { return ::geteuid(); }

ProcessStatistics processStatistics()
{
    ProcessStatistics now;
    const QList<QByteArray> memory = contents("/proc/self/statm").split(' ');
    if (memory.size() > 1)
        now.residentBytes = memory[1].toLongLong() * ::sysconf(_SC_PAGESIZE);
    for (const QByteArray& line : contents("/proc/self/status").split('\n'))
        if (line.startsWith("Threads:"))
            now.threads = line.mid(8).trimmed().toInt();
    now.descriptors =
        int(QDir(QStringLiteral("/proc/self/fd")).entryList(QDir::AllEntries | QDir::NoDotAndDotDot | QDir::System).size());
    struct rusage usage = {};
    ::getrusage(RUSAGE_SELF, &usage);
    now.cpu = std::chrono::seconds(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
        + std::chrono::microseconds(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
    return now;
}

QString programDirectory() { return parentOf(QFile::symLinkTarget(QStringLiteral("/proc/self/exe"))); }

QString libraryDirectory()
{
    Dl_info info = {};
    if (::dladdr(reinterpret_cast<const void*>(&libraryDirectory), &info) == 0 || !info.dli_fname)
        return programDirectory();
    return parentOf(QFileInfo(QFile::decodeName(info.dli_fname)).canonicalFilePath());
}

QString sessionRuntimeDirectory()
{
    const QString path = QStringLiteral("/run/user/%1").arg(::geteuid());
    return requirePrivateDirectory(path) ? path : QString();
}

void notifySupervisor(const QByteArray& state)
{
    const QByteArray name = qgetenv("NOTIFY_SOCKET");
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    if ((!name.startsWith('/') && !name.startsWith('@')) || std::size_t(name.size()) >= sizeof address.sun_path)
        return;
    std::memcpy(address.sun_path, name.constData(), std::size_t(name.size()));
    if (name.startsWith('@'))
        address.sun_path[0] = '\0'; // the abstract name space
    Descriptor fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (fd)
        (void)::sendto(fd.get(), state.constData(), std::size_t(state.size()), MSG_NOSIGNAL,
            reinterpret_cast<const sockaddr*>(&address), socklen_t(offsetof(sockaddr_un, sun_path) + std::size_t(name.size())));
}

} // namespace weir
