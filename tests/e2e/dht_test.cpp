// A magnet link that is nothing but a hash, in a table of peers of thirty nodes: no tracker, no address of anybody. Once over
// IPv4 and once over IPv6, which have tables of their own.
#include "e2e/torrent_lab.h"
#include "support/content.h"
#include "support/daemon_process.h"
#include "support/net_lab.h"
#include "support/weir_command.h"

#include <libtorrent/alert_types.hpp>
#include <libtorrent/session.hpp>
#include <libtorrent/session_params.hpp>
#include <libtorrent/torrent_handle.hpp>
#include <libtorrent/torrent_info.hpp>

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>

#include <gtest/gtest.h>

using namespace weir;
using namespace weir::test;

namespace {

constexpr int kNodes = 30;
constexpr int kAsked = 8;
constexpr qint64 kSize = (4 << 20) + 3;

enum class Family { Four, Six };

// Each in a network of its own: nodes believe few from one.
QString nodeAddress(Family family, int number)
{
    return (family == Family::Four ? QStringLiteral("10.213.%1.1") : QStringLiteral("fdd5:%1::1")).arg(20 + number);
}

QString onPort(const QString& address)
{
    return (address.contains(u':') ? QStringLiteral("[%1]:6881") : QStringLiteral("%1:6881")).arg(address);
}

/// A libtorrent on a machine of the lab; it is a node on each of its addresses.
std::unique_ptr<lt::session> openNodes(
    const NetLab& lab, const QString& machine, const QStringList& addresses, const QString& bootstrap)
{
    lt::session_params params;
    lt::settings_pack& pack = params.settings;
    QStringList listen;
    for (const QString& address : addresses)
        listen.append(onPort(address));
    pack.set_str(lt::settings_pack::listen_interfaces, listen.join(u',').toStdString());
    pack.set_str(lt::settings_pack::dht_bootstrap_nodes, bootstrap.toStdString());
    for (const int off : {lt::settings_pack::enable_lsd, lt::settings_pack::enable_upnp, lt::settings_pack::enable_natpmp})
        pack.set_bool(off, false);
    pack.set_bool(lt::settings_pack::enable_dht, true);
    pack.set_int(lt::settings_pack::alert_mask, int(std::uint32_t(lt::alert_category::dht | lt::alert_category::status)));
    std::unique_ptr<lt::session> session;
    lab.inside(machine, [&] { session = std::make_unique<lt::session>(std::move(params)); });
    return session;
}

/// The table of thirty nodes, one more on the machine "seed", and "weir", which nobody knows yet.
class Dht : public ::testing::TestWithParam<Family> {
protected:
    void SetUp() override
    {
        if (!NetLab::possible())
            GTEST_SKIP() << "network namespaces need root";
        lab = std::make_unique<NetLab>(QStringList{"nodes", "seed", "weir"});
        ASSERT_TRUE(lab->ready()) << lab->problem().toStdString();
        QStringList addresses;
        for (int i = 0; i < kNodes; ++i) {
            addresses.append(nodeAddress(GetParam(), i));
            ASSERT_TRUE(lab->addAddress("nodes", addresses.last())) << lab->problem().toStdString();
        }
        seedAddress = nodeAddress(GetParam(), kNodes);
        ASSERT_TRUE(lab->addAddress("seed", seedAddress) && lab->addAddress("weir", nodeAddress(GetParam(), kNodes + 1)))
            << lab->problem().toStdString();
        entrance = onPort(addresses.first());
        nodes = openNodes(*lab, "nodes", addresses, entrance);
        seed = openNodes(*lab, "seed", {seedAddress}, entrance);
    }
    /// Until nodes have taken the seed's announcement; as many as a search asks, so that any search finds one of them.
    bool share(const LabTorrent& torrent, const QString& folder)
    {
        lt::add_torrent_params add;
        add.ti = std::make_shared<lt::torrent_info>(
            lt::span<const char>(torrent.bytes.constData(), torrent.bytes.size()), lt::from_span);
        add.save_path = folder.toStdString();
        add.flags |= lt::torrent_flags::seed_mode;
        const lt::torrent_handle seeding = seed->add_torrent(std::move(add));
        int taken = 0;
        return eventually([&] {
            seeding.force_dht_announce();
            std::vector<lt::alert*> alerts;
            nodes->pop_alerts(&alerts);
            for (const lt::alert* alert : alerts)
                taken += lt::alert_cast<lt::dht_announce_alert>(alert) != nullptr;
            return taken >= kAsked;
        });
    }
    /// `weir dht ...` on the machine "weir"; what it prints as JSON.
    QJsonObject dht(const QStringList& words) const
    {
        const Ran ran = runWeir(QStringList{"dht"} + words + QStringList{"--node", entrance, "--json"}, {}, lab->on("weir"));
        EXPECT_EQ(ran.status, 0) << ran.err.toStdString();
        return ran.object();
    }

