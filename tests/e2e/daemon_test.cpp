// The real daemon: how it starts, stops, is killed, and whom it serves.
#include "test_paths.h"

#include "support/daemon_process.h"
#include "support/rpc_world.h"

#include "platform/process.h"

#include <QFile>
#include <QJsonArray>

#include <gtest/gtest.h>

#include <csignal>

using namespace weir;
using namespace weir::test;

namespace {

class RunningDaemon : public ::testing::Test {
protected:
    void SetUp() override { ASSERT_TRUE(daemon.start()) << daemon.errorOutput().toStdString(); }
    DaemonProcess daemon;
};

TEST_F(RunningDaemon, SaysWhoItIs)
{
    const auto peer = daemon.client();
    const auto status = peer->result("system.status");
    EXPECT_EQ(status[u"pid"].toInteger(), daemon.process.processId());
    EXPECT_EQ(status[u"home"].toString(), daemon.home.path());
    EXPECT_GT(status[u"rss"].toInteger(), 0);
    EXPECT_EQ(status[u"clients"].toInt(), 1);
}

TEST_F(RunningDaemon, TheSocketIsForItsUserAlone)
{
    const auto permissions = QFile::permissions(daemon.socket());
    EXPECT_FALSE(permissions & (QFile::ReadGroup | QFile::WriteGroup | QFile::ReadOther | QFile::WriteOther));
}

TEST_F(RunningDaemon, AnotherProtocolIsToldAndDisconnected)
{
    RpcPeer peer(daemon.socket());
    EXPECT_EQ(errorCode(peer.hello("client", 99)), "RpcVersion");
    EXPECT_TRUE(peer.waitForEnd());
}

TEST_F(RunningDaemon, AForeignRoleIsRefused)
{
    RpcPeer peer(daemon.socket());
    EXPECT_EQ(errorCode(peer.hello("root")), "RpcBadRole");
    EXPECT_EQ(errorCode(peer.call("task.list")), "RpcHelloExpected");
}

TEST_F(RunningDaemon, GarbageEndsOnlyItsOwnConnection)
{
    const auto peer = daemon.client();
    const qint64 before = peer->result("system.status")[u"rss"].toInteger();
    RpcPeer hostile(daemon.socket());
    const QByteArray garbage(1 << 20, '\xff');
    for (int i = 0; i < 64 && hostile.connected(); ++i)
        hostile.send(garbage);
    // What was not read any more resets the connection, and the reply may be lost with it.
    const QString code = errorCode(hostile.next());
    EXPECT_TRUE(code == u"RpcFrameTooBig" || code.isEmpty()) << code.toStdString();
    EXPECT_TRUE(hostile.waitForEnd());
    EXPECT_LT(peer->result("system.status")[u"rss"].toInteger() - before, 8 << 20);
}

TEST_F(RunningDaemon, TheClientAfterTheLastOneIsTurnedAway)
{
    std::vector<std::unique_ptr<RpcPeer>> peers;
    for (int i = 0; i < 64; ++i)
        peers.push_back(daemon.client());
    RpcPeer tooMany(daemon.socket());
    EXPECT_EQ(errorCode(tooMany.next()), "RpcTooManyClients");
    EXPECT_TRUE(tooMany.waitForEnd());
    EXPECT_EQ(peers.back()->result("system.status")[u"clients"].toInt(), 64);
}

TEST_F(RunningDaemon, ASecondOneNamesTheFirstAndLeaves)
{
    QProcess second;
    second.setProcessEnvironment(daemon.environment);
    second.start(DaemonProcess::program(), QStringList());
    ASSERT_TRUE(second.waitForFinished(20'000));
    EXPECT_EQ(second.exitCode(), errorRow(Code::DaemonRunning).exitStatus);
    EXPECT_EQ(second.exitCode(), 11);
    const QByteArray said = second.readAllStandardError();
    EXPECT_TRUE(said.contains(QByteArray::number(daemon.process.processId()))) << said.toStdString();
    EXPECT_EQ(daemon.client()->result("system.status")[u"pid"].toInteger(), daemon.process.processId());
}

TEST_F(RunningDaemon, SigtermStopsARunningTaskAndTheDaemon)
{
    const auto peer = daemon.client();
    const qint64 id = daemon.addTask(*peer, QUrl("fake://x/wait"));
    ASSERT_FALSE(peer->untilState(id, "running").isEmpty());
    ASSERT_TRUE(daemon.stop());
    EXPECT_EQ(daemon.process.exitStatus(), QProcess::NormalExit);
    EXPECT_EQ(daemon.exitStatus(), 0);
    EXPECT_FALSE(QFile::exists(daemon.socket()));
    EXPECT_TRUE(daemon.logText().contains("stopped"));
}

TEST_F(RunningDaemon, AClientMayStopIt)
{
    const auto peer = daemon.client();
    EXPECT_TRUE(peer->call("system.stop").contains(u"result"));
    ASSERT_TRUE(daemon.waitForEnd());
    EXPECT_EQ(daemon.exitStatus(), 0);
}

TEST_F(RunningDaemon, TasksOutliveAKill)
{
    auto peer = daemon.client();
    const qint64 held = daemon.addTask(*peer, QUrl("http://host.example/a.bin"), {{"held", true}});
    const qint64 runs = daemon.addTask(*peer, QUrl("fake://x/wait"));
    ASSERT_FALSE(peer->untilState(runs, "running").isEmpty());
    // Three kills from outside blame nobody: the task runs each time again.
    for (int i = 0; i < 3; ++i) {
        daemon.kill();
        ASSERT_TRUE(daemon.start()) << daemon.errorOutput().toStdString();
        peer = daemon.client();
        EXPECT_FALSE(peer->untilState(runs, "running").isEmpty());
    }
    const auto task = peer->result("task.get", {{"id", held}});
    EXPECT_EQ(task[u"url"].toString(), "http://host.example/a.bin");
    EXPECT_EQ(task[u"holds"].toArray().size(), 1);
}

TEST_F(RunningDaemon, ATaskThatCrashesItTwiceIsNotStartedAThirdTime)
{
    const qint64 id = daemon.addTask(*daemon.client(), QUrl("fake://x/crash"));
    ASSERT_TRUE(daemon.waitForEnd());
    EXPECT_EQ(daemon.process.exitStatus(), QProcess::CrashExit);
    daemon.start();
    ASSERT_TRUE(daemon.waitForEnd());
    EXPECT_EQ(daemon.process.exitStatus(), QProcess::CrashExit);
    ASSERT_TRUE(daemon.start()) << daemon.errorOutput().toStdString();
    const auto peer = daemon.client();
    EXPECT_EQ(peer->untilState(id, "failed")[u"error"][u"code"].toString(), "CrashedDaemon");
}

TEST_F(RunningDaemon, WhatHangsIsCutOffByName)
{
    auto peer = daemon.client();
    peer->result("config.set", {{"key", "daemon.stopTimeout"}, {"value", "300ms"}});
    const qint64 id = daemon.addTask(*peer, QUrl("fake://x/hang"));
    ASSERT_FALSE(peer->untilState(id, "running").isEmpty());
    ASSERT_TRUE(daemon.stop());
    EXPECT_EQ(daemon.exitStatus(), errorRow(Code::StopTimeout).exitStatus);
    EXPECT_TRUE(daemon.logText().contains("Not everything stopped in time")) << daemon.logText().toStdString();
    ASSERT_TRUE(daemon.start());
    EXPECT_EQ(daemon.client()->result("task.get", {{"id", id}})[u"id"].toInteger(), id);
}

TEST_F(RunningDaemon, TheSecondInterruptIsObeyedAtOnce)
{
    auto peer = daemon.client();
    const qint64 id = daemon.addTask(*peer, QUrl("fake://x/hang"));
    ASSERT_FALSE(peer->untilState(id, "running").isEmpty());
    daemon.signal(SIGINT);
    ASSERT_TRUE(eventually([&] { return daemon.logText().contains("stopping"); }));
    daemon.signal(SIGINT);
    ASSERT_TRUE(daemon.waitForEnd());
    EXPECT_EQ(daemon.exitStatus(), 128 + SIGINT);
}

TEST_F(RunningDaemon, LimitsActAtOnceAndStay)
{
    auto peer = daemon.client();
    EXPECT_EQ(peer->result("config.set", {{"key", "limits.down"}, {"value", "2M"}})[u"value"].toString(), "2M");
    EXPECT_EQ(peer->result("system.status")[u"limitDown"].toInteger(), 2 << 20);
    peer->result("limits.set", {{"down", 1000}});
    EXPECT_EQ(peer->result("system.status")[u"limitDown"].toInteger(), 1000);
    ASSERT_TRUE(daemon.stop());
    ASSERT_TRUE(daemon.start());
    EXPECT_EQ(daemon.client()->result("config.get", {{"key", "limits.down"}})[u"parsed"].toInteger(), 1000);
}

TEST_F(RunningDaemon, AnEditedConfigIsTakenAndABadOneIsNot)
{
    const auto peer = daemon.client();
    const auto limit = [&] { return peer->result("system.status")[u"limitDown"].toInteger(); };
    daemon.writeConfig({{"limits.down", "3M"}});
    EXPECT_TRUE(eventually([&] { return limit() == 3 << 20; }));
    daemon.writeConfig({{"limits.dwon", "4M"}});
    EXPECT_TRUE(eventually([&] { return daemon.logText().contains("limits.dwon"); }));
    EXPECT_EQ(limit(), 3 << 20);
    daemon.writeConfig({{"limits.down", "5M"}});
    daemon.signal(SIGHUP);
    EXPECT_TRUE(eventually([&] { return limit() == 5 << 20; }));
}

TEST_F(RunningDaemon, APluginThatIsSwitchedOffStaysSo)
{
    auto peer = daemon.client();
    EXPECT_TRUE(peer->call("plugin.disable", {{"name", "fake"}}).contains(u"result"));
    daemon.kill();
    ASSERT_TRUE(daemon.start());
    peer = daemon.client();
    const qint64 id = daemon.addTask(*peer, QUrl("fake://x/write?10"));
    const auto plugins = peer->result("plugin.list")[u"plugins"].toArray();
    bool listed = false;
    for (const QJsonValue plugin : plugins)
        listed = listed || (plugin[u"name"].toString() == u"fake" && plugin[u"state"].toString() == u"disabled");
    EXPECT_TRUE(listed);
    EXPECT_TRUE(peer->call("plugin.enable", {{"name", "fake"}}).contains(u"result"));
    if (id != 0)
        peer->call("task.restart", {{"ids", QJsonArray{id}}});
    const qint64 again = daemon.addTask(*peer, QUrl("fake://x/write?10"));
    EXPECT_FALSE(peer->untilState(again, "done").isEmpty());
}

TEST(DaemonStart, ADamagedDatabaseIsNamedAndLeftAlone)
{
    DaemonProcess daemon;
    ASSERT_TRUE(daemon.start());
    ASSERT_TRUE(daemon.stop());
    QFile database(daemon.path("state/weir.db"));
    ASSERT_TRUE(database.open(QIODevice::ReadWrite));
    database.seek(100);
    database.write(QByteArray(8000, 'X'));
    database.seek(0);
    const QByteArray before = database.readAll();
    database.close();
    EXPECT_FALSE(daemon.start());
    EXPECT_EQ(daemon.exitStatus(), errorRow(Code::LedgerDamaged).exitStatus);
    const QByteArray said = daemon.errorOutput();
    EXPECT_TRUE(said.contains("weir.db")) << said.toStdString();
    ASSERT_TRUE(database.open(QIODevice::ReadOnly));
    EXPECT_EQ(database.readAll(), before);
}

TEST(DaemonStart, ABadSettingIsNamedWithItsNearest)
{
    DaemonProcess daemon;
    daemon.writeConfig({{"limits.dwon", "1M"}});
    EXPECT_FALSE(daemon.start());
    EXPECT_EQ(daemon.exitStatus(), errorRow(Code::UnknownSetting).exitStatus);
    EXPECT_TRUE(daemon.errorOutput().contains("limits.down"));
}

TEST(DaemonStart, AnIdleDaemonEndsIfToldSo)
{
    DaemonProcess daemon;
    daemon.writeConfig({{"daemon.idleExit", "1ms"}});
    daemon.process.setProcessEnvironment(daemon.environment);
    daemon.process.start(DaemonProcess::program(), QStringList());
    ASSERT_TRUE(daemon.waitForEnd());
    EXPECT_EQ(daemon.exitStatus(), 0);
    EXPECT_TRUE(daemon.logText().contains("daemon.idleExit"));
}

TEST(DaemonStart, DetachedItAnswersBeforeItsParentLeaves)
{
    DaemonProcess daemon;
    daemon.process.setProcessEnvironment(daemon.environment);
    daemon.process.start(DaemonProcess::program(), {QStringLiteral("--daemon")});
    ASSERT_TRUE(daemon.process.waitForFinished(20'000));
    ASSERT_EQ(daemon.exitStatus(), 0) << daemon.errorOutput().toStdString();
    const qint64 pid = daemon.process.readAllStandardOutput().trimmed().toLongLong();
    ASSERT_GT(pid, 1);
    {
        const auto peer = daemon.client();
        EXPECT_EQ(peer->result("system.status")[u"pid"].toInteger(), pid);
        ::kill(pid_t(pid), SIGTERM);
        EXPECT_TRUE(peer->waitForEnd());
    }
    EXPECT_TRUE(eventually([&] { return !InstanceLock::owner(daemon.path("run/weir.lock")); }));
}

TEST(DaemonProgram, KnowsItsOptions)
{
    const auto run = [](const QStringList& arguments) {
        QProcess process;
        process.start(DaemonProcess::program(), arguments);
        process.waitForFinished(20'000);
        return std::pair(
            process.exitCode(), QString::fromUtf8(process.readAllStandardOutput() + process.readAllStandardError()));
    };
    EXPECT_EQ(run({"--version"}).first, 0);
    EXPECT_TRUE(run({"--version"}).second.contains("weir-daemon 0."));
    EXPECT_TRUE(run({"--help"}).second.contains("--probe-plugin"));
    EXPECT_EQ(run({"--what"}).first, errorRow(Code::BadOption).exitStatus);
    EXPECT_EQ(run({"stray"}).first, errorRow(Code::BadOption).exitStatus);
    const auto probed = run({"--probe-plugin", QStringLiteral(WEIR_BUILD_DIR "/tests/plugins/weir-fake.so")});
    EXPECT_EQ(probed.first, 0);
    EXPECT_TRUE(probed.second.contains("\"fake\"")) << probed.second.toStdString();
}

} // namespace
