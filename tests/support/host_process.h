#pragma once
// The real native host, started as a browser starts it: frames over its standard input and output. Main thread of a test;
// whatever was started is ended, also a daemon that the host has started.

#include "rpc/frame.h"

#include <QJsonObject>
#include <QProcess>

#include <deque>

namespace weir::test {

class HostProcess {
public:
    /// In the home of a daemon that runs or will be started. Every wait has a limit of 20 s.
    explicit HostProcess(const QString& home);
    ~HostProcess();

    static QString program();
    static QString origin() { return QStringLiteral("chrome-extension://bhfmnpfnhmejhpdcildahcplllkdoljb/"); }

    void start(const QStringList& arguments = {origin()}, const QString& program = HostProcess::program());
    /// Starts it and waits for host.ready; its parameters.
    QJsonObject ready();
    void write(const QByteArray& bytes);
    /// One request; its id.
    int send(const QString& method, const QJsonObject& params = {});
    /// The next message of any kind, that to a batch as {"batch": [...]}; empty: it ended.
    QJsonObject next();
    /// The whole reply; notifications that come between are kept for untilState().
    QJsonObject reply(int id);
    QJsonObject call(const QString& method, const QJsonObject& params = {}) { return reply(send(method, params)); }
    /// Reads notifications until one says that the task has this state; then that row.
    QJsonObject untilState(qint64 task, const QString& state);
    void closeInput() { process.closeWriteChannel(); }
    bool waitForEnd();
    /// Was all of standard output whole frames, up to here?
    bool clean() const { return clean_ && reader_.idle(); }

    QProcess process;
    QProcessEnvironment environment;

private:
    QJsonObject nextFrame();

    FrameReader reader_{kMaxFrameToBrowser};
    std::deque<QJsonObject> notifications_;
    bool clean_ = true;
    int lastId_ = 0;
};

/// Ends the daemon that holds the lock in that home, if there is one.
void endDaemonOf(const QString& home);

} // namespace weir::test