    std::unique_ptr<NetLab> lab;
    QString seedAddress, entrance;
    std::unique_ptr<lt::session> nodes, seed;
};

TEST_P(Dht, AHashAloneIsEnough)
{
    DaemonProcess daemon;
    const LabTorrent torrent = makeTorrent(daemon.path("seeds"), "film.bin", {{QString(), kSize, 7}});
    ASSERT_TRUE(share(torrent, daemon.path("seeds")));
    daemon.prefix = lab->on("weir");
    daemon.writeConfig({{"bt.dht.bootstrap", QJsonArray{entrance}}, {"bt.lsd", false}, {"bt.portMapping", false},
        {"bt.pex", false}, {"bt.seedRatio", 0}});
    ASSERT_TRUE(daemon.start()) << daemon.errorOutput().toStdString();
    const auto peer = daemon.client();
    const auto task = peer->untilState(
        daemon.addTask(*peer, QUrl(QStringLiteral("magnet:?xt=urn:btih:") + QLatin1String(torrent.info))), "done");
    ASSERT_FALSE(task.isEmpty());
    QFile out(task[u"path"].toString());
    ASSERT_TRUE(out.open(QIODevice::ReadOnly));
    EXPECT_EQ(out.readAll(), content(7, 0, kSize));
}

// The table as the command sees it: whom it meets, who has a torrent, what somebody else has put there.
TEST_P(Dht, TheVerbLooksAndKeeps)
{
    const QTemporaryDir folder;
    const LabTorrent torrent = makeTorrent(folder.path(), "film.bin", {{QString(), kSize, 7}});
    ASSERT_TRUE(share(torrent, folder.path()));
    const QJsonObject met = dht({"nodes"});
    ASSERT_FALSE(met[u"nodes"].toArray().isEmpty());
    EXPECT_TRUE(met[u"nodes"][0][u"address"].toString().startsWith(GetParam() == Family::Four ? "10.213." : "[fdd5:"))
        << QJsonDocument(met).toJson().toStdString();
    ASSERT_FALSE(met[u"own"].toArray().isEmpty());
    EXPECT_EQ(met[u"own"][0][u"id"].toString().size(), 40);
    const QJsonArray peers = dht({"peers", QString::fromLatin1(torrent.info)})[u"peers"].toArray();
    ASSERT_FALSE(peers.isEmpty());
    EXPECT_EQ(peers[0].toString(), onPort(seedAddress));
    const QString kept = dht({"put", "hello, table"})[u"hash"].toString();
    EXPECT_EQ(kept.size(), 40);
    EXPECT_EQ(dht({"get", kept})[u"text"].toString(), "hello, table");
}

INSTANTIATE_TEST_SUITE_P(All, Dht, ::testing::Values(Family::Four, Family::Six),
    [](const auto& info) { return info.param == Family::Four ? "IPv4" : "IPv6"; });

} // namespace
