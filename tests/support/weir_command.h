#pragma once
// `weir` as people run it. Main thread of a test; ended with the call.

#include <QByteArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QStringList>

namespace weir::test {

struct Ran {
    int status = -1; ///< -1: it crashed, or had to be ended
    QByteArray out, err;
    QJsonDocument json() const { return QJsonDocument::fromJson(out); }
    QJsonObject object() const { return json().object(); }
};
/// Waits for its end, and ends what stays too long.
Ran finished(QProcess& process);
/// `home`: WEIR_HOME; empty: that of the tests. `prefix`: what starts it on another machine, as NetLab::on() gives it.
Ran runWeir(const QStringList& arguments, const QString& home = {}, const QStringList& prefix = {});

} // namespace weir::test
