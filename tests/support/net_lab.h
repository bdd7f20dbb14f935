#pragma once
// Machines on one switch: network namespaces joined by a bridge, where programs take each other for strangers and nothing
// reaches the real network. Needs root and iproute2. Main thread of a test; everything is taken down with the object.

#include <QStringList>

#include <functional>

namespace weir::test {

class NetLab {
public:
    explicit NetLab(const QStringList& machines);
    ~NetLab();

    static bool possible(); ///< this user may have namespaces
    bool ready() const { return problem_.isEmpty(); }
    QString problem() const { return problem_; } ///< why it is not ready
    /// What a program is started with so that it runs there. Its process id stays its own.
    QStringList on(const QString& machine) const;
    QString address(const QString& machine) const;
    /// Another address of its own, such as "10.213.20.1" or "fdd5:20::1".
    bool addAddress(const QString& machine, const QString& address);
    /// Everything that `machine` has no neighbour for goes to `router`, which passes nothing on.
    bool routeAllTo(const QString& machine, const QString& router);
    /// More machines, in a network of their own behind `router`, which lends them its address for what they begin (NAT) and
    /// lets nobody in.
    bool addHome(const QString& router, const QStringList& machines);
    /// Nothing leaves the machine but from these ports ("8000-9000") of its own, and nothing enters but to them. Needs
    /// nftables.
    bool onlyPorts(const QString& machine, const QString& range);
    static bool canTranslate(); ///< addHome() has what it takes: nftables
    /// Its namespace's name.
    QString space(const QString& machine) const;
    /// Sockets that `work` makes are that machine's, whoever uses them later.
    void inside(const QString& machine, const std::function<void()>& work) const;

private:
    bool run(const QString& program, const QStringList& arguments);
    bool ip(const QStringList& arguments) { return run(QStringLiteral("ip"), arguments); }
    /// `address` with its prefix; the other end of the line is a port of `bridge` in the namespace `where`.
    bool connect(const QString& machine, const QString& address, const QString& where, const QString& bridge);
    QString switchSpace() const;

    QStringList machines_;
    QStringList addresses_; ///< of each, with the prefix
    QString problem_;
};

} // namespace weir::test
