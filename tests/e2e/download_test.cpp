// A file through everything: socket, queue, plugin, libcurl, disk.
#include "support/daemon_process.h"
#include "support/plain_http_server.h"
#include "support/rpc_world.h"

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

class Downloads : public ::testing::Test {
protected:
    void SetUp() override { ASSERT_TRUE(daemon.start()) << daemon.errorOutput().toStdString(); }

    const QByteArray content = patternBytes(5'000'000);
    PlainHttpServer server{
        [this](const PlainRequest& request, Connection& to) { return PlainHttpServer::serveFile(request, to, content); }};
    DaemonProcess daemon;
};

TEST_F(Downloads, AFileArrivesWhole)
{
    const auto peer = daemon.client();
    const qint64 id = daemon.addTask(*peer, server.url("/some/file.bin"));
    const auto task = peer->untilState(id, "done");
    ASSERT_FALSE(task.isEmpty());
    EXPECT_EQ(task[u"name"].toString(), "file.bin");
    EXPECT_EQ(task[u"size"].toInteger(), content.size());
    EXPECT_EQ(contents(daemon.path("downloads/file.bin")), content);
    const auto history = peer->result("task.history", {{"search", "FILE"}});
    EXPECT_EQ(history[u"tasks"].toArray().size(), 1);
}

TEST_F(Downloads, ALogTellsWhatHappenedToATask)
{
    const auto peer = daemon.client();
    const qint64 id = daemon.addTask(*peer, QUrl("fake://x/fail"));
    ASSERT_FALSE(peer->untilState(id, "failed").isEmpty());
    const auto log = peer->result("task.log", {{"id", id}});
    EXPECT_FALSE(log[u"text"].toString().isEmpty());
    EXPECT_TRUE(QFile::exists(log[u"path"].toString()));
    EXPECT_FALSE(peer->result("task.why", {{"id", id}})[u"sentence"].toString().isEmpty());
}

TEST_F(Downloads, AProbeLooksAndLeaves)
{
    const auto peer = daemon.client();
    const auto found = peer->result("task.probe", {{"url", server.url("/some/film.mkv").toString()}});
    EXPECT_EQ(found[u"size"].toInteger(), content.size());
    EXPECT_EQ(found[u"name"].toString(), "film.mkv");
    EXPECT_EQ(found[u"kind"].toString(), "http");
    EXPECT_TRUE(found[u"resumable"].toBool());
    EXPECT_EQ(found[u"validator"].toString(), "\"v1\"");
    EXPECT_EQ(peer->result("task.list")[u"tasks"].toArray().size(), 0);
    EXPECT_EQ(errorCode(peer->call("task.probe", {{"url", "nobody://h/"}})), "NoAdapter");
}

TEST_F(Downloads, AChoiceIsAskedForAndTaken)
{
    const auto peer = daemon.client();
    const qint64 id = daemon.addTask(*peer, QUrl("fake://x/ask"), {{"options", QJsonObject{{"ask", true}}}});
    ASSERT_FALSE(peer->untilState(id, "choosing").isEmpty());
    EXPECT_EQ(errorCode(peer->call("task.choose", {{"id", id}, {"choice", QJsonObject{{"quality", "best"}}}})), "");
    EXPECT_FALSE(peer->untilState(id, "done").isEmpty());
}

TEST_F(Downloads, ABrowserSeesOnlyItsOwn)
{
    const auto peer = daemon.client();
    const auto browser = daemon.client("browser");
    const qint64 ours = daemon.addTask(*peer, QUrl("fake://x/write?5"));
    peer->result("config.set", {{"key", "downloads.dir"}, {"value", daemon.path("downloads")}});
    const QJsonArray items{QJsonObject{{"url", "fake://x/write?5"}}};
    const qint64 its = browser->result("task.add", {{"tasks", items}})[u"ids"][0].toInteger();
    ASSERT_FALSE(peer->untilState(ours, "done").isEmpty());
    ASSERT_FALSE(browser->untilState(its, "done").isEmpty());
    const auto seen = browser->result("task.list")[u"tasks"].toArray();
    ASSERT_EQ(seen.size(), 1);
    EXPECT_EQ(seen[0][u"id"].toInteger(), its);
    EXPECT_EQ(errorCode(browser->call("task.get", {{"id", ours}})), "UnknownTask");
    EXPECT_EQ(errorCode(browser->call("task.remove", {{"ids", QJsonArray{ours}}})), "UnknownTask");
    browser->call("task.remove", {{"all", true}});
    const auto left = peer->result("task.list")[u"tasks"].toArray();
    ASSERT_EQ(left.size(), 1);
    EXPECT_EQ(left[0][u"id"].toInteger(), ours);
}

TEST(SlowDownload, AProbeEndsWithItsClient)
{
    std::atomic<bool> closed{false};
    PlainHttpServer server{[&](const PlainRequest&, Connection& to) {
        to.write("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
        closed = to.read().isEmpty();
        return false;
    }};
    DaemonProcess daemon;
    ASSERT_TRUE(daemon.start());
    {
        const auto peer = daemon.client();
        peer->send(frame(requestText(1, "task.probe", {{"url", server.url("/slow").toString()}})));
        ASSERT_TRUE(eventually([&] { return !server.requests().isEmpty(); }));
    }
    EXPECT_TRUE(eventually([&] { return closed.load(); }));
}

} // namespace
