#pragma once
// Torrents of known content, and other clients to exchange them with: libtorrent in the test's own process, each client on a
// loopback address of its own, since clients take only one connection from an address. No DHT, no LSD, no uTP (on
// loopback it loses packets to full buffers and waits for them); nothing leaves.

#include "support/daemon_process.h"
#include "support/free_port.h"

#include <QByteArray>
#include <QJsonObject>
#include <QList>
#include <QPair>
#include <QString>
#include <QUrl>

#include <memory>

namespace weir::test {

struct LabFile {
    QString path; ///< below the torrent's folder; empty: the torrent is this file
    qint64 size = 0;
    quint64 seed = 0; ///< of its content()
};
struct LabTorrent {
    QByteArray bytes; ///< the .torrent
    QByteArray info;  ///< its info-hash in hex; of version 2 as a multihash
    QString name;
    QList<LabFile> files;

    QUrl magnet(const QList<QString>& peers) const; ///< peers: "address:port"
    qint64 size() const;
};
struct LabWishes {
    QStringList trackers;
    QStringList webSeeds;
    bool isPrivate = false;
    int pieceSize = 64 << 10;
    bool onlyV2 = false; ///< hashes of version 2 alone
    bool hybrid = false; ///< of both versions
};
/// Writes the files below `folder` and makes their torrent.
LabTorrent makeTorrent(const QString& folder, const QString& name, const QList<LabFile>& files, const LabWishes& wishes = {});

/// One other client with one torrent.
class LabPeer {
public:
    /// `folder`: where the torrent's files are, or will be. `whole`: it has everything.
    LabPeer(const LabTorrent& torrent, const QString& folder, bool whole, int bytesPerSecond = 0);
    ~LabPeer();

    QString address() const; ///< "127.x.y.z:port"
    qint64 sent() const;
    bool finished() const;
    void connectTo(quint16 port); ///< on 127.0.0.1

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

/// What a tracker answers: these peers, compact.
QByteArray trackerReply(const QList<QString>& peers);
/// Its .torrent, which is written to a file for that. The task's id.
qint64 addTorrent(DaemonProcess& daemon, RpcPeer& peer, const LabTorrent& torrent, const QJsonObject& more = {});
/// The settings of a daemon whose torrents meet nobody but whom a test names, and that shares nothing once it is whole.
QJsonObject settingsWithoutStrangers(quint16 port, const QJsonObject& more = {});

} // namespace weir::test
