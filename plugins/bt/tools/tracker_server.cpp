#include "tracker_server.h"

#include "http_request.h"
#include "http_tracker.h"
#include "tracker_page.h"
#include "udp_tracker.h"

#include <QCryptographicHash>
#include <QJsonDocument>
#include <QRandomGenerator>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTimer>
#include <QUdpSocket>
#include <QtEndian>

namespace weir {

namespace {

constexpr int kMostConnections = 512, kRequestPatience = 10'000, kSweep = 5'000;
constexpr qsizetype kMostReasons = 100;
constexpr std::chrono::minutes kConnectionEpoch{1};
/// What a datagram to a peer may have without being cut on its way: 1280 (IPv6) less the headers.
constexpr int kMostUdpPeers4 = 200, kMostUdpPeers6 = 66;

QByteArray randomSecret()
{
    QByteArray secret(32, Qt::Uninitialized);
    QRandomGenerator::system()->generate(
        reinterpret_cast<quint32*>(secret.data()), reinterpret_cast<quint32*>(secret.data() + secret.size()));
    return secret;
}

qint64 epochNow() { return steadyClock().now().time_since_epoch() / kConnectionEpoch; }

QUrl announceAddress(const char* scheme, const QHostAddress& address, quint16 port)
{
    QUrl url;
    url.setScheme(QLatin1String(scheme));
    url.setHost(address.toString());
    url.setPort(port);
    url.setPath(QStringLiteral("/announce"));
    return url;
}

} // namespace

TrackerServer::TrackerServer(SwarmTable::Limits limits)
    : swarms_(limits),
      secret_(randomSecret()),
      broom_(std::make_unique<QTimer>())
{
    QObject::connect(broom_.get(), &QTimer::timeout, broom_.get(), [this] { swarms_.expire(steadyClock().now()); });
    broom_->start(kSweep);
}

TrackerServer::~TrackerServer() = default;

Result<QUrl> TrackerServer::listen(Protocol protocol, const QHostAddress& address, quint16 port)
{
    const auto refused = [&](const QString& why) {
        return failure(Code::ListenFailed, QStringLiteral("%1 port %2: %3").arg(address.toString()).arg(port).arg(why));
    };
    if (protocol == Protocol::Http) {
        auto server = std::make_unique<QTcpServer>();
        if (!server->listen(address, port))
            return refused(server->errorString());
        QObject::connect(server.get(), &QTcpServer::newConnection, server.get(), [this, at = server.get()] { accept(*at); });
        http_.push_back(std::move(server));
        return announceAddress("http", address, http_.back()->serverPort());
    }
    auto socket = std::make_unique<QUdpSocket>();
    if (!socket->bind(address, port, QAbstractSocket::DontShareAddress))
        return refused(socket->errorString());
    QObject::connect(socket.get(), &QUdpSocket::readyRead, socket.get(), [this, at = socket.get()] { receive(*at); });
    udp_.push_back(std::move(socket));
    return announceAddress("udp", address, udp_.back()->localPort());
}

void TrackerServer::accept(QTcpServer& server)
{
    while (QTcpSocket* socket = server.nextPendingConnection()) {
        if (connections_ >= kMostConnections) {
            ++counters_["http: too many connections"];
            delete socket;
            continue;
        }
        ++connections_;
        socket->setReadBufferSize(2 * kMostRequestBytes);
        QObject::connect(socket, &QTcpSocket::readyRead, socket, [this, socket] { read(*socket); });
        QObject::connect(socket, &QTcpSocket::disconnected, socket, &QObject::deleteLater);
        QObject::connect(socket, &QObject::destroyed, &server, [this] { --connections_; });
        // Who neither asks nor reads in time makes room for others.
        QTimer::singleShot(kRequestPatience, socket, [socket] { socket->abort(); });
    }
}

void TrackerServer::read(QTcpSocket& socket)
{
    if (socket.property("answered").toBool()) {
        socket.readAll();
        return;
    }
    bool complete = false;
    const QByteArray reply = answer(socket.peek(kMostRequestBytes), socket.peerAddress(), complete);
    if (!complete)
        return;
    socket.setProperty("answered", true);
    socket.readAll();
    socket.write(reply);
    socket.disconnectFromHost();
}

QByteArray TrackerServer::answer(const QByteArray& bytes, const QHostAddress& from, bool& complete)
{
    const auto request = readHttpRequest(bytes);
    complete = !request || *request;
    if (!request) {
        ++counters_["http: bad request"];
        return httpReply(request.error().code == Code::HttpBadRequest ? 400 : 431, "text/plain", "bad request\n");
    }
    if (!*request)
        return {};
    return page((*request)->method, (*request)->path, (*request)->query, from);
}

QByteArray TrackerServer::page(
    const QByteArray& method, const QByteArray& path, const QByteArray& query, const QHostAddress& from)
{
    const bool head = method == "HEAD";
    if (method != "GET" && !head) {
        ++counters_["http: bad method"];
        return httpReply(405, "text/plain", "GET only\n");
    }
    if (path == "/announce")
        return httpReply(200, "text/plain", announce(query, from), head);
    if (path == "/scrape")
        return httpReply(200, "text/plain", scrape(query), head);
    if (path == "/")
        return httpReply(200, "text/plain; charset=utf-8", swarmLines(swarms_, counters_, steadyClock().now()).toUtf8(), head);
    if (path == "/state.json")
        return httpReply(200, "application/json",
            QJsonDocument(swarmJson(swarms_, counters_, steadyClock().now())).toJson(QJsonDocument::Compact), head);
    ++counters_["http: no such page"];
    return httpReply(404, "text/plain", "there are /announce, /scrape, / and /state.json\n", head);
}

QByteArray TrackerServer::refuse(const char* protocol, const QString& reason)
{
    const QByteArray name = QByteArray(protocol) + ": " + reason.toUtf8();
    // The reasons are our own sentences; the cap is for those that may come.
    if (counters_.contains(name) || counters_.size() < kMostReasons)
        ++counters_[name];
    return failureBody(reason);
}

QByteArray TrackerServer::announce(const QByteArray& query, const QHostAddress& from)
{
    const auto request = readAnnounceQuery(query);
    if (!request)
        return refuse("http", request.error().detail);
    const auto reply = swarms_.announce(*request, from, steadyClock().now());
    if (!reply)
        return refuse("http", reply.error().detail);
    ++counters_["http announces"];
    return announceReplyBody(*reply, *request);
}

QByteArray TrackerServer::scrape(const QByteArray& query)
{
    const auto hashes = readScrapeQuery(query);
    if (!hashes)
        return refuse("http", hashes.error().detail);
    ++counters_["http scrapes"];
    return scrapeReplyBody(swarms_.scrape(*hashes));
}

void TrackerServer::receive(QUdpSocket& socket)
{
    // Not all at once, however many there are: HTTP waits on the same thread.
    for (int i = 0; i < 1000 && socket.hasPendingDatagrams(); ++i) {
        QByteArray datagram(2048, Qt::Uninitialized);
        QHostAddress from;
        quint16 port = 0;
        const qint64 size = socket.readDatagram(datagram.data(), datagram.size(), &from, &port);
        if (size < 0)
            break;
        datagram.truncate(size);
        if (const QByteArray reply = answerDatagram(datagram, from); !reply.isEmpty() && port)
            socket.writeDatagram(reply, from, port);
    }
}

QByteArray TrackerServer::answerDatagram(const QByteArray& datagram, const QHostAddress& from)
{
    const auto request = readUdpRequest(datagram);
    const qint64 epoch = epochNow();
    if (request && request->action == UdpAction::Connect) {
        ++counters_["udp connects"];
        return udpConnectReply(request->transaction, connectionId(from, epoch));
    }
    // Whoever has not shown that replies reach him gets none: his address may be another's.
    const quint64 shown = datagram.size() < 16 ? 0 : qFromBigEndian<quint64>(datagram.constData());
    const bool known =
        shown == connectionId(from, epoch) || shown == connectionId(from, epoch - 1) || shown == connectionId(from, epoch - 2);
    if (datagram.size() < 16 || !known) {
        ++counters_["udp: not connected"];
        return {};
    }
    const auto transaction = qFromBigEndian<quint32>(datagram.constData() + 12);
    const auto refused = [&](const QString& why) {
        refuse("udp", why);
        return udpError(transaction, why);
    };
    if (!request)
        return refused(request.error().detail);
    if (request->action == UdpAction::Scrape) {
        ++counters_["udp scrapes"];
        return udpScrapeReply(transaction, request->scrape, swarms_.scrape(request->scrape));
    }
    const auto family = plainAddress(from).protocol();
    auto asked = request->announce;
    const int most = family == QAbstractSocket::IPv4Protocol ? kMostUdpPeers4 : kMostUdpPeers6;
    asked.wanted = asked.wanted < 0 ? asked.wanted : std::min(asked.wanted, most);
    const auto reply = swarms_.announce(asked, from, steadyClock().now(), family);
    if (!reply)
        return refused(reply.error().detail);
    ++counters_["udp announces"];
    return udpAnnounceReply(transaction, *reply);
}

quint64 TrackerServer::connectionId(const QHostAddress& from, qint64 epoch) const
{
    QCryptographicHash hash(QCryptographicHash::Sha256);
    hash.addData(secret_);
    // The address alone: clients keep an id for all their sockets.
    hash.addData(addressBytes(plainAddress(from)));
    hash.addData(QByteArray::number(epoch));
    return qFromBigEndian<quint64>(hash.result().constData());
}

} // namespace weir
