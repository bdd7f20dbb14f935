#pragma once
// What clients and trackers say to each other, whichever protocol carries it (BEP 3, 15, 23, 48). Plain values.

#include <QByteArray>
#include <QHostAddress>
#include <QList>

#include <map>
#include <optional>

namespace weir {

enum class AnnounceEvent : quint8 { None = 0, Completed = 1, Started = 2, Stopped = 3 }; // the numbers of BEP 15

inline const char* toString(AnnounceEvent event)
{
    switch (event) {
    case AnnounceEvent::None: break;
    case AnnounceEvent::Completed: return "completed";
    case AnnounceEvent::Started: return "started";
    case AnnounceEvent::Stopped: return "stopped";
    }
    return "";
}

constexpr qsizetype kHashBytes = 20, kPeerIdBytes = 20; ///< a v2 info-hash is cut to its first 20 bytes

struct AnnounceRequest {
    QByteArray hash, peerId;
    quint16 port = 0;
    qint64 uploaded = 0, downloaded = 0, left = 0;
    AnnounceEvent event = AnnounceEvent::None;
    int wanted = -1; ///< peers; -1: as the tracker likes
    quint32 key = 0;
    QHostAddress address; ///< where the client says it is; null: where the request comes from
    bool compact = true, withoutPeerIds = false;

    bool operator==(const AnnounceRequest&) const = default;
};

struct PeerAddress {
    QHostAddress address;
    quint16 port = 0;
    QByteArray id; ///< only with the long form of HTTP
    bool operator==(const PeerAddress&) const = default;
};

struct AnnounceReply {
    int interval = 0, minInterval = 0; ///< seconds; 0: not told
    qint64 seeds = -1, leechers = -1, completed = -1;
    QList<PeerAddress> peers;
    QString warning;
    QHostAddress seenAs; ///< the client's address as the tracker sees it (BEP 24)
    bool operator==(const AnnounceReply&) const = default;
};

struct SwarmCounts {
    qint64 seeds = 0, completed = 0, leechers = 0;
    bool operator==(const SwarmCounts&) const = default;
};
using ScrapeReply = std::map<QByteArray, SwarmCounts>; ///< torrents that the tracker does not know are absent

/// ::ffff:1.2.3.4 is 1.2.3.4; scope ids go.
inline QHostAddress plainAddress(const QHostAddress& address)
{
    bool mapped = false;
    const quint32 four = address.toIPv4Address(&mapped);
    if (mapped)
        return QHostAddress(four);
    QHostAddress out = address;
    out.setScopeId({});
    return out;
}

/// 4 or 16 bytes in network order, as all compact forms have them.
inline QByteArray addressBytes(const QHostAddress& address)
{
    if (address.protocol() == QAbstractSocket::IPv4Protocol) {
        const quint32 four = address.toIPv4Address();
        const char bytes[] = {char(four >> 24), char(four >> 16), char(four >> 8), char(four)};
        return QByteArray(bytes, 4);
    }
    const Q_IPV6ADDR six = address.toIPv6Address();
    return QByteArray(reinterpret_cast<const char*>(six.c), 16);
}

inline QHostAddress addressOf(QByteArrayView bytes)
{
    const auto* raw = reinterpret_cast<const quint8*>(bytes.data());
    if (bytes.size() == 4)
        return QHostAddress(quint32(raw[0]) << 24 | quint32(raw[1]) << 16 | quint32(raw[2]) << 8 | raw[3]);
    return bytes.size() == 16 ? QHostAddress(raw) : QHostAddress();
}

/// Address and port in 6 or 18 bytes.
inline QByteArray compactPeer(const PeerAddress& peer)
{
    return addressBytes(peer.address) + char(peer.port >> 8) + char(peer.port);
}

/// Peers of `width` (6 or 18) bytes each; bytes of a last, unfinished one are left out.
inline QList<PeerAddress> compactPeers(QByteArrayView bytes, int width)
{
    QList<PeerAddress> peers;
    for (qsizetype at = 0; at + width <= bytes.size(); at += width) {
        const QByteArrayView one = bytes.sliced(at, width);
        const auto port = quint16(quint8(one[width - 2]) << 8 | quint8(one[width - 1]));
        peers.append({addressOf(one.first(width - 2)), port, {}});
    }
    return peers;
}

} // namespace weir
