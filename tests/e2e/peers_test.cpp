// weir beside clients and a tracker that others wrote: transmission, qbittorrent, aria2 and opentracker, each on a machine of
// its own. Each is the seed once and the leecher once, over each kind of connection; judged by the bytes.
#include "e2e/other_clients.h"
#include "make_torrent.h"
#include "support/content.h"
#include "support/daemon_process.h"
#include "support/plain_http_server.h"
#include "torrent_summary.h"

#include "test_paths.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QThread>

#include <gtest/gtest.h>

using namespace weir;
using namespace weir::test;

namespace {

constexpr qint64 kSize = (12 << 20) + 4711;
constexpr quint64 kSeed = 7;
constexpr int kPatience = 90'000;
const QString kName = QStringLiteral("film.bin");

struct Case {
    const char* name;
    Client client;
    bool weirSeeds;
    TorrentFormat format;
    bool magnet; ///< is all that the leecher has
    Wire wire;
};

class Lab : public ::testing::Test {
protected:
    void SetUp() override
    {
        if (!NetLab::possible())
            GTEST_SKIP() << "network namespaces need root";
        lab = std::make_unique<NetLab>(QStringList{"tracker", "weir", "other"});
        ASSERT_TRUE(lab->ready()) << lab->problem().toStdString();
        daemon.prefix = lab->on("weir");
    }
    void startDaemon(Wire wire)
    {
        daemon.writeConfig({{"bt.dht.enabled", false}, {"bt.dht.bootstrap", ""}, {"bt.lsd", false}, {"bt.pex", false},
            {"bt.portMapping", false}, {"bt.utp", wire == Wire::Utp}, {"bt.seedRatio", "100"},
            {"bt.encryption", wire == Wire::Encrypted ? "require" : "allow"}});
        ASSERT_TRUE(daemon.start()) << daemon.errorOutput().toStdString();
    }
    QString folderOf(const char* whose) const { return daemon.path(QLatin1String(whose)); }
    void writeContent(const QString& folder)
    {
        QDir().mkpath(folder);
        QFile file(folder + u'/' + kName);
        ASSERT_TRUE(file.open(QIODevice::WriteOnly));
        file.write(content(kSeed, 0, kSize));
    }
    /// As `weir torrent create` makes it.
    void createTorrent(const QString& folder, TorrentOptions options)
    {
        options.pieceSize = 256 << 10;
        const auto listing = listShare(QFile::encodeName(folder + u'/' + kName).toStdString(), {});
        ASSERT_TRUE(listing);
        const auto bytes = weir::makeTorrent(*listing, options, [](int, int) {});
        ASSERT_TRUE(bytes);
        torrent = daemon.path("film.torrent");
        QFile file(torrent);
        ASSERT_TRUE(file.open(QIODevice::WriteOnly) && file.write(*bytes) == bytes->size());
        summary = *summarize(*bytes);
    }
    QString magnet() const { return QString::fromLatin1(magnetLink(summary.magnet())); }
    /// Nobody tells of a file that another program writes.
    static bool isWhole(const QString& folder)
    {
        QFile file(folder + u'/' + kName);
        if (file.size() != kSize || !file.open(QIODevice::ReadOnly))
            return false;
        const QByteArray bytes = file.readAll();
        return isContent(kSeed, 0, {bytes.constData(), std::size_t(bytes.size())});
    }
    static bool comesTrue(const std::function<bool()>& fact)
    {
        QElapsedTimer waited;
        for (waited.start(); waited.elapsed() < kPatience; QThread::msleep(100))
            if (fact())
                return true;
        return false;
    }
    static bool becomesWhole(const QString& folder)
    {
        return comesTrue([&] { return isWhole(folder); });
    }
    /// By the tracker's own word, asked with weir's tool. transmission takes its time before it announces itself.
    bool seedIsKnown()
    {
        return comesTrue([&] {
            QProcess process;
            const QStringList words = lab->on("weir")
                + QStringList{WEIR_BUILD_DIR "/bin/weir", "tracker", "scrape", torrent, "--json", "--timeout", "5"};
            process.start(words.first(), words.mid(1));
            process.waitForFinished();
            for (const QJsonValue row : QJsonDocument::fromJson(process.readAllStandardOutput()).array())
                if (row[u"seeds"].toInt() > 0)
                    return true;
            return false;
        });
    }
    QUrl sourceOf(bool asMagnet) const { return asMagnet ? QUrl(magnet()) : QUrl::fromLocalFile(torrent); }

