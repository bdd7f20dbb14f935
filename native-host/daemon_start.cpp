#include "daemon_start.h"

#include "platform/paths.h"
#include "platform/process.h"

#include <QFile>
#include <QFileInfo>
#include <QStandardPaths>

#include <algorithm>
#include <thread>
#include <utility>

namespace weir {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr milliseconds kStartPatience = 10s;
/// A daemon that is still stopping holds the lock for some seconds: one that was started then has ended at once.
constexpr milliseconds kStartAgain = 3s;
constexpr milliseconds kUnitPatience = 5s;

/// What the daemon that did not start said at its end, in one line.
QString lastWords(const QString& file, qint64 from)
{
    constexpr qint64 kTail = 4096;
    QFile log(file);
    if (!log.open(QIODevice::ReadOnly) || !log.seek(std::max(from, log.size() - kTail)))
        return {};
    const QString text = QString::fromUtf8(log.readAll());
    const QString sign = QStringLiteral("weir-daemon: ");
    const qsizetype last = text.lastIndexOf(sign);
    return (last < 0 ? text.trimmed().section(u'\n', -1) : text.mid(last + sign.size())).simplified();
}

/// Is it this daemon that the unit starts? Another installation's would be a surprise.
bool unitRuns(const QString& unit, const QString& program)
{
    QFile file(unit);
    if (!file.open(QIODevice::ReadOnly))
        return false;
    const QList<QByteArray> lines = file.read(64 << 10).split('\n');
    return std::any_of(lines.begin(), lines.end(), [&](const QByteArray& line) {
        return line.startsWith("ExecStart=")
            && QFileInfo(QFile::decodeName(line.mid(10).split(' ').front())).canonicalFilePath()
            == QFileInfo(program).canonicalFilePath();
    });
}

/// Under the service manager it has a watchdog and is started again after a crash. False: there is no such unit, or no manager.
bool startUnit(const QString& program)
{
    constexpr auto kUnit = "weir.service";
    // The unit knows nothing of another home.
    if (qEnvironmentVariableIsSet("WEIR_HOME"))
        return false;
    const QString config = QStandardPaths::writableLocation(QStandardPaths::GenericConfigLocation);
    const QStringList folders{config + QStringLiteral("/systemd/user/"), QStringLiteral("/etc/systemd/user/"),
        QStringLiteral("/usr/local/lib/systemd/user/"), QStringLiteral("/usr/lib/systemd/user/")};
    const bool installed = std::any_of(folders.begin(), folders.end(),
        [&](const QString& folder) { return unitRuns(folder + QLatin1String(kUnit), program); });
    const QString systemctl = installed ? QStandardPaths::findExecutable(QStringLiteral("systemctl")) : QString();
    if (systemctl.isEmpty())
        return false;
    const auto end =
        runWithLimit(systemctl, {QStringLiteral("--user"), QStringLiteral("start"), QLatin1String(kUnit)}, kUnitPatience);
    return end && end->how == ProgramEnd::How::Exited && end->status == 0;
}

} // namespace

Result<QString> daemonProgram()
{
    const QString path = programDirectory() + QStringLiteral("/weir-daemon");
    if (!QFileInfo(path).isExecutable())
        return failure(Code::DaemonProgramMissing, path);
    return path;
}

Result<RpcClient> connectToDaemon(const Greeting& greeting)
{
    const auto paths = Paths::locate();
    if (!paths)
        return failure(paths.error());
    if (!QFileInfo::exists(paths->runtimeDir))
        return failure(Code::DaemonNotRunning, paths->socket);
    if (const auto safe = paths->check(); !safe)
        return failure(safe.error());
    return RpcClient::connect(paths->socket, greeting);
}

Result<RpcClient> connectOrStart(const Greeting& greeting)
{
    auto first = connectToDaemon(greeting);
    if (first || first.error().code != Code::DaemonNotRunning)
        return first;
    const auto paths = Paths::locate();
    const auto program = daemonProgram();
    if (!program)
        return failure(program.error());
    if (const auto made = paths->create(); !made)
        return failure(made.error());
    const QString log = paths->logDir + QStringLiteral("/daemon.log");
    const qint64 logged = QFileInfo(log).size();
    const auto began = steady_clock::now();
    auto startAt = began;
    bool unitTried = false;
    for (milliseconds pause = 5ms; steady_clock::now() - began < kStartPatience;
         pause = std::min<milliseconds>(pause * 3 / 2, 100ms)) {
        if (steady_clock::now() >= startAt) {
            if (!std::exchange(unitTried, true) && startUnit(*program)) {
                // READY=1 was said: the socket is there.
            } else if (const auto started = spawnDetached(*program, {}, log); !started) {
                return failure(started.error());
            }
            startAt = steady_clock::now() + kStartAgain;
        }
        std::this_thread::sleep_for(pause);
        auto client = connectToDaemon(greeting);
        if (client || client.error().code != Code::DaemonNotRunning)
            return client;
    }
    const QString said = lastWords(log, logged);
    return failure(Code::DaemonStartFailed, said.isEmpty() ? QStringLiteral("it does not answer; see %1").arg(log) : said);
}

} // namespace weir
