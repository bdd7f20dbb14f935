// A recognisable secret in every place where one can be given: afterwards it is in the files that must hold it, which nobody
// else may read, and nowhere else: not in logs, not in what the verbs print, not in the arguments of any process.
#include "e2e/torrent_lab.h"
#include "support/daemon_process.h"
#include "support/files.h"
#include "support/http_fault_server.h"
#include "support/weir_command.h"

#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>

#include <gtest/gtest.h>

#include <csignal>

using namespace weir;
using namespace weir::test;

namespace {

const QByteArray kSecret("hush-"); ///< every secret begins so

class Secrets : public ::testing::Test {
protected:
    void SetUp() override
    {
        daemon.writeConfig({{"network.proxy", "http://me:hush-proxy@127.0.0.1:9"}, {"network.noProxy", "127.0.0.1"},
            {"plugin.demo.apiToken", "hush-plugin"}, {"bt.dht.enabled", false}, {"bt.dht.bootstrap", ""},
            {"bt.ports", QString::number(freePort())}, {"retry.attempts", 0}, {"log.level", "debug"}});
        daemon.environment.insert("HOME", outside.path());
        note(".netrc", "machine 127.0.0.1 login me password hush-netrc\n");
        ASSERT_TRUE(daemon.start()) << daemon.errorOutput().toStdString();
        rpc = daemon.client();
    }
    QByteArray weir(const QStringList& arguments)
    {
        const Ran ran = runWeir(arguments, daemon.home.path());
        return ran.out + ran.err;
    }
    /// As "@FILE" takes it.
    QString note(const QString& name, const QByteArray& text)
    {
        const QString file = outside.filePath(name);
        EXPECT_TRUE(writeFile(file, text));
        return u'@' + file;
    }
    qint64 add(const QStringList& arguments)
    {
        const QByteArray out = weir(QStringList{"add", "-d", daemon.path("downloads")} + arguments);
        EXPECT_GT(out.trimmed().toLongLong(), 0) << out.toStdString();
        return out.trimmed().toLongLong();
    }
    /// Files of weir's own folders with a secret in them.
    QStringList holders() const
    {
        QStringList found;
        for (QDirIterator each(daemon.home.path(), QDir::Files | QDir::Hidden, QDirIterator::Subdirectories); each.hasNext();)
            if (const QString path = each.next(); fileBytes(path).contains(kSecret))
                found.append(path.mid(daemon.home.path().size() + 1));
        found.sort();
        return found;
    }
    static QStringList processesThatTell()
    {
        QStringList found;
        const QStringList processes = QDir("/proc").entryList(QDir::Dirs);
        for (const QString& process : processes)
            if (const QByteArray line = fileBytes(QStringLiteral("/proc/%1/cmdline").arg(process)); line.contains(kSecret))
                found.append(QString::fromUtf8(line));
        return found;
    }

