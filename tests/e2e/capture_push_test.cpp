// Data of a page, brought part by part through the real host into the real daemon: whole, or it has no name.

#include "support/content.h"
#include "support/daemon_process.h"
#include "support/host_process.h"

#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QJsonArray>

#include <gtest/gtest.h>

using namespace weir;
using namespace weir::test;

namespace {

constexpr qsizetype kPart = 512 << 10;
const QString kName = QStringLiteral("from a page.bin");

QByteArray pageData(qsizetype size)
{
    QByteArray data(size, Qt::Uninitialized);
    quint32 state = 1;
    for (char& byte : data) {
        state = state * 1'664'525 + 1'013'904'223;
        byte = char(state >> 24);
    }
    return data;
}

class CapturePush : public testing::Test {
protected:
    void SetUp() override
    {
        daemon.writeConfig({{"downloads", QJsonObject{{"dir", daemon.path("downloads")}}}});
        ASSERT_TRUE(daemon.start());
    }
    QString home() const { return daemon.home.path(); }
    QString target() const { return daemon.path("downloads/" + kName); }
    static QString code(const QJsonObject& reply) { return reply[u"error"][u"data"][u"code"].toString(); }
    QByteArray contents(const QString& path)
    {
        QFile file(path);
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }
    QJsonObject part(qint64 offset, QJsonObject more = {}) const
    {
        const QByteArray bytes = data.mid(offset, kPart);
        QJsonObject params{{"token", "t1"}, {"url", "blob:https://site.example/3e0b"}, {"name", kName}, {"size", data.size()},
            {"offset", offset}, {"data", QString::fromLatin1(bytes.toBase64())},
            {"last", offset + bytes.size() == data.size()}};
        for (auto it = more.begin(); it != more.end(); ++it)
            params.insert(it.key(), it.value());
        return params;
    }
    QJsonObject push(HostProcess& host, qint64 offset, const QJsonObject& more = {}) const
    {
        return host.call("capture.push", part(offset, more));
    }
    /// Sends from that byte to the end; the task's id.
    qint64 pushRest(HostProcess& host, qint64 offset, const QJsonObject& more = {})
    {
        qint64 id = 0;
        while (offset < data.size() || id == 0) {
            const QJsonObject reply = push(host, offset, more);
            EXPECT_TRUE(reply.contains(u"result")) << code(reply).toStdString();
            if (!reply.contains(u"result"))
                return 0;
            EXPECT_GT(reply[u"result"][u"received"].toInteger(), offset);
            offset = reply[u"result"][u"received"].toInteger();
            id = reply[u"result"][u"id"].toInteger();
        }
        return id;
    }
    QJsonObject taskOf(qint64 id) { return daemon.client()->result("task.get", {{"id", id}}); }

