#pragma once
// The real daemon in a folder of its own, and a client of its socket. Main thread of a test; whatever was started is ended.

#include "rpc/frame.h"

#include <QJsonObject>
#include <QLocalSocket>
#include <QProcess>
#include <QTemporaryDir>
#include <QUrl>

#include <deque>
#include <functional>
#include <memory>

namespace weir::test {

/// One connection to the socket. Every wait has a limit of 20 s.
class RpcPeer {
public:
    /// Connected, but nothing said yet.
    explicit RpcPeer(const QString& socket);

    bool connected() const { return socket_.state() == QLocalSocket::ConnectedState; }
    QJsonObject hello(const QString& role = QStringLiteral("client"), int protocol = 1);
    /// The whole reply; empty: the connection has ended.
    QJsonObject call(const QString& method, const QJsonObject& params = {});
    QJsonObject result(const QString& method, const QJsonObject& params = {});
    void send(const QByteArray& bytes)
    {
        socket_.write(bytes);
        socket_.flush();
    }
    /// The next message of any kind; empty: the connection has ended, or nothing came.
    QJsonObject next();
    bool waitForEnd();
    /// Reads notifications until one says that the task has this state; then that row. Empty after two minutes without it.
    QJsonObject untilState(qint64 task, const QString& state);

private:
    bool more();

    QLocalSocket socket_;
    FrameReader reader_{64u << 20};
    std::deque<QJsonObject> notifications_;
    int lastId_ = 0;
};

class DaemonProcess {
public:
    DaemonProcess();
    ~DaemonProcess(); ///< ends it

    /// Starts it; false: it ended before the socket answered.
    bool start(const QStringList& arguments = {});
    void signal(int number);
    void kill()
    {
        process.kill();
        process.waitForFinished();
    }
    bool waitForEnd();
    /// As the system ends it. False: it does not end.
    bool stop();
    int exitStatus() const { return process.exitCode(); }
    QString path(const QString& below) const { return home.path() + u'/' + below; }
    QString socket() const { return path(QStringLiteral("run/weir.sock")); }
    QByteArray errorOutput() { return process.readAllStandardError(); }
    QByteArray logText() const;
    void writeConfig(const QJsonObject& config);
    /// Connected, and has said hello.
    std::unique_ptr<RpcPeer> client(const QString& role = QStringLiteral("client"));
    /// Its id; 0: refused.
    qint64 addTask(RpcPeer& peer, const QUrl& url, QJsonObject more = {});

    QTemporaryDir home;
    QProcess process;
    QProcessEnvironment environment;
    QStringList prefix; ///< the program that starts it, as NetLab::on() gives it; empty: none

    static QString program();
};

/// Polls an outside fact (a file's content, a process's end) that tells nobody of its change.
bool eventually(const std::function<bool()>& fact);

} // namespace weir::test
