#pragma once
// BitTorrent clients that others wrote, as programs of the system, each with one torrent on a machine of a NetLab: so that
// weir's torrents and its conversations are judged by somebody else. Main thread of a test; ended with the object.

#include "support/net_lab.h"

#include <QProcess>
#include <QTemporaryDir>

#include <memory>

namespace weir::test {

enum class Client { Transmission, QBittorrent, Aria2 };
enum class Wire { Any, Encrypted, Utp }; ///< what is allowed between peers

struct ClientWish {
    QString source; ///< a .torrent on disk, or a magnet link
    QString folder; ///< where its files are or will be
    bool seeds = false;
    Wire wire = Wire::Any; ///< Utp: QBittorrent only
};

class OtherClient {
public:
    OtherClient(const NetLab& lab, const QString& machine) : prefix_(lab.on(machine)) {}
    virtual ~OtherClient();
    /// False: the program is not there, or did not come up.
    virtual bool start(const ClientWish& wish) = 0;
    QByteArray output() { return process_.readAll(); }

protected:
    void launch(const QString& program, const QStringList& arguments);
    bool ask(const QString& program, const QStringList& arguments) const; ///< a command on the same machine succeeds
    bool write(const QString& below, const QByteArray& text) const;       ///< a file in home_

    const QStringList prefix_;
    QTemporaryDir home_;
    QProcess process_;
};

std::unique_ptr<OtherClient> makeClient(Client client, const NetLab& lab, const QString& machine);

/// opentracker, which serves only the info-hashes that it is told.
class OpenTracker {
public:
    OpenTracker(const NetLab& lab, const QString& machine);
    ~OpenTracker();
    QString announce() const { return QStringLiteral("http://%1:6969/announce").arg(address_); }
    /// Hashes of 20 bytes; those of version 2 are cut to that.
    bool start(const QList<QByteArray>& hashes);

private:
    const QStringList prefix_;
    const QString address_;
    QTemporaryDir home_;
    QProcess process_;
};

} // namespace weir::test
