// What a service manager sees.
#include "test_paths.h"

#include "support/daemon_process.h"

#include <QFile>
#include <QStandardPaths>

#include <gtest/gtest.h>

#include <csignal>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

using namespace weir::test;

namespace {

/// The service manager's end of NOTIFY_SOCKET.
class NotifySocket {
public:
    explicit NotifySocket(const QString& path)
    {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        const QByteArray name = QFile::encodeName(path);
        std::copy(name.begin(), name.end(), address.sun_path);
        if (::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
            qFatal("the socket can't be bound");
    }
    ~NotifySocket() { ::close(fd_); }
    QByteArray next()
    {
        pollfd ready{fd_, POLLIN, 0};
        char text[1024];
        if (::poll(&ready, 1, 20'000) != 1)
            return {};
        const ssize_t size = ::recv(fd_, text, sizeof text, 0);
        return QByteArray(text, std::max<ssize_t>(size, 0));
    }

private:
    const int fd_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
};

TEST(Supervisor, IsToldWhenTheSocketAnswersThatItLivesAndThatItStops)
{
    DaemonProcess daemon;
    NotifySocket supervisor(daemon.path("notify"));
    daemon.environment.insert("NOTIFY_SOCKET", daemon.path("notify"));
    daemon.environment.insert("WATCHDOG_USEC", "20000");
    daemon.process.setProcessEnvironment(daemon.environment);
    daemon.process.start(DaemonProcess::program(), QStringList());
    ASSERT_TRUE(supervisor.next().contains("READY=1"));
    EXPECT_TRUE(RpcPeer(daemon.socket()).hello().contains(u"result"));
    EXPECT_TRUE(supervisor.next().contains("WATCHDOG=1"));
    EXPECT_TRUE(supervisor.next().contains("WATCHDOG=1"));
    daemon.signal(SIGTERM);
    QByteArray last;
    do
        last = supervisor.next();
    while (last.contains("WATCHDOG=1"));
    EXPECT_TRUE(last.contains("STOPPING=1")) << last.toStdString();
    EXPECT_TRUE(daemon.waitForEnd());
}

TEST(Supervisor, TheUnitIsOneThatSystemdTakes)
{
    const QString analyze = QStandardPaths::findExecutable("systemd-analyze");
    if (analyze.isEmpty())
        GTEST_SKIP() << "systemd-analyze is not installed";
    QFile unit(QStringLiteral(WEIR_SOURCE_DIR "/packaging/systemd/weir.service"));
    ASSERT_TRUE(unit.open(QIODevice::ReadOnly));
    QByteArray text = unit.readAll();
    EXPECT_TRUE(text.contains("Type=notify"));
    text.replace("/usr/bin/weir-daemon", DaemonProcess::program().toLocal8Bit());
    const QTemporaryDir folder;
    QFile copy(folder.filePath("weir.service"));
    ASSERT_TRUE(copy.open(QIODevice::WriteOnly));
    copy.write(text);
    copy.close();
    QProcess process;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert("XDG_RUNTIME_DIR", folder.path());
    process.setProcessEnvironment(environment);
    process.start(analyze, {"verify", "--user", "--man=no", copy.fileName()});
    ASSERT_TRUE(process.waitForFinished(20'000));
    EXPECT_EQ(process.exitCode(), 0) << process.readAllStandardError().toStdString();
}

} // namespace
