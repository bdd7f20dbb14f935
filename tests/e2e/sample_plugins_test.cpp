// The larger plugins of examples/plugins: built as a stranger would build them, against the real programs that they are for.
#include "e2e/installed_weir.h"
#include "support/content.h"
#include "support/plain_http_server.h"
#include "unit/media/media_lab.h"

#include <QStandardPaths>

using namespace weir;
using namespace weir::test;

namespace {

class SamplePlugins : public InstalledWeir {
protected:
    /// Samba with everything it writes in our folder: a share for guests and one for a user, if it may be added.
    void startSamba(ServerProcess& server)
    {
        port = freePort();
        const QString own = folder.filePath("samba");
        ASSERT_TRUE(QDir().mkpath(own) && QDir().mkpath(folder.filePath("share/sub dir")));
        QByteArray config =
            "[global]\nserver role = standalone server\ndisable netbios = yes\nload printers = no\nprinting = bsd\n"
            "disable spoolss = yes\nprintcap name = /dev/null\nmap to guest = Bad User\ninterfaces = lo\n"
            "bind interfaces only = yes\nserver min protocol = SMB2_02\nlog level = 1\nsmb ports = "
            + QByteArray::number(port) + "\npassdb backend = tdbsam:" + own.toUtf8() + "/users.tdb\n";
        for (const char* key :
            {"pid directory", "lock directory", "state directory", "cache directory", "private dir", "ncalrpc dir"})
            config += key + QByteArray(" = ") + own.toUtf8() + '\n';
        config += "guest account = " + run("id", {"-un"}).output.trimmed() + '\n'; // works for everybody
        const QByteArray path = "path = " + folder.filePath("share").toUtf8() + "\nread only = yes\n";
        config += "[open]\nguest ok = yes\n" + path + "[closed]\nguest ok = no\n" + path;
        const QString file = folder.filePath("smb.conf");
        ASSERT_TRUE(writeFile(file, config));
        ASSERT_TRUE(server.start(QStandardPaths::findExecutable("smbd", {"/usr/sbin", "/usr/bin"}),
            {"--foreground", "--no-process-group", "--debug-stdout", "-s", file}, port))
            << server.output().toStdString();
    }
    QString url(const char* path) const { return QStringLiteral("smb://127.0.0.1:%1%2").arg(port).arg(QLatin1String(path)); }