    DaemonProcess daemon;
    const QByteArray data = pageData(3 * kPart + 1234);
};

TEST_F(CapturePush, HasItsNameWhenItIsWhole)
{
    HostProcess host(home());
    ASSERT_FALSE(host.ready().isEmpty());
    host.call("events.subscribe");
    const QJsonObject first = push(host, 0);
    EXPECT_EQ(first[u"result"][u"received"].toInteger(), kPart);
    const qint64 id = first[u"result"][u"id"].toInteger();
    EXPECT_TRUE(QFile::exists(target() + ".part"));
    EXPECT_FALSE(QFile::exists(target()));
    EXPECT_EQ(pushRest(host, kPart), id);
    const QJsonObject row = host.untilState(id, "done");
    EXPECT_EQ(row[u"path"].toString(), target());
    EXPECT_EQ(row[u"kind"].toString(), "browser");
    EXPECT_EQ(row[u"url"].toString(), "blob:https://site.example/3e0b");
    EXPECT_TRUE(contents(target()) == data);
    EXPECT_FALSE(QFile::exists(target() + ".part"));
    // The answer to the last part may have been lost: asking again changes nothing.
    const QJsonObject again = push(host, 3 * kPart);
    EXPECT_EQ(again[u"result"][u"received"].toInteger(), data.size());
    EXPECT_EQ(code(push(host, 0)), "WrongState");
}

TEST_F(CapturePush, WithoutASizeTheLastPartSaysIt)
{
    HostProcess host(home());
    ASSERT_FALSE(host.ready().isEmpty());
    host.call("events.subscribe");
    const qint64 id = pushRest(host, 0, {{"size", QJsonValue()}});
    EXPECT_EQ(host.untilState(id, "done")[u"size"].toInteger(), data.size());
    EXPECT_TRUE(contents(target()) == data);
    const QJsonObject empty{{"token", "t2"}, {"url", "data:text/plain;base64,eA=="}, {"mime", "text/plain"},
        {"name", "empty.txt"}, {"offset", 0}, {"data", ""}, {"last", true}};
    const qint64 none = host.call("capture.push", empty)[u"result"][u"id"].toInteger();
    EXPECT_EQ(host.untilState(none, "done")[u"url"].toString(), "data:text/plain");
    EXPECT_TRUE(QFile::exists(daemon.path("downloads/empty.txt")));
}

TEST_F(CapturePush, AWrongOffsetIsToldTheRightOne)
{
    HostProcess host(home());
    ASSERT_FALSE(host.ready().isEmpty());
    ASSERT_TRUE(push(host, 0).contains(u"result"));
    for (const qint64 wrong : {qint64(0), 2 * qint64(kPart), qint64(7)}) {
        const QJsonObject reply = push(host, wrong);
        EXPECT_EQ(code(reply), "PushOffset") << wrong;
        EXPECT_EQ(reply[u"error"][u"data"][u"detail"].toString(), QString::number(kPart));
    }
    EXPECT_GT(pushRest(host, kPart), 0);
}

TEST_F(CapturePush, WhatCanNotBeIsRefused)
{
    HostProcess host(home());
    ASSERT_FALSE(host.ready().isEmpty());
    EXPECT_EQ(code(push(host, 0, {{"data", "!!!"}})), "RpcBadParams");
    EXPECT_EQ(code(push(host, 0, {{"data", QString::fromLatin1(QByteArray(kPart + 1, 'x').toBase64())}})), "RpcBadParams");
    EXPECT_EQ(code(push(host, 0, {{"offset", -1}})), "RpcBadParams");
    EXPECT_EQ(code(push(host, 0, {{"offset", data.size()}})), "RpcBadParams") << "beyond its own size";
    EXPECT_EQ(code(push(host, 0, {{"last", true}})), "RpcBadParams") << "the last part ends before the size";
    EXPECT_EQ(code(push(host, 0, {{"size", 1e15}})), "RpcBadParams");
    EXPECT_EQ(code(push(host, 0, {{"token", ""}})), "RpcBadParams");
    EXPECT_EQ(code(push(host, 0, {{"token", QString(200, 'x')}})), "RpcBadParams");
    EXPECT_EQ(code(push(host, 0, {{"url", "file:///etc/passwd"}})), "SchemeNotAllowed");
    EXPECT_EQ(code(push(host, 0, {{"url", "javascript:alert(1)"}})), "SchemeNotAllowed");
    EXPECT_EQ(code(push(host, 0, {{"dir", "/tmp"}})), "RpcBadParams");
    EXPECT_TRUE(host.call("task.list")[u"result"][u"tasks"].toArray().isEmpty());
    // A name never leads out of the folder.
    const qint64 id = push(host, 0, {{"name", "../../evil"}})[u"result"][u"id"].toInteger();
    EXPECT_TRUE(taskOf(id)[u"path"].toString().startsWith(daemon.path("downloads/")));
    EXPECT_FALSE(taskOf(id)[u"name"].toString().contains('/'));
}

TEST_F(CapturePush, OnlySoManyAtOnce)
{
    HostProcess host(home());
    ASSERT_FALSE(host.ready().isEmpty());
    for (int i = 0; i < 8; ++i)
        ASSERT_TRUE(push(host, 0, {{"token", QString::number(i)}}).contains(u"result"));
    EXPECT_EQ(code(push(host, 0, {{"token", "one more"}})), "TooManyPushes");
    for (qint64 at = kPart; at < data.size(); at += kPart)
        ASSERT_TRUE(push(host, at, {{"token", "3"}}).contains(u"result"));
    host.call("events.subscribe");
    EXPECT_TRUE(eventually([&] { return push(host, 0, {{"token", "another"}}).contains(u"result"); }));
}

TEST_F(CapturePush, AnAbandonedOneFailsAndGoesOnWhenThePageComesBack)
{
    qint64 id = 0;
    auto watcher = daemon.client();
    watcher->call("events.subscribe");
    {
        HostProcess host(home());
        ASSERT_FALSE(host.ready().isEmpty());
        id = push(host, 0)[u"result"][u"id"].toInteger();
        ASSERT_GT(id, 0);
        host.closeInput();
        ASSERT_TRUE(host.waitForEnd());
    }
    const QJsonObject failed = watcher->untilState(id, "failed");
    EXPECT_EQ(failed[u"error"][u"code"].toString(), "PushAbandoned");
    EXPECT_FALSE(failed[u"error"][u"hint"].toString().isEmpty());
    EXPECT_FALSE(QFile::exists(target()));
    HostProcess host(home());
    ASSERT_FALSE(host.ready().isEmpty());
    EXPECT_EQ(pushRest(host, kPart), id);
    EXPECT_FALSE(watcher->untilState(id, "done").isEmpty());
    EXPECT_TRUE(contents(target()) == data);
}

TEST_F(CapturePush, GoesOnAfterTheDaemonDied)
{
    qint64 id = 0;
    {
        HostProcess host(home());
        ASSERT_FALSE(host.ready().isEmpty());
        ASSERT_TRUE(push(host, 0).contains(u"result"));
        id = push(host, kPart)[u"result"][u"id"].toInteger();
        daemon.kill();
        ASSERT_TRUE(host.waitForEnd());
    }
    ASSERT_TRUE(daemon.start());
    HostProcess host(home());
    ASSERT_FALSE(host.ready().isEmpty());
    host.call("events.subscribe");
    const QJsonObject reply = push(host, 2 * kPart);
    qint64 there = reply[u"result"][u"received"].toInteger();
    if (!reply.contains(u"result")) { // what was not durable yet is sent again
        ASSERT_EQ(code(reply), "PushOffset");
        there = reply[u"error"][u"data"][u"detail"].toString().toLongLong();
        EXPECT_LE(there, 2 * kPart);
    }
    EXPECT_EQ(pushRest(host, there), id);
    EXPECT_FALSE(host.untilState(id, "done").isEmpty());
    EXPECT_TRUE(contents(target()) == data);
}

TEST_F(CapturePush, APausedOneTakesNothing)
{
    HostProcess host(home());
    ASSERT_FALSE(host.ready().isEmpty());
    host.call("events.subscribe");
    const qint64 id = push(host, 0)[u"result"][u"id"].toInteger();
    ASSERT_TRUE(host.call("task.pause", {{"ids", QJsonArray{id}}}).contains(u"result"));
    EXPECT_EQ(code(push(host, kPart)), "WrongState");
    ASSERT_TRUE(host.call("task.resume", {{"ids", QJsonArray{id}}}).contains(u"result"));
    EXPECT_EQ(pushRest(host, kPart), id);
    EXPECT_FALSE(host.untilState(id, "done").isEmpty());
    EXPECT_TRUE(contents(target()) == data);
    // A removed one is forgotten with its token.
    const qint64 other = push(host, 0, {{"token", "t2"}, {"name", "b"}})[u"result"][u"id"].toInteger();
    ASSERT_TRUE(host.call("task.remove", {{"ids", QJsonArray{other}}, {"files", "delete"}}).contains(u"result"));
    EXPECT_TRUE(push(host, 0, {{"token", "t2"}, {"name", "b"}})[u"result"][u"id"].toInteger() > other);
}

TEST_F(CapturePush, OfAPrivateWindowNothingStays)
{
    const QByteArray secret = "s3cr3t-cookie";
    HostProcess host(home());
    ASSERT_FALSE(host.ready().isEmpty());
    host.call("events.subscribe");
    const auto found = [&](const QByteArray& text) {
        QStringList places;
        QDirIterator each(home(), QDir::Files, QDirIterator::Subdirectories);
        while (each.hasNext())
            if (const QString path = each.next(); !path.startsWith(daemon.path("downloads")) && contents(path).contains(text))
                places += path;
        return places;
    };
    const QJsonObject item{{"url", "http://127.0.0.1:9/private-address.bin"}, {"private", true}, {"held", true},
        {"secrets", QJsonObject{{"cookies", QJsonArray{QString::fromLatin1("sid=" + secret)}}}}};
    const qint64 held = host.call("task.add", {{"tasks", QJsonArray{item}}})[u"result"][u"ids"][0].toInteger();
    ASSERT_GT(held, 0);
    EXPECT_EQ(found(secret), QStringList()) << "cookies of a private window are in memory only";
    ASSERT_TRUE(host.call("task.remove", {{"ids", QJsonArray{held}}}).contains(u"result"));

    const QJsonObject hidden{{"private", true}, {"name", "hidden-name.bin"}};
    const qint64 id = pushRest(host, 0, hidden);
    EXPECT_FALSE(host.untilState(id, "done").isEmpty());
    EXPECT_TRUE(contents(daemon.path("downloads/hidden-name.bin")) == data);
    EXPECT_TRUE(host.call("task.history")[u"result"][u"tasks"].toArray().isEmpty());
    EXPECT_TRUE(daemon.client()->result("task.history")[u"tasks"].toArray().isEmpty());
    EXPECT_TRUE(eventually([&] { return found("hidden-name").isEmpty(); })) << found("hidden-name").join(' ').toStdString();
    daemon.client()->call("system.stop");
    ASSERT_TRUE(daemon.waitForEnd());
    for (const char* trace : {"private-address", "hidden-name", "site.example", "s3cr3t"})
        EXPECT_EQ(found(trace), QStringList()) << trace;
}

} // namespace
