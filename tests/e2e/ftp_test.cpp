// FTP, FTPS and SFTP through the whole program: servers that follow a script and misbehave, and the real vsftpd and OpenSSH.
// Every file to its last byte, or the precise code.
#include "support/connect_proxy.h"
#include "support/content.h"
#include "support/ftp_server.h"
#include "support/rpc_world.h"
#include "support/server_process.h"
#include "support/test_certificate.h"

#include <QDir>
#include <QJsonArray>
#include <QStandardPaths>

#include <gtest/gtest.h>

#include <unistd.h>

using namespace weir;
using namespace weir::test;

namespace {

QByteArray contents(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

QString programIn(const char* folder, const char* name)
{
    return QStandardPaths::findExecutable(QLatin1String(name), {QLatin1String(folder), QStringLiteral("/usr/bin")});
}

class Ftp : public ::testing::Test {
protected:
    void SetUp() override
    {
        daemon.writeConfig({{"retry.base", "50ms"}, {"retry.cap", "200ms"}, {"retry.attempts", 3},
            {"network.stallTimeout", "5s"}, {"log.level", "debug"}});
        ASSERT_TRUE(home.isValid() && QDir(home.path()).mkpath(".ssh"));
        daemon.environment.insert("HOME", home.path());
        ASSERT_TRUE(daemon.start()) << daemon.errorOutput().toStdString();
        peer = daemon.client();
    }
    void TearDown() override
    {
        if (HasFailure())
            std::fprintf(
                stderr, "%s\n", qPrintable(peer->result("task.log", {{"id", last}, {"lines", 60}})[u"text"].toString()));
    }
    QJsonObject ended(const QUrl& url, const QJsonObject& more = {})
    {
        last = daemon.addTask(*peer, url, more);
        return endOf(last);
    }
    QJsonObject endOf(qint64 id)
    {
        QJsonObject task;
        EXPECT_TRUE(eventually([&] {
            task = peer->result("task.get", {{"id", id}});
            return task[u"state"] == "done" || task[u"state"] == "failed";
        })) << task[u"state"].toString().toStdString();
        return task;
    }
    static std::string codeOf(const QJsonObject& task) { return task[u"error"][u"code"].toString().toStdString(); }
    QString inDownloads(const QString& name) { return daemon.path("downloads/" + name); }
    void expectWhole(const QJsonObject& task, const QByteArray& expected)
    {
        EXPECT_EQ(task[u"state"].toString(), "done") << codeOf(task);
        EXPECT_TRUE(contents(inDownloads(task[u"name"].toString())) == expected) << "other bytes";
    }
    static int retrievals(const FtpServer& server)
    {
        const auto commands = server.commands();
        return int(std::count_if(commands.begin(), commands.end(), [](const QByteArray& c) { return c.startsWith("RETR"); }));
    }

    const QByteArray content = patternBytes(12'000'000);
    /// Slow enough for the others to have something left when they come.
    const QJsonObject four{{"options", QJsonObject{{"connections", 4}, {"limit", 8'000'000}}}};
    QTemporaryDir home;
    DaemonProcess daemon;
    std::unique_ptr<RpcPeer> peer;
    qint64 last = 0;
};

TEST_F(Ftp, SeveralConnectionsFetchOneFile)
{
    FtpServer server({{"/f.bin", content}});
    expectWhole(ended(server.url("/f.bin"), four), content);
    EXPECT_GT(retrievals(server), 1);
}

TEST_F(Ftp, ServersThatCantBeginInTheMiddle)
{
    FtpServer unable({{"/unable.bin", content}}, {.rest = false});
    expectWhole(ended(unable.url("/unable.bin"), four), content);
    FtpServer lying({{"/lying.bin", content}}, {.ignoresRest = true});
    expectWhole(ended(lying.url("/lying.bin"), four), content);
}

TEST_F(Ftp, ServersWithLittleRoomOrPatience)
{
    FtpServer one({{"/one.bin", content}}, {.mostClients = 1});
    expectWhole(ended(one.url("/one.bin"), four), content);
    FtpServer dropping({{"/dropping.bin", content}}, {.dropsAt = 2'000'000, .drops = 5});
    expectWhole(ended(dropping.url("/dropping.bin")), content);
    FtpServer slowly({{"/pieces.bin", content}}, {.mdtm = false, .mlsd = false, .epsv = false, .bytewise = true});
    expectWhole(ended(slowly.url("/pieces.bin"), four), content);
    FtpServer sizeless({{"/sizeless.bin", content}}, {.size = false});
    expectWhole(ended(sizeless.url("/sizeless.bin"), four), content);
    FtpServer mute({{"/mute.bin", content}}, {.silentAtEnd = true});
    expectWhole(ended(mute.url("/mute.bin"), four), content);
}

TEST_F(Ftp, AWrongSizeIsNoticed)
{
    FtpServer large({{"/large.bin", content}}, {.sizeLie = 1000});
    EXPECT_EQ(codeOf(ended(large.url("/large.bin"))), "ConnectionClosed");
    EXPECT_FALSE(QFile::exists(inDownloads("large.bin")));
    for (const qint64 lie : {qint64(-1), qint64(-1000), qint64(-6'000'000), -content.size()}) {
        FtpServer small({{"/small.bin", content}}, {.sizeLie = lie});
        EXPECT_EQ(codeOf(ended(small.url("/small.bin"))), "RemoteSizeWrong") << lie;
        EXPECT_EQ(codeOf(ended(small.url("/small.bin"), four)), "RemoteSizeWrong") << lie;
    }
    EXPECT_TRUE(QDir(inDownloads("")).entryList({"small*.bin"}).isEmpty());
}

TEST_F(Ftp, MirrorsOfHttpAndFtpTogether)
{
    FtpServer ftp({{"/mixed.bin", content}}, {.dropsAt = 500'000, .drops = 2});
    PlainHttpServer http(
        [this](const PlainRequest& request, Connection& to) { return PlainHttpServer::serveFile(request, to, content); });
    FtpServer other({{"/mixed.bin", patternBytes(12'000'001).mid(1)}});
    expectWhole(ended(ftp.url("/mixed.bin"),
                    {{"mirrors", QJsonArray{http.url("/mixed.bin").toString(), other.url("/mixed.bin").toString()}},
                        {"options", QJsonObject{{"connections", 6}}}}),
        content);
    EXPECT_GT(retrievals(ftp), 0);
    EXPECT_FALSE(http.requests().isEmpty());
}

TEST_F(Ftp, APausedFileGoesOnWhereItWas)
{
    FtpServer server({{"/paused.bin", content}});
    last =
        daemon.addTask(*peer, server.url("/paused.bin"), {{"options", QJsonObject{{"limit", 4'000'000}, {"connections", 1}}}});
    ASSERT_TRUE(eventually([&] { return peer->result("task.get", {{"id", last}})[u"done"].toInteger() > 2'000'000; }));
    peer->call("task.pause", {{"ids", QJsonArray{last}}});
    ASSERT_TRUE(eventually([&] { return peer->result("task.get", {{"id", last}})[u"state"] == "waiting"; }));
    const auto before = server.commands().size();
    peer->call("limits.set", {{"ids", QJsonArray{last}}, {"down", 0}});
    peer->call("task.resume", {{"ids", QJsonArray{last}}});
    expectWhole(endOf(last), content);
    const auto after = server.commands().mid(before);
    EXPECT_TRUE(std::any_of(after.begin(), after.end(),
        [](const QByteArray& c) { return c.startsWith("REST") && c.mid(5).toLongLong() > 1'000'000; }));
}

TEST_F(Ftp, AFileThatChangedMeanwhileIsNotMixed)
{
    FtpServer server({{"/changed.bin", content}});
    last =
        daemon.addTask(*peer, server.url("/changed.bin"), {{"options", QJsonObject{{"limit", 4'000'000}, {"connections", 1}}}});
    ASSERT_TRUE(eventually([&] { return peer->result("task.get", {{"id", last}})[u"done"].toInteger() > 2'000'000; }));
    peer->call("task.pause", {{"ids", QJsonArray{last}}});
    ASSERT_TRUE(eventually([&] { return peer->result("task.get", {{"id", last}})[u"state"] == "waiting"; }));
    server.put("/changed.bin", QByteArray(content.size(), 'x'));
    server.behave([](FtpBehaviour& behaviour) { behaviour.modified = "20250102030405"; });
    peer->call("task.resume", {{"ids", QJsonArray{last}}});
    EXPECT_EQ(codeOf(endOf(last)), "ValidatorChanged");
}

TEST_F(Ftp, AFolderComesWithAllThatIsBelow)
{
    QMap<QByteArray, QByteArray> files{{"/pub/set/a.txt", "alpha"}, {"/pub/set/empty", ""}, {"/pub/set/deep/er/b.bin", content},
        {"/pub/set/\xc3\xbc \xe4\xb8\xad.txt", "names"}, {"/pub/set/old\xe9.txt", "latin"},
        {"/pub/set/50%;type=a#?.txt", "signs"}};
    for (int i = 0; i < 60; ++i)
        files.insert("/pub/set/many/" + QByteArray::number(i), patternBytes(1000 * i));
    for (const bool machine : {true, false}) {
        FtpServer server(files, {.mlsd = machine});
        const auto task = ended(server.url("/pub/set/"));
        ASSERT_EQ(task[u"state"].toString(), "done") << codeOf(task);
        const QString folder = task[u"name"].toString();
        EXPECT_EQ(folder, machine ? "set" : "set (1)");
        EXPECT_EQ(contents(inDownloads(folder + "/a.txt")), "alpha");
        EXPECT_TRUE(QFile::exists(inDownloads(folder + "/empty")));
        EXPECT_TRUE(contents(inDownloads(folder + "/deep/er/b.bin")) == content);
        EXPECT_EQ(contents(inDownloads(folder + QString::fromUtf8("/\xc3\xbc \xe4\xb8\xad.txt"))), "names");
        EXPECT_EQ(contents(inDownloads(folder + QString::fromUtf8("/old\xc3\xa9.txt"))), "latin");
        for (int i = 0; i < 60; ++i)
            EXPECT_TRUE(contents(inDownloads(folder + "/many/" + QString::number(i)))
                == files["/pub/set/many/" + QByteArray::number(i)])
                << i;
        EXPECT_EQ(QDir(inDownloads(folder)).entryList({"50*"}, QDir::Files).size(), 1);
    }
}

TEST_F(Ftp, WhatAListingSaidIsNotAskedAgain)
{
    FtpServer server({{"/set/1", "one"}, {"/set/2", patternBytes(70'000)}});
    ASSERT_EQ(ended(server.url("/set/"))[u"state"].toString(), "done");
    EXPECT_EQ(contents(inDownloads("set/1")), "one");
    EXPECT_TRUE(contents(inDownloads("set/2")) == patternBytes(70'000));
    const QList<QByteArray> commands = server.commands();
    const auto asked = [&](const char* word) {
        return std::count_if(commands.begin(), commands.end(), [&](const QByteArray& one) { return one.startsWith(word); });
    };
    EXPECT_EQ(asked("SIZE"), 0);
    EXPECT_EQ(asked("MDTM"), 0);
    EXPECT_EQ(asked("RETR"), 2);
}

// Fewer bytes than it said, more, or an end that is none: nothing of that gets a name.
TEST_F(Ftp, AListingIsNotBelieved)
{
    const QByteArray bytes = patternBytes(50'000);
    FtpServer server({{"/set/short", bytes}, {"/set/long", bytes}, {"/set/none", bytes}},
        {.mlsd = false,
            .listing = "-rw-r--r-- 1 f f 49999 Jan 01 2024 short\r\n-rw-r--r-- 1 f f 50001 Jan 01 2024 long\r\n"
                       "-rw-r--r-- 1 f f 0 Jan 01 2024 none\r\n"});
    const auto task = ended(server.url("/set/"));
    ASSERT_EQ(task[u"state"].toString(), "done") << codeOf(task);
    for (const char* name : {"short", "long", "none"})
        EXPECT_TRUE(contents(inDownloads(QStringLiteral("set/") + name)) == bytes) << name;
    FtpServer broken({{"/set/a", bytes}, {"/set/b", bytes}}, {.dropsAt = 20'000, .drops = 3});
    const auto again = ended(broken.url("/set/"));
    ASSERT_EQ(again[u"state"].toString(), "done") << codeOf(again);
    const QString folder = again[u"name"].toString();
    for (const char* name : {"/a", "/b"})
        EXPECT_TRUE(contents(inDownloads(folder + name)) == bytes) << name;
}

TEST_F(Ftp, OfAFolderOnlyWhatWasChosen)
{
    FtpServer server({{"/set/1", "one"}, {"/set/2", "two"}, {"/set/3", "three"}});
    const auto task = ended(server.url("/set/"), {{"options", QJsonObject{{"files", "1,3"}}}});
    ASSERT_EQ(task[u"state"].toString(), "done") << codeOf(task);
    EXPECT_EQ(QDir(inDownloads("set")).entryList(QDir::Files), (QStringList{"1", "3"}));
    const auto found = peer->result("task.probe", {{"url", server.url("/set/").toString()}});
    EXPECT_EQ(found[u"files"].toArray().size(), 3);
    EXPECT_EQ(found[u"name"].toString(), "set");
}

TEST_F(Ftp, AFileThatCantBeReadDoesNotHoldUpItsFolder)
{
    FtpServer server({{"/set/1", "one"}, {"/set/2", "two"}, {"/set/3", content}}, {.unreadable = "/set/2"});
    const auto task = ended(server.url("/set/"));
    ASSERT_EQ(task[u"state"].toString(), "done") << codeOf(task);
    EXPECT_EQ(QDir(inDownloads("set")).entryList(QDir::Files), (QStringList{"1", "3"}));
    EXPECT_TRUE(contents(inDownloads("set/3")) == content);
    EXPECT_EQ(task[u"verified"].toString(), "unverifiable");
    const auto gaps = task[u"gaps"].toArray();
    ASSERT_EQ(gaps.size(), 1);
    EXPECT_EQ(gaps[0][u"file"].toString(), "2");
    EXPECT_TRUE(gaps[0][u"reason"].toString().contains("denie")) << gaps[0][u"reason"].toString().toStdString();
    const auto alone = ended(server.url("/set/"), {{"options", QJsonObject{{"files", "2"}}}});
    EXPECT_EQ(codeOf(alone), "RemoteAccessDenied");
}

TEST_F(Ftp, ThePasswordMayStandInNetrc)
{
    FtpServer server({{"/f.bin", content}}, {.user = "me", .password = "s3cret"});
    EXPECT_EQ(codeOf(ended(server.url("/f.bin"))), "LoginRefused");
    ASSERT_TRUE(writeFile(home.filePath(".netrc"), "machine 127.0.0.1 login me password s3cret\n"));
    ASSERT_TRUE(QFile::setPermissions(home.filePath(".netrc"), QFile::ReadOwner | QFile::WriteOwner));
    expectWhole(ended(server.url("/f.bin")), content);
}

TEST_F(Ftp, AnHttpProxyGetsControlAndDataConnections)
{
    FtpServer server({{"/f.bin", content}, {"/set/a", "alpha"}});
    ConnectProxy proxy;
    const QJsonObject through{{"secrets", QJsonObject{{"proxy", proxy.url().toString()}}}};
    expectWhole(ended(server.url("/f.bin"), through), content);
    const int forTheFile = proxy.accepted();
    EXPECT_GE(forTheFile, 2);
    const auto tree = ended(server.url("/set/"), through);
    ASSERT_EQ(tree[u"state"].toString(), "done") << codeOf(tree);
    EXPECT_EQ(contents(inDownloads("set/a")), "alpha");
    EXPECT_GT(proxy.accepted(), forTheFile);
    EXPECT_EQ(server.accepted() + retrievals(server), proxy.accepted() - 1)
        << "a connection went around the proxy"; // 1: listing
}

TEST_F(Ftp, FoldersThatCantBeTaken)
{
    FtpServer server({{"/set/1", "one"}}, {.mlsd = false, .listing = "<html>no</html>\r\n"});
    EXPECT_EQ(codeOf(ended(server.url("/set/"))), "FtpListingBad");
    server.behave([](FtpBehaviour& behaviour) { behaviour.listing = "total 0\r\n"; });
    EXPECT_EQ(codeOf(ended(server.url("/set/"))), "FtpFolderEmpty");
    server.behave([](FtpBehaviour& behaviour) { behaviour.listing = "drwxr-xr-x 1 f f 1 Jan 01 2024 set\r\n"; });
    EXPECT_EQ(codeOf(ended(server.url("/nowhere/"))), "RemoteFileMissing");
    QByteArray many;
    for (int i = 0; i < 10'100; ++i)
        many += "-rw-r--r-- 1 f f 1 Jan 01 2024 f" + QByteArray::number(i) + "\r\n";
    server.behave([&](FtpBehaviour& behaviour) { behaviour.listing = many; });
    EXPECT_EQ(codeOf(ended(server.url("/set/"))), "FtpFolderTooLarge");
}

class RealServers : public Ftp {
protected:
    void SetUp() override
    {
        Ftp::SetUp();
        ASSERT_TRUE(QDir(root.path()).mkpath("pub/tree/sub dir"));
        ASSERT_TRUE(writeFile(root.filePath("pub/f.bin"), content) && writeFile(root.filePath("pub/tree/a"), "alpha")
            && writeFile(root.filePath("pub/tree/sub dir/b c.bin"), content));
    }
    bool startVsftpd(
        ServerProcess& server, const QByteArray& more = {}, const QHostAddress& address = QHostAddress(QHostAddress::LocalHost))
    {
        port = freePort();
        const bool six = address.protocol() == QAbstractSocket::IPv6Protocol;
        const QByteArray config =
            (six ? "listen=NO\nlisten_ipv6=YES\nlisten_address6=::1\n" : "listen=YES\nlisten_address=127.0.0.1\n")
            + QByteArray("background=NO\nrun_as_launching_user=YES\nanonymous_enable=YES\n"
                         "no_anon_password=YES\nallow_writeable_chroot=YES\nseccomp_sandbox=NO\nxferlog_enable=NO\nanon_root=")
            + root.filePath("pub").toUtf8() + "\nlisten_port=" + QByteArray::number(port) + '\n' + more;
        const QString file = root.filePath(QString::number(port) + ".conf");
        return writeFile(file, config) && server.start(programIn("/usr/sbin", "vsftpd"), {file}, port, address);
    }
    QUrl url(const char* scheme, const char* path) const
    {
        return QUrl(QStringLiteral("%1://127.0.0.1:%2%3").arg(QLatin1String(scheme)).arg(port).arg(QLatin1String(path)));
    }

    QTemporaryDir root;
    quint16 port = 0;
};

TEST_F(RealServers, Vsftpd)
{
    ServerProcess server;
    ASSERT_TRUE(startVsftpd(server)) << server.output().toStdString();
    expectWhole(ended(url("ftp", "/f.bin"), four), content);
    const auto tree = ended(url("ftp", "/tree/"));
    ASSERT_EQ(tree[u"state"].toString(), "done") << codeOf(tree);
    EXPECT_TRUE(contents(inDownloads("tree/sub dir/b c.bin")) == content);
    EXPECT_EQ(contents(inDownloads("tree/a")), "alpha");
    EXPECT_EQ(codeOf(ended(url("ftp", "/missing"))), "RemoteFileMissing");
    EXPECT_EQ(codeOf(ended(url("ftpes", "/f.bin"))), "FtpTlsRefused");
}

TEST_F(RealServers, OverIPv6)
{
    const QHostAddress loopback(QHostAddress::LocalHostIPv6);
    if (QTcpServer any; !any.listen(loopback))
        GTEST_SKIP() << "this machine has no IPv6";
    ServerProcess server;
    ASSERT_TRUE(startVsftpd(server, {}, loopback)) << server.output().toStdString();
    expectWhole(ended(QUrl(QStringLiteral("ftp://[::1]:%1/f.bin").arg(port)), four), content);
    const auto tree = ended(QUrl(QStringLiteral("ftp://[::1]:%1/tree/").arg(port)));
    ASSERT_EQ(tree[u"state"].toString(), "done") << codeOf(tree);
    EXPECT_EQ(contents(inDownloads("tree/a")), "alpha");
}

TEST_F(RealServers, Pyftpdlib)
{
    port = freePort();
    ASSERT_TRUE(writeFile(root.filePath("server.py"),
        "import sys\nfrom pyftpdlib.authorizers import DummyAuthorizer\nfrom pyftpdlib.handlers import FTPHandler\n"
        "from pyftpdlib.servers import FTPServer\nusers = DummyAuthorizer()\nusers.add_user('me', 's3cret', sys.argv[2])\n"
        "FTPHandler.authorizer = users\nFTPServer(('127.0.0.1', int(sys.argv[1])), FTPHandler).serve_forever()\n"));
    ServerProcess server;
    ASSERT_TRUE(
        server.start("/usr/bin/python3", {root.filePath("server.py"), QString::number(port), root.filePath("pub")}, port))
        << server.output().toStdString();
    const QJsonObject login{{"user", "me:s3cret"}};
    QJsonObject several = four;
    several.insert("secrets", login);
    expectWhole(ended(url("ftp", "/f.bin"), several), content);
    const auto tree = ended(url("ftp", "/tree/"), {{"secrets", login}});
    ASSERT_EQ(tree[u"state"].toString(), "done") << codeOf(tree) << server.output().toStdString();
    EXPECT_TRUE(contents(inDownloads("tree/sub dir/b c.bin")) == content);
    EXPECT_EQ(codeOf(ended(url("ftp", "/f.bin"))), "LoginRefused");
    EXPECT_EQ(codeOf(ended(url("ftp", "/missing"), {{"secrets", login}})), "RemoteFileMissing");
}

TEST_F(RealServers, VsftpdWithTls)
{
    QProcess openssl;
    openssl.start("openssl",
        {"req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", root.filePath("key.pem"), "-out",
            root.filePath("cert.pem"), "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"});
    ASSERT_TRUE(openssl.waitForFinished() && openssl.exitCode() == 0);
    const QByteArray tls =
        "ssl_enable=YES\nallow_anon_ssl=YES\nforce_anon_logins_ssl=YES\nforce_anon_data_ssl=YES\nrsa_cert_file="
        + root.filePath("cert.pem").toUtf8() + "\nrsa_private_key_file=" + root.filePath("key.pem").toUtf8() + '\n';
    const QJsonObject trusting{
        {"secrets", QJsonObject{{"cacert", root.filePath("cert.pem")}}}, {"options", QJsonObject{{"connections", 3}}}};
    {
        ServerProcess server;
        ASSERT_TRUE(startVsftpd(server, tls)) << server.output().toStdString();
        expectWhole(ended(url("ftpes", "/f.bin"), trusting), content);
        EXPECT_EQ(codeOf(ended(url("ftpes", "/f.bin"))), "CertUntrusted");
        EXPECT_EQ(codeOf(ended(url("ftp", "/f.bin"))), "FtpNeedsTls");
    }
    ServerProcess implicit;
    ASSERT_TRUE(startVsftpd(implicit, tls + "implicit_ssl=YES\n")) << implicit.output().toStdString();
    expectWhole(ended(url("ftps", "/f.bin"), trusting), content);
}

TEST_F(RealServers, OpenSsh)
{
    const auto makeKey = [](const QString& path) {
        QProcess keygen;
        keygen.start("ssh-keygen", {"-q", "-t", "ed25519", "-N", "", "-f", path});
        return keygen.waitForFinished() && keygen.exitCode() == 0;
    };
    ASSERT_TRUE(makeKey(root.filePath("host")) && makeKey(root.filePath("host2")) && makeKey(home.filePath(".ssh/id_ed25519")));
    if (geteuid() == 0)
        QDir().mkpath("/run/sshd"); // what the service's start makes
    port = freePort();
    const QByteArray config = "ListenAddress 127.0.0.1\nPort " + QByteArray::number(port) + "\nHostKey "
        + root.filePath("host").toUtf8() + "\nAuthorizedKeysFile " + home.filePath(".ssh/id_ed25519.pub").toUtf8()
        + "\nStrictModes no\nPermitRootLogin yes\nUsePAM no\nPidFile none\nSubsystem sftp internal-sftp\n";
    ASSERT_TRUE(writeFile(root.filePath("sshd.conf"), config));
    ServerProcess server;
    ASSERT_TRUE(server.start(programIn("/usr/sbin", "sshd"), {"-D", "-e", "-f", root.filePath("sshd.conf")}, port))
        << server.output().toStdString();
    const QUrl file = url("sftp", (root.path() + "/pub/f.bin").toUtf8().constData());
    const auto unknown = ended(file);
    EXPECT_EQ(codeOf(unknown), "SshHostUnknown");
    EXPECT_TRUE(unknown[u"error"][u"detail"].toString().contains("SHA256:"));
    expectWhole(ended(file, {{"secrets", QJsonObject{{"insecure", true}}}}), content);
    EXPECT_EQ(codeOf(ended(file)), "SshHostUnknown") << "an unchecked connection was used again";

    const auto knownAs = [&](const char* key) {
        const QByteArray line = contents(root.filePath(QLatin1String(key) + ".pub"));
        return writeFile(home.filePath(".ssh/known_hosts"), "[127.0.0.1]:" + QByteArray::number(port) + ' ' + line);
    };
    ASSERT_TRUE(knownAs("host2"));
    EXPECT_EQ(codeOf(ended(file, {{"secrets", QJsonObject{{"insecure", true}}}})), "SshHostChanged");
    ASSERT_TRUE(knownAs("host"));
    expectWhole(ended(file, four), content);
    const auto tree = ended(url("sftp", (root.path() + "/pub/tree/").toUtf8().constData()));
    ASSERT_EQ(tree[u"state"].toString(), "done") << codeOf(tree);
    EXPECT_TRUE(contents(inDownloads("tree/sub dir/b c.bin")) == content);
    EXPECT_EQ(codeOf(ended(url("sftp", "/no/such/file"))), "RemoteFileMissing");
}

} // namespace
