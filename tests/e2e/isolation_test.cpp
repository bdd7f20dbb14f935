// Other people's plugins in processes of their own: what they do wrong there hurts nobody else.
#include "support/content.h"
#include "support/daemon_process.h"
#include "support/gopher.h"
#include "support/plain_http_server.h"
#include "support/rpc_world.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>

#include <gtest/gtest.h>

#include <csignal>

using namespace weir;
using namespace weir::test;

namespace {

QByteArray contents(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

/// What the plugin brings, said once more.
QByteArray waywardBytes(qint64 size)
{
    QByteArray bytes(size, Qt::Uninitialized);
    for (qint64 at = 0; at < size; ++at)
        bytes[at] = char('a' + at * 7 % 23 + at / (16 << 10) % 3);
    return bytes;
}

class Isolation : public ::testing::Test {
protected:
    void SetUp() override { ASSERT_TRUE(daemon.start()) << daemon.errorOutput().toStdString(); }

    qint64 add(RpcPeer& peer, const QString& what, QJsonObject more = {})
    {
        return daemon.addTask(peer, QUrl(QStringLiteral("wayward://x/") + what), std::move(more));
    }
    QJsonObject plugin(RpcPeer& peer, const QString& name = QStringLiteral("wayward"))
    {
        for (const QJsonValue& each : peer.result(QStringLiteral("plugin.list"))[u"plugins"].toArray())
            if (each[u"name"].toString() == name)
                return each.toObject();
        return {};
    }
    QString log(RpcPeer& peer, qint64 task)
    {
        return peer.result(QStringLiteral("task.log"), {{QStringLiteral("id"), task}})[u"text"].toString();
    }
    /// Bytes of it have come.
    bool hasBegun(RpcPeer& peer, qint64 task)
    {
        return eventually([&] {
            return peer.result(QStringLiteral("task.get"), {{QStringLiteral("id"), task}})[u"done"].toInteger() > 0;
        });
    }
    bool isLoadedByDaemon() const
    {
        return contents(QStringLiteral("/proc/%1/maps").arg(daemon.process.processId())).contains("weir-wayward.so");
    }
    /// Processes that the daemon has started for plugins.
    QList<qint64> workers() const
    {
        QList<qint64> found;
        for (const QString& process : QDir(QStringLiteral("/proc")).entryList(QDir::Dirs)) {
            const QByteArray status = contents(QStringLiteral("/proc/%1/stat").arg(process));
            const bool ours =
                status.mid(status.lastIndexOf(')') + 2).split(' ').value(1).toLongLong() == daemon.process.processId();
            if (ours && contents(QStringLiteral("/proc/%1/cmdline").arg(process)).contains("--plugin-worker"))
                found.append(process.toLongLong());
        }
        return found;
    }

    const QJsonObject kSlowly{{"options", QJsonObject{{"limit", 300'000}}}};
    DaemonProcess daemon;
};

TEST_F(Isolation, ATaskRunsInAnotherProcess)
{
    const auto peer = daemon.client();
    const auto task = peer->untilState(add(*peer, "good?300000"), "done");
    ASSERT_FALSE(task.isEmpty());
    EXPECT_EQ(task[u"kind"].toString(), "wayward");
    EXPECT_EQ(contents(task[u"path"].toString()), waywardBytes(300'000));
    EXPECT_FALSE(isLoadedByDaemon());
    EXPECT_TRUE(plugin(*peer)[u"isolated"].toBool());
    EXPECT_TRUE(plugin(*peer)[u"error"].isNull());
}

TEST_F(Isolation, AnEngineOfItsOwnFetches)
{
    const QByteArray bytes = content(9, 0, 3'000'000);
    SocketServer server([&](Connection& connection) { serveGopher(connection, {{"/a.bin", bytes}}); });
    const auto peer = daemon.client();
    const auto task = peer->untilState(
        daemon.addTask(*peer, QUrl(QStringLiteral("gopher://127.0.0.1:%1/9/a.bin").arg(server.port()))), "done");
    ASSERT_FALSE(task.isEmpty());
    EXPECT_EQ(contents(task[u"path"].toString()), bytes);
    EXPECT_TRUE(plugin(*peer, "gopher")[u"isolated"].toBool());
}

TEST_F(Isolation, ACrashCostsOnlyItsOwnTasksAndTheyGoOn)
{
    const QByteArray bytes = patternBytes(2'000'000);
    PlainHttpServer web(
        [&](const PlainRequest& request, Connection& to) { return PlainHttpServer::serveFile(request, to, bytes); });
    const auto peer = daemon.client();
    const qint64 other = add(*peer, "good?2000000");
    const qint64 crashing = add(*peer, "crash-once?1000000", {{"name", "crashing.bin"}});
    const qint64 http = daemon.addTask(*peer, web.url("/f.bin"));
    for (const qint64 id : {crashing, other, http})
        ASSERT_FALSE(peer->untilState(id, "done").isEmpty()) << id;
    const auto path = peer->result("task.get", {{"id", crashing}})[u"path"].toString();
    EXPECT_EQ(contents(path), waywardBytes(1'000'000));
    EXPECT_EQ(plugin(*peer)[u"error"].toString(), "PluginCrashed");
    // The second run began where the first had come to, not at the first byte.
    const QString lines = log(*peer, crashing);
    EXPECT_EQ(lines.count("begins at"), 2) << lines.toStdString();
    EXPECT_EQ(lines.count("begins at 0"), 1) << lines.toStdString();
}

TEST_F(Isolation, ATaskThatCrashesItsProcessTwiceFailsAlone)
{
    const auto peer = daemon.client();
    const qint64 good = add(*peer, "good?3000000");
    const auto failed = peer->untilState(add(*peer, "crash?1"), "failed");
    EXPECT_EQ(failed[u"error"][u"code"].toString(), "PluginCrashed");
    EXPECT_FALSE(peer->untilState(good, "done").isEmpty());
    EXPECT_EQ(plugin(*peer)[u"state"].toString(), "open");
}

TEST_F(Isolation, ThreeCrashesPutThePluginAside)
{
    const auto peer = daemon.client();
    ASSERT_FALSE(peer->untilState(add(*peer, "crash?1"), "failed").isEmpty());
    ASSERT_FALSE(peer->untilState(add(*peer, "crash?2"), "failed").isEmpty());
    ASSERT_TRUE(eventually([&] { return plugin(*peer)[u"state"].toString() == u"quarantined"; }));
    EXPECT_EQ(peer->untilState(add(*peer, "good?10"), "failed")[u"error"][u"code"].toString(), "PluginQuarantined");
    peer->result("plugin.enable", {{"name", "wayward"}});
    EXPECT_FALSE(peer->untilState(add(*peer, "good?10"), "done").isEmpty());
}

TEST_F(Isolation, WhoIgnoresTheStopIsKilled)
{
    const auto peer = daemon.client();
    const qint64 hanging = add(*peer, "hang?9000000", kSlowly);
    ASSERT_TRUE(hasBegun(*peer, hanging));
    peer->result("task.pause", {{"ids", QJsonArray{hanging}}});
    ASSERT_FALSE(peer->untilState(hanging, "waiting").isEmpty());
    ASSERT_TRUE(eventually([&] { return plugin(*peer)[u"error"].toString() == u"PluginUnresponsive"; }));
    EXPECT_FALSE(peer->untilState(add(*peer, "good?100000"), "done").isEmpty());
}

TEST_F(Isolation, ALimitThatIsLiftedIsLiftedThere)
{
    const auto peer = daemon.client();
    // Three minutes at its first rate.
    const qint64 id = add(*peer, "good?9000000", {{"options", QJsonObject{{"limit", 50'000}}}});
    ASSERT_TRUE(hasBegun(*peer, id));
    peer->result("task.setOptions", {{"ids", QJsonArray{id}}, {"options", QJsonObject{{"limit", 0}}}});
    EXPECT_FALSE(peer->untilState(id, "done").isEmpty());
}

TEST_F(Isolation, AnAnswerIsNotWaitedForForEver)
{
    const auto peer = daemon.client();
    const QJsonArray tasks{QJsonObject{{"url", "wayward://x/support-hangs"}, {"dir", daemon.path("downloads")}}};
    EXPECT_EQ(errorCode(peer->call("task.add", {{"tasks", tasks}})), "NoAdapter");
    EXPECT_TRUE(eventually([&] { return plugin(*peer)[u"error"].toString() == u"PluginUnresponsive"; }));
}

TEST_F(Isolation, WhatItThrowsFailsItsTask)
{
    const auto peer = daemon.client();
    const auto threw = peer->untilState(add(*peer, "throws"), "failed");
    EXPECT_EQ(threw[u"error"][u"code"].toString(), "PluginThrew");
    EXPECT_TRUE(threw[u"error"][u"detail"].toString().contains("thrown on purpose"));
    EXPECT_EQ(plugin(*peer)[u"error"].toString(), "PluginThrew");
    EXPECT_EQ(peer->untilState(add(*peer, "task-throws"), "failed")[u"error"][u"code"].toString(), "PluginCreateFailed");
    EXPECT_EQ(peer->untilState(add(*peer, "strange-error"), "failed")[u"error"][u"code"].toString(), "PluginContract");
}

TEST_F(Isolation, ItWritesNowhereElse)
{
    const auto peer = daemon.client();
    const QString outside = daemon.path("outside.txt");
    ASSERT_TRUE(QDir().mkpath(daemon.path("downloads")));
    EXPECT_EQ(peer->untilState(add(*peer, "escapes"), "failed")[u"error"][u"code"].toString(), "PathEscapes");
    const auto task = peer->untilState(add(*peer, "outside?1&" + outside), "failed");
    if (daemon.logText().contains("can't keep it"))
        GTEST_SKIP() << "no Landlock here";
    EXPECT_EQ(task[u"error"][u"code"].toString(), "DiskPermission");
    EXPECT_FALSE(QFile::exists(outside));
}

TEST_F(Isolation, SecretsStayOutOfTheLogs)
{
    const auto peer = daemon.client();
    const qint64 id = add(*peer, "tells?10", {{"secrets", QJsonObject{{"headers", QJsonArray{"X-Key: verysecretvalue"}}}}});
    ASSERT_FALSE(peer->untilState(id, "done").isEmpty());
    const QString lines = log(*peer, id);
    EXPECT_TRUE(lines.contains("X-Key is ***")) << lines.toStdString();
    EXPECT_FALSE(lines.contains("verysecret"));
    EXPECT_FALSE(daemon.logText().contains("verysecret"));
}

TEST_F(Isolation, ProcessesEndWithTheDaemonHoweverItEnds)
{
    const auto peer = daemon.client();
    ASSERT_TRUE(hasBegun(*peer, add(*peer, "good?9000000", kSlowly)));
    const QList<qint64> before = workers();
    ASSERT_FALSE(before.isEmpty());
    daemon.kill();
    for (const qint64 process : before)
        EXPECT_TRUE(eventually([&] { return contents(QStringLiteral("/proc/%1/cmdline").arg(process)).isEmpty(); }));
}

TEST_F(Isolation, OneThatIsTrustedRunsInTheDaemon)
{
    ASSERT_TRUE(daemon.stop());
    daemon.environment.insert("WEIR_PLUGINS_INPROCESS", "fake, wayward");
    ASSERT_TRUE(daemon.start());
    const auto peer = daemon.client();
    ASSERT_FALSE(peer->untilState(add(*peer, "good?1000"), "done").isEmpty());
    EXPECT_TRUE(isLoadedByDaemon());
    EXPECT_FALSE(plugin(*peer)[u"isolated"].toBool());
    EXPECT_TRUE(workers().isEmpty());
}

} // namespace
