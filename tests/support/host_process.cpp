#include "support/host_process.h"

#include "platform/process.h"
#include "support/daemon_process.h"
#include "test_paths.h"

#include <QJsonArray>
#include <QJsonDocument>

#include <csignal>

namespace weir::test {

namespace {
constexpr int kPatience = 20'000;
}

QString HostProcess::program() { return QStringLiteral(WEIR_BUILD_DIR "/bin/weir"); }

HostProcess::HostProcess(const QString& home) : environment(QProcessEnvironment::systemEnvironment())
{
    environment.insert(QStringLiteral("WEIR_HOME"), home);
    environment.remove(QStringLiteral("NOTIFY_SOCKET"));
}

HostProcess::~HostProcess()
{
    process.kill();
    process.waitForFinished();
}

void HostProcess::start(const QStringList& arguments, const QString& program)
{
    process.setProcessEnvironment(environment);
    process.start(program, arguments);
    process.waitForStarted(kPatience);
}

QJsonObject HostProcess::ready()
{
    start();
    const QJsonObject first = next();
    return first.value(u"method").toString() == u"host.ready" ? first.value(u"params").toObject() : QJsonObject();
}

void HostProcess::write(const QByteArray& bytes)
{
    process.write(bytes);
    while (process.bytesToWrite() > 0 && process.waitForBytesWritten(kPatience)) {}
}

int HostProcess::send(const QString& method, const QJsonObject& params)
{
    const int id = ++lastId_;
    write(frame(QJsonDocument(QJsonObject{{QStringLiteral("jsonrpc"), QStringLiteral("2.0")}, {QStringLiteral("id"), id},
                                  {QStringLiteral("method"), method}, {QStringLiteral("params"), params}})
                    .toJson(QJsonDocument::Compact)));
    return id;
}

QJsonObject HostProcess::nextFrame()
{
    for (;;) {
        const auto message = reader_.next();
        if (!message) {
            clean_ = false;
            return {};
        }
        if (*message) {
            const QJsonDocument document = QJsonDocument::fromJson(**message);
            clean_ = clean_ && !document.isNull();
            return document.isArray() ? QJsonObject{{QStringLiteral("batch"), document.array()}} : document.object();
        }
        if (process.bytesAvailable() == 0 && !process.waitForReadyRead(kPatience) && process.bytesAvailable() == 0)
            return {};
        reader_.append(process.readAllStandardOutput());
    }
}

QJsonObject HostProcess::next()
{
    if (notifications_.empty())
        return nextFrame();
    const QJsonObject message = notifications_.front();
    notifications_.pop_front();
    return message;
}

QJsonObject HostProcess::reply(int id)
{
    for (;;) {
        const QJsonObject message = nextFrame();
        if (message.isEmpty() || message.value(u"id").toInt(-1) == id)
            return message;
        notifications_.push_back(message);
    }
}

QJsonObject HostProcess::untilState(qint64 task, const QString& state)
{
    for (;;) {
        const QJsonObject message = next();
        if (message.isEmpty())
            return {};
        const QJsonArray rows = message.value(u"params").toObject().value(u"tasks").toArray();
        for (const QJsonValue& row : rows)
            if (row[u"id"].toInteger() == task && row[u"state"].toString() == state)
                return row.toObject();
    }
}

bool HostProcess::waitForEnd()
{
    if (process.state() != QProcess::NotRunning && !process.waitForFinished(kPatience))
        return false;
    reader_.append(process.readAllStandardOutput());
    return true;
}

void endDaemonOf(const QString& home)
{
    const QString lock = home + QStringLiteral("/run/weir.lock");
    const auto gone = [&] { return !InstanceLock::owner(lock); };
    if (const auto pid = InstanceLock::owner(lock))
        ::kill(pid_t(*pid), SIGTERM);
    if (!eventually(gone))
        if (const auto pid = InstanceLock::owner(lock)) {
            ::kill(pid_t(*pid), SIGKILL);
            eventually(gone);
        }
}

} // namespace weir::test
