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

QString nftProgram()
{
    const QString found = QStandardPaths::findExecutable(QStringLiteral("nft"));
    return found.isEmpty() ? QStandardPaths::findExecutable(QStringLiteral("nft"), {"/usr/sbin", "/sbin"}) : found;
}

} // namespace

bool NetLab::possible() { return geteuid() == 0 && !QStandardPaths::findExecutable(QStringLiteral("ip")).isEmpty(); }

QString NetLab::space(const QString& machine) const { return ownName(machine); }
QString NetLab::switchSpace() const { return ownName(QStringLiteral("switch")); }

QStringList NetLab::on(const QString& machine) const
{
    return {QStringLiteral("ip"), QStringLiteral("netns"), QStringLiteral("exec"), space(machine)};
}

bool NetLab::canTranslate() { return !nftProgram().isEmpty(); }

QString NetLab::address(const QString& machine) const
{
    return addresses_.value(machines_.indexOf(machine)).section(u'/', 0, 0);
}

bool NetLab::run(const QString& program, const QStringList& arguments)
{
    QProcess process;
    process.start(program, arguments);
    if (process.waitForFinished() && process.exitStatus() == QProcess::NormalExit && process.exitCode() == 0)
        return true;
    if (problem_.isEmpty())
        problem_ = QStringLiteral("%1 %2: %3")
                       .arg(program, arguments.join(u' '), QString::fromLocal8Bit(process.readAllStandardError()).trimmed());
    return false;
}

bool NetLab::connect(const QString& machine, const QString& address, const QString& where, const QString& bridge)
{
    machines_.append(machine);
    addresses_.append(address);
    const QString there = space(machine), port = QStringLiteral("port%1").arg(machines_.size());
    return ip({"netns", "add", there}) && ip({"-n", there, "link", "set", "lo", "up"})
        && ip({"-n", there, "link", "add", "line", "type", "veth", "peer", "name", port, "netns", where})
        && ip({"-n", there, "address", "add", address, "dev", "line"}) && ip({"-n", there, "link", "set", "line", "up"})
        && ip({"-n", where, "link", "set", port, "master", bridge, "up"});
}

NetLab::NetLab(const QStringList& machines)
{
    ip({"netns", "add", switchSpace()});
    ip({"-n", switchSpace(), "link", "add", "switch", "type", "bridge"});
    ip({"-n", switchSpace(), "link", "set", "switch", "up"});
    for (const QString& machine : machines)
        connect(machine, QStringLiteral("10.213.8.%1").arg(machines_.size() + 1) + kPrefix, switchSpace(),
            QStringLiteral("switch"));
}

NetLab::~NetLab()
{
    for (const QString& machine : machines_)
        ip({"netns", "delete", space(machine)});
    ip({"netns", "delete", switchSpace()});
}

bool NetLab::addHome(const QString& router, const QStringList& machines)
{
    const QString there = space(router), gateway = QStringLiteral("192.168.77.1");
    bool fine = ip({"-n", there, "link", "add", "home", "type", "bridge"})
        && ip({"-n", there, "address", "add", gateway + QStringLiteral("/24"), "dev", "home"})
        && ip({"-n", there, "link", "set", "home", "up"});
    for (int i = 0; i < machines.size() && fine; ++i)
        fine = connect(machines[i], QStringLiteral("192.168.77.%1/24").arg(i + 2), there, QStringLiteral("home"))
            && ip({"-n", space(machines[i]), "route", "add", "default", "via", gateway});
    const auto onRouter = [&](const QStringList& words) {
        const QStringList whole = on(router) + words;
        return run(whole.first(), whole.mid(1));
    };
    const QString nft = nftProgram();
    return fine && onRouter({"sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward"})
        && onRouter({nft, "add", "table", "ip", "home"})
        && onRouter({nft, "add chain ip home out { type nat hook postrouting priority 100; }"})
        && onRouter({nft, "add rule ip home out iifname home oifname != home masquerade"})
        && onRouter({nft, "add chain ip home in { type filter hook forward priority 0; }"})
        && onRouter({nft, "add rule ip home in iifname != home ct state new drop"});
}

bool NetLab::onlyPorts(const QString& machine, const QString& range)
{
    const auto rule = [&](const QString& words) { return ip({"netns", "exec", space(machine), nftProgram(), words}); };
    return rule("add table inet wall") && rule("add chain inet wall out { type filter hook output priority 0; policy drop; }")
        && rule("add chain inet wall in { type filter hook input priority 0; policy drop; }")
        && rule("add rule inet wall out oifname lo accept") && rule("add rule inet wall in iifname lo accept")
        && rule("add rule inet wall out meta l4proto { tcp, udp } th sport " + range + " accept")
        && rule("add rule inet wall in meta l4proto { tcp, udp } th dport " + range + " accept");
}

bool NetLab::addAddress(const QString& machine, const QString& address)
{
    QStringList words{"-n", space(machine), "address", "add", address + kPrefix, "dev", "line"};
    if (address.contains(u':'))
        words.append(QStringLiteral("nodad")); // usable at once
    return ip(words);
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
