// Live streams through the whole program, from a real RTSP server that comes and goes, and from ffmpeg as an RTMP server.
#include "support/plain_http_server.h"
#include "support/server_process.h"
#include "test_paths.h"
#include "unit/media/media_lab.h"

#include <QDir>
#include <QJsonArray>

#include <gtest/gtest.h>

#include <set>

using namespace weir;
using namespace weir::test;

namespace {

class Rtsp : public ::testing::Test {
protected:
    void SetUp() override
    {
        ASSERT_TRUE(media.isValid());
        // Pictures that need later ones (B-frames), since RTP does not say when they are to be decoded.
        lab::run("ffmpeg",
            {"-v", "error", "-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25:duration=8", "-f", "lavfi", "-i",
                "sine=frequency=440:sample_rate=48000:duration=8", "-c:v", "libx264", "-g", "25", "-bf", "2", "-pix_fmt",
                "yuv420p", "-c:a", "aac", "-b:a", "64k", film});
        daemon.writeConfig({{"retry.base", "50ms"}, {"retry.cap", "200ms"}, {"retry.attempts", 40}, {"log.level", "debug"},
            {"sync.interval", "100ms"}});
    }
    void TearDown() override
    {
        if (HasFailure() && peer)
            std::fprintf(
                stderr, "%s\n", qPrintable(peer->result("task.log", {{"id", last}, {"lines", 60}})[u"text"].toString()));
    }
    void startDaemon()
    {
        ASSERT_TRUE(daemon.start()) << daemon.errorOutput().toStdString();
        peer = daemon.client();
    }
    std::unique_ptr<ServerProcess> serve(const QStringList& more = {})
    {
        auto server = std::make_unique<ServerProcess>();
        const QStringList arguments{WEIR_SOURCE_DIR "/tests/support/rtsp_server.py", QString::number(port), film};
        EXPECT_TRUE(server->start("/usr/bin/python3", arguments + more, port)) << server->output().toStdString();
        return server;
    }
    QUrl url(const char* path, const char* scheme = "rtsp") const
    {
        return QUrl(QStringLiteral("%1://127.0.0.1:%2%3").arg(QLatin1String(scheme)).arg(port).arg(QLatin1String(path)));
    }
    QJsonObject task() { return peer->result("task.get", {{"id", last}}); }
    QJsonObject ended()
    {
        QJsonObject now;
        // A recording takes its time, which is longer than that of one wait.
        for (int waits = 0; waits < 3 && now[u"state"] != "done" && now[u"state"] != "failed"; ++waits)
            static_cast<void>(eventually([&] {
                now = task();
                return now[u"state"] == "done" || now[u"state"] == "failed";
            }));
        return now;
    }
    QJsonObject ended(const QUrl& url, const QJsonObject& options, QJsonObject more = {})
    {
        more.insert("options", options);
        last = daemon.addTask(*peer, url, more);
        return ended();
    }
    double recorded() { return task()[u"recorded"].toDouble(); }
    bool recordsOn()
    {
        const double before = recorded();
        return eventually([&] { return recorded() > before + 1; });
    }
    static std::string codeOf(const QJsonObject& task) { return task[u"error"][u"code"].toString().toStdString(); }
    QString fileOf(const QJsonObject& task) { return daemon.path("downloads/" + task[u"name"].toString()); }
    /// Playable from its beginning to its end, with times that go up.
    void expectPlayable(const QJsonObject& task)
    {
        EXPECT_EQ(task[u"state"].toString(), "done") << codeOf(task);
        if (task[u"state"] != "done")
            throw std::runtime_error("there is no recording"); // what follows would look into it
        EXPECT_EQ(lab::decodeErrors(fileOf(task)).toStdString(), "");
        for (const char* stream : {"v:0", "a:0"}) {
            const auto times = lab::packetTimes(fileOf(task), stream);
            EXPECT_GT(times.size(), 20u) << stream;
            std::set<double> shown;
            for (std::size_t i = 0; i < times.size(); ++i) {
                EXPECT_TRUE(shown.insert(times[i].first).second) << stream << " packet " << i << " at " << times[i].first;
                if (i > 0 && task[u"name"].toString().endsWith("mp4")) // Matroska does not say when to decode
                    EXPECT_GT(times[i].second, times[i - 1].second) << stream << " packet " << i;
            }
        }
        EXPECT_EQ(QDir(daemon.path("downloads")).entryList({"*.spool", "*.part"}, QDir::AllEntries), QStringList());
    }