    std::unique_ptr<NetLab> lab;
    DaemonProcess daemon;
    TorrentSummary summary;
    QString torrent; ///< its path
};

class Peers : public Lab, public ::testing::WithParamInterface<Case> {};

TEST_P(Peers, EveryByteComes)
{
    const Case& now = GetParam();
    OpenTracker tracker(*lab, "tracker");
    writeContent(folderOf("seeds"));
    createTorrent(folderOf("seeds"), {.format = now.format, .tiers = {{tracker.announce()}}});
    ASSERT_TRUE(tracker.start({summary.v1.isEmpty() ? summary.v2 : summary.v1, summary.v2}));
    startDaemon(now.wire);
    const auto rpc = daemon.client();
    const auto other = makeClient(now.client, *lab, "other");
    if (now.weirSeeds) {
        const QJsonObject given{{"dir", folderOf("seeds")}, {"options", QJsonObject{{"ifExists", "resume"}}}};
        const qint64 id = daemon.addTask(*rpc, sourceOf(false), given);
        ASSERT_FALSE(rpc->untilState(id, "sharing").isEmpty());
        ASSERT_TRUE(seedIsKnown());
        ASSERT_TRUE(other->start({.source = now.magnet ? magnet() : torrent, .folder = folderOf("theirs"), .wire = now.wire}));
        EXPECT_TRUE(becomesWhole(folderOf("theirs"))) << other->output().toStdString();
    } else {
        ASSERT_TRUE(other->start({.source = torrent, .folder = folderOf("seeds"), .seeds = true, .wire = now.wire}));
        ASSERT_TRUE(seedIsKnown()) << other->output().toStdString();
        const qint64 id = daemon.addTask(*rpc, sourceOf(now.magnet));
        EXPECT_TRUE(becomesWhole(folderOf("downloads"))) << other->output().toStdString();
        EXPECT_FALSE(rpc->untilState(id, "sharing").isEmpty());
    }
}

// transmission 3.00 reads no hybrid torrent, and aria2 1.36 takes it for another one. The seed does not learn of the leecher,
// so it is the leecher who dials: over uTP alone both ways are proven by turns.
const Case kCases[] = {
    {"TransmissionSeeds", Client::Transmission, false, TorrentFormat::V1, false, Wire::Any},
    {"TransmissionLeeches", Client::Transmission, true, TorrentFormat::V1, true, Wire::Any},
    {"TransmissionSeedsEncrypted", Client::Transmission, false, TorrentFormat::V1, true, Wire::Encrypted},
    {"TransmissionLeechesEncrypted", Client::Transmission, true, TorrentFormat::V1, false, Wire::Encrypted},
    {"QBittorrentSeedsV2", Client::QBittorrent, false, TorrentFormat::V2, false, Wire::Any},
    {"QBittorrentLeechesV2", Client::QBittorrent, true, TorrentFormat::V2, false, Wire::Any},
    {"QBittorrentSeedsHybridMagnet", Client::QBittorrent, false, TorrentFormat::Hybrid, true, Wire::Any},
    {"QBittorrentLeechesHybridMagnet", Client::QBittorrent, true, TorrentFormat::Hybrid, true, Wire::Any},
    {"QBittorrentSeedsOverUtp", Client::QBittorrent, false, TorrentFormat::V1, false, Wire::Utp},
    {"QBittorrentLeechesOverUtp", Client::QBittorrent, true, TorrentFormat::V1, false, Wire::Utp},
    {"QBittorrentLeechesEncrypted", Client::QBittorrent, true, TorrentFormat::V1, false, Wire::Encrypted},
    {"Aria2Seeds", Client::Aria2, false, TorrentFormat::V1, false, Wire::Any},
    {"Aria2Leeches", Client::Aria2, true, TorrentFormat::V1, false, Wire::Any},
    {"Aria2SeedsMagnetEncrypted", Client::Aria2, false, TorrentFormat::V1, true, Wire::Encrypted},
    {"Aria2LeechesMagnet", Client::Aria2, true, TorrentFormat::V1, true, Wire::Any},
};

INSTANTIATE_TEST_SUITE_P(
    All, Peers, ::testing::ValuesIn(kCases), [](const auto& info) { return std::string(info.param.name); });

class WebSeed : public Lab, public ::testing::WithParamInterface<Client> {};

TEST_P(WebSeed, OfAWeirTorrentIsUnderstood)
{
    const QByteArray bytes = content(kSeed, 0, kSize);
    std::unique_ptr<PlainHttpServer> origin;
    lab->inside("other", [&] {
        origin = std::make_unique<PlainHttpServer>([&](const PlainRequest& request, Connection& to) {
            return request.target == "/files/" + kName.toUtf8() ? PlainHttpServer::serveFile(request, to, bytes)
                                                                : PlainHttpServer::reply(to, 404, "no");
        });
    });
    writeContent(folderOf("seeds"));
    createTorrent(folderOf("seeds"),
        {.format = GetParam() == Client::QBittorrent ? TorrentFormat::Hybrid : TorrentFormat::V1,
            .webSeeds = {origin->url("/files/" + kName).toString()}});
    const auto other = makeClient(GetParam(), *lab, "other");
    ASSERT_TRUE(other->start({.source = torrent, .folder = folderOf("theirs")}));
    EXPECT_TRUE(becomesWhole(folderOf("theirs"))) << other->output().toStdString();
}

std::string clientName(const ::testing::TestParamInfo<Client>& info)
{
    constexpr const char* kNames[] = {"Transmission", "QBittorrent", "Aria2"};
    return kNames[int(info.param)];
}

INSTANTIATE_TEST_SUITE_P(All, WebSeed, ::testing::Values(Client::Transmission, Client::QBittorrent, Client::Aria2), clientName);

} // namespace
