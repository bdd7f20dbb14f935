#pragma once
// A real server program of the system on a port of its own, ended with this object. Main thread of a test.

#include "support/daemon_process.h"
#include "support/files.h"
#include "support/free_port.h"

#include <QTcpSocket>

namespace weir::test {

class ServerProcess {
public:
    ~ServerProcess()
    {
        process_.kill();
        process_.waitForFinished();
    }
    /// False: nothing listens there after 20 s, or the program has ended.
    bool start(const QString& program, const QStringList& arguments, quint16 port,
        const QHostAddress& address = QHostAddress(QHostAddress::LocalHost))
    {
        process_.setProcessChannelMode(QProcess::MergedChannels);
        process_.start(program, arguments);
        if (!process_.waitForStarted())
            return false;
        return eventually([&] {
            QTcpSocket socket;
            socket.connectToHost(address, port);
            return process_.state() == QProcess::NotRunning || socket.waitForConnected(1000);
        }) && process_.state() == QProcess::Running;
    }
    QByteArray output() { return process_.readAll(); }

private:
    QProcess process_;
};

} // namespace weir::test
