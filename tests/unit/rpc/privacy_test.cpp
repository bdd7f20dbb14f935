// What is kept of the user: told whole, and gone when he says so.
#include "support/rpc_world.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>

#include <gtest/gtest.h>

using namespace weir;
using namespace weir::test;

namespace {

class Privacy : public ::testing::Test {
protected:
    QJsonObject result(const QString& method, const QJsonObject& params = {})
    {
        const auto reply = world.call(*session, wire, method, params);
        EXPECT_TRUE(reply.contains(u"result")) << reply[u"error"][u"message"].toString().toStdString();
        return reply[u"result"].toObject();
    }
    void write(const QString& path, const QByteArray& text)
    {
        QDir().mkpath(QFileInfo(path).path());
        QFile file(path);
        ASSERT_TRUE(file.open(QIODevice::WriteOnly));
        file.write(text);
    }

    RpcWorld world;
    FakeWire wire;
    std::unique_ptr<Session> session = world.client(wire);
};

TEST_F(Privacy, WhatIsKeptIsTold)
{
    result("config.set", {{"key", "limits.down"}, {"value", "2M"}});
    write(world.paths.stateDir + "/plugins/bt/nodes", "table");
    write(world.paths.logDir + "/daemon.log", "a line\n");
    const auto all = result("privacy.export");
    EXPECT_EQ(all[u"settings"][u"limits.down"].toString(), "2M");
    EXPECT_FALSE(all[u"settings"].toObject().contains(u"limits.up"));
    EXPECT_EQ(all[u"log"].toString(), "a line\n");
    const QJsonObject kept = all[u"plugins"][0].toObject();
    EXPECT_TRUE(kept[u"path"].toString().endsWith("/bt/nodes"));
    EXPECT_EQ(QByteArray::fromBase64(kept[u"content"].toString().toLatin1()), "table");
}

TEST_F(Privacy, WhatHasEndedIsForgottenAndNothingElse)
{
    const auto ids = world.addTasks(2);
    const QString nodes = world.paths.stateDir + "/plugins/bt/nodes", logs = world.paths.logDir + "/tasks/";
    const QString own = logs + QStringLiteral("task-%1.log").arg(ids[0]), stray = logs + "task-999.log.1";
    const QString other = logs + "notes.txt";
    for (const QString& path : {nodes, own, stray, other})
        write(path, "x");
    bool cleared = false;
    world.backend.clearLog = [&] { cleared = true; };
    EXPECT_EQ(result("privacy.erase")[u"tasks"].toInteger(-1), 0) << "none had ended";
    EXPECT_TRUE(cleared);
    EXPECT_FALSE(QFile::exists(nodes) || QFile::exists(stray));
    EXPECT_TRUE(QFile::exists(own) && QFile::exists(other) && QFile::exists(world.paths.database));
    EXPECT_EQ(result("task.list")[u"tasks"].toArray().size(), 2);
}

TEST_F(Privacy, IsNoMatterOfABrowser)
{
    FakeWire window;
    const auto browser = world.client(window, "browser");
    for (const char* method : {"privacy.export", "privacy.erase"})
        EXPECT_EQ(errorCode(world.call(*browser, window, method)), "RpcNotAllowed");
}

} // namespace
