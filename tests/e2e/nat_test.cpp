// Who can give to whom when a router stands between: machines behind one that rewrites their addresses, a tracker and other
// clients outside, a line with loss and delay. Nobody outside can begin a connection to who is inside.
#include "e2e/other_clients.h"
#include "e2e/own_tracker.h"
#include "e2e/torrent_lab.h"
#include "support/content.h"
#include "support/daemon_process.h"
#include "support/wide_line.h"

#include <QDir>
#include <QFile>

#include <gtest/gtest.h>

using namespace weir;
using namespace weir::test;

namespace {

constexpr qint64 kSize = (6 << 20) + 4711;
constexpr quint64 kSeed = 9;

class Nat : public ::testing::Test {
protected:
    void SetUp() override
    {
        if (!NetLab::possible())
            GTEST_SKIP() << "network namespaces need root";
        if (!NetLab::canTranslate())
            GTEST_SKIP() << "a router that rewrites addresses needs nftables";
        lab = std::make_unique<NetLab>(QStringList{"tracker", "outside", "router"});
        lab->addHome("router", {"one", "two"});
        ASSERT_TRUE(lab->ready()) << lab->problem().toStdString();
        tracker = std::make_unique<OwnTracker>(lab->on("tracker"));
        ASSERT_TRUE(tracker->start("0.0.0.0"));
        makeTheTorrent(lab->address("tracker"));
    }
    void makeTheTorrent(const QString& trackerAddress)
    {
        torrent = makeTorrent(home.filePath("seeds"), "film.bin", {{QString(), kSize, kSeed}},
            {.trackers = {tracker->announceAt(trackerAddress)}});
        QFile file(home.filePath("film.torrent"));
        ASSERT_TRUE(file.open(QIODevice::WriteOnly));
        file.write(torrent.bytes);
    }
    /// As it comes, but that nothing looks for the real network.
    void start(DaemonProcess& weir, const QString& machine, QJsonObject more = {})
    {
        weir.prefix = lab->on(machine);
        more.insert("bt.dht.enabled", false);
        more.insert("bt.seedRatio", "100");
        weir.writeConfig(more);
        ASSERT_TRUE(weir.start()) << weir.errorOutput().toStdString();
    }
    QUrl link() const { return QUrl::fromLocalFile(home.filePath("film.torrent")); }
    qint64 seed(DaemonProcess& weir, RpcPeer& rpc)
    {
        QDir().mkpath(weir.path("downloads"));
        QFile::copy(home.filePath("seeds/film.bin"), weir.path("downloads/film.bin"));
        return weir.addTask(rpc, link(), {{"options", QJsonObject{{"ifExists", "resume"}}}});
    }
    /// transmission takes its time before it announces itself.
    bool knowsSeeds(int count)
    {
        const auto known = [&] { return tracker->seeds(torrent.info) == count; };
        return eventually(known) || eventually(known) || eventually(known);
    }
    static bool isWhole(const QString& path)
    {
        QFile file(path);
        return file.open(QIODevice::ReadOnly) && file.readAll() == content(kSeed, 0, kSize);
    }

