#pragma once
// The tracker protocol over UDP (BEP 15, 41): both ends of it, as datagrams. Pure; any thread. All that is read is hostile.

#include "tracker_messages.h"

#include <weir/result.h>

namespace weir {

enum class UdpAction : quint32 { Connect = 0, Announce = 1, Scrape = 2, Error = 3 };

constexpr qsizetype kMostUdpScraped = 74; ///< torrents in one request

QByteArray udpConnectRequest(quint32 transaction);
/// `urlData`: path and query of the tracker's URL (BEP 41), at most 255 bytes; passkeys are carried there.
QByteArray udpAnnounceRequest(
    quint64 connection, quint32 transaction, const AnnounceRequest& request, const QByteArray& urlData = {});
QByteArray udpScrapeRequest(quint64 connection, quint32 transaction, const QList<QByteArray>& hashes);

/// Of a reply to this transaction. TrackerRefused has the tracker's reason; TrackerReplyBad also for another's transaction.
Result<quint64> readUdpConnection(QByteArrayView datagram, quint32 transaction);
Result<AnnounceReply> readUdpAnnounceReply(QByteArrayView datagram, quint32 transaction, bool six);
Result<ScrapeReply> readUdpScrapeReply(QByteArrayView datagram, quint32 transaction, const QList<QByteArray>& hashes);
/// Whose reply it is; nothing: too short for one.
std::optional<quint32> udpTransaction(QByteArrayView datagram);

struct UdpRequest {
    UdpAction action = UdpAction::Connect;
    quint64 connection = 0;
    quint32 transaction = 0;
    AnnounceRequest announce;
    QList<QByteArray> scrape;
};
/// TrackerRefused: not a request.
Result<UdpRequest> readUdpRequest(QByteArrayView datagram);
QByteArray udpConnectReply(quint32 transaction, quint64 connection);
QByteArray udpAnnounceReply(quint32 transaction, const AnnounceReply& reply);
QByteArray udpScrapeReply(quint32 transaction, const QList<QByteArray>& hashes, const ScrapeReply& reply);
QByteArray udpError(quint32 transaction, const QString& reason);

} // namespace weir
