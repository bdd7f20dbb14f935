#include "rpc/new_task.h"

#include <QJsonArray>
#include <QJsonDocument>

#include <gtest/gtest.h>

using namespace weir;

namespace {

Result<NewTask> read(const QByteArray& json)
{
    return readNewTask(
        QJsonDocument::fromJson(json).object(), QStringLiteral("tasks[0]."), false, QStringLiteral("/downloads"));
}

Code codeOf(const QByteArray& json)
{
    const auto task = read(json);
    return task ? Code::Ok : task.error().code;
}

TEST(NewTask, TakesWhatAnAddMayHave)
{
    const auto task =
        read(R"({"url": "https://h/a b.iso", "mirrors": ["http://m/x"], "dir": "/tmp/../d", "name": "n", "token": "t",
        "mime": "Video/MP4", "priority": "high", "held": true, "private": true,
        "options": {"connections": 4, "limit": 0, "ifExists": "skip", "checksums": ["sha-256=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"], "quality": "best"},
        "secrets": {"headers": ["X-A: b"], "cookies": ["a=b"], "insecure": true, "proxy": "socks5h://127.0.0.1:1"}})");
    ASSERT_TRUE(task) << describe(task.error()).toStdString();
    EXPECT_EQ(task->url, QUrl(QStringLiteral("https://h/a%20b.iso")));
    EXPECT_EQ(task->directory, "/d");
    EXPECT_EQ(task->mime, "video/mp4");
    EXPECT_EQ(task->priority, 1);
    EXPECT_TRUE(task->held && task->unlisted && !task->fromBrowser);
    EXPECT_EQ(task->spec.options.value(u"mirrors").toArray().first().toString(), "http://m/x");
    EXPECT_EQ(task->spec.options.value(u"quality").toString(), "best");
}

TEST(NewTask, APasswordInTheAddressBecomesASecret)
{
    const auto task = read(R"({"url": "ftp://me:p%40ss@h/f"})");
    ASSERT_TRUE(task);
    EXPECT_EQ(task->url.toString(), "ftp://h/f");
    EXPECT_EQ(task->spec.secrets.value(u"user").toString(), "me:p@ss");
    EXPECT_EQ(task->directory, "/downloads");
}

TEST(NewTask, RefusesWhatIsNoAddress)
{
    EXPECT_EQ(codeOf(R"({"url": "no address"})"), Code::BadUrl);
    EXPECT_EQ(codeOf(R"({"url": "http:///path"})"), Code::BadUrl);
    EXPECT_EQ(codeOf(R"({"url": "http://h:99999/"})"), Code::BadUrl);
    EXPECT_NE(codeOf(R"({"url": "wrap:http://h/"})"), Code::BadUrl) << "another scheme's data may be an address";
    EXPECT_EQ(codeOf(R"({"url": ""})"), Code::RpcBadParams);
    EXPECT_EQ(codeOf(R"({"url": "http://h/)" + QByteArray(70'000, 'a') + "\"}"), Code::UrlTooLong);
    EXPECT_EQ(codeOf(R"({"url": "http://h/", "mirrors": ["x"]})"), Code::BadUrl);
    EXPECT_EQ(codeOf(R"({"url": "http://h/", "mirrors": ["http://a:b@h/"]})"), Code::CredentialsInUrl);
    EXPECT_EQ(codeOf(R"({"url": "magnet://a:b@h/?xt=1"})"), Code::CredentialsInUrl);
}

TEST(NewTask, RefusesWhatCouldSmuggleHeaders)
{
    EXPECT_EQ(codeOf(R"({"url": "http://h/", "secrets": {"headers": ["A: b\r\nC: d"]}})"), Code::BadHeader);
    EXPECT_EQ(codeOf(R"({"url": "http://h/", "secrets": {"headers": ["no colon"]}})"), Code::BadHeader);
    EXPECT_EQ(codeOf(R"({"url": "http://h/", "secrets": {"headers": [": v"]}})"), Code::BadHeader);
    EXPECT_EQ(codeOf(R"({"url": "http://h/", "secrets": {"userAgent": "a\nb"}})"), Code::RpcBadParams);
    EXPECT_EQ(codeOf(R"({"url": "http://h/", "secrets": {"method": "GET /x"}})"), Code::RpcBadParams);
}

TEST(NewTask, NamesTheOptionThatIsWrong)
{
    EXPECT_EQ(codeOf(R"({"url": "http://h/", "options": {"checksums": ["sha-256=xyz"]}})"), Code::BadChecksum);
    EXPECT_EQ(codeOf(R"({"url": "http://h/", "secrets": {"proxy": "gopher://h"}})"), Code::BadProxy);
    EXPECT_EQ(codeOf(R"({"url": "http://h/", "dir": "relative"})"), Code::RpcBadParams);
    EXPECT_EQ(codeOf(R"({"url": "http://h/", "priority": "urgent"})"), Code::RpcBadParams);
    EXPECT_EQ(codeOf(R"({"url": "http://h/", "options": {"ifExists": "shred"}})"), Code::RpcBadParams);
    const auto connections = read(R"({"url": "http://h/", "options": {"connections": 257}})");
    ASSERT_FALSE(connections);
    EXPECT_TRUE(connections.error().detail.startsWith(QLatin1StringView("tasks[0].options.connections: ")));
    const auto secret = read(R"({"url": "http://h/", "secrets": {"pasword": "x"}})");
    ASSERT_FALSE(secret);
    EXPECT_TRUE(secret.error().detail.startsWith(QLatin1StringView("tasks[0].secrets.pasword: ")));
}

TEST(NewTask, NoComplaintShowsAPassword)
{
    const auto task = read(R"({"url": "http://me:secretword@h:99999/"})");
    ASSERT_FALSE(task);
    EXPECT_FALSE(describe(task.error()).contains(QLatin1StringView("secretword"))) << describe(task.error()).toStdString();
}

} // namespace
