#include "contract/check_plugin.h"
#include "daemon/daemon.h"
#include "daemon/signals.h"
#include "isolation/worker.h"
#include "platform/process.h"

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QLocalSocket>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include <unistd.h>

using namespace weir;
using namespace std::chrono_literals;

namespace {

constexpr auto kDetachPatience = 10s;

int complain(const Error& error)
{
    const ErrorRow& row = errorRow(error.code);
    std::fprintf(stderr, "weir-daemon: %s\n", qPrintable(maskSecrets(describe(error))));
    if (*row.hint)
        std::fprintf(stderr, "  %s\n", row.hint);
    return row.exitStatus;
}

int runHere()
{
    Daemon daemon(::isatty(STDERR_FILENO));
    int interrupts = 0;
    const SignalWatch signals({SIGTERM, SIGINT, SIGHUP}, [&](int number) {
        if (number == SIGHUP)
            return daemon.reload();
        // Everything durable is durable already: whoever is in a hurry loses at most some seconds of progress.
        if (number == SIGINT && ++interrupts > 1)
            std::_Exit(128 + SIGINT);
        daemon.stop(number == SIGINT ? QStringLiteral("SIGINT") : QStringLiteral("SIGTERM"));
    });
    if (auto ok = daemon.start(); !ok)
        return complain(ok.error());
    return QCoreApplication::exec();
}

/// Starts ourselves without a terminal and waits until clients are answered.
int runDetached()
{
    const auto paths = Paths::locate();
    if (!paths)
        return complain(paths.error());
    if (auto ok = paths->create(); !ok)
        return complain(ok.error());
    if (const auto owner = InstanceLock::owner(paths->lockFile))
        return complain(Error{Code::DaemonRunning, QStringLiteral("process %1").arg(*owner)});
    const QString log = paths->logDir + QStringLiteral("/daemon.log");
    const auto pid = spawnDetached(QCoreApplication::applicationFilePath(), {QStringLiteral("--foreground")}, log);
    if (!pid)
        return complain(pid.error());
    for (const auto until = std::chrono::steady_clock::now() + kDetachPatience; std::chrono::steady_clock::now() < until;) {
        QLocalSocket probe;
        probe.connectToServer(paths->socket);
        if (probe.waitForConnected(100)) {
            std::printf("%lld\n", static_cast<long long>(*pid));
            return 0;
        }
        if (::kill(pid_t(*pid), 0) != 0)
            return complain(Error{Code::DaemonStartFailed, QStringLiteral("see %1").arg(log)});
        std::this_thread::sleep_for(20ms); // there is no event loop here, and nothing else to do
    }
    return complain(Error{Code::DaemonStartFailed, QStringLiteral("it does not answer; see %1").arg(log)});
}

} // namespace

int main(int argc, char** argv)
{
    std::signal(SIGPIPE, SIG_IGN);
    QCoreApplication app(argc, argv);
    QCoreApplication::setApplicationName(QStringLiteral("weir-daemon"));
    QCoreApplication::setApplicationVersion(Daemon::version());

    QCommandLineParser parser;
    parser.setApplicationDescription(QStringLiteral(
        "The daemon behind `weir`: runs downloads and serves clients on a local socket.\n"
        "Exit status: 0 stopped in order, 11 another one runs already, else that of the error (docs/errors.md)."));
    const auto help = parser.addHelpOption();
    const auto version = parser.addVersionOption();
    const QCommandLineOption foreground(QStringLiteral("foreground"), QStringLiteral("Stay in the foreground (default)."));
    const QCommandLineOption detached(
        QStringLiteral("daemon"), QStringLiteral("Go to the background; prints the process id when ready."));
    const QCommandLineOption probe(QStringLiteral("probe-plugin"),
        QStringLiteral("Look at a plugin and print what it says of itself."), QStringLiteral("FILE"));
    const QCommandLineOption check(QStringLiteral("check-plugin"),
        QStringLiteral("Let the contract of plugins run over one and print what was found."), QStringLiteral("FILE"));
    const QCommandLineOption urls(
        QStringLiteral("urls"), QStringLiteral("Its author's list of addresses, for --check-plugin."), QStringLiteral("LIST"));
    QCommandLineOption worker(QStringLiteral("plugin-worker"));
    worker.setFlags(QCommandLineOption::HiddenFromHelp); // the daemon's own affair
    parser.addOptions({foreground, detached, probe, check, urls, worker});
    if (!parser.parse(QCoreApplication::arguments()) || !parser.positionalArguments().isEmpty())
        return complain(Error{
            Code::BadOption, parser.errorText().isEmpty() ? parser.positionalArguments().join(u' ') : parser.errorText()});
    if (parser.isSet(help))
        parser.showHelp();
    if (parser.isSet(version))
        parser.showVersion();
    if (parser.isSet(probe))
        return probePluginInThisProcess(parser.value(probe));
    raiseFileLimit();
    leaveNoCore();
    shareHeaps();
    if (parser.isSet(worker))
        return runPluginWorker();
    if (parser.isSet(check))
        checkPluginInThisProcess(parser.value(check), parser.value(urls));
    return parser.isSet(detached) ? runDetached() : runHere();
}
