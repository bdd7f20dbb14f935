#pragma once
// The real daemon with its BitTorrent plugin, a web server that is the tracker too, and what is to come of a torrent: judged by
// the bytes. Main thread of a test.

#include "e2e/torrent_lab.h"
#include "support/content.h"
#include "support/daemon_process.h"
#include "support/files.h"
#include "support/plain_http_server.h"

#include <gtest/gtest.h>

namespace weir::test {

constexpr qint64 kMiB = 1 << 20;

class Swarms : public ::testing::Test {
protected:
    /// Adds it, and kills the daemon once so many bytes have left the seed; then the task goes on to its end.
    qint64 killedOnTheWay(const LabTorrent& torrent, const LabPeer& seed, qint64 sent)
    {
        auto peer = daemon.client();
        const qint64 id = daemon.addTask(*peer, torrent.magnet({seed.address()}));
        EXPECT_TRUE(eventually([&] { return seed.sent() > sent; }));
        daemon.kill();
        EXPECT_TRUE(daemon.start()) << daemon.errorOutput().toStdString();
        peer = daemon.client();
        EXPECT_FALSE(peer->untilState(id, "done").isEmpty());
        expectWhole(torrent);
        return id;
    }
    QByteArray logOf(qint64 id)
    {
        const QString log = daemon.path(QStringLiteral("log/tasks/task-%1.log").arg(id));
        EXPECT_TRUE(eventually([&] { return QFile::exists(log); }));
        return fileBytes(log);
    }
    void begin(const QJsonObject& more = {})
    {
        config = settingsWithoutStrangers(port, more);
        daemon.writeConfig(config);
        ASSERT_TRUE(daemon.start()) << daemon.errorOutput().toStdString();
    }
    QString downloads() const { return daemon.path(QStringLiteral("downloads")); }
    QString seeds() const { return daemon.path(QStringLiteral("seeds")); }
    /// Every wanted byte is right; files that nobody wanted are not there.
    void expectWhole(const LabTorrent& torrent, const QList<int>& wanted = {})
    {
        for (int i = 0; i < torrent.files.size(); ++i) {
            const LabFile& file = torrent.files[i];
            const QString path = downloads() + u'/' + torrent.name + (file.path.isEmpty() ? QString() : u'/' + file.path);
            if (!wanted.isEmpty() && !wanted.contains(i)) {
                EXPECT_FALSE(QFile::exists(path)) << path.toStdString();
                continue;
            }
            const QByteArray bytes = fileBytes(path);
            EXPECT_EQ(bytes.size(), file.size) << path.toStdString();
            EXPECT_TRUE(isContent(file.seed, 0, {bytes.constData(), std::size_t(bytes.size())})) << path.toStdString();
        }
        EXPECT_FALSE(QFile::exists(downloads() + u'/' + torrent.name + ".part"));
    }
    QJsonObject show(RpcPeer& peer, qint64 id) { return peer.result(QStringLiteral("task.get"), {{QStringLiteral("id"), id}}); }
    QString writeTorrent(const QByteArray& bytes)
    {
        const QString path = daemon.path(QStringLiteral("x.torrent"));
        EXPECT_TRUE(writeFile(path, bytes));
        return path;
    }
    LabTorrent folder(const LabWishes& wishes = {})
    {
        return makeTorrent(seeds(), QStringLiteral("Album"),
            {{"a.flac", 3 * kMiB + 17, 1}, {"deep/b.flac", 2 * kMiB, 2}, {"deep/c.txt", 99, 3}}, wishes);
    }
    LabTorrent film(qint64 size, const LabWishes& wishes = {})
    {
        return makeTorrent(seeds(), QStringLiteral("film.mkv"), {{QString(), size, 7}}, wishes);
    }

    const quint16 port = freePort();
    QList<QString> named; ///< whom the tracker names
    int trackerStatus = 200;
    QByteArray trackerSays;
    PlainHttpServer web{[this](const PlainRequest& request, Connection& to) {
        if (request.target.contains("/announce"))
            return PlainHttpServer::reply(to, trackerStatus, trackerSays.isEmpty() ? trackerReply(named) : trackerSays);
        return PlainHttpServer::reply(to, 200, served, {"Content-Type: text/html"});
    }};
    QByteArray served;
    QJsonObject config;
    DaemonProcess daemon;
};

} // namespace weir::test