    const QByteArray content = patternBytes(12'000'000);
    quint16 port = 0;
};

TEST_F(SamplePlugins, SmbFromSamba)
{
    ASSERT_NO_FATAL_FAILURE(addPlugin("smb"));
    ServerProcess server;
    ASSERT_NO_FATAL_FAILURE(startSamba(server));
    ASSERT_TRUE(writeFile(folder.filePath("share/a.bin"), content));
    ASSERT_TRUE(writeFile(folder.filePath("share/sub dir/\xc3\xbc #1.txt"), "names"));

    const Ran one = weir({"get", "-d", folder.path(), "-x", "4", url("/open/a.bin")});
    ASSERT_EQ(one.status, 0) << one.output.toStdString() << server.output().toStdString();
    EXPECT_TRUE(contents("a.bin") == content);
    const Ran named = weir({"get", "-d", folder.path(), url("/open/sub%20dir/%C3%BC%20%231.txt")});
    ASSERT_EQ(named.status, 0) << named.output.toStdString();
    EXPECT_EQ(contents(QString::fromUtf8("\xc3\xbc #1.txt")), "names");
    EXPECT_EQ(weir({"get", url("/open/missing")}).status, 3);
    EXPECT_EQ(weir({"get", url("/nothing/a.bin")}).status, 3);
    EXPECT_EQ(weir({"get", "--no-wait-hold", url("/closed/a.bin")}).status, 24);
    EXPECT_EQ(weir({"get", "--no-wait-hold", "--proxy", "socks5h://127.0.0.1:9", url("/open/a.bin")}).status, 28);
}

TEST_F(SamplePlugins, YtdlpFindsTheMediaOfAPage)
{
    ASSERT_NO_FATAL_FAILURE(addPlugin("ytdlp"));
    // It lends bytes to the plugin for streams.
    const Ran trusted = weir({"config", "set", "plugins.inProcess", "ytdlp"});
    ASSERT_EQ(trusted.status, 0) << trusted.output.toStdString();
    weir({"daemon", "stop"});
    const lab::Made& stream = lab::made(lab::Recipe{.seconds = 4});
    // Whoever is not the page's player gets nothing of the media.
    std::atomic<int> turnedAway{0};
    PlainHttpServer site([&](const PlainRequest& request, Connection& to) {
        const QByteArray path = request.target.split('?').first();
        if (path == "/watch/file")
            return PlainHttpServer::reply(to, 200,
                "<html><head><title>A film</title></head><body><video src='/media/film.mp4' "
                "type='video/mp4'></video></body></html>",
                {"Content-Type: text/html"});
        if (path == "/watch/stream")
            return PlainHttpServer::reply(to, 200,
                "<html><head><title>A stream</title></head><body><video><source src='/media/s/master.m3u8' "
                "type='application/x-mpegURL'></video></body></html>",
                {"Content-Type: text/html"});
        if (path == "/watch/nothing")
            return PlainHttpServer::reply(to, 200, "<html><body>words</body></html>", {"Content-Type: text/html"});
        if (!request.header("User-Agent").startsWith("Mozilla/")) {
            ++turnedAway;
            return PlainHttpServer::reply(to, 403, {});
        }
        if (path == "/media/film.mp4")
            return PlainHttpServer::serveFile(request, to, content);
        if (path == "/media/s/master.m3u8")
            return PlainHttpServer::reply(to, 200,
                "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=500000,RESOLUTION=160x90\nmedia.m3u8\n",
                {"Content-Type: application/vnd.apple.mpegurl"});
        if (path == "/media/s/media.m3u8") {
            QByteArray list = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:3\n";
            for (std::size_t i = 0; i < stream.segments.size(); ++i)
                list +=
                    "#EXTINF:" + QByteArray::number(stream.segments[i].duration) + ",\n" + QByteArray::number(int(i)) + ".ts\n";
            return PlainHttpServer::reply(to, 200, list + "#EXT-X-ENDLIST\n", {"Content-Type: application/vnd.apple.mpegurl"});
        }
        if (path.startsWith("/media/s/") && path.endsWith(".ts"))
            return PlainHttpServer::serveFile(request, to, stream.segments[path.mid(9).chopped(3).toUInt()].bytes);
        return PlainHttpServer::reply(to, 404, {});
    });
    const auto page = [&](const char* path) { return "ytdlp:" + site.url(QLatin1String(path)).toString(); };

    const Ran file = weir({"get", "-d", folder.path(), "-x", "4", page("/watch/file")});
    QByteArray asked;
    for (const PlainRequest& request : site.requests())
        asked += request.method + ' ' + request.target + '\n';
    ASSERT_EQ(file.status, 0) << file.output.toStdString() << asked.toStdString();
    EXPECT_TRUE(contents("A film (1).mp4") == content) << file.output.toStdString(); // yt-dlp counts
    const Ran recorded = weir({"get", "-d", folder.path(), "-o", "stream.mp4", page("/watch/stream")});
    ASSERT_EQ(recorded.status, 0) << recorded.output.toStdString();
    EXPECT_EQ(lab::decodeErrors(folder.filePath("stream.mp4")).toStdString(), "");
    EXPECT_NEAR(lab::probe(folder.filePath("stream.mp4")).duration, 4, 0.3);
    EXPECT_EQ(turnedAway, 0);
    EXPECT_EQ(weir({"get", "--no-wait-hold", page("/watch/nothing")}).status, 1);
    EXPECT_EQ(weir({"get", "--no-wait-hold", "ytdlp:file:///etc/passwd"}).status, 1) << "only pages of the web";
}

} // namespace
