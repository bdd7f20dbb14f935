// What weir tells of peers while it runs, and what is left of them when it has ended.
#include "e2e/torrent_lab.h"
#include "support/content.h"
#include "support/daemon_process.h"
#include "support/files.h"
#include "support/gzip.h"
#include "support/plain_http_server.h"

#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QHostAddress>
#include <QJsonArray>
#include <QTcpServer>

#include <gtest/gtest.h>

#include <csignal>

#include <sys/stat.h>

using namespace weir;
using namespace weir::test;

namespace {

constexpr qint64 kSize = (4 << 20) + 5;

class PeerLogs : public ::testing::Test {
protected:
    void begin(QJsonObject more = {})
    {
        more.insert("bt.seedRatio", "100");
        daemon.writeConfig(settingsWithoutStrangers(port, more));
        ASSERT_TRUE(daemon.start()) << daemon.errorOutput().toStdString();
        rpc = daemon.client();
    }
    void stop()
    {
        rpc.reset();
        ASSERT_TRUE(daemon.stop());
    }
    qint64 add() { return addTorrent(daemon, *rpc, torrent); }
    QString log(qint64 id) { return rpc->result("task.log", {{"id", id}})[u"text"].toString(); }
    QString why(qint64 id) { return rpc->result("task.why", {{"id", id}})[u"sentence"].toString(); }
    bool logs(qint64 id, const QString& text)
    {
        return eventually([&] { return log(id).contains(text); });
    }
    /// What the doctor says of the blocklist.
    QJsonObject finding()
    {
        const QJsonArray checks = rpc->result("system.doctor")[u"checks"].toArray();
        for (const QJsonValue check : checks)
            if (check[u"name"].toString() == "bt: blocklist")
                return check.toObject();
        return {};
    }
    QString seeds() const { return daemon.path("seeds"); }
    /// Files of weir's home, but the downloads and the lab's, that have the address as text or as trackers and peers write it.
    QStringList filesWith(const QString& peer) const
    {
        const QHostAddress address(peer.section(u':', 0, 0));
        const quint32 bits = address.toIPv4Address();
        const quint16 its = peer.section(u':', 1).toUShort();
        QByteArray packed;
        for (const int shift : {24, 16, 8, 0})
            packed.append(char(bits >> shift));
        packed.append(char(its >> 8)).append(char(its & 0xff));
        QStringList found;
        QDirIterator each(daemon.home.path(), QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
        while (each.hasNext()) {
            QFile file(each.next());
            if (file.fileName().startsWith(seeds()) || file.fileName().startsWith(daemon.path("downloads"))
                || !file.open(QIODevice::ReadOnly))
                continue;
            const QByteArray bytes = file.readAll();
            if (bytes.contains(address.toString().toUtf8()) || bytes.contains(packed))
                found.append(file.fileName());
        }
        return found;
    }

    const quint16 port = freePort();
    DaemonProcess daemon;
    std::unique_ptr<RpcPeer> rpc;
    QList<QString> named; ///< whom the tracker names
    PlainHttpServer tracker{
        [this](const PlainRequest&, Connection& to) { return PlainHttpServer::reply(to, 200, trackerReply(named)); }};
    const LabTorrent torrent = makeTorrent(daemon.path("seeds"), QStringLiteral("film.bin"), {{QString(), kSize, 7}},
        {.trackers = {tracker.url("/announce").toString()}});
};

TEST_F(PeerLogs, SayWhoNamedThemAndWhatBecameOfThem)
{
    auto seed = std::make_unique<LabPeer>(torrent, seeds(), true);
    named = {seed->address(), QStringLiteral("127.9.9.9:1")};
    begin();
    const qint64 id = add();
    ASSERT_FALSE(rpc->untilState(id, "sharing").isEmpty());
    EXPECT_TRUE(logs(id, "from tracker): connected over TCP, we called")) << log(id).toStdString();
    EXPECT_TRUE(logs(id, "(127.9.x.x, from tracker): not used: it refused the connection")) << log(id).toStdString();
    EXPECT_FALSE(log(id).contains("127.0.1.")) << "an address that was to be masked";
    EXPECT_FALSE(log(id).contains("127.9.9.9"));
    // One that comes by itself.
    LabPeer other(torrent, daemon.path("seeds/elsewhere"), false);
    ASSERT_TRUE(eventually([&] {
        other.connectTo(port);
        return other.finished();
    }));
    EXPECT_TRUE(logs(id, "from it called): connected over TCP, it called")) << log(id).toStdString();
}

TEST_F(PeerLogs, SayWhyNobodyIsThere)
{
    named = {QStringLiteral("127.9.9.9:1"), QStringLiteral("127.9.9.8:1")};
    begin();
    const qint64 id = add();
    EXPECT_TRUE(eventually([&] { return why(id).contains("2: it refused the connection"); })) << why(id).toStdString();
    const QJsonObject known = rpc->result("task.get", {{"id", id}})[u"peersKnown"].toObject();
    EXPECT_EQ(known[u"known"].toInt(), 2);
    EXPECT_EQ(known[u"connected"].toInt(), 0);
    EXPECT_EQ(known[u"others"][0][u"peers"].toInt(), 2);
}

TEST_F(PeerLogs, HaveWholeAddressesOnlyWhenAsked)
{
    named = {QStringLiteral("127.9.9.9:1")};
    begin({{"bt.logPeers", "full"}});
    const qint64 id = add();
    EXPECT_TRUE(logs(id, "(127.9.9.9:1, from tracker): not used: it refused the connection")) << log(id).toStdString();
    rpc->result("config.set", {{"key", "bt.logPeers"}, {"value", "off"}});
    named = {QStringLiteral("127.9.9.8:1")};
    const qint64 other = daemon.addTask(*rpc,
        QUrl(QStringLiteral("magnet:?xt=urn:btih:00112233445566778899aabbccddeeff00112233&tr=")
            + tracker.url("/announce").toString()));
    EXPECT_TRUE(eventually([&] { return why(other).contains("1: it refused the connection"); })) << why(other).toStdString();
    EXPECT_FALSE(log(other).contains("127.9."));
}

TEST_F(PeerLogs, SayWhoIsOnTheBlocklistUntilItChanges)
{
    const LabPeer seed(torrent, seeds(), true);
    named = {seed.address()};
    const QString list = daemon.path("list.p2p");
    const auto write = [&](const QByteArray& text) { ASSERT_TRUE(writeFile(list, text)); };
    write("some lab:127.0.0.0-127.255.255.255\nnonsense\n");
    begin({{"bt.blocklist", list}});
    const qint64 id = add();
    ASSERT_TRUE(eventually([&] { return finding()[u"detail"].toString() == "1 ranges of addresses, 1 lines that are none"; }));
    EXPECT_TRUE(logs(id, "from tracker): not used: it is on the blocklist")) << log(id).toStdString();
    EXPECT_EQ(seed.sent(), 0);
    EXPECT_FALSE(tracker.requests().isEmpty()) << "the list is of peers, not of trackers";
    write("<html>no list</html>");
    ASSERT_TRUE(eventually([&] { return !finding()[u"ok"].toBool(true); }));
    EXPECT_TRUE(finding()[u"remedy"].toString().contains("the earlier list holds"));
    rpc->result("config.set", {{"key", "bt.blocklist"}, {"value", QJsonValue()}});
    rpc->result("task.pause", {{"ids", QJsonArray{id}}});
    ASSERT_FALSE(rpc->untilState(id, "waiting").isEmpty());
    rpc->result("task.resume", {{"ids", QJsonArray{id}}});
    EXPECT_FALSE(rpc->untilState(id, "sharing").isEmpty());
}

TEST_F(PeerLogs, ABlocklistComesFromTheWebPackedAsItIs)
{
    PlainHttpServer lists([](const PlainRequest&, Connection& to) {
        return PlainHttpServer::reply(
            to, 200, gzip("some lab:127.0.0.0-127.255.255.255\n"), {"Content-Type: application/x-gzip"});
    });
    const LabPeer seed(torrent, seeds(), true);
    named = {seed.address()};
    begin({{"bt.blocklist", lists.url("/level1.gz").toString()}});
    const qint64 id = add();
    EXPECT_TRUE(logs(id, "from tracker): not used: it is on the blocklist")) << log(id).toStdString();
    EXPECT_EQ(finding()[u"detail"].toString(), "1 ranges of addresses, 0 lines that are none");
    EXPECT_EQ(lists.requests().size(), 1);
    EXPECT_EQ(seed.sent(), 0);
}

TEST_F(PeerLogs, NothingOfPeersIsLeftWhenItHasEnded)
{
    auto seed = std::make_unique<LabPeer>(torrent, seeds(), true);
    const QString seedAddress = seed->address();
    named = {seedAddress};
    // As an earlier life that was told to keep the table left it.
    ASSERT_TRUE(QDir().mkpath(daemon.path("state/plugins/bt")));
    QFile nodes(daemon.path("state/plugins/bt/nodes"));
    ASSERT_TRUE(nodes.open(QIODevice::WriteOnly));
    const QByteArray packed = QByteArray::fromHex("c0000207") + QByteArray::fromHex("1ae1");
    nodes.write("d9:dht stated5:nodesl6:" + packed + "eee");
    nodes.close();
    ASSERT_FALSE(filesWith("192.0.2.7:6881").isEmpty());
    begin({{"bt.dht.enabled", true}});
    const qint64 id = add();
    ASSERT_FALSE(rpc->untilState(id, "sharing").isEmpty());
    seed.reset();
    LabPeer other(torrent, daemon.path("seeds/elsewhere"), false);
    ASSERT_TRUE(eventually([&] {
        other.connectTo(port);
        return other.finished();
    }));
    stop();
    for (const QString& peer : {seedAddress, other.address(), QStringLiteral("192.0.2.7:6881")})
        EXPECT_EQ(filesWith(peer), QStringList()) << peer.toStdString();
}

TEST_F(PeerLogs, TheTableOfNodesStaysIfThatIsWished)
{
    ASSERT_TRUE(QDir().mkpath(daemon.path("state/plugins/bt")));
    QFile nodes(daemon.path("state/plugins/bt/nodes"));
    ASSERT_TRUE(nodes.open(QIODevice::WriteOnly));
    nodes.write("d9:dht stated5:nodesl6:"); // damaged, which is no reason to fail
    nodes.close();
    begin({{"bt.dht.keep", true}});
    const qint64 id = add();
    ASSERT_FALSE(rpc->untilState(id, "running").isEmpty());
    rpc->result("config.set", {{"key", "bt.dht.keep"}, {"value", "false"}});
    EXPECT_TRUE(eventually([&] { return !nodes.exists(); }));
}

TEST_F(PeerLogs, LimitsOfATorrentHoldAtOnce)
{
    begin({{"bt.connectionsPerTorrent", 2}});
    const qint64 id = add();
    ASSERT_FALSE(rpc->untilState(id, "running").isEmpty());
    std::vector<std::unique_ptr<LabPeer>> others;
    for (int i = 0; i < 5; ++i)
        others.push_back(std::make_unique<LabPeer>(torrent, daemon.path(QStringLiteral("seeds/%1").arg(i)), false));
    const auto connected = [&] {
        for (const auto& other : others)
            other->connectTo(port);
        return rpc->result("task.get", {{"id", id}})[u"peersKnown"][u"connected"].toInt();
    };
    ASSERT_TRUE(eventually([&] { return connected() == 2; }));
    EXPECT_TRUE(logs(id, "too many connections")) << log(id).toStdString();
    rpc->result("config.set", {{"key", "bt.connectionsPerTorrent"}, {"value", "0"}});
    // Always another one: who was refused waits a minute before it calls again.
    constexpr std::size_t kMostPeers = 60;
    EXPECT_TRUE(eventually([&] {
        if (others.size() < kMostPeers)
            others.push_back(
                std::make_unique<LabPeer>(torrent, daemon.path(QStringLiteral("seeds/later%1").arg(others.size())), false));
        others.back()->connectTo(port);
        return rpc->result("task.get", {{"id", id}})[u"peersKnown"][u"connected"].toInt() > 2;
    })) << log(id).toStdString();
}

TEST_F(PeerLogs, SpaceIsReservedIfThatIsWished)
{
    const LabPeer seed(torrent, seeds(), true, 64 << 10);
    named = {seed.address()};
    begin({{"bt.preallocate", true}});
    const qint64 id = add();
    EXPECT_TRUE(eventually([&] {
        const QJsonObject task = rpc->result("task.get", {{"id", id}});
        struct stat file {};
        ::stat(QFile::encodeName(daemon.path("downloads/film.bin.part")).constData(), &file);
        return file.st_blocks * 512 >= kSize && task[u"done"].toInteger() < kSize / 2;
    }));
}

TEST_F(PeerLogs, TheMaskOfNewFilesIsASetting)
{
    const LabPeer seed(torrent, seeds(), true);
    named = {seed.address()};
    begin({{"downloads.umask", "077"}});
    ASSERT_FALSE(rpc->untilState(add(), "sharing").isEmpty());
    const auto permissions = QFile::permissions(daemon.path("downloads/film.bin"));
    EXPECT_TRUE(permissions & QFile::ReadOwner);
    EXPECT_FALSE(permissions & (QFile::ReadGroup | QFile::ReadOther | QFile::WriteOther));
}

} // namespace
