// Every method over a real queue that runs nothing.
#include "support/rpc_world.h"

#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QJsonArray>

#include <gtest/gtest.h>

using namespace weir;
using namespace weir::test;

namespace {

class MethodCalls : public ::testing::Test {
protected:
    QJsonObject result(const QString& method, const QJsonObject& params = {})
    {
        const auto reply = world.call(*session, wire, method, params);
        EXPECT_TRUE(reply.contains(u"result"))
            << method.toStdString() << ": " << reply[u"error"][u"message"].toString().toStdString();
        return reply[u"result"].toObject();
    }
    QString error(const QString& method, const QJsonObject& params = {})
    {
        return errorCode(world.call(*session, wire, method, params));
    }
    static QJsonArray array(const QList<TaskId>& ids)
    {
        QJsonArray out;
        for (const TaskId id : ids)
            out.append(id);
        return out;
    }

    RpcWorld world;
    FakeWire wire;
    std::unique_ptr<Session> session = world.client(wire);
};

TEST_F(MethodCalls, AddAnswersWithIdsThatAreThere)
{
    const QJsonArray items{
        QJsonObject{{"url", "http://h.example/a.bin"}, {"dir", world.home.path()}, {"held", true}, {"token", "one"}},
        QJsonObject{{"url", "http://u:p@h.example/b.bin"}, {"dir", world.home.path()}, {"held", true}, {"priority", "low"}}};
    const auto ids = result("task.add", {{"tasks", items}})[u"ids"].toArray();
    ASSERT_EQ(ids.size(), 2);
    const auto second = result("task.get", {{"id", ids[1]}});
    EXPECT_EQ(second[u"url"].toString(), "http://h.example/b.bin");
    EXPECT_EQ(second[u"state"].toString(), "waiting");
    EXPECT_EQ(second[u"holds"][0][u"owner"].toString(), "user");
    // The same token is the same task.
    EXPECT_EQ(result("task.add", {{"tasks", QJsonArray{items[0]}}})[u"ids"].toArray()[0], ids[0]);
}

TEST_F(MethodCalls, AddTakesAllOrNone)
{
    const QJsonArray items{QJsonObject{{"url", "http://h.example/a.bin"}, {"dir", "/tmp"}}, QJsonObject{{"url", "nonsense"}}};
    EXPECT_EQ(error("task.add", {{"tasks", items}}), "BadUrl");
    EXPECT_EQ(error("task.add", {{"tasks", QJsonArray()}}), "RpcBadParams");
    EXPECT_EQ(error("task.add", {{"tasks", QJsonArray{1}}}), "RpcBadParams");
    QJsonArray many;
    for (int i = 0; i <= 10'000; ++i)
        many.append(QJsonObject());
    EXPECT_EQ(error("task.add", {{"tasks", many}}), "TooManyTasks");
    EXPECT_TRUE(result("task.list")[u"tasks"].toArray().isEmpty());
}

TEST_F(MethodCalls, ListGoesOnByCursor)
{
    const auto ids = world.addTasks(25);
    QList<TaskId> seen;
    QJsonObject params{{"limit", 10}};
    int pages = 0;
    for (;;) {
        const auto page = result("task.list", params);
        ++pages;
        const auto tasks = page[u"tasks"].toArray();
        for (const QJsonValue task : tasks)
            seen.append(task[u"id"].toInteger());
        if (!page.contains(u"cursor"))
            break;
        params.insert("cursor", page[u"cursor"]);
    }
    EXPECT_EQ(pages, 3);
    EXPECT_EQ(seen, ids);
    EXPECT_EQ(error("task.list", {{"cursor", "h3"}}), "RpcBadCursor");
    EXPECT_EQ(error("task.list", {{"cursor", "garbage"}}), "RpcBadCursor");
    EXPECT_EQ(error("task.list", {{"limit", 0}}), "RpcBadParams");
    EXPECT_EQ(result("task.list", {{"ids", QJsonArray{ids[3], ids[7], 9999}}})[u"tasks"].toArray().size(), 2);
    EXPECT_EQ(result("task.list", {{"state", "done"}})[u"tasks"].toArray().size(), 0);
}

TEST_F(MethodCalls, ListSinceARevisionTellsOnlyWhatChanged)
{
    const auto ids = world.addTasks(5);
    const qint64 revision = result("task.list")[u"revision"].toInteger();
    EXPECT_TRUE(result("task.list", {{"since", revision}})[u"tasks"].toArray().isEmpty());
    result("task.setOptions", {{"ids", QJsonArray{ids[2]}}, {"options", QJsonObject{{"priority", "high"}}}});
    result("task.remove", {{"ids", QJsonArray{ids[4]}}});
    const auto changes = result("task.list", {{"since", revision}});
    EXPECT_EQ(changes[u"tasks"].toArray().size(), 1);
    EXPECT_EQ(changes[u"tasks"][0][u"id"].toInteger(), ids[2]);
    EXPECT_EQ(changes[u"removed"].toArray(), QJsonArray{ids[4]});
    EXPECT_GT(changes[u"revision"].toInteger(), revision);
    // A revision of another life of the daemon.
    const auto all = result("task.list", {{"since", 5}});
    EXPECT_TRUE(all[u"complete"].toBool());
    EXPECT_EQ(all[u"tasks"].toArray().size(), 4);
}

TEST_F(MethodCalls, ChangesComeInPagesToo)
{
    const qint64 revision = result("task.list")[u"revision"].toInteger();
    const auto ids = world.addTasks(7);
    QSet<TaskId> seen;
    QJsonObject params{{"since", revision}, {"limit", 3}};
    for (int page = 0; page < 3; ++page) {
        const auto changes = result("task.list", params);
        const auto tasks = changes[u"tasks"].toArray();
        for (const QJsonValue task : tasks)
            seen.insert(task[u"id"].toInteger());
        params = {{"limit", 3}, {"cursor", changes[u"cursor"]}};
        if (page == 2)
            EXPECT_FALSE(changes.contains(u"cursor"));
    }
    EXPECT_EQ(seen, QSet<TaskId>(ids.begin(), ids.end()));
}

TEST_F(MethodCalls, RelocateWantsAFolderThatIsThere)
{
    const auto ids = world.addTasks(2);
    const QString to = world.home.filePath(QStringLiteral("elsewhere"));
    const QJsonArray first{ids[0]};
    EXPECT_EQ(error("task.relocate", {{"ids", first}}), "RpcBadParams");
    EXPECT_EQ(error("task.relocate", {{"ids", first}, {"dir", "elsewhere"}}), "RpcBadParams");
    EXPECT_EQ(error("task.relocate", {{"ids", first}, {"dir", "../elsewhere"}}), "RpcBadParams");
    EXPECT_EQ(error("task.relocate", {{"ids", first}, {"dir", "/a\nb"}}), "RpcBadParams");
    EXPECT_EQ(error("task.relocate", {{"dir", to}}), "BadSelection");
    EXPECT_EQ(error("task.relocate", {{"ids", first}, {"dir", to}}), "DiskNoSuchDirectory");
    ASSERT_TRUE(QDir().mkpath(to));
    EXPECT_EQ(
        result("task.relocate", {{"ids", first}, {"dir", to + QStringLiteral("/../elsewhere/")}})[u"ids"].toArray(), first);
    EXPECT_EQ(result("task.get", {{"id", ids[0]}})[u"directory"].toString(), to);
    EXPECT_NE(result("task.get", {{"id", ids[1]}})[u"directory"].toString(), to);
    EXPECT_EQ(error("task.move", {{"ids", first}, {"to", to}}), "RpcBadParams");
}

TEST_F(MethodCalls, VerbsNameTheTasksTheyConcern)
{
    const auto ids = world.addTasks(3);
    EXPECT_EQ(error("task.pause"), "BadSelection");
    EXPECT_EQ(error("task.pause", {{"ids", QJsonArray{9999}}}), "UnknownTask");
    EXPECT_EQ(error("task.pause", {{"ids", array(ids)}, {"until", "soon"}}), "BadTime");
    EXPECT_EQ(result("task.resume", {{"all", true}})[u"ids"].toArray(), array(ids));
    EXPECT_EQ(
        result("task.pause", {{"ids", array(ids)}, {"reason", "tests"}, {"until", "2199-01-01T00:00:00Z"}})[u"ids"].toArray(),
        array(ids));
    const auto task = result("task.get", {{"id", ids[0]}});
    EXPECT_EQ(task[u"holds"][0][u"reason"].toString(), "tests");
    EXPECT_TRUE(task[u"holds"][0][u"until"].toString().startsWith(QLatin1StringView("2199-01-01T00:00:00")));
    EXPECT_EQ(result("task.move", {{"ids", QJsonArray{ids[2]}}, {"to", "top"}})[u"ids"].toArray(), QJsonArray{ids[2]});
    EXPECT_EQ(error("task.move", {{"ids", QJsonArray{ids[2]}}}), "RpcBadParams");
    EXPECT_EQ(error("task.move", {{"ids", QJsonArray{ids[2]}}, {"by", 1}, {"to", "top"}}), "RpcBadParams");
    EXPECT_EQ(error("task.remove", {{"ids", array(ids)}, {"files", "shred"}}), "RpcBadParams");
    EXPECT_EQ(error("task.setOptions", {{"ids", array(ids)}, {"options", QJsonObject{{"quality", "best"}}}}), "RpcBadParams");
    EXPECT_EQ(result("task.remove", {{"ids", QJsonArray{ids[0]}}, {"files", "delete"}})[u"ids"].toArray(), QJsonArray{ids[0]});
    EXPECT_EQ(error("task.get", {{"id", ids[0]}}), "UnknownTask");
}

TEST_F(MethodCalls, MoveChangesTheOrder)
{
    const auto ids = world.addTasks(3);
    result("task.move", {{"ids", QJsonArray{ids[2]}}, {"to", "top"}});
    const auto position = [&](TaskId id) { return world.queue.table().find(id)->position; };
    EXPECT_LT(position(ids[2]), position(ids[0]));
    result("task.move", {{"ids", QJsonArray{ids[2]}}, {"to", "bottom"}});
    EXPECT_GT(position(ids[2]), position(ids[1]));
    result("task.move", {{"ids", QJsonArray{ids[2]}}, {"by", -1}});
    EXPECT_LT(position(ids[2]), position(ids[1]));
    EXPECT_GT(position(ids[2]), position(ids[0]));
}

TEST_F(MethodCalls, WhyTellsOfTheHold)
{
    const auto ids = world.addTasks(1);
    const auto why = result("task.why", {{"id", ids[0]}});
    EXPECT_FALSE(why[u"sentence"].toString().isEmpty());
    EXPECT_FALSE(why[u"parts"].toArray().isEmpty());
    EXPECT_EQ(result("task.log", {{"id", ids[0]}})[u"text"].toString(), QString()) << "it has logged nothing";
}

TEST_F(MethodCalls, WhatDoesNotFitTheStateIsRefused)
{
    const auto ids = world.addTasks(1);
    EXPECT_EQ(error("task.choose", {{"id", ids[0]}, {"choice", QJsonObject{{"quality", "best"}}}}), "NothingToChoose");
    EXPECT_EQ(error("task.finish", {{"id", ids[0]}, {"partial", true}}), "NothingToFinish");
    EXPECT_EQ(error("task.finish", {{"id", ids[0]}}), "RpcBadParams");
    EXPECT_EQ(error("task.relink", {{"id", ids[0]}, {"url", "nonsense"}}), "BadUrl");
    EXPECT_EQ(error("task.probe", {{"url", "nobody://h.example/"}}), "NoAdapter");
    for (const char* method :
        {"task.restart", "task.get", "task.why", "task.log", "task.relink", "task.finish", "task.choose", "task.announce"})
        EXPECT_NE(error(QString::fromLatin1(method), {{"id", -1}}), "") << method;
}

TEST_F(MethodCalls, HistoryHasNothingThatStillWaits)
{
    world.addTasks(2);
    EXPECT_TRUE(result("task.history")[u"tasks"].toArray().isEmpty());
    EXPECT_TRUE(result("task.history", {{"purgeBefore", "2199-01-01T00:00:00Z"}})[u"tasks"].toArray().isEmpty());
    EXPECT_EQ(result("task.list")[u"tasks"].toArray().size(), 2);
    EXPECT_EQ(error("task.history", {{"state", "running"}}), "RpcBadParams");
    EXPECT_EQ(error("task.history", {{"cursor", "t1"}}), "RpcBadCursor");
}

TEST_F(MethodCalls, HoldsArePlacedListedAndReleased)
{
    result("hold.place", {{"scope", "network"}, {"owner", "vpn"}, {"reason", "the VPN is down"}});
    result("hold.place", {{"scope", "kind"}, {"key", "http"}, {"reason", "not now"}, {"until", "2199-01-01T00:00:00Z"}});
    const auto holds = result("hold.list")[u"holds"].toArray();
    ASSERT_EQ(holds.size(), 2);
    EXPECT_EQ(error("hold.place", {{"scope", "moon"}, {"reason", "x"}}), "RpcBadParams");
    EXPECT_EQ(error("hold.place", {{"scope", "kind"}, {"reason", "x"}}), "RpcBadParams");
    EXPECT_EQ(error("hold.place", {{"scope", "all"}, {"key", "k"}, {"reason", "x"}}), "RpcBadParams");
    result("hold.release", {{"scope", "network"}, {"owner", "vpn"}});
    EXPECT_EQ(result("hold.list")[u"holds"].toArray().size(), 1);
}

TEST_F(MethodCalls, LimitsAreKept)
{
    result("limits.set", {{"down", 1 << 20}, {"up", 5000}});
    EXPECT_EQ(world.settings.integer("limits.down"), 1 << 20);
    EXPECT_EQ(world.settings.integer("limits.up"), 5000);
    EXPECT_EQ(world.totalRate.rate(), 1 << 20);
    EXPECT_EQ(error("limits.set"), "RpcBadParams");
    EXPECT_EQ(error("limits.set", {{"down", -1}}), "RpcBadParams");
    const auto ids = world.addTasks(1);
    result("limits.set", {{"down", 77}, {"ids", array(ids)}});
    EXPECT_EQ(world.settings.integer("limits.down"), 1 << 20);
    FakeWire window;
    const auto browser = world.client(window, "browser");
    EXPECT_EQ(errorCode(world.call(*browser, window, "limits.set", {{"down", 1}})), "RpcNotAllowed");
    EXPECT_EQ(errorCode(world.call(*browser, window, "limits.set", {{"down", 1}, {"ids", array(ids)}})), "UnknownTask");
}

TEST_F(MethodCalls, SettingsGoInAndOutAsUsersTypeThem)
{
    const auto before = result("config.get", {{"key", "limits.down"}});
    EXPECT_EQ(before[u"layer"].toString(), "default");
    EXPECT_EQ(result("config.set", {{"key", "limits.down"}, {"value", "2M"}})[u"value"].toString(), "2M");
    EXPECT_EQ(result("config.get", {{"key", "limits.down"}})[u"layer"].toString(), "user");
    EXPECT_EQ(result("config.set", {{"key", "limits.down"}, {"value", QJsonValue()}})[u"layer"].toString(), "default");
    EXPECT_EQ(error("config.get", {{"key", "limits.dwon"}}), "UnknownSetting");
    EXPECT_EQ(error("config.set", {{"key", "limits.down"}, {"value", "fast"}}), "BadSetting");
    EXPECT_EQ(error("config.set", {{"key", "limits.down"}}), "RpcBadParams");
    const auto all = result("config.list")[u"settings"].toArray();
    EXPECT_EQ(all.size(), qsizetype(settingRows().size()));
    // Every value that is listed can be set as it is shown.
    for (const QJsonValue setting : all)
        EXPECT_EQ(error("config.set", {{"key", setting[u"key"]}, {"value", setting[u"value"]}}), "")
            << setting[u"key"].toString().toStdString();
}

TEST_F(MethodCalls, PluginsAreNamedWithTheNearest)
{
    EXPECT_EQ(result("plugin.list")[u"plugins"].toArray().size(), 1);
    EXPECT_EQ(error("plugin.enable", {{"name", "gopher"}}), "UnknownPlugin");
    EXPECT_EQ(error("plugin.disable", {{"name", "gopher"}}), "UnknownPlugin");
}

TEST_F(MethodCalls, TheSystemTellsOfItself)
{
    const auto status = result("system.status");
    EXPECT_EQ(status[u"version"].toString(), "9.9");
    EXPECT_EQ(status[u"pid"].toInt(), 42);
    EXPECT_TRUE(status[u"tasks"].isObject());
    EXPECT_EQ(result("system.listMethods")[u"methods"].toArray().size(), qsizetype(methods().size()));
    EXPECT_EQ(result("system.explain", {{"code", "HttpNotFound"}})[u"number"].toInt(), 2404);
    EXPECT_EQ(result("system.explain", {{"code", 2404}})[u"code"].toString(), "HttpNotFound");
    EXPECT_EQ(error("system.explain", {{"code", "HttpLost"}}), "UnknownError");
    result("system.stop");
    EXPECT_EQ(world.stops, 1);
}

TEST_F(MethodCalls, TheDoctorFindsWhatIsWrong)
{
    result("config.set", {{"key", "downloads.dir"}, {"value", world.home.path()}});
    const auto checks = result("system.doctor")[u"checks"].toArray();
    QStringList bad;
    for (const QJsonValue check : checks)
        if (!check[u"ok"].toBool()) {
            bad.append(check[u"name"].toString());
            EXPECT_FALSE(check[u"remedy"].toString().isEmpty());
        }
    EXPECT_EQ(bad, QStringList()); // there are none in this world
    QFile::setPermissions(world.paths.stateDir, QFile::permissions(world.paths.stateDir) | QFile::ReadOther | QFile::ExeOther);
    EXPECT_EQ(result("system.doctor")[u"checks"].toArray().at(1)[u"ok"].toBool(), false);
}

TEST_F(MethodCalls, SubscribersHearOfTheQueue)
{
    const auto snapshot = result("events.subscribe");
    EXPECT_TRUE(snapshot[u"tasks"].toArray().isEmpty());
    wire.written.clear();
    const auto ids = world.addTasks(2);
    ASSERT_TRUE(spinUntil([&] { return !wire.written.empty(); }));
    EXPECT_EQ(wire.at(0)[u"method"].toString(), "events.delta");
    EXPECT_EQ(wire.at(0)[u"params"][u"tasks"].toArray().size(), 2);
    result("events.unsubscribe");
    wire.written.clear();
    world.call(*session, wire, "task.remove", {{"all", true}});
    EXPECT_EQ(wire.written.size(), 1u); // the reply alone
}

TEST_F(MethodCalls, ABrowserSeesItsOwnTasksAndNoOthers)
{
    const auto ours = world.addTasks(2);
    const auto its = world.addTasks(1, true);
    FakeWire window;
    const auto browser = world.client(window, "browser");
    const auto list = world.call(*browser, window, "task.list")[u"result"][u"tasks"].toArray();
    ASSERT_EQ(list.size(), 1);
    EXPECT_EQ(list[0][u"id"].toInteger(), its[0]);
    EXPECT_EQ(errorCode(world.call(*browser, window, "task.get", {{"id", ours[0]}})), "UnknownTask");
    EXPECT_EQ(errorCode(world.call(*browser, window, "task.relink", {{"id", ours[0]}, {"url", "http://h/"}})), "UnknownTask");
    world.call(*browser, window, "task.remove", {{"all", true}});
    EXPECT_EQ(world.queue.table().size(), 2u);
}

} // namespace