    QTemporaryDir media;
    const QString film = media.filePath("film.mp4");
    const quint16 port = freePort();
    DaemonProcess daemon;
    std::unique_ptr<RpcPeer> peer;
    qint64 last = 0;
};

TEST_F(Rtsp, ALiveStreamIsRecordedForItsTime)
{
    const auto server = serve();
    startDaemon();
    const auto done = ended(url("/live"), {{"duration", 4}});
    expectPlayable(done);
    EXPECT_EQ(done[u"name"].toString(), "127.0.0.1.mp4"); // "live" says nothing
    EXPECT_TRUE(done[u"gaps"].toArray().isEmpty());
    const lab::Probe probe = lab::probe(fileOf(done));
    EXPECT_NEAR(probe.duration, 4, 0.7);
    EXPECT_EQ(probe.first("video")->codec, "h264");
    EXPECT_EQ(probe.first("audio")->codec, "aac");
    EXPECT_NEAR(probe.first("video")->start, probe.first("audio")->start, 0.5);
}

TEST_F(Rtsp, ProbeNamesWhatWouldBeRecorded)
{
    const auto server = serve();
    startDaemon();
    const auto found = peer->result("task.probe", {{"url", url("/film").toString()}});
    EXPECT_EQ(found[u"name"].toString(), "film.mp4");
    EXPECT_TRUE(found[u"size"].isNull());
    EXPECT_TRUE(QDir(daemon.path("downloads")).isEmpty());
}

TEST_F(Rtsp, OrUpToASize)
{
    const auto server = serve();
    startDaemon();
    const auto done = ended(url("/live"), {{"maxSize", 200'000}, {"container", "mkv"}});
    expectPlayable(done);
    EXPECT_GE(QFileInfo(fileOf(done)).size(), 150'000);
    EXPECT_LE(QFileInfo(fileOf(done)).size(), 800'000);
}

TEST_F(Rtsp, AStreamThatEndsIsWhole)
{
    const auto server = serve();
    startDaemon();
    const auto done = ended(url("/film"), {});
    expectPlayable(done);
    const lab::Probe probe = lab::probe(fileOf(done));
    EXPECT_NEAR(probe.duration, 8, 0.3);
    EXPECT_GE(probe.first("video")->packets, 198);
}

TEST_F(Rtsp, AServerThatIsRestartedFiveTimesLeavesOneFileWithFiveGaps)
{
    auto server = serve();
    startDaemon();
    last = daemon.addTask(*peer, url("/live"));
    for (int restart = 0; restart < 5; ++restart) {
        ASSERT_TRUE(recordsOn()) << restart;
        server.reset();
        ASSERT_TRUE(eventually([&] { return task()[u"phase"] == "connecting"; })) << restart;
        server = serve();
    }
    ASSERT_TRUE(recordsOn());
    peer->call("task.pause", {{"ids", QJsonArray{last}}});
    ASSERT_TRUE(eventually([&] { return task()[u"state"] == "waiting"; }));
    ASSERT_FALSE(peer->call("task.finish", {{"id", last}, {"partial", true}}).contains(u"error"));
    const auto done = ended();
    expectPlayable(done);
    const auto gaps = done[u"gaps"].toArray();
    ASSERT_EQ(gaps.size(), 5);
    double missing = 0;
    for (const QJsonValue& gap : gaps) {
        EXPECT_GT(gap[u"missing"].toDouble(), 0);
        EXPECT_NEAR(gap[u"end"].toDouble() - gap[u"start"].toDouble(), gap[u"missing"].toDouble(), 0.01);
        EXPECT_FALSE(gap[u"reason"].toString().isEmpty());
        missing += gap[u"missing"].toDouble();
    }
    EXPECT_TRUE(QFile::exists(fileOf(done) + ".gaps.json"));
    // The holes are in the file, at the places that the list names.
    const auto times = lab::packetTimes(fileOf(done), "v:0");
    double holes = 0;
    for (std::size_t i = 1; i < times.size(); ++i)
        if (const double step = times[i].second - times[i - 1].second; step > 0.2)
            holes += step;
    EXPECT_NEAR(holes, missing, 3);
}

TEST_F(Rtsp, BothTransports)
{
    for (const char* asked : {"tcp", "udp"}) {
        daemon.writeConfig({{"rtsp.transport", asked}, {"retry.base", "50ms"}});
        for (const char* offered : {"tcp", "udp"}) {
            const auto server = serve({"--transport", offered});
            startDaemon();
            expectPlayable(ended(url("/live"), {{"duration", 2}}));
            peer.reset();
            ASSERT_TRUE(daemon.stop());
        }
    }
}

TEST_F(Rtsp, LoginsAreUsedAndNeverLogged)
{
    const auto server = serve({"--login", "me:s3cr%t"});
    startDaemon();
    EXPECT_EQ(codeOf(ended(url("/live"), {{"duration", 2}})), "LoginRefused");
    EXPECT_EQ(
        codeOf(ended(url("/live"), {{"duration", 2}}, {{"secrets", QJsonObject{{"user", "me:C4NARY"}}}})), "LoginRefused");
    expectPlayable(ended(url("/live"), {{"duration", 2}}, {{"secrets", QJsonObject{{"user", "me:s3cr%t"}}}}));
    const QByteArray log = daemon.logText() + peer->result("task.log", {{"id", last}})[u"text"].toString().toUtf8();
    EXPECT_FALSE(log.contains("s3cr") || log.contains("C4NARY"));
}

TEST_F(Rtsp, APauseAndACrashAreGapsInOneFile)
{
    const auto server = serve();
    startDaemon();
    last = daemon.addTask(*peer, url("/live"));
    ASSERT_TRUE(recordsOn());
    peer->call("task.pause", {{"ids", QJsonArray{last}}});
    ASSERT_TRUE(eventually([&] { return task()[u"state"] == "waiting"; }));
    peer->call("task.resume", {{"ids", QJsonArray{last}}});
    ASSERT_TRUE(eventually([&] { return task()[u"phase"] == "recording"; }));
    ASSERT_TRUE(recordsOn());
    peer.reset();
    daemon.kill();
    startDaemon();
    ASSERT_TRUE(eventually([&] { return task()[u"phase"] == "recording"; }));
    ASSERT_TRUE(recordsOn());
    peer->call("task.pause", {{"ids", QJsonArray{last}}});
    ASSERT_TRUE(eventually([&] { return task()[u"state"] == "waiting"; }));
    ASSERT_FALSE(peer->call("task.finish", {{"id", last}, {"partial", true}}).contains(u"error"));
    const auto done = ended();
    expectPlayable(done);
    EXPECT_EQ(done[u"gaps"].toArray().size(), 2);
}

TEST_F(Rtsp, ASilentServerDoesNotHoldUpAPause)
{
    SocketServer mute([](Connection& connection) {
        while (!connection.read().isEmpty()) {}
    });
    startDaemon();
    last = daemon.addTask(*peer, QUrl(QStringLiteral("rtsp://127.0.0.1:%1/live").arg(mute.port())));
    ASSERT_TRUE(eventually([&] { return mute.accepted() > 0; }));
    peer->call("task.pause", {{"ids", QJsonArray{last}}});
    ASSERT_TRUE(eventually([&] { return task()[u"state"] == "waiting"; }));
    EXPECT_TRUE(task()[u"error"].isNull());
}

TEST_F(Rtsp, WhatTheServerRefusesHasItsCode)
{
    daemon.writeConfig({{"retry.attempts", 0}});
    startDaemon();
    EXPECT_EQ(codeOf(ended(url("/live"), {})), "ConnectRefused");
    const auto server = serve();
    EXPECT_EQ(codeOf(ended(url("/nothing"), {})), "RemoteFileMissing");
    SocketServer other([](Connection& connection) { connection.write("SSH-2.0-OpenSSH_9\r\n"); });
    EXPECT_NE(codeOf(ended(QUrl(QStringLiteral("rtsp://127.0.0.1:%1/").arg(other.port())), {})), "");
    EXPECT_EQ(codeOf(ended(url("/live"), {{"duration", 2}, {"container", "ts"}})), "");
}

TEST_F(Rtsp, NothingGoesAroundAProxy)
{
    SocketServer server([](Connection&) {});
    startDaemon();
    const QUrl live(QStringLiteral("rtsp://127.0.0.1:%1/live").arg(server.port()));
    const auto refused = ended(live, {}, {{"secrets", QJsonObject{{"proxy", "socks5h://127.0.0.1:9"}}}});
    EXPECT_EQ(codeOf(refused), "ProxyImpossible");
    const auto bound = ended(live, {}, {{"secrets", QJsonObject{{"bindTo", "127.0.0.1"}}}});
    EXPECT_EQ(codeOf(bound), "AddressUnusable");
    EXPECT_EQ(server.accepted(), 0);
}

TEST_F(Rtsp, EncryptedOnlyWithoutCheckingCertificates)
{
    lab::run("openssl",
        {"req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", media.filePath("key.pem"), "-out",
            media.filePath("cert.pem"), "-days", "2", "-subj", "/CN=127.0.0.1"});
    const auto server = serve({"--tls", media.filePath("cert.pem"), media.filePath("key.pem")});
    startDaemon();
    EXPECT_EQ(codeOf(ended(url("/live", "rtsps"), {{"duration", 2}})), "CertUntrusted");
    expectPlayable(ended(url("/live", "rtsps"), {{"duration", 2}}, {{"secrets", QJsonObject{{"insecure", true}}}}));
}

TEST_F(Rtsp, SoundOfTelephonesGoesIntoMkv)
{
    const auto server = serve({"--audio", "mulaw"});
    startDaemon();
    const auto done = ended(url("/live"), {{"duration", 3}});
    expectPlayable(done);
    EXPECT_EQ(done[u"name"].toString(), "127.0.0.1.mkv");
    EXPECT_EQ(lab::probe(fileOf(done)).first("audio")->codec, "pcm_mulaw");
}

TEST_F(Rtsp, Rtmp)
{
    startDaemon();
    QProcess server; // it serves one client, so nobody may ask whether it is there
    const QString address = QStringLiteral("rtmp://127.0.0.1:%1/app/cam").arg(port);
    server.start(
        "ffmpeg", {"-v", "error", "-re", "-stream_loop", "-1", "-i", film, "-c", "copy", "-f", "flv", "-listen", "1", address});
    ASSERT_TRUE(server.waitForStarted());
    const auto done = ended(QUrl(address), {{"duration", 3}});
    server.kill();
    server.waitForFinished();
    expectPlayable(done);
    EXPECT_EQ(done[u"name"].toString(), "cam.mp4");
    EXPECT_NEAR(lab::probe(fileOf(done)).duration, 3, 0.7);
}

} // namespace
