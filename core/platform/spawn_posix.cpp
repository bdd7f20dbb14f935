// Starting programs. Between fork and exec only calls that are safe there: everything is prepared before.

#include "platform/posix_calls.h"
#include "platform/process.h"

#include <csignal>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>

namespace weir {
namespace {

using Time = std::chrono::steady_clock;

constexpr qsizetype kMaxOutput = 1 << 20;

struct Arguments {
    std::vector<QByteArray> texts;
    std::vector<char*> pointers;
    Arguments(const QString& program, const QStringList& arguments)
    {
        texts.push_back(native(program));
        for (const QString& argument : arguments)
            texts.push_back(native(argument));
        for (QByteArray& text : texts)
            pointers.push_back(text.data());
        pointers.push_back(nullptr);
    }
};

struct Pipe {
    Descriptor reader, writer;
    static Result<Pipe> make()
    {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0)
            return diskFailure(Code::DaemonStartFailed, "make a pipe for", QStringLiteral("a new program"), errno);
        return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
    }
};

// In the child: a clean slate of signals.
void resetSignals()
{
    for (int signal : {SIGPIPE, SIGTERM, SIGINT, SIGHUP, SIGCHLD, SIGQUIT})
        ::signal(signal, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// What the child says of itself before exec: its process id, then the errno of a failed exec.
struct Report {
    qint64 pid = 0;
    int error = 0;
};

[[noreturn]] void execute(const Arguments& arguments, int reportTo)
{
    ::execv(arguments.pointers[0], arguments.pointers.data());
    const Report report{0, errno};
    (void)!::write(reportTo, &report, sizeof report);
    ::_exit(127);
}

tl::unexpected<Error> startFailure(const QString& program, int error)
{
    return diskFailure(error == ENOENT ? Code::DaemonProgramMissing : Code::DaemonStartFailed, "start", program, error);
}

// Ends the child's group and takes its end, so that nothing of it stays.
void killGroup(pid_t child) { ::kill(-child, SIGKILL); }

bool reap(pid_t child, Time::time_point until, int& status)
{
    for (;;) {
        const pid_t ended = uninterrupted([&] { return ::waitpid(child, &status, WNOHANG); });
        if (ended != 0)
            return true;
        if (Time::now() >= until)
            return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
}

// Reads until the other end is closed. False: the time is up.
bool drain(int fd, Time::time_point until, QByteArray& output)
{
    char piece[4096];
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Time::now()).count();
        if (left <= 0)
            return false;
        pollfd ready{fd, POLLIN, 0};
        if (::poll(&ready, 1, int(left)) <= 0)
            continue;
        const ssize_t n = ::read(fd, piece, sizeof piece);
        if (n == 0 || (n < 0 && errno != EINTR))
            return true;
        if (n > 0 && output.size() < kMaxOutput)
            output.append(piece, std::min<qsizetype>(n, kMaxOutput - output.size()));
    }
}

} // namespace

Result<qint64> spawnDetached(const QString& program, const QStringList& arguments, const QString& logFile)
{
    const Arguments prepared(program, arguments);
    Descriptor null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    Descriptor log(uninterrupted(
        [&] { return ::open(native(logFile).constData(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600); }));
    if (!null || !log)
        return diskFailure(Code::DaemonStartFailed, "open the log", logFile, errno);
    auto pipe = Pipe::make();
    if (!pipe)
        return failure(pipe.error());

    const pid_t child = ::fork();
    if (child < 0)
        return startFailure(program, errno);
    if (child == 0) {
        // Twice, so that it is nobody's child and never the leader of a session that could get a terminal.
        ::setsid();
        const pid_t grandchild = ::fork();
        if (grandchild != 0)
            ::_exit(grandchild < 0 ? 1 : 0);
        resetSignals();
        ::dup2(null.get(), 0);
        ::dup2(log.get(), 1);
        ::dup2(log.get(), 2);
        if (::chdir("/") != 0)
            ::_exit(127);
        const Report alive{::getpid(), 0};
        (void)!::write(pipe->writer.get(), &alive, sizeof alive);
        execute(prepared, pipe->writer.get());
    }
    pipe->writer.reset();
    int status = 0;
    (void)uninterrupted([&] { return ::waitpid(child, &status, 0); });
    Report alive, failed;
    if (uninterrupted([&] { return ::read(pipe->reader.get(), &alive, sizeof alive); }) != sizeof alive)
        return startFailure(program, EAGAIN);
    if (uninterrupted([&] { return ::read(pipe->reader.get(), &failed, sizeof failed); }) == sizeof failed)
        return startFailure(program, failed.error);
    return alive.pid;
}

Result<ProgramEnd> runWithLimit(const QString& program, const QStringList& arguments, std::chrono::milliseconds limit)
{
    const auto until = Time::now() + limit;
    const Arguments prepared(program, arguments);
    Descriptor null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    auto output = Pipe::make(), report = Pipe::make();
    if (!output || !report)
        return failure(output ? report.error() : output.error());

    const pid_t child = ::fork();
    if (child < 0)
        return startFailure(program, errno);
    if (child == 0) {
        ::setpgid(0, 0);
        resetSignals();
        ::dup2(null.get(), 0);
        ::dup2(output->writer.get(), 1);
        ::dup2(null.get(), 2);
        execute(prepared, report->writer.get());
    }
    ::setpgid(child, child); // also here: whoever comes first
    output->writer.reset();
    report->writer.reset();

    ProgramEnd end;
    int status = 0;
    const bool inTime = drain(output->reader.get(), until, end.output) && reap(child, until, status);
    killGroup(child);
    if (!inTime) {
        (void)uninterrupted([&] { return ::waitpid(child, &status, 0); });
        end.how = ProgramEnd::How::TimedOut;
        return end;
    }
    Report failed;
    if (uninterrupted([&] { return ::read(report->reader.get(), &failed, sizeof failed); }) == sizeof failed)
        return startFailure(program, failed.error);
    end.how = WIFSIGNALED(status) ? ProgramEnd::How::Crashed : ProgramEnd::How::Exited;
    end.status = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
    return end;
}

Result<qint64> spawnWithChannel(const QString& program, const QStringList& arguments, int channel)
{
    const Arguments prepared(program, arguments);
    Descriptor null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    auto report = Pipe::make();
    if (!report)
        return failure(report.error());
    const pid_t child = ::fork();
    if (child < 0)
        return startFailure(program, errno);
    if (child == 0) {
        ::setpgid(0, 0);
        resetSignals();
        ::dup2(channel, 0);
        ::dup2(null.get(), 1);
        execute(prepared, report->writer.get());
    }
    ::setpgid(child, child); // also here: whoever comes first
    report->writer.reset();
    Report failed;
    if (uninterrupted([&] { return ::read(report->reader.get(), &failed, sizeof failed); }) == sizeof failed) {
        (void)uninterrupted([&] { return ::waitpid(child, nullptr, 0); });
        return startFailure(program, failed.error);
    }
    return child;
}

void killChild(qint64 child) { killGroup(pid_t(child)); }

ProgramEnd takeEnd(qint64 child, std::chrono::milliseconds limit)
{
    ProgramEnd end;
    int status = 0;
    const bool inTime = reap(pid_t(child), Time::now() + limit, status);
    killGroup(pid_t(child));
    if (!inTime) {
        (void)uninterrupted([&] { return ::waitpid(pid_t(child), &status, 0); });
        end.how = ProgramEnd::How::TimedOut;
        return end;
    }
    end.how = WIFSIGNALED(status) ? ProgramEnd::How::Crashed : ProgramEnd::How::Exited;
    end.status = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
    return end;
}

int takeStandardInput()
{
    const int taken = ::fcntl(0, F_DUPFD_CLOEXEC, 3);
    Descriptor null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    ::dup2(null.get(), 0);
    return taken;
}

} // namespace weir
