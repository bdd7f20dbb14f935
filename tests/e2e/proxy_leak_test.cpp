// A torrent behind a SOCKS proxy: with everything on that could speak to anybody (DHT, LSD, port mapping, uTP, trackers over
// UDP and by name, peers), not one packet may go past the proxy, whatever the proxy does.
#include "e2e/torrent_lab.h"
#include "support/daemon_process.h"
#include "support/packet_watch.h"
#include "support/plain_http_server.h"

#include <QFile>
#include <QJsonArray>
#include <QtEndian>

#include <gtest/gtest.h>

using namespace weir;
using namespace weir::test;

namespace {

constexpr quint8 kTcp = 6, kUdp = 17;

/// Takes the greeting, notes what is asked for, and refuses it, or gives the way for UDP.
class SocksServer {
public:
    SocksServer(const NetLab& lab, const QString& machine, bool takesUdp)
        : address_(QHostAddress(lab.address(machine)).toIPv4Address()),
          takesUdp_(takesUdp)
    {
        lab.inside(machine, [this] {
            server_ = std::make_unique<SocketServer>(
                [this](Connection& connection) { serve(connection); }, SocketServer::Tls{}, SocketServer::Reach::Everywhere);
        });
    }
    quint16 port() const { return server_->port(); }
    /// "tcp HOST:PORT", "udp"
    QStringList wishes() const
    {
        const std::lock_guard lock(mutex_);
        return wishes_;
    }

private:
    void serve(Connection& connection)
    {
        if (!connection.read().startsWith('\x05') || !connection.write(QByteArray("\x05\x00", 2)))
            return;
        const QByteArray wish = connection.read();
        if (wish.size() < 10)
            return;
        const bool udp = wish[1] == 3;
        const bool name = wish[3] == 3;
        const qsizetype length = name ? quint8(wish[4]) : 4;
        const QByteArray host = name ? wish.mid(5, length) : wish.mid(4, length).toHex();
        {
            const std::lock_guard lock(mutex_);
            wishes_.append(udp ? QStringLiteral("udp") : QStringLiteral("tcp ") + QString::fromLatin1(host));
        }
        const bool granted = udp && takesUdp_;
        // Where its relay for UDP is said to be: nobody takes anything there.
        const quint32 address = qToBigEndian(address_);
        connection.write(QByteArray(granted ? "\x05\x00\x00\x01" : "\x05\x01\x00\x01", 4)
            + QByteArray(reinterpret_cast<const char*>(&address), 4) + QByteArray("\x30\x39", 2));
        if (granted)
            while (!connection.read().isEmpty()) {}
    }

    const quint32 address_;
    const bool takesUdp_;
    mutable std::mutex mutex_;
    QStringList wishes_;
    std::unique_ptr<SocketServer> server_;
};

enum class Proxy { None, RefusesUdp, TakesUdp, Dead, DeadHttp };

class Leaks : public ::testing::TestWithParam<Proxy> {};

TEST_P(Leaks, NothingGoesPastTheProxy)
{
    if (!NetLab::possible())
        GTEST_SKIP() << "network namespaces need root";
    const Proxy kind = GetParam();
    NetLab lab({"weir", "proxy", "router"});
    ASSERT_TRUE(lab.ready() && lab.routeAllTo("weir", "router")) << lab.problem().toStdString();
    const QString stranger = QStringLiteral("203.0.113.7");
    SocksServer socks(lab, "proxy", kind == Proxy::TakesUdp);
    DaemonProcess daemon;
    daemon.prefix = lab.on("weir");
    const bool dead = kind == Proxy::Dead || kind == Proxy::DeadHttp;
    const quint16 port = dead ? quint16(9) : socks.port();
    const QString scheme = kind == Proxy::DeadHttp ? QStringLiteral("http") : QStringLiteral("socks5h");
    QJsonObject config{{"bt.dht.bootstrap", QJsonArray{"dht.example:6881", stranger + ":6881"}}, {"bt.utp", true},
        {"bt.lsd", true}, {"bt.portMapping", true}};
    if (kind != Proxy::None)
        config.insert("network.proxy", QStringLiteral("%1://%2:%3").arg(scheme, lab.address("proxy")).arg(port));
    daemon.writeConfig(config);
    const LabTorrent torrent = makeTorrent(daemon.path("seeds"), "film.bin", {{QString(), 1 << 20, 7}},
        {.trackers = {"udp://" + stranger + ":6969", "http://tracker.example/announce", "http://" + stranger + "/announce"},
            .webSeeds = {"http://" + stranger + "/film.bin"}});
    QFile file(daemon.path("film.torrent"));
    ASSERT_TRUE(file.open(QIODevice::WriteOnly) && file.write(torrent.bytes) > 0 && file.flush());

    const PacketWatch watch(lab, "weir");
    ASSERT_TRUE(daemon.start()) << daemon.errorOutput().toStdString();
    const auto peer = daemon.client();
    const LabTorrent other = makeTorrent(daemon.path("seeds"), "other.bin", {{QString(), 1 << 20, 8}});
    daemon.addTask(*peer, QUrl::fromLocalFile(file.fileName()));
    daemon.addTask(*peer, other.magnet({stranger + ":7001"}));
    const auto went = [&](quint8 protocol, const QString& where, quint16 to) {
        for (const auto& target : watch.targets())
            if (target.protocol == protocol && target.port == to && (where.isEmpty() || target.address == QHostAddress(where)))
                return true;
        return false;
    };
    if (kind == Proxy::None) {
        // The watch sees what there is to be seen.
        EXPECT_TRUE(eventually([&] { return went(kUdp, stranger, 6969) && went(kTcp, stranger, 7001); }));
        EXPECT_TRUE(eventually([&] { return went(kUdp, {}, 6771) && went(kUdp, {}, 53); }));
        return;
    }
    if (dead) {
        EXPECT_TRUE(eventually([&] { return went(kTcp, lab.address("proxy"), port); }));
    } else {
        const QString asPeer = QStringLiteral("tcp %1").arg(QHostAddress(stranger).toIPv4Address(), 8, 16, QLatin1Char('0'));
        EXPECT_TRUE(eventually([&] {
            const QStringList wishes = socks.wishes();
            return wishes.contains("udp") && wishes.contains("tcp tracker.example") && wishes.contains(asPeer);
        })) << socks.wishes().join(u' ').toStdString();
    }
    // Trackers were given up by now, and the other ways had their turn.
    const qint64 id = daemon.addTask(*peer, QUrl(QStringLiteral("magnet:?xt=urn:btih:%1").arg(QString(40, u'a'))));
    ASSERT_TRUE(eventually([&] { return !peer->result("task.get", {{"id", id}})[u"phase"].toString().isEmpty(); }));
    for (const auto& target : watch.targets()) {
        const bool speaks = target.protocol == kTcp || target.protocol == kUdp;
        EXPECT_TRUE(!speaks || target.address == QHostAddress(lab.address("proxy")))
            << int(target.protocol) << ' ' << target.address.toString().toStdString() << ' ' << target.port;
    }
}

std::string proxyName(const ::testing::TestParamInfo<Proxy>& info)
{
    constexpr const char* kNames[] = {"WithoutOne", "RefusesUdp", "TakesUdp", "IsDead", "IsDeadHttp"};
    return kNames[int(info.param)];
}

INSTANTIATE_TEST_SUITE_P(
    All, Leaks, ::testing::Values(Proxy::None, Proxy::RefusesUdp, Proxy::TakesUdp, Proxy::Dead, Proxy::DeadHttp), proxyName);

} // namespace
