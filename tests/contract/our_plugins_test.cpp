// Every plugin of ours keeps the contract that it asks of others: the kit runs over each, against real servers.
#include "contract/kit.h"
#include "e2e/torrent_lab.h"
#include "support/content.h"
#include "support/ftp_server.h"
#include "support/gopher.h"
#include "support/plain_http_server.h"
#include "test_paths.h"
#include "unit/media/media_lab.h"

#include <QCryptographicHash>
#include <QUrl>

#include <gtest/gtest.h>

using namespace weir;
using namespace weir::test;

namespace {

constexpr qint64 kSize = (6 << 20) + 5;

QString sha256(const QByteArray& bytes)
{
    return QStringLiteral("sha-256=")
        + QString::fromLatin1(QCryptographicHash::hash(bytes, QCryptographicHash::Sha256).toHex());
}

QString text(const QUrl& url) { return url.toString(QUrl::FullyEncoded); }

class OurPlugins : public ::testing::Test {
protected:
    const QByteArray bytes = content(3, 0, kSize);
    PlainHttpServer web{[this](const PlainRequest& request, Connection& to) { return answer(request, to); }};
    Kit kit;

    virtual bool answer(const PlainRequest& request, Connection& to) { return PlainHttpServer::serveFile(request, to, bytes); }
};

TEST_F(OurPlugins, Http)
{
    expectKept(kit.check(Kit::own("http"),
        {{text(web.url("/file.bin")), sha256(bytes)}, {"https://example.org/x", "taken"}, {"http:///no-host", "refused"},
            {"ftp://example.org/x", "refused"}, {"magnet:?xt=urn:btih:0", "refused"}}));
}

TEST_F(OurPlugins, Ftp)
{
    FtpServer server({{"/dir/file.bin", bytes}});
    expectKept(kit.check(Kit::own("ftp"),
        {{text(server.url("/dir/file.bin")), sha256(bytes)}, {"ftps://example.org/x", "taken"},
            {"sftp://example.org/folder/", "taken"}, {"http://example.org/x", "refused"}}));
}

TEST_F(OurPlugins, AFolderOfFtp)
{
    FtpServer server({{"/dir/a.bin", bytes}, {"/dir/b.txt", "hello"}});
    expectKept(kit.check(Kit::own("ftp"), {{text(server.url("/dir/")), "download"}}));
}

class OurMetalinks : public OurPlugins {
protected:
    bool answer(const PlainRequest& request, Connection& to) override
    {
        if (request.target != "/about")
            return PlainHttpServer::serveFile(request, to, bytes);
        const QByteArray about =
            "<?xml version=\"1.0\"?>\n<metalink xmlns=\"urn:ietf:params:xml:ns:metalink\"><file name=\"a.bin\">"
            "<size>"
            + QByteArray::number(kSize) + "</size><url>" + web.url("/a").toEncoded() + "</url></file></metalink>";
        return PlainHttpServer::reply(to, 200, about, {"Content-Type: application/metalink4+xml"});
    }
};

TEST_F(OurMetalinks, Metalink)
{
    expectKept(kit.check(Kit::own("metalink"),
        {{text(web.url("/about")), sha256(bytes)}, {"file:///a/b.meta4", "taken"}, {"file:///a/b.txt", "refused"}}));
}

class OurStreams : public OurPlugins {
protected:
    const lab::Made& film = lab::made({.seconds = 12, .segment = 1, .extra = {"-g", "25"}});

    bool answer(const PlainRequest& request, Connection& to) override
    {
        if (request.target == "/film.m3u8") {
            QByteArray list = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:1\n";
            for (std::size_t i = 0; i < film.segments.size(); ++i)
                list += "#EXTINF:" + QByteArray::number(film.segments[i].duration) + ",\n" + QByteArray::number(quint64(i))
                    + ".ts\n";
            return PlainHttpServer::reply(to, 200, list + "#EXT-X-ENDLIST\n", {"Content-Type: application/vnd.apple.mpegurl"});
        }
        const auto number = std::size_t(request.target.mid(1).chopped(3).toUInt());
        if (number >= film.segments.size())
            return PlainHttpServer::reply(to, 404, "gone");
        return PlainHttpServer::reply(to, 200, film.segments[number].bytes);
    }
};

TEST_F(OurStreams, Hls)
{
    expectKept(kit.check(Kit::own("hls"), {{text(web.url("/film.m3u8")), "download"}, {"http://example.org/x", "refused"}}));
}

TEST_F(OurPlugins, BitTorrent)
{
    kit.configure(settingsWithoutStrangers(freePort()));
    const LabTorrent torrent = makeTorrent(kit.path("seeds"), "film.mkv", {{QString(), kSize, 7}});
    const LabPeer seed(torrent, kit.path("seeds"), true);
    expectKept(kit.check(Kit::own("bt"),
        {{text(torrent.magnet({seed.address()})), sha256(content(7, 0, kSize))}, {"file:///a/b.torrent", "taken"},
            {"http://example.org/b.torrent", "refused"}}));
}

TEST(OurExamples, Gopher)
{
    const QByteArray bytes = content(4, 0, kSize);
    SocketServer server([&](Connection& connection) { serveGopher(connection, {{"/files/a.bin", bytes}}); });
    Kit kit;
    const auto checked = kit.check(Kit::forTests("gopher"),
        {{QStringLiteral("gopher://127.0.0.1:%1/9/files/a.bin").arg(server.port()), sha256(bytes)},
            {"http://example.org/", "refused"}});
    expectKept(checked);
}

TEST(OurExamples, Data)
{
    Kit kit;
    const auto checked = kit.check(
        Kit::forTests("data"), {{"data:text/plain;base64,SGVsbG8=", sha256("Hello")}, {"http://example.org/", "refused"}});
    EXPECT_EQ(checked.status, 0) << checked.errors.toStdString();
    EXPECT_EQ(checked.outcome("download"), "kept") << checked.detail("download").toStdString();
    EXPECT_EQ(checked.outcome("stop"), "skipped") << "there is nothing to stop";
    EXPECT_EQ(checked.outcome("leaks"), "kept");
}

} // namespace
