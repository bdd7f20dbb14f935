#pragma once
// `weir tracker serve` as people run it, and what its page for programs says. Main thread of a test; ended with the object.

#include <QJsonArray>
#include <QJsonObject>
#include <QProcess>

namespace weir::test {

class OwnTracker {
public:
    /// `prefix`: what starts a program on the tracker's machine, as NetLab::on() gives it; empty: this one.
    explicit OwnTracker(const QStringList& prefix = {}) : prefix_(prefix) {}
    ~OwnTracker();

    /// Everywhere on that machine, or on `address` alone.
    bool start(const QString& address = QStringLiteral("127.0.0.1"), const QStringList& more = {});
    quint16 port() const { return port_; }
    QString announceAt(const QString& address) const { return QStringLiteral("http://%1:%2/announce").arg(address).arg(port_); }
    QString udpAnnounceAt(const QString& address) const
    {
        return QStringLiteral("udp://%1:%2/announce").arg(address).arg(udpPort_);
    }
    QJsonObject state() const;
    /// What it knows of a torrent; empty: nothing.
    QJsonObject torrent(const QByteArray& hashInHex) const;
    QJsonArray peers(const QByteArray& hashInHex) const { return torrent(hashInHex)[u"peers"].toArray(); }
    int seeds(const QByteArray& hashInHex) const { return torrent(hashInHex)[u"seeds"].toInt(); }
    int counter(const char* name) const { return state()[u"counters"][QLatin1String(name)].toInt(); }

private:
    QProcess process_;
    const QStringList prefix_;
    QString address_;
    quint16 port_ = 0, udpPort_ = 0;
};

} // namespace weir::test