    QTemporaryDir outside;
    HttpFaultServer server;
    DaemonProcess daemon;
    std::unique_ptr<RpcPeer> rpc;
};

TEST_F(Secrets, AreInTheFilesThatMustHoldThemAndNowhereElse)
{
    const QUrl stalls = server.on("/stalls", {.size = 1 << 20, .stallAfter = 1000});
    const QUrl gone = server.on("/gone", {.status = 404});
    server.on("/good", {.size = 1000, .headers = {{"Set-Cookie", "sid=hush-setcookie; Path=/"}}});
    const auto with = [&](const QUrl& url, const char* user) {
        QUrl own = url;
        own.setUserInfo(QString::fromLatin1(user));
        return own.toString(QUrl::FullyEncoded);
    };
    QList<qint64> ids;
    ids += add({stalls.toString(), "--user", note("user", "me:hush-user\n"), "-H", note("header", "X-Api-Key: hush-header\n"),
        "--cookie", note("cookie", "a=hush-cookie")});
    ids += add({server.url("/good?token=hush-query").toString(), "--data", note("body", "pin=hush-body"), "--referer",
        "http://127.0.0.1/?token=hush-referer"});
    ids += add({with(gone, "me:hush-userinfo")});
    ids += add({"ftp://me:hush-ftp@127.0.0.1:9/a.iso"});
    ids += add({server.url("/good").toString(), "--proxy", note("ownProxy", "http://me:hush-own@127.0.0.1:9")});
    const LabTorrent torrent = makeTorrent(outside.path(), "film.bin", {{QString(), 100'000, 1}},
        {.trackers = {server.url("/hush-passkey/announce").toString()}, .isPrivate = true});
    note("film.torrent", torrent.bytes);
    ids += add({outside.filePath("film.torrent"), "--tracker", server.url("/announce?passkey=hush-tracker").toString()});
    ASSERT_TRUE(server.waitForStalled(1));
    for (const qint64 id : {ids[2], ids[3]})
        ASSERT_FALSE(rpc->untilState(id, "failed").isEmpty());
    ASSERT_TRUE(eventually([&] {
        const QJsonArray trackers = rpc->result("task.get", {{"id", ids.last()}})[u"trackers"].toArray();
        return std::any_of(trackers.begin(), trackers.end(), [](const QJsonValue one) { return !one[u"error"].isNull(); });
    })) << "the proxy refuses, and that is told";

    QStringList told;
    const auto look = [&](const QStringList& arguments) {
        if (const QByteArray out = weir(arguments); out.contains(kSecret))
            told.append(arguments.join(u' ') + ": " + QString::fromUtf8(out));
    };
    look({"config", "list"});
    look({"config", "list", "--json"});
    look({"config", "get", "network.proxy", "--json"});
    look({"config", "get", "plugin.demo.apiToken"});
    look({"plugin", "list", "--json"});
    look({"daemon", "status", "--json"});
    for (const qint64 id : std::as_const(ids)) {
        const QString number = QString::number(id);
        look({"why", number});
        look({"log", number});
        if (id == ids[1])
            continue; // its address is what was asked for
        look({"show", number});
        look({"show", number, "--json"});
    }
    EXPECT_TRUE(told.isEmpty()) << told.join(u'\n').toStdString();
    EXPECT_TRUE(processesThatTell().isEmpty()) << processesThatTell().join(u'\n').toStdString();

    const QStringList mayHold{"config.json", "state/weir.db", "state/weir.db-wal"};
    for (const QString& holder : holders()) {
        EXPECT_TRUE(mayHold.contains(holder)) << holder.toStdString();
        constexpr auto kOthers =
            QFileDevice::ReadGroup | QFileDevice::WriteGroup | QFileDevice::ReadOther | QFileDevice::WriteOther;
        EXPECT_FALSE(QFileInfo(daemon.path(holder)).permissions() & kOthers) << holder.toStdString();
    }
    EXPECT_TRUE(holders().contains("config.json")) << "the search finds what is there";
    const QByteArray limits = fileBytes(QStringLiteral("/proc/%1/limits").arg(daemon.process.processId()));
    const QByteArray core = limits.mid(limits.indexOf("Max core file size")).left(40).simplified();
    EXPECT_EQ(core, "Max core file size 0") << "a crash would write its memory";
}

TEST_F(Secrets, GoWithTheirTasks)
{
    const QUrl stalls = server.on("/stalls", {.size = 1 << 20, .stallAfter = 1000});
    const qint64 id = add({stalls.toString(), "--user", note("user", "me:hush-user"), "-H",
        note("header", "X-Api-Key: hush-header"), "--cookie", note("cookie", "a=hush-cookie")});
    ASSERT_TRUE(server.waitForStalled(1));
    EXPECT_TRUE(holders().join(u' ').contains("weir.db")) << "it would have to go on after a crash";
    weir({"remove", QString::number(id)});
    rpc.reset();
    ASSERT_TRUE(daemon.stop());
    EXPECT_EQ(holders(), QStringList{"config.json"});
}

TEST_F(Secrets, AProxyIsSetFromAFile)
{
    EXPECT_EQ(weir({"config", "set", "network.proxy", note("proxy", "socks5h://you:hush-other@127.0.0.1:9\n")}),
        "network.proxy = socks5h://you:***@127.0.0.1:9\n");
    EXPECT_TRUE(fileBytes(daemon.path("config.json")).contains("you:hush-other@"));
}

} // namespace
