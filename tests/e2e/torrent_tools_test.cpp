// weir torrent, tracker and bdecode as people and scripts run them; trackers are asked by libtorrent too, and torrents are
// compared with those that transmission-create makes.

#include "support/daemon_process.h"
#include "support/files.h"
#include "support/plain_http_server.h"
#include "support/weir_command.h"
#include "test_paths.h"
#include "udp_tracker.h"

#include <libtorrent/add_torrent_params.hpp>
#include <libtorrent/alert_types.hpp>
#include <libtorrent/session.hpp>
#include <libtorrent/session_params.hpp>
#include <libtorrent/settings_pack.hpp>
#include <libtorrent/torrent_handle.hpp>
#include <libtorrent/torrent_info.hpp>

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QStandardPaths>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTemporaryDir>
#include <QUdpSocket>
#include <QUrl>

#include <gtest/gtest.h>

#include <thread>

#include <signal.h>

namespace weir {
namespace {

using namespace std::chrono_literals;
using test::Ran;

const QString kWeir = QStringLiteral(WEIR_BUILD_DIR "/bin/weir");

class TorrentTools : public testing::Test {
protected:
    Ran run(const QStringList& arguments, const QString& program = kWeir)
    {
        QProcess process;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(QStringLiteral("LC_ALL"), QStringLiteral("C.UTF-8"));
        process.setProcessEnvironment(environment);
        process.setWorkingDirectory(home_.path());
        process.start(program, arguments);
        return test::finished(process);
    }
    Ran weir(const QString& words, const QStringList& more = {}) { return run(words.split(u' ', Qt::SkipEmptyParts) + more); }

