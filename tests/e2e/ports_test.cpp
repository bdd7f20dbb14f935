// Which ports of this machine torrents use: none but those that were named, and what is said when they are not to be had.
#include "e2e/own_tracker.h"
#include "e2e/torrent_lab.h"
#include "support/content.h"
#include "support/daemon_process.h"
#include "support/files.h"
#include "support/net_lab.h"

#include <QCoreApplication>
#include <QJsonArray>
#include <QTcpServer>

#include <gtest/gtest.h>

using namespace weir;
using namespace weir::test;

namespace {

constexpr qint64 kSize = (3 << 20) + 11;

TEST(Ports, ATorrentComesThroughAWallWithOneRange)
{
    if (!NetLab::possible())
        GTEST_SKIP() << "network namespaces need root";
    if (!NetLab::canTranslate())
        GTEST_SKIP() << "a wall needs nftables";
    NetLab lab({"giver", "taker"});
    ASSERT_TRUE(lab.ready()) << lab.problem().toStdString();
    OwnTracker tracker(lab.on("giver"));
    ASSERT_TRUE(tracker.start("0.0.0.0"));
    ASSERT_TRUE(lab.onlyPorts("taker", "8000-9000")) << lab.problem().toStdString();
    DaemonProcess giver, taker;
    const LabTorrent torrent = makeTorrent(giver.path("downloads"), "film.bin", {{QString(), kSize, 7}},
        {.trackers = {tracker.udpAnnounceAt(lab.address("giver"))}});
    const auto start = [&](DaemonProcess& weir, const QString& machine, QJsonObject more) {
        weir.prefix = lab.on(machine);
        more.insert("bt.seedRatio", "100");
        weir.writeConfig(settingsWithoutStrangers(0, more));
        ASSERT_TRUE(weir.start()) << weir.errorOutput().toStdString();
    };
    start(giver, "giver", {{"bt.ports", "7000"}});
    const auto giverRpc = giver.client();
    const qint64 given = addTorrent(giver, *giverRpc, torrent, {{"options", QJsonObject{{"ifExists", "resume"}}}});
    ASSERT_FALSE(giverRpc->untilState(given, "sharing").isEmpty());
    ASSERT_TRUE(eventually([&] { return tracker.seeds(torrent.info) == 1; }));
    // It is the taker that calls: the giver knows nobody. Whom, it learns of the tracker, over UDP.
    start(taker, "taker", {{"bt.ports", "8000-8010"}, {"bt.outgoingPorts", "8011-9000"}});
    const auto rpc = taker.client();
    const qint64 id = addTorrent(taker, *rpc, torrent);
    ASSERT_FALSE(rpc->untilState(id, "sharing").isEmpty())
        << rpc->result("task.log", {{"id", id}})[u"text"].toString().toStdString();
    EXPECT_EQ(fileBytes(taker.path("downloads/film.bin")), content(7, 0, kSize));
}

TEST(Ports, WhoHasThemIsNamed)
{
    QTcpServer other;
    ASSERT_TRUE(other.listen(QHostAddress::Any));
    DaemonProcess weir;
    weir.writeConfig({{"bt.dht.enabled", false}, {"bt.lsd", false}, {"bt.portMapping", false},
        {"bt.ports", QString::number(other.serverPort())}});
    ASSERT_TRUE(weir.start()) << weir.errorOutput().toStdString();
    const auto rpc = weir.client();
    const LabTorrent torrent = makeTorrent(weir.path("seeds"), "film.bin", {{QString(), kSize, 7}});
    const qint64 id = addTorrent(weir, *rpc, torrent);
    const auto finding = [&] {
        const QJsonArray checks = rpc->result("system.doctor")[u"checks"].toArray();
        for (const QJsonValue check : checks)
            if (check[u"name"].toString() == "bt: ports for peers")
                return check.toObject();
        return QJsonObject();
    };
    ASSERT_TRUE(eventually([&] { return !finding()[u"ok"].toBool(true); }));
    const QString detail = finding()[u"detail"].toString();
    EXPECT_TRUE(detail.contains(
        QStringLiteral("has port %1 (process %2)").arg(other.serverPort()).arg(QCoreApplication::applicationPid())))
        << detail.toStdString();
    EXPECT_FALSE(finding()[u"remedy"].toString().isEmpty());
    const auto why = [&] { return rpc->result("task.why", {{"id", id}})[u"sentence"].toString(); };
    EXPECT_TRUE(eventually([&] { return why().contains("no port is open"); })) << why().toStdString();
    other.close();
    EXPECT_TRUE(eventually([&] { return finding()[u"ok"].toBool(); })) << finding()[u"detail"].toString().toStdString();
    EXPECT_TRUE(eventually([&] { return !why().contains("no port is open"); })) << why().toStdString();
}

} // namespace
