// weir share and weir torrent fetch, as people run them: what they write is put on a server, and others download it from one
// link with no more than that.
#include "e2e/torrent_lab.h"
#include "support/content.h"
#include "support/daemon_process.h"
#include "support/files.h"
#include "support/plain_http_server.h"
#include "support/weir_command.h"
#include "torrent_summary.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>

#include <gtest/gtest.h>

using namespace weir;
using namespace weir::test;

namespace {

constexpr qint64 kSize = (5 << 20) + 77;

class Shares : public ::testing::Test {
protected:
    void begin()
    {
        daemon.writeConfig(settingsWithoutStrangers(freePort()));
        ASSERT_TRUE(daemon.start()) << daemon.errorOutput().toStdString();
        peer = daemon.client();
    }
    QJsonObject fetched(const QString& link) { return peer->untilState(daemon.addTask(*peer, QUrl(link)), "done"); }
    QString published(const QString& below) const { return daemon.path("www/") + below; }

    PlainHttpServer origin{[this](const PlainRequest& request, Connection& to) {
        const QString path = QUrl::fromPercentEncoding(request.target);
        return QFile::exists(published(path)) && !path.endsWith(u'/')
            ? PlainHttpServer::serveFile(request, to, fileBytes(published(path)))
            : PlainHttpServer::reply(to, 404, "no");
    }};
    DaemonProcess daemon;
    std::unique_ptr<RpcPeer> peer;
};

TEST_F(Shares, AFileComesFromTheLinkAlone)
{
    const QByteArray bytes = content(3, 0, kSize);
    writeFile(published("a film.bin"), bytes);
    const Ran shared = runWeir({"share", published("a film.bin"), "--origin", origin.url("/").toString(), "--json"});
    ASSERT_EQ(shared.status, 0) << shared.err.toStdString();
    const QString link = shared.object()[u"link"].toString(), magnet = shared.object()[u"magnet"].toString();
    EXPECT_EQ(link, origin.url("/a%20film.bin.meta4").toString(QUrl::FullyEncoded));
    EXPECT_TRUE(QFile::exists(published("a film.bin.torrent")));
    begin();
    for (const QString& one : {link, magnet}) {
        const auto task = fetched(one);
        ASSERT_FALSE(task.isEmpty()) << one.toStdString();
        EXPECT_EQ(task[u"kind"].toString(), "bt");
        EXPECT_EQ(task[u"verified"].toString(), "verified");
        EXPECT_EQ(fileBytes(task[u"path"].toString()), bytes);
        peer->result("task.remove", {{"ids", QJsonArray{task[u"id"]}}});
    }
}

TEST_F(Shares, AFolderComesFromItsTorrent)
{
    writeFile(published("album/one.flac"), content(1, 0, kSize));
    writeFile(published("album/deep/two.flac"), content(2, 0, 100));
    const Ran shared = runWeir({"share", published("album"), "--origin", origin.url("/").toString(), "-t",
        "http://tracker.example/announce", "--json"});
    ASSERT_EQ(shared.status, 0) << shared.err.toStdString();
    const auto summary = summarize(fileBytes(shared.object()[u"torrent"].toString()));
    ASSERT_TRUE(summary);
    EXPECT_EQ(summary->tiers, (QList<QStringList>{{"http://tracker.example/announce"}}));
    EXPECT_EQ(summary->webSeeds, QStringList{origin.url("/").toString()});
    EXPECT_EQ(QString::fromUtf8(fileBytes(shared.object()[u"metalink"].toString())).count("<file "), 2);
    begin();
    const auto task = fetched(shared.object()[u"link"].toString());
    ASSERT_FALSE(task.isEmpty());
    EXPECT_EQ(fileBytes(daemon.path("downloads/album/one.flac")), content(1, 0, kSize));
    EXPECT_EQ(fileBytes(daemon.path("downloads/album/deep/two.flac")), content(2, 0, 100));
}

TEST_F(Shares, WhatCannotBeIsSaid)
{
    writeFile(published("x"), "x");
    EXPECT_EQ(runWeir({"share", published("x"), "--origin", "nowhere"}).status, 28);
    EXPECT_EQ(runWeir({"share", published("x"), "--origin", "https://user:secret@host.example/"}).status, 28);
    EXPECT_NE(runWeir({"share", published("none"), "--origin", "https://host.example/"}).status, 0);
    EXPECT_FALSE(QFile::exists(published("x.torrent")));
}

TEST_F(Shares, ATorrentIsMadeOfItsMagnet)
{
    const LabTorrent torrent = makeTorrent(daemon.path("seeds"), "film.bin", {{QString(), kSize, 7}});
    const LabPeer seed(torrent, daemon.path("seeds"), true);
    const QString target = daemon.path("again.torrent");
    const QString magnet = torrent.magnet({seed.address()}).toString(QUrl::FullyEncoded)
        + QStringLiteral("&tr=http%3A%2F%2F127.0.0.1%3A9%2Fannounce");
    const Ran made = runWeir({"torrent", "fetch", magnet, "-o", target, "--no-dht", "--json"});
    ASSERT_EQ(made.status, 0) << made.err.toStdString();
    const auto summary = summarize(fileBytes(target));
    ASSERT_TRUE(summary);
    EXPECT_EQ(summary->v1.toHex(), torrent.info);
    EXPECT_EQ(summary->size, kSize);
    EXPECT_EQ(summary->tiers, (QList<QStringList>{{"http://127.0.0.1:9/announce"}}));
    const Ran lonely = runWeir({"torrent", "fetch", torrent.magnet({}).toString(), "-o", target, "--no-dht", "--timeout", "1"});
    EXPECT_NE(lonely.status, 0);
}

} // namespace