    QString path(const QString& below) const { return home_.filePath(below); }
    void write(const QString& below, const QByteArray& bytes)
    {
        ASSERT_TRUE(test::writeFile(path(below), bytes)) << below.toStdString();
    }
    QByteArray read(const QString& below) { return test::fileBytes(path(below)); }
    void writeTree()
    {
        write(QStringLiteral("tree/b.txt"), QByteArray(100'000, 'b'));
        write(QStringLiteral("tree/Azz"), "a");
        write(QStringLiteral("tree/B/y with blank"), QByteArray(40'000, 'y'));
        write(QStringLiteral("tree/sub/new\nline"), "n");
        write(QStringLiteral("tree/_\u00e4\U0001f600"), QByteArray(70'000, 'u'));
    }

    QTemporaryDir home_;
};

/// `weir tracker serve` on ports that are free; ended by its destructor.
class Tracker {
public:
    explicit Tracker(const QStringList& more = {})
    {
        process_.setProcessChannelMode(QProcess::ForwardedErrorChannel);
        process_.start(kWeir, QStringList{"tracker", "serve", "--json", "--bind", "127.0.0.1", "--port", "0"} + more);
        while (!process_.canReadLine() && process_.waitForReadyRead(20'000)) {}
        const QJsonObject said = QJsonDocument::fromJson(process_.readLine()).object();
        for (const QJsonValue url : said[QLatin1String("announce")].toArray())
            (url.toString().startsWith(QLatin1String("udp")) ? udp : http) = QUrl(url.toString());
        http4 = QUrl(said[QLatin1String("announce")].toArray().at(0).toString());
    }
    ~Tracker()
    {
        ::kill(pid_t(process_.processId()), SIGTERM);
        EXPECT_TRUE(process_.waitForFinished(20'000));
        EXPECT_EQ(process_.exitStatus(), QProcess::NormalExit);
        EXPECT_EQ(process_.exitCode(), 0);
    }

    QByteArray send(const QByteArray& bytes, bool finish = false) const
    {
        QTcpSocket socket;
        socket.connectToHost(http.host(), quint16(http.port()));
        EXPECT_TRUE(socket.waitForConnected(20'000));
        socket.write(bytes);
        socket.waitForBytesWritten(20'000);
        if (finish)
            socket.disconnectFromHost();
        QByteArray reply;
        while (socket.state() != QAbstractSocket::UnconnectedState && socket.waitForReadyRead(20'000))
            reply += socket.readAll();
        return reply + socket.readAll();
    }
    QJsonObject state() const
    {
        const QByteArray reply = send("GET /state.json HTTP/1.1\r\n\r\n");
        return QJsonDocument::fromJson(reply.mid(reply.indexOf("\r\n\r\n") + 4)).object();
    }
    QJsonArray peers() const
    {
        return state()[QLatin1String("torrents")].toArray().at(0).toObject()[QLatin1String("peers")].toArray();
    }

    QUrl http, udp; ///< of the last --bind
    QUrl http4;

private:
    QProcess process_;
};

TEST_F(TorrentTools, CreateShowEditAndMagnetGoRound)
{
    writeTree();
    const Ran made = weir(QStringLiteral("torrent create tree -o a.torrent --json --piece-size 32K --comment hi --source me"),
        {"--tracker", "http://a.test/announce", "--tracker", "http://b.test/announce", "--tier", "--tracker",
            "udp://c.test:1/announce", "--web-seed", "http://w.test/"});
    ASSERT_EQ(made.status, 0) << made.err.toStdString();
    const QJsonObject torrent = weir(QStringLiteral("torrent show a.torrent --json")).object();
    EXPECT_EQ(torrent[QLatin1String("format")].toString(), QLatin1String("hybrid"));
    EXPECT_EQ(torrent[QLatin1String("hash")], made.object()[QLatin1String("hash")]);
    EXPECT_EQ(torrent[QLatin1String("pieceSize")].toInt(), 32768);
    EXPECT_EQ(torrent[QLatin1String("size")].toInt(), 210'002);
    EXPECT_EQ(torrent[QLatin1String("files")].toArray().size(), 5);
    EXPECT_EQ(torrent[QLatin1String("source")].toString(), QLatin1String("me"));
    EXPECT_EQ(torrent[QLatin1String("trackers")].toArray(),
        (QJsonArray{QJsonArray{"http://a.test/announce", "http://b.test/announce"}, QJsonArray{"udp://c.test:1/announce"}}));
    EXPECT_EQ(torrent[QLatin1String("webSeeds")].toArray(), QJsonArray{"http://w.test/"});
    EXPECT_TRUE(torrent[QLatin1String("created")].isNull());

    ASSERT_EQ(weir(QStringLiteral(
                       "torrent edit a.torrent --remove-tracker http://a.test/announce --add-tracker http://d.test/announce "
                       "--replace-tracker http://b.test/announce http://e.test/announce"))
                  .status,
        0);
    const QJsonObject edited = weir(QStringLiteral("torrent show --json a.torrent")).object();
    EXPECT_EQ(edited[QLatin1String("hashV1")], torrent[QLatin1String("hashV1")]);
    EXPECT_EQ(edited[QLatin1String("hashV2")], torrent[QLatin1String("hashV2")]);
    EXPECT_EQ(edited[QLatin1String("trackers")].toArray(),
        (QJsonArray{QJsonArray{"http://e.test/announce"}, QJsonArray{"udp://c.test:1/announce"},
            QJsonArray{"http://d.test/announce"}}));

    const QString link = QString::fromUtf8(weir(QStringLiteral("torrent show --magnet a.torrent")).out).trimmed();
    const QJsonObject magnet = run({"torrent", "show", link, "--json"}).object();
    EXPECT_EQ(magnet[QLatin1String("hashV1")], torrent[QLatin1String("hashV1")]);
    EXPECT_EQ(magnet[QLatin1String("hashV2")], torrent[QLatin1String("hashV2")]);
    EXPECT_EQ(magnet[QLatin1String("size")], torrent[QLatin1String("size")]);
    EXPECT_EQ(magnet[QLatin1String("trackers")].toArray().size(), 3);
    EXPECT_EQ(QString::fromUtf8(run({"torrent", "show", "--magnet", link}).out).trimmed(), link);
}

TEST_F(TorrentTools, TheSameInputMakesTheSameBytes)
{
    writeTree();
    for (const char* format : {"v1", "v2", "hybrid"}) {
        for (const char* name : {"one", "two"})
            ASSERT_EQ(run({"torrent", "create", "tree", "--format", format, "-o", name}).status, 0);
        EXPECT_FALSE(read(QStringLiteral("one")).isEmpty());
        EXPECT_EQ(read(QStringLiteral("one")), read(QStringLiteral("two"))) << format;
        EXPECT_EQ(weir(QStringLiteral("torrent show --json one")).object()[QLatin1String("format")].toString(),
            QLatin1String(format));
    }
    const Ran taken = weir(QStringLiteral("torrent create tree"));
    ASSERT_EQ(taken.status, 0);
    EXPECT_EQ(weir(QStringLiteral("torrent create tree")).status, 13) << "a name that nobody gave is not overwritten";
}

TEST_F(TorrentTools, Version1HashesAreThoseOfTransmission)
{
    const QString transmission = QStandardPaths::findExecutable(QStringLiteral("transmission-create"));
    ASSERT_FALSE(transmission.isEmpty()) << "transmission-create is missing: ./dev setup installs it";
    writeTree();
    const QList<QStringList> cases{{"tree"}, {"tree", "-p"}, {"tree/b.txt"}, {"tree/b.txt", "-p"}};
    for (const QStringList& one : cases) {
        ASSERT_EQ(run(QStringList{"-o", path(QStringLiteral("theirs")), "-s", "32", "-t", "http://t.test/announce"} + one,
                      transmission)
                      .status,
            0);
        ASSERT_EQ(run(QStringList{"torrent", "create", "--format", "v1", "--piece-size", "32K", "-o", "ours", "-t",
                          "http://t.test/announce"}
                      + one)
                      .status,
            0);
        const QJsonObject theirs = weir(QStringLiteral("torrent show --json theirs")).object(),
                          ours = weir(QStringLiteral("torrent show --json ours")).object();
        EXPECT_FALSE(theirs[QLatin1String("hash")].toString().isEmpty());
        EXPECT_EQ(ours[QLatin1String("hash")], theirs[QLatin1String("hash")]) << one.join(u' ').toStdString();
        EXPECT_EQ(ours[QLatin1String("files")], theirs[QLatin1String("files")]);
        QFile::remove(path(QStringLiteral("theirs")));
    }
}

TEST_F(TorrentTools, EachMakesOneTorrentForEachName)
{
    writeTree();
    QDir().mkpath(path(QStringLiteral("out")));
    const Ran made = weir(QStringLiteral("torrent create --each tree -o out --json --ignore Azz"));
    ASSERT_EQ(made.status, 1 * 0) << made.err.toStdString();
    EXPECT_EQ(made.json().array().size(), 5);
    EXPECT_FALSE(read(QStringLiteral("out/_\u00e4\U0001f600.torrent")).isEmpty());
    EXPECT_FALSE(read(QStringLiteral("out/sub.torrent")).isEmpty());
}

TEST_F(TorrentTools, BrokenFilesAreToldToTheByte)
{
    write(QStringLiteral("broken"), "d4:infod4:name9:short");
    const Ran broken = weir(QStringLiteral("torrent show broken"));
    EXPECT_EQ(broken.status, 25);
    EXPECT_TRUE(broken.err.contains("byte 14: a string of 9 bytes")) << broken.err.toStdString();
    EXPECT_EQ(weir(QStringLiteral("bdecode broken")).status, 25);
    write(QStringLiteral("hollow"), "d4:infod4:name1:nee");
    EXPECT_EQ(weir(QStringLiteral("torrent show hollow")).status, 26);
    EXPECT_EQ(weir(QStringLiteral("torrent show magnet:?xt=urn:btih:12")).status, 27);
    EXPECT_EQ(weir(QStringLiteral("torrent show absent")).status, 15);
    EXPECT_EQ(weir(QStringLiteral("torrent create absent -o x")).status, 15);
    EXPECT_EQ(weir(QStringLiteral("torrent create broken -o x --piece-size 100K")).status, 28);
    EXPECT_EQ(weir(QStringLiteral("torrent create broken -o x --tracker ftp://h/")).status, 28);
    write(QStringLiteral("fine"), "d2:\xff\xfei1e1:a4:texte");
    EXPECT_EQ(weir(QStringLiteral("bdecode --json fine")).out, "{\"a\":\"text\",\"hex:fffe\":1}\n");
}

TEST_F(TorrentTools, TheVerbsAreKnownToWeir)
{
    EXPECT_TRUE(weir(QStringLiteral("help torrent create")).out.contains("--piece-size"));
    EXPECT_TRUE(weir(QStringLiteral("tracker --help")).out.contains("serve"));
    EXPECT_TRUE(weir(QStringLiteral("--help")).out.contains("bdecode, dht, share, torrent, tracker"));
    EXPECT_TRUE(weir(QStringLiteral("torent")).err.contains("did you mean torrent?"));
    EXPECT_EQ(weir(QStringLiteral("torrent crate")).status, 28);
    write(QStringLiteral("x"), "i1e");
    EXPECT_EQ(weir(QStringLiteral("--json bdecode x")).out, "1\n") << "also before the verb";
}

TEST_F(TorrentTools, AnnounceAsksAndLeavesNothing)
{
    const Tracker tracker;
    const QString hash(40, u'a');
    for (const QUrl& url : {tracker.http, tracker.udp}) {
        const QString address = url.toString();
        Ran ran =
            run({"tracker", "announce", hash, "--tracker", address, "--port", "7001", "--left", "0", "--register", "--json"});
        ASSERT_EQ(ran.status, 0) << ran.err.toStdString() << ran.out.toStdString();
        const QJsonArray there = tracker.peers();
        ASSERT_EQ(there.size(), 1);
        EXPECT_EQ(there[0].toObject()[QLatin1String("port")].toInt(), 7001);
        EXPECT_EQ(there[0].toObject()[QLatin1String("address")].toString(), QLatin1String("127.0.0.1"));

        ran = run({"tracker", "announce", hash, "--tracker", address, "--port", "7002", "--json", "--no-compact", "--try"});
        const QJsonObject reply = ran.json().array().at(0).toObject();
        EXPECT_EQ(reply[QLatin1String("seeds")].toInt(), 1) << ran.out.toStdString();
        const QJsonObject peer = reply[QLatin1String("peers")].toArray().at(0).toObject();
        EXPECT_EQ(peer[QLatin1String("port")].toInt(), 7001);
        EXPECT_FALSE(peer[QLatin1String("own")].toBool());
        EXPECT_FALSE(peer[QLatin1String("reachable")].toBool(true));
        EXPECT_EQ(tracker.peers().size(), 1) << "who only asked is gone";

        const QJsonObject dry = run({"tracker", "announce", hash, "--tracker", address, "--port", "7003", "--dry", "--json"})
                                    .json()
                                    .array()
                                    .at(0)
                                    .toObject();
        EXPECT_FALSE(dry[QLatin1String("request")].toString().isEmpty());
        EXPECT_FALSE(dry.contains(QLatin1String("peers")));

        ran = run({"tracker", "announce", hash, "--tracker", address, "--port", "7001", "--event", "stopped"});
        EXPECT_EQ(ran.status, 0) << ran.err.toStdString();
        EXPECT_EQ(tracker.peers().size(), 0);
    }
    const Ran typo = run({"tracker", "announce", hash, "--tracker", tracker.http.toString().replace("announce", "annouce")});
    EXPECT_NE(typo.status, 0);
    EXPECT_TRUE(typo.err.contains("is \"announce\" meant?")) << typo.err.toStdString();
}

TEST_F(TorrentTools, BothFamiliesOfAddressesMeet)
{
    QUdpSocket six;
    if (!six.bind(QHostAddress::LocalHostIPv6))
        GTEST_SKIP() << "no IPv6 here";
    const Tracker tracker({"--bind", "::1"});
    EXPECT_EQ(tracker.http.host(), QLatin1String("::1"));
    const QString hash(64, u'c');
    const auto ask = [&](const QUrl& url, const char* port) {
        const Ran ran = run({"tracker", "announce", hash, "--tracker", url.toString(), "--port", port, "--register", "--json"});
        EXPECT_EQ(ran.status, 0) << ran.err.toStdString() << ran.out.toStdString();
        return ran.json().array().at(0).toObject()[QLatin1String("peers")].toArray();
    };
    EXPECT_EQ(ask(tracker.http4, "7001").size(), 0);
    EXPECT_EQ(ask(tracker.http, "7002").size(), 1);
    EXPECT_EQ(ask(tracker.http4, "7001").at(0).toObject()[QLatin1String("address")].toString(), QLatin1String("::1"));
    const QJsonArray overUdp = ask(tracker.udp, "7003");
    ASSERT_EQ(overUdp.size(), 1) << "UDP has room for the addresses of one family only";
    EXPECT_EQ(overUdp[0].toObject()[QLatin1String("port")].toInt(), 7002);
    EXPECT_EQ(tracker.peers().size(), 3);
}

TEST_F(TorrentTools, ATorrentBehindAUrlIsShown)
{
    write(QStringLiteral("file"), "content");
    ASSERT_EQ(weir(QStringLiteral("torrent create file -o f.torrent")).status, 0);
    test::PlainHttpServer server(
        [bytes = read(QStringLiteral("f.torrent"))](const test::PlainRequest& request, test::Connection& to) {
            return request.target == "/f.torrent" ? test::PlainHttpServer::reply(to, 200, bytes)
                                                  : test::PlainHttpServer::reply(to, 404, "no");
        });
    const Ran there = run({"torrent", "show", "--json", server.url(QStringLiteral("/f.torrent")).toString()});
    EXPECT_EQ(there.object()[QLatin1String("name")].toString(), QLatin1String("file")) << there.err.toStdString();
    EXPECT_EQ(run({"torrent", "show", server.url(QStringLiteral("/other")).toString()}).status, 3);
}

TEST_F(TorrentTools, AnEditThatFailsLeavesTheFile)
{
    write(QStringLiteral("file"), "content");
    ASSERT_EQ(weir(QStringLiteral("torrent create file -o f.torrent -t http://a.test/announce")).status, 0);
    const QByteArray before = read(QStringLiteral("f.torrent"));
    EXPECT_EQ(
        weir(QStringLiteral("torrent edit f.torrent --add-tracker http://b.test/ --remove-tracker http://c.test/")).status, 28);
    EXPECT_EQ(weir(QStringLiteral("torrent edit f.torrent --add-tracker nonsense")).status, 28);
    EXPECT_EQ(read(QStringLiteral("f.torrent")), before);
}

TEST_F(TorrentTools, ScrapeTellsEachOutcome)
{
    const Tracker tracker, empty;
    const QString hash(40, u'b');
    ASSERT_EQ(run({"tracker", "announce", hash, "--tracker", tracker.http.toString(), "--left", "0", "--register"}).status, 0);
    QTcpServer closed;
    ASSERT_TRUE(closed.listen(QHostAddress::LocalHost));
    const quint16 port = closed.serverPort();
    closed.close();
    QUdpSocket silent;
    ASSERT_TRUE(silent.bind(QHostAddress::LocalHost));
    const QString refused = QStringLiteral("//127.0.0.1:%1/announce").arg(port);
    const QStringList trackers{tracker.http.toString(), tracker.udp.toString(), empty.http.toString(), empty.udp.toString(),
        QStringLiteral("http:") + refused, QStringLiteral("udp:") + refused,
        tracker.http.toString().replace("/announce", "/x/announce"),
        QStringLiteral("udp://127.0.0.1:%1").arg(silent.localPort()), QStringLiteral("udp://nowhere.invalid:1")};
    QStringList arguments{"tracker", "scrape", hash, "--json", "--timeout", "4"};
    for (const QString& one : trackers)
        arguments += {"--tracker", one};
    const Ran ran = run(arguments);
    EXPECT_EQ(ran.status, 0) << ran.err.toStdString();
    QStringList results;
    for (const QJsonValue one : ran.json().array())
        results += one.toObject()[QLatin1String("result")].toString();
    EXPECT_EQ(results,
        (QStringList{"counts", "counts", "no match", "no match", "refused", "refused", "error", "timeout", "unresolved"}))
        << ran.out.toStdString();
    EXPECT_EQ(ran.json().array().at(1).toObject()[QLatin1String("seeds")].toInt(), 1);
}

TEST_F(TorrentTools, HostileRequestsChangeNothing)
{
    const Tracker tracker;
    EXPECT_TRUE(tracker.send("\r\n\r\n").startsWith("HTTP/1.1 400"));
    EXPECT_TRUE(tracker.send("GET /" + QByteArray(20'000, 'a')).startsWith("HTTP/1.1 431"));
    EXPECT_TRUE(tracker.send("POST /announce HTTP/1.1\r\n\r\n").startsWith("HTTP/1.1 405"));
    EXPECT_TRUE(tracker.send("GET /../../etc/passwd HTTP/1.1\r\n\r\n").startsWith("HTTP/1.1 404"));
    EXPECT_TRUE(tracker.send("GET /announce?info_hash=x HTTP/1.1\r\n\r\n").contains("failure reason"));
    EXPECT_EQ(tracker.send("GET / HT", true), "");

    QUdpSocket socket;
    socket.connectToHost(tracker.udp.host(), quint16(tracker.udp.port()));
    const AnnounceRequest forged{.hash = QByteArray(20, 'h'), .peerId = QByteArray(20, 'p'), .port = 1};
    socket.write(udpAnnounceRequest(4711, 1, forged));
    socket.write("short");
    socket.write(QByteArray(1500, '\xff'));
    socket.write(udpConnectRequest(2));
    ASSERT_TRUE(socket.waitForReadyRead(20'000));
    QByteArray reply(100, '\0');
    reply.truncate(socket.readDatagram(reply.data(), reply.size()));
    const auto connection = readUdpConnection(reply, 2);
    ASSERT_TRUE(connection) << "only who shows that replies reach him is answered";
    socket.write(udpAnnounceRequest(*connection, 3, {.hash = forged.hash, .peerId = forged.peerId, .port = 0}));
    ASSERT_TRUE(socket.waitForReadyRead(20'000));
    reply = QByteArray(200, '\0');
    reply.truncate(socket.readDatagram(reply.data(), reply.size()));
    EXPECT_EQ(readUdpAnnounceReply(reply, 3, false).error().detail, QStringLiteral("port is 0"));
    const QJsonObject state = tracker.state();
    EXPECT_TRUE(state[QLatin1String("torrents")].toArray().isEmpty());
    EXPECT_EQ(state[QLatin1String("counters")].toObject()[QLatin1String("udp: not connected")].toInt(), 3);
}

lt::session_params quiet()
{
    lt::session_params params;
    params.settings.set_str(lt::settings_pack::listen_interfaces, "127.0.0.1:0");
    for (const int feature : {lt::settings_pack::enable_dht, lt::settings_pack::enable_lsd, lt::settings_pack::enable_upnp,
             lt::settings_pack::enable_natpmp})
        params.settings.set_bool(feature, false);
    params.settings.set_bool(lt::settings_pack::allow_multiple_connections_per_ip, true);
    params.settings.set_int(
        lt::settings_pack::alert_mask, int(std::uint32_t(lt::alert_category::status | lt::alert_category::error)));
    return params;
}

/// Whether the torrent of this session comes to its end within a minute.
bool finishes(lt::session& session)
{
    for (const auto until = std::chrono::steady_clock::now() + 60s; std::chrono::steady_clock::now() < until;) {
        if (!session.wait_for_alert(1s))
            continue;
        std::vector<lt::alert*> alerts;
        session.pop_alerts(&alerts);
        for (const lt::alert* alert : alerts)
            if (lt::alert_cast<lt::torrent_finished_alert>(alert))
                return true;
    }
    return false;
}

TEST_F(TorrentTools, ClientsFindEachOtherThroughTheTracker)
{
    for (const bool udp : {false, true}) {
        const Tracker tracker(udp ? QStringList{} : QStringList{"--no-udp"});
        const QString url = (udp ? tracker.udp : tracker.http).toString();
        const QByteArray content = QByteArray("content of this file ").repeated(20'000);
        write(QStringLiteral("seed/file.bin"), content);
        const QString folder = udp ? QStringLiteral("leech2") : QStringLiteral("leech1");
        QDir().mkpath(path(folder));
        ASSERT_EQ(run({"torrent", "create", "seed/file.bin", "-o", "f.torrent", "--tracker", url}).status, 0);
        const auto info = std::make_shared<lt::torrent_info>(path(QStringLiteral("f.torrent")).toStdString());
        const auto add = [&](lt::session& session, const QString& where) {
            lt::add_torrent_params params;
            params.ti = info;
            params.save_path = path(where).toStdString();
            return session.add_torrent(std::move(params));
        };
        lt::session seed(quiet()), leech(quiet());
        add(seed, QStringLiteral("seed"));
        ASSERT_TRUE(finishes(seed));
        ASSERT_TRUE(test::eventually([&] { return tracker.peers().size() == 1; }));
        add(leech, folder);
        ASSERT_TRUE(finishes(leech)) << QJsonDocument(tracker.state()).toJson().toStdString();
        EXPECT_EQ(read(folder + QStringLiteral("/file.bin")), content);
        EXPECT_GE(tracker.peers().size(), 2);
    }
}

} // namespace
} // namespace weir
