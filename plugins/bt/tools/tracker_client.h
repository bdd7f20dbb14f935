#pragma once
// Asks a tracker, over HTTP or UDP as its URL says. Blocking, each call with sockets of its own; any thread.

#include "fetch_bytes.h"
#include "tracker_messages.h"

namespace weir {

/// Errors: those of the Network, Http and Tls categories, TrackerRefused (with its reason), TrackerReplyBad.
Result<AnnounceReply> announceTo(const QUrl& tracker, const AnnounceRequest& request, const HttpOptions& options);
Result<ScrapeReply> scrapeFrom(const QUrl& tracker, const QList<QByteArray>& hashes, const HttpOptions& options);

/// The request as it would be sent: a URL, or the bytes of a datagram in hex (its connection id is then still 0).
QString announceAsSent(const QUrl& tracker, const AnnounceRequest& request);

} // namespace weir
