#pragma once
// This process and others: one daemon at a time, starting programs, asking who is at the other end of a socket. Any thread;
// an InstanceLock is owned by the daemon for all its life.

#include <weir/result.h>

#include <QByteArray>
#include <QString>
#include <QStringList>

#include <chrono>
#include <memory>
#include <optional>

namespace weir {

/// Only one process holds the lock on a file; the system lets go of it when that process ends in whatever way.
class InstanceLock {
public:
    /// Never waits. DaemonRunning names the process; LockFailed.
    static Result<std::unique_ptr<InstanceLock>> take(const QString& path);
    /// The process that holds it; nothing: nobody does.
    static std::optional<qint64> owner(const QString& path);
    ~InstanceLock();
    InstanceLock(const InstanceLock&) = delete;
    InstanceLock& operator=(const InstanceLock&) = delete;

private:
    explicit InstanceLock(int fd) : fd_(fd) {}
    const int fd_;
};

/// Starts a program that outlives us: own session, no terminal, output appended to `logFile` (mode 0600). Its process id.
/// DaemonProgramMissing, DaemonStartFailed.
Result<qint64> spawnDetached(const QString& program, const QStringList& arguments, const QString& logFile);

struct ProgramEnd {
    enum class How : quint8 { Exited, Crashed, TimedOut };
    How how = How::Exited;
    int status = 0;    ///< exit status, or the signal that ended it
    QByteArray output; ///< standard output, at most 1 MiB
};
/// Runs a program to its end, or kills it and what it started. Blocks. DaemonProgramMissing, DaemonStartFailed.
Result<ProgramEnd> runWithLimit(const QString& program, const QStringList& arguments, std::chrono::milliseconds limit);

/// Starts a program that has an end of a channel as its standard input, and whose standard output goes nowhere. Its process id;
/// it is a child of ours, to be given to takeEnd() once. DaemonProgramMissing, DaemonStartFailed.
Result<qint64> spawnWithChannel(const QString& program, const QStringList& arguments, int channel);
/// Ends the child and what it started, at once. Not after takeEnd().
void killChild(qint64 child);
/// Waits for the end of a child, or kills it when the time is up.
ProgramEnd takeEnd(qint64 child, std::chrono::milliseconds limit);
/// The child's part: its end of the channel. Standard input is empty from now on.
int takeStandardInput();
/// Called when a fault is about to end this process, on the thread that has it; may do only what a signal handler may. Once.
void onCrash(void (*told)());

/// The user at the other end of a local socket. RpcPeerRefused if the system can't tell.
Result<quint32> peerUser(qintptr socket);
quint32 ownUser();
/// As many open files as the system lets this user have: a folder's task may have thousands.
void raiseFileLimit();
/// A crash leaves no image of the memory, where passwords are, unless somebody raises the limit of the running process.
void leaveNoCore();
/// The permissions that files made from now on don't get; nothing: those that this process was started with.
void setFileMask(std::optional<quint32> mask);
/// Threads that work at different times share what memory the allocator keeps. Before the first thread is started.
void shareHeaps();

struct ProcessStatistics {
    qint64 residentBytes = 0;
    int threads = 0;
    int descriptors = 0; ///< that are open
    std::chrono::microseconds cpu{0};
};
ProcessStatistics processStatistics();

QString programDirectory(); ///< of the running program
QString libraryDirectory(); ///< of libweir
/// /run/user/ID if it is there and ours, else empty.
QString sessionRuntimeDirectory();

/// sd_notify(3): "READY=1", "STOPPING=1", "STATUS=...". Nothing happens without a service manager.
void notifySupervisor(const QByteArray& state);

} // namespace weir
