// What an extension may do: its own tasks, some methods, and what only browsers need.
#include "support/rpc_world.h"

#include <QFile>
#include <QFileInfo>
#include <QJsonArray>

#include <gtest/gtest.h>

using namespace weir;
using namespace weir::test;

namespace {

class BrowserRole : public testing::Test {
protected:
    QJsonObject ask(const QString& method, const QJsonObject& params = {})
    {
        return world.call(*session, wire, method, params);
    }
    QString error(const QString& method, const QJsonObject& params = {}) { return errorCode(ask(method, params)); }
    QJsonObject result(const QString& method, const QJsonObject& params = {})
    {
        const QJsonObject reply = ask(method, params);
        EXPECT_TRUE(reply.contains(u"result")) << method.toStdString() << ": " << errorCode(reply).toStdString();
        return reply[u"result"].toObject();
    }

    RpcWorld world;
    FakeWire wire;
    std::unique_ptr<Session> session = world.client(wire, "browser");
};

TEST_F(BrowserRole, TasksOfOthersDoNotExist)
{
    const TaskId its = world.addTasks(1, true).first();
    const TaskId foreign = world.addTasks(1, false).first();
    const QJsonObject both{{"ids", QJsonArray{its, foreign}}};
    for (const char* verb : {"task.pause", "task.resume", "task.remove", "task.restart"}) {
        EXPECT_EQ(error(QLatin1String(verb), both), "UnknownTask") << verb;
        ask(QLatin1String(verb), {{"all", true}});
        EXPECT_TRUE(world.queue.table().find(foreign)) << verb;
    }
    EXPECT_EQ(error("task.get", {{"id", foreign}}), "UnknownTask");
    EXPECT_EQ(error("task.choose", {{"id", foreign}, {"choice", QJsonObject()}}), "UnknownTask");
    EXPECT_EQ(error("task.relink", {{"id", foreign}, {"url", "http://h.example/"}}), "UnknownTask");
    EXPECT_EQ(error("limits.set", {{"ids", QJsonArray{foreign}}, {"down", 1}}), "UnknownTask");
    EXPECT_EQ(error("limits.set", {{"down", 1}}), "RpcNotAllowed") << "the whole program's limit is not its business";
    EXPECT_TRUE(result("task.list", {{"ids", QJsonArray{foreign}}})[u"tasks"].toArray().isEmpty());
    EXPECT_TRUE(result("task.history")[u"tasks"].toArray().isEmpty());
    const auto snapshot = result("events.subscribe");
    for (const QJsonValue row : snapshot[u"tasks"].toArray())
        EXPECT_NE(row[u"id"].toInteger(), foreign);
}

TEST_F(BrowserRole, WhatItAddsIsItsOwn)
{
    const QJsonObject item{{"url", "http://h.example/a.bin"}, {"held", true}};
    const auto ids = result("task.add", {{"tasks", QJsonArray{item}}})[u"ids"].toArray();
    EXPECT_TRUE(world.queue.table().find(ids[0].toInteger())->fromBrowser);
    EXPECT_EQ(result("task.get", {{"id", ids[0]}})[u"url"].toString(), "http://h.example/a.bin");
}

TEST_F(BrowserRole, PlacesAndCertificatesAreTheUsers)
{
    QJsonObject item{{"url", "http://h.example/a.bin"}, {"held", true}, {"dir", "/etc"}};
    EXPECT_EQ(error("task.add", {{"tasks", QJsonArray{item}}}), "RpcBadParams");
    item.remove("dir");
    for (const char* name : {"cacert", "cert", "key"}) {
        item["secrets"] = QJsonObject{{name, "/etc/passwd"}};
        EXPECT_EQ(error("task.add", {{"tasks", QJsonArray{item}}}), "RpcBadParams") << name;
    }
    item["secrets"] = QJsonObject{{"insecure", true}};
    EXPECT_EQ(error("task.add", {{"tasks", QJsonArray{item}}}), "RpcBadParams");
    item["secrets"] = QJsonObject{{"referer", "http://h.example/"}};
    EXPECT_EQ(result("task.add", {{"tasks", QJsonArray{item}}})[u"ids"].toArray().size(), 1);
}

TEST_F(BrowserRole, AChangeOfTheRulesIsTold)
{
    const QString path = QFileInfo(world.paths.config).path() + "/capture-rules.json";
    const auto save = [&](const QByteArray& text) {
        QFile file(path);
        ASSERT_TRUE(file.open(QIODevice::WriteOnly));
        file.write(text);
    };
    save("{\"minimum\": 1}");
    ASSERT_TRUE(
        spinUntil([&] { return world.capture.rules.current() && world.capture.rules.current()->rules.contains("minimum"); }));
    const auto rules = result("capture.rules");
    EXPECT_EQ(rules[u"rules"][u"minimum"].toInt(), 1);
    result("capture.rules");
    wire.written.clear();
    save("{\"minimum\": 2}");
    ASSERT_TRUE(spinUntil([&] { return !wire.written.empty(); }));
    EXPECT_EQ(wire.last()[u"method"].toString(), "capture.rulesChanged");
    EXPECT_NE(wire.last()[u"params"][u"revision"], rules[u"revision"]);
    EXPECT_EQ(wire.written.size(), 1u) << "asking twice is hearing once";
    EXPECT_EQ(result("capture.rules")[u"rules"][u"minimum"].toInt(), 2);
    session.reset();
    save("{\"minimum\": 3}");
    ASSERT_TRUE(spinUntil([&] { return world.capture.rules.current()->rules["minimum"].toInt() == 3; }));
}

TEST_F(BrowserRole, BrokenRulesAreLoggedAndTheOldOnesStay)
{
    const QString path = QFileInfo(world.paths.config).path() + "/capture-rules.json";
    QFile file(path);
    ASSERT_TRUE(file.open(QIODevice::WriteOnly));
    file.write("{ broken");
    file.close();
    ASSERT_TRUE(spinUntil([&] { return !world.logged.empty(); }));
    EXPECT_TRUE(world.logged.front().second.contains("capture rules"));
}

TEST_F(BrowserRole, ForegroundIsACountOfAllBrowsersThatAreThere)
{
    FakeWire otherWire, clientWire;
    auto other = world.client(otherWire, "browser");
    const auto client = world.client(clientWire);
    const auto counts = [&] { return world.call(*client, clientWire, "system.status")[u"result"][u"foreground"].toObject(); };
    EXPECT_EQ(counts(), (QJsonObject{{"pages", 0}, {"playing", 0}}));
    result("capture.foreground", {{"pages", 3}, {"playing", 1}});
    world.call(*other, otherWire, "capture.foreground", {{"pages", 1}, {"playing", 1}});
    EXPECT_EQ(counts(), (QJsonObject{{"pages", 4}, {"playing", 2}}));
    result("capture.foreground", {{"pages", 0}, {"playing", 1}});
    EXPECT_EQ(counts(), (QJsonObject{{"pages", 1}, {"playing", 2}}));
    other.reset();
    EXPECT_EQ(counts(), (QJsonObject{{"pages", 0}, {"playing", 1}}));
    EXPECT_EQ(error("capture.foreground", {{"pages", -1}}), "RpcBadParams");
    EXPECT_EQ(error("capture.foreground", {{"pages", 1e9}}), "RpcBadParams");
    EXPECT_EQ(error("capture.foreground", {{"pages", "http://h.example/"}}), "RpcBadParams");
}

// The ways of a part through the queue are tested with real processes; here: nothing waits for an answer for ever.
TEST_F(BrowserRole, APushEndsWithItsSession)
{
    const QJsonObject part{{"token", "t"}, {"url", "blob:http://h.example/1"}, {"offset", 0}, {"data", "eA=="}};
    ASSERT_TRUE(world.settings.set("downloads.dir", world.home.path(), Settings::Layer::Runtime));
    world.queue.start();
    const TaskId id = result("capture.push", part)[u"id"].toInteger();
    EXPECT_EQ(error("capture.push", part), "PushOffset");
    session.reset();
    ASSERT_TRUE(spinUntil([&] { return world.queue.table().find(id)->state == State::Failed; }));
    EXPECT_EQ(Code(world.queue.table().find(id)->errorCode), Code::PushAbandoned);
}

} // namespace
