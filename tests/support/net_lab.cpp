#include "support/net_lab.h"

#include <QFile>
#include <QProcess>
#include <QStandardPaths>

#include <thread>

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

namespace weir::test {

namespace {

const QString kPrefix = QStringLiteral("/16"); // of all addresses

QString ownName(const QString& machine) { return QStringLiteral("weir-%1-%2").arg(getpid()).arg(machine); }

} // namespace

bool NetLab::possible() { return geteuid() == 0 && !QStandardPaths::findExecutable(QStringLiteral("ip")).isEmpty(); }

QString NetLab::space(const QString& machine) const { return ownName(machine); }
QString NetLab::switchSpace() const { return ownName(QStringLiteral("switch")); }

QStringList NetLab::on(const QString& machine) const
{
    return {QStringLiteral("ip"), QStringLiteral("netns"), QStringLiteral("exec"), space(machine)};
}

QString NetLab::address(const QString& machine) const
{
    return QStringLiteral("10.213.8.%1").arg(machines_.indexOf(machine) + 1);
}

bool NetLab::ip(const QStringList& arguments)
{
    QProcess process;
    process.start(QStringLiteral("ip"), arguments);
    if (process.waitForFinished() && process.exitStatus() == QProcess::NormalExit && process.exitCode() == 0)
        return true;
    if (problem_.isEmpty())
        problem_ = QStringLiteral("ip %1: %2")
                       .arg(arguments.join(u' '), QString::fromLocal8Bit(process.readAllStandardError()).trimmed());
    return false;
}

void NetLab::connect(const QString& machine)
{
    const QString there = space(machine), port = QStringLiteral("port%1").arg(machines_.indexOf(machine));
    ip({"netns", "add", there});
    ip({"-n", there, "link", "set", "lo", "up"});
    ip({"-n", there, "link", "add", "line", "type", "veth", "peer", "name", port, "netns", switchSpace()});
    ip({"-n", there, "address", "add", address(machine) + kPrefix, "dev", "line"});
    ip({"-n", there, "link", "set", "line", "up"});
    ip({"-n", switchSpace(), "link", "set", port, "master", "switch", "up"});
}

NetLab::NetLab(const QStringList& machines) : machines_(machines)
{
    ip({"netns", "add", switchSpace()});
    ip({"-n", switchSpace(), "link", "add", "switch", "type", "bridge"});
    ip({"-n", switchSpace(), "link", "set", "switch", "up"});
    for (const QString& machine : machines_)
        connect(machine);
}

NetLab::~NetLab()
{
    for (const QString& machine : machines_)
        ip({"netns", "delete", space(machine)});
    ip({"netns", "delete", switchSpace()});
}

bool NetLab::addAddress(const QString& machine, const QString& address)
{
    return ip({"-n", space(machine), "address", "add", address + kPrefix, "dev", "line"});
}

bool NetLab::routeAllTo(const QString& machine, const QString& router)
{
    return ip({"-n", space(machine), "route", "add", "default", "via", address(router)});
}

void NetLab::inside(const QString& machine, const std::function<void()>& work) const
{
    std::thread([&] {
        const int there =
            ::open(QFile::encodeName(QStringLiteral("/run/netns/") + space(machine)).constData(), O_RDONLY | O_CLOEXEC);
        if (there < 0 || setns(there, CLONE_NEWNET) != 0)
            qFatal("no way into the namespace of %s", qPrintable(machine));
        ::close(there);
        work();
    }).join();
}

} // namespace weir::test
