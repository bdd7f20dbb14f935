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
    /// Another address of its own, such as "10.213.20.1".
    bool addAddress(const QString& machine, const QString& address);
    /// Everything that `machine` has no neighbour for goes to `router`, which passes nothing on.
    bool routeAllTo(const QString& machine, const QString& router);
    /// Sockets that `work` makes are that machine's, whoever uses them later.
    void inside(const QString& machine, const std::function<void()>& work) const;

private:
    QString space(const QString& machine) const; ///< the namespace's name
    bool ip(const QStringList& arguments);
    void connect(const QString& machine);
    QString switchSpace() const;

    const QStringList machines_;
    QString problem_;
};

} // namespace weir::test
