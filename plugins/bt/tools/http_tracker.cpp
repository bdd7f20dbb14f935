#include "http_tracker.h"

#include "bencode.h"

#include <algorithm>

namespace weir {

namespace {

constexpr qsizetype kMostParameters = 200, kMostPeers = 10'000, kMostScraped = 100;

/// All but letters and digits as %XX, so that no byte can be taken for something else.
QByteArray escaped(const QByteArray& bytes) { return bytes.toPercentEncoding({}, "-._~"); }

QUrl withQuery(const QUrl& tracker, const QByteArray& added)
{
    QByteArray address = tracker.adjusted(QUrl::RemoveFragment).toEncoded();
    address += tracker.hasQuery() ? '&' : '?';
    return QUrl::fromEncoded(address + added, QUrl::TolerantMode);
}

tl::unexpected<Error> refused(const char* reason) { return failure(Code::TrackerRefused, QLatin1String(reason)); }

Result<BencodeValue> readReply(QByteArrayView body)
{
    const BencodeCaps caps{.bytes = 4 << 20, .values = 100'000, .depth = 10};
    auto reply = readBencode(body, caps);
    if (!reply)
        return failure(Code::TrackerReplyBad, reply.error().detail);
    if (!reply->dictionary())
        return failure(Code::TrackerReplyBad, QStringLiteral("not a dictionary"));
    if (const BencodeValue* reason = reply->find("failure reason"))
        return failure(Code::TrackerRefused, reason->text() ? QString::fromUtf8(*reason->text()) : QString());
    return reply;
}

qint64 count(const BencodeValue& value, QByteArrayView key, qint64 fallback)
{
    const qint64 number = value.integerAt(key, fallback);
    return number < 0 ? fallback : number;
}

int seconds(const BencodeValue& value, QByteArrayView key)
{
    return int(std::clamp<qint64>(value.integerAt(key, 0), 0, 7 * 86400));
}

void appendPeers(QList<PeerAddress>& peers, const BencodeValue* value, int width)
{
    if (!value)
        return;
    if (const auto* text = value->text())
        peers += compactPeers(text->first(std::min(text->size(), kMostPeers * width)), width);
    if (const auto* list = value->list()) {
        for (const BencodeValue& one : *list) {
            const QHostAddress address(QString::fromUtf8(one.textAt("ip")));
            const qint64 port = one.integerAt("port", 0);
            if (!address.isNull() && port > 0 && port < 65536 && peers.size() < kMostPeers)
                peers.append({address, quint16(port), one.textAt("peer id").toByteArray()});
        }
    }
}

using Query = QList<QPair<QByteArray, QByteArray>>;

Result<Query> readQuery(QByteArrayView text)
{
    Query out;
    const QByteArray query = text.toByteArray();
    if (query.count('&') >= kMostParameters)
        return refused("too many parameters");
    for (const QByteArray& part : query.split('&')) {
        const qsizetype equals = part.indexOf('=');
        if (equals > 0)
            out.append({part.first(equals), QByteArray::fromPercentEncoding(part.sliced(equals + 1))});
    }
    return out;
}

/// A number without sign; empty: nothing else is taken for one.
std::optional<qint64> number(const QByteArray& text, qint64 most)
{
    const bool digits = !text.isEmpty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    bool fine = false;
    const qint64 value = digits ? text.toLongLong(&fine) : 0;
    return fine && value <= most ? std::optional(value) : std::nullopt;
}

Result<void> take(AnnounceRequest& request, const QByteArray& key, const QByteArray& value)
{
    constexpr qint64 kMost = std::numeric_limits<qint64>::max();
    if (key == "info_hash") {
        if (value.size() != kHashBytes)
            return refused("info_hash must have 20 bytes");
        request.hash = value;
    } else if (key == "peer_id") {
        if (value.size() != kPeerIdBytes)
            return refused("peer_id must have 20 bytes");
        request.peerId = value;
    } else if (key == "port") {
        const auto port = number(value, 65535);
        if (!port)
            return refused("port is not a number below 65536");
        request.port = quint16(*port);
    } else if (key == "uploaded" || key == "downloaded" || key == "left") {
        // Some clients send -1 for "unknown".
        const auto bytes = value == "-1" ? std::optional<qint64>(1) : number(value, kMost);
        if (!bytes)
            return refused("uploaded, downloaded and left are numbers of bytes");
        (key == "uploaded" ? request.uploaded : key == "left" ? request.left : request.downloaded) = *bytes;
    } else if (key == "event") {
        if (value == "started")
            request.event = AnnounceEvent::Started;
        else if (value == "completed")
            request.event = AnnounceEvent::Completed;
        else if (value == "stopped")
            request.event = AnnounceEvent::Stopped;
        else if (!value.isEmpty() && value != "empty" && value != "paused")
            return refused("event is started, completed or stopped");
    } else if (key == "numwant") {
        request.wanted = int(number(value, 100'000).value_or(-1));
    } else if (key == "key") {
        bool fine = false;
        const uint hex = value.toUInt(&fine, 16);
        request.key = fine ? hex : 0;
    } else if (key == "ip" || key == "ipv4" || key == "ipv6") {
        if (const QHostAddress address(QString::fromUtf8(value)); !address.isNull())
            request.address = plainAddress(address);
    } else if (key == "compact") {
        request.compact = value != "0";
    } else if (key == "no_peer_id") {
        request.withoutPeerIds = value == "1";
    }
    return {};
}

} // namespace

QUrl announceUrl(const QUrl& tracker, const AnnounceRequest& request)
{
    QByteArray query = "info_hash=" + escaped(request.hash) + "&peer_id=" + escaped(request.peerId)
        + "&port=" + QByteArray::number(request.port) + "&uploaded=" + QByteArray::number(request.uploaded)
        + "&downloaded=" + QByteArray::number(request.downloaded) + "&left=" + QByteArray::number(request.left)
        + "&compact=" + (request.compact ? '1' : '0');
    if (request.withoutPeerIds)
        query += "&no_peer_id=1";
    if (request.event != AnnounceEvent::None)
        query += QByteArray("&event=") + toString(request.event);
    if (request.wanted >= 0)
        query += "&numwant=" + QByteArray::number(request.wanted);
    if (request.key)
        query += "&key=" + QByteArray::number(request.key, 16).rightJustified(8, '0');
    if (!request.address.isNull())
        query += "&ip=" + escaped(request.address.toString().toLatin1());
    return withQuery(tracker, query);
}

Result<QUrl> scrapeUrl(const QUrl& tracker, const QList<QByteArray>& hashes)
{
    QString path = tracker.path(QUrl::FullyEncoded);
    const qsizetype last = path.lastIndexOf(u'/') + 1;
    if (!QStringView(path).sliced(last).startsWith(u"announce"))
        return failure(Code::TrackerCannotScrape, QStringLiteral("the last part of its path does not begin with \"announce\""));
    path.replace(last, 8, QStringLiteral("scrape"));
    QUrl url = tracker;
    url.setPath(path, QUrl::TolerantMode);
    QList<QByteArray> parts;
    for (const QByteArray& hash : hashes)
        parts += "info_hash=" + escaped(hash);
    return withQuery(url, parts.join('&'));
}

Result<AnnounceReply> readAnnounceReply(QByteArrayView body)
{
    const auto value = readReply(body);
    if (!value)
        return failure(value.error());
    AnnounceReply reply{.interval = seconds(*value, "interval"), .minInterval = seconds(*value, "min interval")};
    reply.seeds = count(*value, "complete", -1);
    reply.leechers = count(*value, "incomplete", -1);
    reply.completed = count(*value, "downloaded", -1);
    reply.warning = QString::fromUtf8(value->textAt("warning message"));
    reply.seenAs = addressOf(value->textAt("external ip"));
    appendPeers(reply.peers, value->find("peers"), 6);
    appendPeers(reply.peers, value->find("peers6"), 18);
    return reply;
}

Result<ScrapeReply> readScrapeReply(QByteArrayView body)
{
    const auto value = readReply(body);
    if (!value)
        return failure(value.error());
    const BencodeValue* files = value->find("files");
    if (!files || !files->dictionary())
        return failure(Code::TrackerReplyBad, QStringLiteral("it has no \"files\""));
    ScrapeReply reply;
    for (const BencodeEntry& one : *files->dictionary()) {
        if (one.key.size() == kHashBytes)
            reply[one.key.toByteArray()] = {
                count(one.value, "complete", 0), count(one.value, "downloaded", 0), count(one.value, "incomplete", 0)};
    }
    return reply;
}

Result<AnnounceRequest> readAnnounceQuery(QByteArrayView text)
{
    const auto query = readQuery(text);
    if (!query)
        return failure(query.error());
    // Who does not say what is left has not finished.
    AnnounceRequest request{.left = 1, .compact = false};
    for (const auto& [key, value] : *query) {
        if (const auto taken = take(request, key, value); !taken)
            return failure(taken.error());
    }
    if (request.hash.isEmpty())
        return refused("info_hash is missing");
    if (request.peerId.isEmpty())
        return refused("peer_id is missing");
    if (request.port == 0 && request.event != AnnounceEvent::Stopped)
        return refused("port is missing or 0");
    return request;
}

Result<QList<QByteArray>> readScrapeQuery(QByteArrayView text)
{
    const auto query = readQuery(text);
    if (!query)
        return failure(query.error());
    QList<QByteArray> hashes;
    for (const auto& [key, value] : *query) {
        if (key != "info_hash")
            continue;
        if (value.size() != kHashBytes)
            return refused("info_hash must have 20 bytes");
        if (hashes.size() == kMostScraped)
            return refused("too many info_hash at once");
        hashes += value;
    }
    return hashes;
}

QByteArray announceReplyBody(const AnnounceReply& reply, const AnnounceRequest& request)
{
    std::map<QByteArray, QByteArray> out{{"interval", bencoded(reply.interval)}, {"complete", bencoded(reply.seeds)},
        {"incomplete", bencoded(reply.leechers)}, {"downloaded", bencoded(reply.completed)}};
    if (reply.minInterval > 0)
        out["min interval"] = bencoded(reply.minInterval);
    if (!reply.warning.isEmpty())
        out["warning message"] = bencoded(QByteArrayView(reply.warning.toUtf8()));
    if (!reply.seenAs.isNull())
        out["external ip"] = bencoded(QByteArrayView(addressBytes(reply.seenAs)));
    if (request.compact) {
        QByteArray four, six;
        for (const PeerAddress& peer : reply.peers)
            (peer.address.protocol() == QAbstractSocket::IPv4Protocol ? four : six) += compactPeer(peer);
        out["peers"] = bencoded(QByteArrayView(four));
        if (!six.isEmpty())
            out["peers6"] = bencoded(QByteArrayView(six));
    } else {
        QList<QByteArray> peers;
        for (const PeerAddress& peer : reply.peers) {
            std::map<QByteArray, QByteArray> one{
                {"ip", bencoded(QByteArrayView(peer.address.toString().toLatin1()))}, {"port", bencoded(peer.port)}};
            if (!request.withoutPeerIds)
                one["peer id"] = bencoded(QByteArrayView(peer.id));
            peers += bencodedDictionary(one);
        }
        out["peers"] = bencodedList(peers);
    }
    return bencodedDictionary(out);
}

QByteArray scrapeReplyBody(const ScrapeReply& reply)
{
    std::map<QByteArray, QByteArray> files;
    for (const auto& [hash, counts] : reply)
        files[hash] = bencodedDictionary({{"complete", bencoded(counts.seeds)}, {"downloaded", bencoded(counts.completed)},
            {"incomplete", bencoded(counts.leechers)}});
    return bencodedDictionary({{"files", bencodedDictionary(files)}});
}

QByteArray failureBody(const QString& reason)
{
    return bencodedDictionary({{"failure reason", bencoded(QByteArrayView(reason.toUtf8()))}});
}

} // namespace weir
