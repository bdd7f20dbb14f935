#pragma once
// A small tracker for labs and intranets: HTTP and UDP, IPv4 and IPv6, with pages that tell what it knows. It listens only
// where it is told to. Lives on the thread of an event loop; owns its sockets and its SwarmTable.

#include "swarm_table.h"

#include <QUrl>

#include <memory>

class QTcpServer;
class QTcpSocket;
class QUdpSocket;
class QTimer;

namespace weir {

class TrackerServer {
public:
    explicit TrackerServer(SwarmTable::Limits limits);
    ~TrackerServer();

    enum class Protocol : char { Http, Udp };
    /// Port 0: any that is free. Returns the announce URL. ListenFailed.
    Result<QUrl> listen(Protocol protocol, const QHostAddress& address, quint16 port);

    const SwarmTable& swarms() const { return swarms_; }
    /// How often what was asked, and refused for which reason.
    using Counters = std::map<QByteArray, qint64>;
    const Counters& counters() const { return counters_; }

private:
    void accept(QTcpServer& server);
    void read(QTcpSocket& socket);
    QByteArray answer(const QByteArray& bytes, const QHostAddress& from, bool& complete);
    QByteArray page(const QByteArray& method, const QByteArray& path, const QByteArray& query, const QHostAddress& from);
    QByteArray announce(const QByteArray& query, const QHostAddress& from);
    QByteArray scrape(const QByteArray& query);
    QByteArray refuse(const char* protocol, const QString& reason);
    void receive(QUdpSocket& socket);
    QByteArray answerDatagram(const QByteArray& datagram, const QHostAddress& from);
    quint64 connectionId(const QHostAddress& from, qint64 epoch) const;

    SwarmTable swarms_;
    Counters counters_;
    const QByteArray secret_;
    int connections_ = 0;
    std::vector<std::unique_ptr<QTcpServer>> http_;
    std::vector<std::unique_ptr<QUdpSocket>> udp_;
    std::unique_ptr<QTimer> broom_;
};

} // namespace weir
