#include "tracker_client.h"

#include "http_tracker.h"
#include "udp_tracker.h"

#include <QHostInfo>
#include <QRandomGenerator>
#include <QUdpSocket>

#include <algorithm>

namespace weir {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

namespace {

constexpr qint64 kMostReply = 4 << 20;
constexpr milliseconds kFirstPatience = 3s;

bool isUdp(const QUrl& url) { return url.scheme() == QLatin1String("udp"); }

/// A datagram socket to one address of a tracker, and the connection id that it gave.
class UdpConversation {
public:
    UdpConversation(const QHostAddress& address, quint16 port, TimePoint until)
        : six_(address.protocol() == QAbstractSocket::IPv6Protocol),
          until_(until)
    {
        socket_.connectToHost(address, port);
    }

    bool six() const { return six_; }

    Result<quint64> connection()
    {
        return ask<quint64>([](quint32 transaction) { return udpConnectRequest(transaction); }, readUdpConnection);
    }

    /// Sends again, with growing patience, until the reply to it comes or the time is up.
    template <class T, class Make, class Read> Result<T> ask(Make make, Read read)
    {
        const quint32 transaction = QRandomGenerator::system()->generate();
        const QByteArray request = make(transaction);
        for (milliseconds patience = kFirstPatience; steadyClock().now() < until_; patience *= 2) {
            if (socket_.write(request) < 0)
                return trouble();
            const TimePoint resend = std::min(until_, steadyClock().now() + patience);
            while (steadyClock().now() < resend) {
                const auto left = std::chrono::ceil<milliseconds>(resend - steadyClock().now());
                if (!socket_.waitForReadyRead(int(left.count())))
                    continue;
                // Without a look at hasPendingDatagrams(), which would swallow that the port is closed.
                QByteArray datagram(64 << 10, Qt::Uninitialized);
                const qint64 size = socket_.readDatagram(datagram.data(), datagram.size());
                if (size < 0 && socket_.error() != QAbstractSocket::TemporaryError)
                    return trouble();
                datagram.truncate(std::max<qint64>(size, 0));
                // Late replies to what was asked before are no answer.
                if (udpTransaction(datagram) == transaction)
                    return read(datagram, transaction);
            }
        }
        return failure(Code::ConnectTimeout, socket_.peerAddress().toString());
    }

private:
    tl::unexpected<Error> trouble() const
    {
        const bool refused = socket_.error() == QAbstractSocket::ConnectionRefusedError;
        return failure(refused ? Code::ConnectRefused : Code::SendFailed, socket_.errorString());
    }

    QUdpSocket socket_;
    const bool six_;
    const TimePoint until_;
};

/// `ask(conversation, connection)` at the tracker's addresses, one after the other while they refuse.
template <class T, class Ask> Result<T> overUdp(const QUrl& tracker, const HttpOptions& options, Ask ask)
{
    if (tracker.port() <= 0)
        return failure(Code::BadUrl, QStringLiteral("a UDP tracker's address needs a port"));
    const QHostInfo host = QHostInfo::fromName(tracker.host());
    if (host.addresses().isEmpty())
        return failure(Code::DnsFailed, tracker.host());
    const TimePoint until = steadyClock().now() + options.timeout;
    Result<T> last = failure(Code::ConnectTimeout, tracker.host());
    for (const QHostAddress& address : host.addresses()) {
        UdpConversation talk(address, quint16(tracker.port()), until);
        const auto connection = talk.connection();
        last = connection ? ask(talk, *connection) : failure(connection.error());
        if (last || (last.error().code != Code::ConnectRefused && last.error().code != Code::SendFailed))
            break;
    }
    return last;
}

/// What BEP 41 carries: where the tracker's path or query is more than the usual.
QByteArray urlData(const QUrl& tracker)
{
    const QByteArray path = tracker.path(QUrl::FullyEncoded).toLatin1();
    const QByteArray query = tracker.hasQuery() ? '?' + tracker.query(QUrl::FullyEncoded).toLatin1() : QByteArray();
    const bool usual = query.isEmpty() && (path.isEmpty() || path == "/" || path == "/announce");
    return usual ? QByteArray() : path + query;
}

} // namespace

Result<AnnounceReply> announceTo(const QUrl& tracker, const AnnounceRequest& request, const HttpOptions& options)
{
    if (!isUdp(tracker)) {
        const auto body = fetchBytes(announceUrl(tracker, request), kMostReply, options);
        return body ? readAnnounceReply(*body) : failure(body.error());
    }
    return overUdp<AnnounceReply>(tracker, options, [&](UdpConversation& talk, quint64 connection) {
        return talk.ask<AnnounceReply>(
            [&](quint32 transaction) { return udpAnnounceRequest(connection, transaction, request, urlData(tracker)); },
            [&](QByteArrayView reply, quint32 transaction) { return readUdpAnnounceReply(reply, transaction, talk.six()); });
    });
}

Result<ScrapeReply> scrapeFrom(const QUrl& tracker, const QList<QByteArray>& hashes, const HttpOptions& options)
{
    if (!isUdp(tracker)) {
        const auto url = scrapeUrl(tracker, hashes);
        if (!url)
            return failure(url.error());
        const auto body = fetchBytes(*url, kMostReply, options);
        return body ? readScrapeReply(*body) : failure(body.error());
    }
    return overUdp<ScrapeReply>(tracker, options, [&](UdpConversation& talk, quint64 connection) {
        return talk.ask<ScrapeReply>([&](quint32 transaction) { return udpScrapeRequest(connection, transaction, hashes); },
            [&](QByteArrayView reply, quint32 transaction) { return readUdpScrapeReply(reply, transaction, hashes); });
    });
}

QString announceAsSent(const QUrl& tracker, const AnnounceRequest& request)
{
    return isUdp(tracker) ? QString::fromLatin1(udpAnnounceRequest(0, 0, request, urlData(tracker)).toHex())
                          : QString::fromLatin1(announceUrl(tracker, request).toEncoded());
}

} // namespace weir