    QTemporaryDir home;
    std::unique_ptr<NetLab> lab;
    std::unique_ptr<OwnTracker> tracker;
    LabTorrent torrent;
};

enum class Giver { Weir, Transmission, Aria2 };
class NatFrom : public Nat, public ::testing::WithParamInterface<Giver> {};

TEST_P(NatFrom, WhoIsInsideDownloads)
{
    DaemonProcess giver, taker;
    std::unique_ptr<RpcPeer> giverRpc;
    std::unique_ptr<OtherClient> other;
    if (GetParam() == Giver::Weir) {
        start(giver, "outside");
        giverRpc = giver.client();
        seed(giver, *giverRpc);
    } else {
        other = makeClient(GetParam() == Giver::Aria2 ? Client::Aria2 : Client::Transmission, *lab, "outside");
        ASSERT_TRUE(other->start({.source = home.filePath("film.torrent"), .folder = home.filePath("seeds"), .seeds = true}));
    }
    ASSERT_TRUE(knowsSeeds(1));
    start(taker, "one");
    const auto rpc = taker.client();
    const qint64 id = taker.addTask(*rpc, link());
    ASSERT_FALSE(rpc->untilState(id, "sharing").isEmpty());
    EXPECT_TRUE(isWhole(taker.path("downloads/film.bin")));
    // The tracker counts it at once, at the only address that it can see.
    EXPECT_TRUE(knowsSeeds(2));
    QStringList seen;
    const QJsonArray peers = tracker->peers(torrent.info);
    for (const QJsonValue peer : peers)
        seen.append(peer[u"address"].toString());
    EXPECT_TRUE(seen.contains(lab->address("router"))) << seen.join(u' ').toStdString();
}

std::string giverName(const ::testing::TestParamInfo<Giver>& info)
{
    constexpr const char* kNames[] = {"Weir", "Transmission", "Aria2"};
    return kNames[int(info.param)];
}
INSTANTIATE_TEST_SUITE_P(All, NatFrom, ::testing::Values(Giver::Weir, Giver::Transmission, Giver::Aria2), giverName);

TEST_F(Nat, WhoIsInsideGivesToWhoWasThereBefore)
{
    DaemonProcess giver, taker;
    start(taker, "outside");
    const auto rpc = taker.client();
    const qint64 id = taker.addTask(*rpc, link());
    ASSERT_TRUE(eventually([&] { return tracker->peers(torrent.info).size() == 1; }));
    start(giver, "one");
    const auto giverRpc = giver.client();
    seed(giver, *giverRpc);
    ASSERT_FALSE(rpc->untilState(id, "sharing").isEmpty());
    EXPECT_TRUE(isWhole(taker.path("downloads/film.bin")));
}

// Both have the same address and port outside, so the tracker takes them for one.
TEST_F(Nat, TwoInsideFindEachOther)
{
    DaemonProcess giver, taker;
    start(giver, "one");
    const auto giverRpc = giver.client();
    seed(giver, *giverRpc);
    ASSERT_TRUE(knowsSeeds(1));
    start(taker, "two");
    const auto rpc = taker.client();
    const qint64 id = taker.addTask(*rpc, link());
    ASSERT_FALSE(rpc->untilState(id, "sharing").isEmpty());
    EXPECT_TRUE(isWhole(taker.path("downloads/film.bin")));
}

TEST_F(Nat, AnAddressThatIsNoWayInIsSaid)
{
    DaemonProcess giver, taker;
    start(giver, "one", {{"bt.lsd", false}, {"bt.ports", "7001"}});
    const auto giverRpc = giver.client();
    seed(giver, *giverRpc);
    ASSERT_TRUE(knowsSeeds(1));
    start(taker, "two", {{"bt.lsd", false}, {"bt.ports", "7002"}});
    const auto rpc = taker.client();
    const qint64 id = taker.addTask(*rpc, link());
    QString why;
    EXPECT_TRUE(eventually([&] {
        why = rpc->result("task.why", {{"id", id}})[u"sentence"].toString();
        return why.contains(u"announced, but no peer can be reached");
    })) << why.toStdString();
}

TEST_F(Nat, ALongWayWithLossIsOne)
{
    if (const QString missing = WideLine::missing(); !missing.isEmpty())
        GTEST_SKIP() << missing.toStdString();
    const WideLine line(*lab, "outside", "router", {.delayMs = 40, .mbit = 50, .loss = 0.01});
    ASSERT_TRUE(line.ready());
    // The tracker, too, is at the other end.
    tracker = std::make_unique<OwnTracker>(lab->on("outside"));
    ASSERT_TRUE(tracker->start("0.0.0.0"));
    makeTheTorrent(WideLine::nearAddress());
    DaemonProcess giver, taker;
    start(giver, "outside", {{"network.bindTo", WideLine::nearAddress()}});
    const auto giverRpc = giver.client();
    seed(giver, *giverRpc);
    ASSERT_TRUE(knowsSeeds(1));
    start(taker, "one");
    const auto rpc = taker.client();
    const qint64 id = taker.addTask(*rpc, link());
    ASSERT_FALSE(rpc->untilState(id, "sharing").isEmpty());
    EXPECT_TRUE(isWhole(taker.path("downloads/film.bin")));
    EXPECT_TRUE(knowsSeeds(2));
}

} // namespace
