#include "udp_tracker.h"

#include <QtEndian>

#include <algorithm>
#include <limits>

namespace weir {

namespace {

constexpr quint64 kProtocol = 0x41727101980;
constexpr qsizetype kHeader = 16, kAnnounce = 98, kAnnounceReply = 20, kMostReason = 300;

template <class T> QByteArray big(T value)
{
    QByteArray out(sizeof(T), Qt::Uninitialized);
    qToBigEndian(value, out.data());
    return out;
}

/// The caller has looked that the bytes are there.
template <class T> T bigAt(QByteArrayView bytes, qsizetype at) { return qFromBigEndian<T>(bytes.data() + at); }

QByteArray head(UdpAction action, quint32 transaction) { return big(quint32(action)) + big(transaction); }

quint32 limited(qint64 count) { return quint32(std::clamp<qint64>(count, 0, std::numeric_limits<qint32>::max())); }

tl::unexpected<Error> bad(const char* what) { return failure(Code::TrackerReplyBad, QLatin1String(what)); }

Result<void> checkReply(QByteArrayView datagram, quint32 transaction, UdpAction action, qsizetype least)
{
    if (udpTransaction(datagram) != transaction)
        return bad("a datagram that answers another request");
    const auto said = UdpAction(bigAt<quint32>(datagram, 0));
    if (said == UdpAction::Error)
        return failure(Code::TrackerRefused, QString::fromUtf8(datagram.sliced(8, std::min(datagram.size() - 8, kMostReason))));
    if (said != action)
        return bad("the reply is of another kind than the request");
    if (datagram.size() < least)
        return bad("the reply is too short");
    return {};
}

/// The options after an announce (BEP 41): zero or more of type, length, bytes. Only well-formedness matters here.
bool optionsAreWellFormed(QByteArrayView rest)
{
    constexpr char kEnd = 0, kNothing = 1;
    for (qsizetype at = 0; at < rest.size();) {
        const char type = rest[at++];
        if (type == kEnd)
            return true;
        if (type == kNothing)
            continue;
        if (at >= rest.size())
            return false;
        const auto length = qsizetype(quint8(rest[at++]));
        if (length > rest.size() - at)
            return false;
        at += length;
    }
    return true;
}

Result<void> readAnnounce(AnnounceRequest& out, QByteArrayView datagram)
{
    if (datagram.size() < kAnnounce || !optionsAreWellFormed(datagram.sliced(kAnnounce)))
        return failure(Code::TrackerRefused, QStringLiteral("the announce is cut short"));
    out.hash = datagram.sliced(16, kHashBytes).toByteArray();
    out.peerId = datagram.sliced(36, kPeerIdBytes).toByteArray();
    const auto bytes = [&](qsizetype at) { return std::max<qint64>(bigAt<qint64>(datagram, at), 0); };
    out.downloaded = bytes(56);
    // A negative number means that the client does not know.
    out.left = bigAt<qint64>(datagram, 64) < 0 ? 1 : bytes(64);
    out.uploaded = bytes(72);
    const quint32 event = bigAt<quint32>(datagram, 80);
    if (event > quint32(AnnounceEvent::Stopped))
        return failure(Code::TrackerRefused, QStringLiteral("there is no such event"));
    out.event = AnnounceEvent(event);
    if (const quint32 four = bigAt<quint32>(datagram, 84))
        out.address = QHostAddress(four);
    out.key = bigAt<quint32>(datagram, 88);
    out.wanted = std::max(bigAt<qint32>(datagram, 92), -1);
    out.port = bigAt<quint16>(datagram, 96);
    if (out.port == 0 && out.event != AnnounceEvent::Stopped)
        return failure(Code::TrackerRefused, QStringLiteral("port is 0"));
    return {};
}

} // namespace

QByteArray udpConnectRequest(quint32 transaction) { return big(kProtocol) + head(UdpAction::Connect, transaction); }

QByteArray udpAnnounceRequest(
    quint64 connection, quint32 transaction, const AnnounceRequest& request, const QByteArray& urlData)
{
    const bool four = request.address.protocol() == QAbstractSocket::IPv4Protocol;
    QByteArray out = big(connection) + head(UdpAction::Announce, transaction) + request.hash + request.peerId
        + big(request.downloaded) + big(request.left) + big(request.uploaded) + big(quint32(request.event))
        + big(four ? request.address.toIPv4Address() : quint32(0)) + big(request.key) + big(qint32(request.wanted))
        + big(request.port);
    if (const QByteArray data = urlData.left(255); !data.isEmpty())
        out += '\2' + QByteArray(1, char(data.size())) + data;
    return out;
}

QByteArray udpScrapeRequest(quint64 connection, quint32 transaction, const QList<QByteArray>& hashes)
{
    return big(connection) + head(UdpAction::Scrape, transaction)
        + hashes.first(std::min(hashes.size(), kMostUdpScraped)).join();
}

std::optional<quint32> udpTransaction(QByteArrayView datagram)
{
    return datagram.size() < 8 ? std::nullopt : std::optional(bigAt<quint32>(datagram, 4));
}

Result<quint64> readUdpConnection(QByteArrayView datagram, quint32 transaction)
{
    if (const auto fine = checkReply(datagram, transaction, UdpAction::Connect, 16); !fine)
        return failure(fine.error());
    return bigAt<quint64>(datagram, 8);
}

Result<AnnounceReply> readUdpAnnounceReply(QByteArrayView datagram, quint32 transaction, bool six)
{
    if (const auto fine = checkReply(datagram, transaction, UdpAction::Announce, kAnnounceReply); !fine)
        return failure(fine.error());
    AnnounceReply reply;
    reply.interval = int(std::min<quint32>(bigAt<quint32>(datagram, 8), 7 * 86400));
    reply.leechers = limited(bigAt<qint32>(datagram, 12));
    reply.seeds = limited(bigAt<qint32>(datagram, 16));
    reply.peers = compactPeers(datagram.sliced(kAnnounceReply), six ? 18 : 6);
    return reply;
}

Result<ScrapeReply> readUdpScrapeReply(QByteArrayView datagram, quint32 transaction, const QList<QByteArray>& hashes)
{
    constexpr qsizetype kEach = 12;
    if (const auto fine = checkReply(datagram, transaction, UdpAction::Scrape, 8); !fine)
        return failure(fine.error());
    ScrapeReply reply;
    qsizetype at = 8;
    for (const QByteArray& hash : hashes) {
        if (at + kEach > datagram.size())
            break;
        const auto count = [&](qsizetype offset) { return qint64(limited(bigAt<qint32>(datagram, at + offset))); };
        // The protocol has no word for "unknown": a torrent that never had anybody is one.
        if (const SwarmCounts counts{count(0), count(4), count(8)}; counts != SwarmCounts{})
            reply[hash] = counts;
        at += kEach;
    }
    return reply;
}

Result<UdpRequest> readUdpRequest(QByteArrayView datagram)
{
    if (datagram.size() < kHeader)
        return failure(Code::TrackerRefused, QStringLiteral("too short"));
    UdpRequest out{.action = UdpAction(bigAt<quint32>(datagram, 8)),
        .connection = bigAt<quint64>(datagram, 0),
        .transaction = bigAt<quint32>(datagram, 12)};
    switch (out.action) {
    case UdpAction::Connect:
        if (out.connection != kProtocol)
            return failure(Code::TrackerRefused, QStringLiteral("not this protocol"));
        return out;
    case UdpAction::Announce:
        if (const auto read = readAnnounce(out.announce, datagram); !read)
            return failure(read.error());
        return out;
    case UdpAction::Scrape:
        for (qsizetype at = kHeader; at + kHashBytes <= datagram.size() && out.scrape.size() < kMostUdpScraped;
             at += kHashBytes)
            out.scrape += datagram.sliced(at, kHashBytes).toByteArray();
        return out;
    case UdpAction::Error: break;
    }
    return failure(Code::TrackerRefused, QStringLiteral("there is no such action"));
}

QByteArray udpConnectReply(quint32 transaction, quint64 connection)
{
    return head(UdpAction::Connect, transaction) + big(connection);
}

QByteArray udpAnnounceReply(quint32 transaction, const AnnounceReply& reply)
{
    QByteArray out = head(UdpAction::Announce, transaction) + big(quint32(reply.interval)) + big(limited(reply.leechers))
        + big(limited(reply.seeds));
    for (const PeerAddress& peer : reply.peers)
        out += compactPeer(peer);
    return out;
}

QByteArray udpScrapeReply(quint32 transaction, const QList<QByteArray>& hashes, const ScrapeReply& reply)
{
    QByteArray out = head(UdpAction::Scrape, transaction);
    for (const QByteArray& hash : hashes) {
        const auto found = reply.find(hash);
        const SwarmCounts counts = found == reply.end() ? SwarmCounts{} : found->second;
        out += big(limited(counts.seeds)) + big(limited(counts.completed)) + big(limited(counts.leechers));
    }
    return out;
}

QByteArray udpError(quint32 transaction, const QString& reason)
{
    return head(UdpAction::Error, transaction) + reason.toUtf8().left(kMostReason);
}

} // namespace weir
