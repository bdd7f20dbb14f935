#include "test_paths.h"

#include "support/daemon_process.h"

#include <QElapsedTimer>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QThread>

#include <csignal>

namespace weir::test {

namespace {
constexpr int kPatience = 20'000;
constexpr qint64 kLongestTask = 120'000;
}

bool eventually(const std::function<bool()>& fact)
{
    for (int waited = 0; waited < kPatience; waited += 10) {
        if (fact())
            return true;
        QThread::msleep(10);
    }
    return fact();
}

RpcPeer::RpcPeer(const QString& socket)
{
    socket_.connectToServer(socket);
    socket_.waitForConnected(kPatience);
}

bool RpcPeer::more()
{
    if (socket_.bytesAvailable() == 0 && !socket_.waitForReadyRead(kPatience) && socket_.bytesAvailable() == 0)
        return false;
    reader_.append(socket_.readAll());
    return true;
}

QJsonObject RpcPeer::next()
{
    if (!notifications_.empty()) {
        const QJsonObject message = notifications_.front();
        notifications_.pop_front();
        return message;
    }
    for (;;) {
        const auto message = reader_.next();
        if (!message)
            return {};
        if (*message)
            return QJsonDocument::fromJson(**message).object();
        if (!more())
            return {};
    }
}

QJsonObject RpcPeer::call(const QString& method, const QJsonObject& params)
{
    const int id = ++lastId_;
    const QJsonObject request{{QStringLiteral("jsonrpc"), QStringLiteral("2.0")}, {QStringLiteral("id"), id},
        {QStringLiteral("method"), method}, {QStringLiteral("params"), params}};
    send(frame(QJsonDocument(request).toJson(QJsonDocument::Compact)));
    std::deque<QJsonObject> others = std::exchange(notifications_, {});
    QJsonObject reply;
    for (reply = next(); !reply.isEmpty() && reply.value(u"id").toInt() != id; reply = next())
        others.push_back(reply);
    notifications_ = std::move(others);
    return reply;
}

QJsonObject RpcPeer::result(const QString& method, const QJsonObject& params)
{
    const QJsonObject reply = call(method, params);
    if (!reply.contains(u"result"))
        qWarning("%s: %s", qPrintable(method), QJsonDocument(reply).toJson(QJsonDocument::Compact).constData());
    return reply.value(u"result").toObject();
}

QJsonObject RpcPeer::hello(const QString& role, int protocol)
{
    return call(QStringLiteral("session.hello"),
        {{QStringLiteral("client"), QStringLiteral("test")}, {QStringLiteral("version"), QStringLiteral("1")},
            {QStringLiteral("protocol"), protocol}, {QStringLiteral("role"), role}});
}

bool RpcPeer::waitForEnd()
{
    while (connected() && more()) {}
    return !connected();
}

QJsonObject RpcPeer::untilState(qint64 task, const QString& state)
{
    QJsonArray rows =
        result(QStringLiteral("events.subscribe"), {{QStringLiteral("tasks"), QJsonArray{task}}}).value(u"tasks").toArray();
    QElapsedTimer waited;
    waited.start();
    while (waited.elapsed() < kLongestTask) {
        for (const QJsonValue row : std::as_const(rows))
            if (row[u"id"].toInteger() == task && row[u"state"].toString() == state)
                return row.toObject();
        const QJsonObject message = next();
        if (message.isEmpty())
            return {};
        rows = message.value(u"params").toObject().value(u"tasks").toArray();
    }
    return {};
}

QString DaemonProcess::program() { return QStringLiteral(WEIR_BUILD_DIR "/bin/weir-daemon"); }

DaemonProcess::DaemonProcess() : environment(QProcessEnvironment::systemEnvironment())
{
    environment.insert(QStringLiteral("WEIR_HOME"), home.path());
    // Copies of our own plugins in a folder of WEIR_TEST_PLUGINS come first, and run in processes of their own.
    environment.insert(QStringLiteral("WEIR_PLUGIN_PATH"),
        qEnvironmentVariable("WEIR_TEST_PLUGINS")
            + QStringLiteral(":" WEIR_BUILD_DIR "/tests/plugins:" WEIR_BUILD_DIR "/lib/weir/plugins"));
    environment.insert(QStringLiteral("WEIR_PLUGINS_INPROCESS"), QStringLiteral("fake")); // it stands for one of ours
    environment.remove(QStringLiteral("NOTIFY_SOCKET"));
}

DaemonProcess::~DaemonProcess()
{
    if (process.state() != QProcess::NotRunning) {
        process.terminate();
        if (!process.waitForFinished(10'000))
            kill();
    }
}

bool DaemonProcess::start(const QStringList& arguments)
{
    process.setProcessEnvironment(environment);
    const QStringList words = prefix + QStringList{program()} + arguments;
    process.start(words.first(), words.mid(1));
    if (!process.waitForStarted())
        return false;
    const bool answered = eventually([this] {
        QLocalSocket probe;
        probe.connectToServer(socket());
        return probe.waitForConnected(1000) || process.waitForFinished(0) || process.state() == QProcess::NotRunning;
    });
    return answered && process.state() == QProcess::Running;
}

void DaemonProcess::signal(int number) { ::kill(pid_t(process.processId()), number); }

bool DaemonProcess::stop()
{
    signal(SIGTERM);
    return waitForEnd();
}

bool DaemonProcess::waitForEnd() { return process.state() == QProcess::NotRunning || process.waitForFinished(kPatience); }

QByteArray DaemonProcess::logText() const
{
    QFile file(path(QStringLiteral("log/daemon.log")));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

void DaemonProcess::writeConfig(const QJsonObject& config)
{
    QFile file(path(QStringLiteral("config.json")));
    if (!file.open(QIODevice::WriteOnly) || file.write(QJsonDocument(config).toJson()) < 0)
        qFatal("config.json can't be written");
}

std::unique_ptr<RpcPeer> DaemonProcess::client(const QString& role)
{
    auto peer = std::make_unique<RpcPeer>(socket());
    if (!peer->hello(role).contains(u"result"))
        qWarning("hello was refused");
    return peer;
}

qint64 DaemonProcess::addTask(RpcPeer& peer, const QUrl& url, QJsonObject more)
{
    more.insert(QStringLiteral("url"), url.toString(QUrl::FullyEncoded));
    if (!more.contains(u"dir"))
        more.insert(QStringLiteral("dir"), path(QStringLiteral("downloads")));
    const QJsonObject added = peer.result(QStringLiteral("task.add"), {{QStringLiteral("tasks"), QJsonArray{more}}});
    return added.value(u"ids").toArray().at(0).toInteger();
}

} // namespace weir::test
