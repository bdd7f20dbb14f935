// One command tells what weir keeps, another one makes it forget: looked for in every byte of its folder.
#include "support/content.h"
#include "support/daemon_process.h"
#include "support/files.h"
#include "support/plain_http_server.h"
#include "support/weir_command.h"

#include <QDirIterator>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>

#include <gtest/gtest.h>

#include <csignal>

using namespace weir;
using namespace weir::test;

namespace {

constexpr const char* kCanary = "canary-7f3a"; // in the addresses of downloads

class PrivacyVerb : public ::testing::Test {
protected:
    Ran weir(const QStringList& arguments) { return runWeir(arguments, daemon.home.path()); }
    QStringList filesWith(const QByteArray& text) const
    {
        QStringList found;
        QDirIterator each(daemon.home.path(), QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
        while (each.hasNext()) {
            const QString file = each.next();
            if (fileBytes(file).contains(text))
                found.append(file);
        }
        return found;
    }

    const QByteArray bytes = content(3, 0, 300'000);
    PlainHttpServer web{[this](const PlainRequest& request, Connection& to) {
        if (request.target.contains("missing"))
            return PlainHttpServer::reply(to, 404, "no");
        return PlainHttpServer::serveFile(request, to, bytes);
    }};
    DaemonProcess daemon;
};

TEST_F(PrivacyVerb, TellsAllAndForgetsAll)
{
    ASSERT_TRUE(daemon.start()) << daemon.errorOutput().toStdString();
    auto rpc = daemon.client();
    const auto link = [&](const char* name) { return web.url(QByteArray("/") + kCanary + '/' + name); };
    const qint64 done = daemon.addTask(*rpc, link("file.bin")), failed = daemon.addTask(*rpc, link("missing.bin"));
    const qint64 waits = daemon.addTask(*rpc, web.url("/later.bin"), {{"held", true}});
    ASSERT_FALSE(rpc->untilState(done, "done").isEmpty());
    ASSERT_FALSE(rpc->untilState(failed, "failed").isEmpty());
    ASSERT_TRUE(weir({"config", "set", "limits.up", "3M"}).status == 0);

    const QString file = daemon.path("export.json");
    const Ran saved = weir({"privacy", "export", file});
    ASSERT_EQ(saved.status, 0) << saved.err.toStdString();
    const QJsonObject all = QJsonDocument::fromJson(fileBytes(file)).object();
    EXPECT_EQ(all[u"tasks"].toArray().size(), 3);
    EXPECT_EQ(all[u"tasks"][0][u"url"].toString(), link("file.bin").toString());
    EXPECT_EQ(all[u"settings"][u"limits.up"].toString(), "3M");
    EXPECT_FALSE(QFile::permissions(file) & (QFile::ReadGroup | QFile::ReadOther));
    EXPECT_EQ(weir({"privacy", "export", file}).status, 13) << "it was overwritten";
    ASSERT_TRUE(QFile::remove(file));

    EXPECT_EQ(weir({"privacy", "erase"}).status, 28) << "nobody said that he means it";
    EXPECT_FALSE(filesWith(kCanary).isEmpty());
    const Ran erased = weir({"privacy", "erase", "--yes"});
    ASSERT_EQ(erased.status, 0) << erased.err.toStdString();
    EXPECT_EQ(erased.out, "2 tasks forgotten\n");
    const QJsonArray left = rpc->result("task.list")[u"tasks"].toArray();
    ASSERT_EQ(left.size(), 1);
    EXPECT_EQ(left[0][u"id"].toInteger(), waits);
    EXPECT_EQ(rpc->result("system.status")[u"traffic"][u"total"][u"down"].toInteger(-1), 0);
    rpc.reset();
    ASSERT_TRUE(daemon.stop());
    EXPECT_EQ(filesWith(kCanary), QStringList());
    EXPECT_EQ(fileBytes(daemon.path("downloads/file.bin")), bytes) << "what was downloaded is the user's";
    ASSERT_TRUE(daemon.start());
    EXPECT_EQ(daemon.client()->result("config.get", {{"key", "limits.up"}})[u"value"].toString(), "3M");
}

} // namespace
