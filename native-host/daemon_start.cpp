#include "daemon_start.h"

#include "platform/paths.h"
#include "platform/process.h"

#include <QFile>
#include <QFileInfo>

#include <thread>

namespace weir {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr milliseconds kStartPatience = 10s;
/// A daemon that is still stopping holds the lock for some seconds: one that was started then has ended at once.
constexpr milliseconds kStartAgain = 3s;

QString lastLine(const QString& file, qint64 from)
{
    constexpr qint64 kTail = 4096;
    QFile log(file);
    if (!log.open(QIODevice::ReadOnly) || !log.seek(std::max(from, log.size() - kTail)))
        return {};
    const QList<QByteArray> lines = log.readAll().trimmed().split('\n');
    return QString::fromUtf8(lines.back());
}

} // namespace

Result<QString> daemonProgram()
{
    const QString path = programDirectory() + QStringLiteral("/weir-daemon");
    if (!QFileInfo(path).isExecutable())
        return failure(Code::DaemonProgramMissing, path);
    return path;
}

Result<RpcClient> connectToDaemon()
{
    const auto paths = Paths::locate();
    if (!paths)
        return failure(paths.error());
    if (!QFileInfo::exists(paths->runtimeDir))
        return failure(Code::DaemonNotRunning, paths->socket);
    if (const auto safe = paths->check(); !safe)
        return failure(safe.error());
    return RpcClient::connect(paths->socket);
}

Result<RpcClient> connectOrStart()
{
    auto first = connectToDaemon();
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
    for (milliseconds pause = 5ms; steady_clock::now() - began < kStartPatience;
         pause = std::min<milliseconds>(pause * 3 / 2, 100ms)) {
        if (steady_clock::now() >= startAt) {
            if (const auto started = spawnDetached(*program, {}, log); !started)
                return failure(started.error());
            startAt = steady_clock::now() + kStartAgain;
        }
        std::this_thread::sleep_for(pause);
        auto client = connectToDaemon();
        if (client || client.error().code != Code::DaemonNotRunning)
            return client;
    }
    const QString said = lastLine(log, logged);
    return failure(Code::DaemonStartFailed, said.isEmpty() ? QStringLiteral("it does not answer; see %1").arg(log) : said);
}

} // namespace weir
