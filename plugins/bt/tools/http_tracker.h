#pragma once
// The tracker protocol over HTTP (BEP 3, 7, 23, 24, 48): both ends of it. The client's half makes URLs and reads replies, the
// server's half reads query strings and makes replies. Pure; any thread. All that is read is hostile.

#include "tracker_messages.h"

#include <weir/result.h>

#include <QUrl>

namespace weir {

QUrl announceUrl(const QUrl& tracker, const AnnounceRequest& request);
/// TrackerCannotScrape: by convention the last part of the path must begin with "announce".
Result<QUrl> scrapeUrl(const QUrl& tracker, const QList<QByteArray>& hashes);
/// TrackerRefused has the tracker's reason; TrackerReplyBad.
Result<AnnounceReply> readAnnounceReply(QByteArrayView body);
Result<ScrapeReply> readScrapeReply(QByteArrayView body);

/// TrackerRefused has the sentence to send back.
Result<AnnounceRequest> readAnnounceQuery(QByteArrayView query);
Result<QList<QByteArray>> readScrapeQuery(QByteArrayView query);
QByteArray announceReplyBody(const AnnounceReply& reply, const AnnounceRequest& request);
QByteArray scrapeReplyBody(const ScrapeReply& reply);
QByteArray failureBody(const QString& reason);

} // namespace weir
