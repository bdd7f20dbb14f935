// The native host between a browser's pipes and the real daemon.

#include "test_paths.h"

#include "fake_daemon.h"
#include "platform/process.h"
#include "support/daemon_process.h"
#include "support/host_process.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QtEndian>

#include <gtest/gtest.h>

#include <csignal>

#include <sys/wait.h>
#include <unistd.h>

using namespace weir;
using namespace weir::test;

namespace {

class NativeHost : public testing::Test {
protected:
    NativeHost() { daemon.writeConfig({{"downloads", QJsonObject{{"dir", daemon.path("downloads")}}}}); }
    ~NativeHost() override { endDaemonOf(home()); }
    QString home() const { return daemon.home.path(); }
    qint64 daemonPid() const { return InstanceLock::owner(daemon.path("run/weir.lock")).value_or(0); }

    static QString code(const QJsonObject& reply) { return reply[u"error"][u"data"][u"code"].toString(); }
    static QString problem(const QJsonObject& message)
    {
        return message[u"method"].toString() == u"host.problem" ? message[u"params"][u"error"][u"code"].toString() : QString();
    }
    static QByteArray request(int id, const QString& method, const QJsonObject& params = {})
    {
        return QJsonDocument(QJsonObject{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}})
            .toJson(QJsonDocument::Compact);
    }
    static QByteArray header(quint32 length)
    {
        QByteArray bytes(4, Qt::Uninitialized);
        qToLittleEndian(length, bytes.data());
        return bytes;
    }
    /// The id of a task that a browser has added and nobody runs.
    static qint64 addHeld(HostProcess& host, const QString& url)
    {
        const QJsonObject item{{"url", url}, {"held", true}};
        return host.call("task.add", {{"tasks", QJsonArray{item}}})[u"result"][u"ids"][0].toInteger();
    }

    DaemonProcess daemon;
};

TEST_F(NativeHost, StartsTheDaemonWhichOutlivesIt)
{
    HostProcess host(home());
    const QJsonObject ready = host.ready();
    EXPECT_EQ(ready[u"protocol"].toInt(), 1);
    EXPECT_EQ(ready[u"version"].toString(), ready[u"daemon"].toString());
    EXPECT_TRUE(host.call("task.list").contains(u"result"));
    const qint64 pid = daemonPid();
    EXPECT_GT(pid, 0);
    host.closeInput();
    ASSERT_TRUE(host.waitForEnd());
    EXPECT_EQ(host.process.exitCode(), 0);
    EXPECT_TRUE(host.clean());
    EXPECT_EQ(daemonPid(), pid);
    HostProcess next(home());
    EXPECT_FALSE(next.ready().isEmpty());
    EXPECT_EQ(daemonPid(), pid);
}

TEST_F(NativeHost, FirefoxNamesTheManifestAndTheExtension)
{
    HostProcess host(home());
    host.start({"/home/u/.mozilla/native-messaging-hosts/org.weir.host.json", "weir@weir.dev"});
    EXPECT_EQ(host.next()[u"method"].toString(), "host.ready");
}

TEST_F(NativeHost, StandardOutputBelongsToTheBrowser)
{
    HostProcess host(home());
    ASSERT_FALSE(host.ready().isEmpty());
    const QString descriptors = QStringLiteral("/proc/%1/fd/").arg(host.process.processId());
    EXPECT_EQ(QFile::symLinkTarget(descriptors + '1'), QFile::symLinkTarget(descriptors + '2'));
}

TEST_F(NativeHost, IsABrowserAndNothingElse)
{
    HostProcess host(home());
    ASSERT_FALSE(host.ready().isEmpty());
    EXPECT_EQ(code(host.call("session.hello", {{"client", "x"}, {"protocol", 1}, {"role", "client"}})), "RpcHelloTwice");
    EXPECT_EQ(code(host.call("config.list")), "RpcNotAllowed");
    EXPECT_EQ(code(host.call("system.stop")), "RpcNotAllowed");
    EXPECT_EQ(code(host.call("host.nothing")), "RpcUnknownMethod");
    EXPECT_TRUE(host.call("system.doctor").contains(u"result"));
}

TEST_F(NativeHost, AThousandMessagesAtOnce)
{
    HostProcess host(home());
    ASSERT_FALSE(host.ready().isEmpty());
    QByteArray all;
    for (int id = 1; id <= 1000; ++id)
        all += frame(request(id, "task.list", {{"limit", 1}}));
    host.write(all);
    for (int id = 1; id <= 1000; ++id) {
        const QJsonObject reply = host.next();
        ASSERT_EQ(reply[u"id"].toInt(), id);
        ASSERT_TRUE(reply.contains(u"result"));
    }
    EXPECT_TRUE(host.clean());
}

TEST_F(NativeHost, LongListsComeInPages)
{
    HostProcess host(home());
    ASSERT_FALSE(host.ready().isEmpty());
    QJsonArray items;
    for (int i = 0; i < 3000; ++i)
        items.append(
            QJsonObject{{"url", QStringLiteral("http://127.0.0.1:9/%1/%2").arg(QString(300, 'x')).arg(i)}, {"held", true}});
    ASSERT_EQ(host.call("task.add", {{"tasks", items}})[u"result"][u"ids"].toArray().size(), 3000);
    int seen = 0, pages = 0;
    QJsonObject params{{"limit", 10'000}};
    do { // the reader takes no frame above the browser's cap
        const QJsonValue page = host.call("task.list", params)[u"result"];
        ASSERT_TRUE(page.isObject());
        seen += int(page[u"tasks"].toArray().size());
        params["cursor"] = page[u"cursor"];
        ++pages;
    } while (params[u"cursor"].isString());
    EXPECT_EQ(seen, 3000);
    EXPECT_GT(pages, 1);
    EXPECT_TRUE(host.clean());
}

TEST_F(NativeHost, AFrameOfAnImpossibleLengthEndsIt)
{
    ASSERT_TRUE(daemon.start());
    for (const quint32 length : {0u, kMaxFrameFromClient + 1, 0xffff'ffffu}) {
        HostProcess host(home());
        ASSERT_FALSE(host.ready().isEmpty());
        host.write(frame(request(1, "task.list")) + header(length) + "some bytes");
        bool answered = false, told = false;
        for (QJsonObject message = host.next(); !message.isEmpty(); message = host.next()) {
            answered = answered || message[u"id"].toInt() == 1;
            told = told || problem(message) == u"RpcFrameTooBig";
        }
        EXPECT_TRUE(told) << length;
        EXPECT_TRUE(host.waitForEnd());
        EXPECT_EQ(host.process.exitStatus(), QProcess::NormalExit);
        EXPECT_TRUE(host.clean());
    }
}

TEST_F(NativeHost, TheLargestFrameIsTaken)
{
    HostProcess host(home());
    ASSERT_FALSE(host.ready().isEmpty());
    QByteArray message = request(7, "task.list", {{"unknown", ""}});
    message.insert(message.indexOf("\"unknown\":\"") + 11, QByteArray(kMaxFrameFromClient - message.size(), 'x'));
    ASSERT_EQ(message.size(), qsizetype(kMaxFrameFromClient));
    host.write(frame(message));
    EXPECT_EQ(code(host.reply(7)), "RpcBadParams");
}

TEST_F(NativeHost, WhatIsNotJsonIsAnsweredAndTheRestGoesOn)
{
    HostProcess host(home());
    ASSERT_FALSE(host.ready().isEmpty());
    for (const QByteArray& bad : {QByteArray("{\"jsonrpc\":"), QByteArray("\xff\xfe{}"), QByteArray("\"\xc3\x28\""),
             QByteArray(3, '\0'), QByteArray("host.open")}) {
        host.write(frame(bad));
        const QJsonObject reply = host.next();
        EXPECT_EQ(code(reply), "RpcParse") << bad.toHex().toStdString();
        EXPECT_TRUE(reply[u"id"].isNull());
    }
    host.write(frame("[1,2]"));
    EXPECT_EQ(host.next()[u"batch"].toArray().size(), 2);
    EXPECT_TRUE(host.call("task.list").contains(u"result"));
}

TEST_F(NativeHost, EndsWithTheBrowserWhereverThatStopped)
{
    ASSERT_TRUE(daemon.start());
    const QByteArray whole = frame(request(1, "task.list")) + frame(request(2, "system.doctor"));
    const qsizetype first = frame(request(1, "task.list")).size();
    for (const qsizetype cut : {qsizetype(0), qsizetype(1), qsizetype(3), qsizetype(4), qsizetype(5), first - 1, first,
             first + 2, first + 4, whole.size() - 1, whole.size()}) {
        HostProcess host(home());
        ASSERT_FALSE(host.ready().isEmpty());
        host.write(whole.left(cut));
        host.closeInput();
        ASSERT_TRUE(host.waitForEnd()) << cut;
        EXPECT_EQ(host.process.exitStatus(), QProcess::NormalExit);
        while (!host.next().isEmpty()) {}
        EXPECT_TRUE(host.clean()) << cut;
    }
    EXPECT_TRUE(daemon.client()->call("task.list").contains(u"result"));
}

TEST_F(NativeHost, EndsEvenIfNobodyReadsItsOutput)
{
    ASSERT_TRUE(daemon.start());
    int input[2], output[2];
    ASSERT_EQ(::pipe(input) | ::pipe(output), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        ::dup2(input[0], 0);
        ::dup2(output[1], 1);
        for (const int end : {input[0], input[1], output[0], output[1]})
            ::close(end);
        ::setenv("WEIR_HOME", qPrintable(home()), 1);
        ::execl(qPrintable(HostProcess::program()), "weir", qPrintable(HostProcess::origin()), nullptr);
        ::_exit(127);
    }
    ::close(input[0]);
    ::close(output[1]);
    // Far more replies than a pipe and a socket hold together.
    const QByteArray one = frame(request(1, "system.doctor"));
    for (int i = 0; i < 200; ++i)
        ASSERT_EQ(::write(input[1], one.constData(), std::size_t(one.size())), one.size());
    ::close(input[1]);
    int status = -1;
    const bool ended = eventually([&] { return ::waitpid(child, &status, WNOHANG) == child; });
    if (!ended)
        ::kill(child, SIGKILL);
    ::close(output[0]);
    EXPECT_TRUE(ended);
    EXPECT_TRUE(WIFEXITED(status));
}

TEST_F(NativeHost, SaysThatTheDaemonDied)
{
    ASSERT_TRUE(daemon.start());
    HostProcess host(home());
    ASSERT_FALSE(host.ready().isEmpty());
    ASSERT_TRUE(host.call("task.list").contains(u"result"));
    daemon.kill();
    const QJsonObject message = host.next();
    EXPECT_EQ(problem(message), "ConnectionLost");
    EXPECT_FALSE(message[u"params"][u"error"][u"message"].toString().isEmpty());
    EXPECT_TRUE(host.waitForEnd());
    EXPECT_TRUE(host.clean());
    // The next one finds a daemon again.
    HostProcess again(home());
    EXPECT_FALSE(again.ready().isEmpty());
}

TEST_F(NativeHost, SaysThatTheDaemonSpeaksAnotherProtocol)
{
    ASSERT_TRUE(QDir(home()).mkdir("run"));
    QFile::setPermissions(daemon.path("run"), QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    FakeDaemon stranger(
        daemon.socket(), [](const QString&, const QJsonObject&) { return FakeDaemon::Reply{}; }, 2);
    HostProcess host(home());
    host.start();
    EXPECT_EQ(problem(host.next()), "RpcVersion");
    EXPECT_TRUE(host.waitForEnd());
    EXPECT_TRUE(host.clean());
}

TEST_F(NativeHost, SaysThatThereIsNoDaemonProgram)
{
    const QString copy = daemon.path("weir");
    ASSERT_TRUE(QFile::copy(HostProcess::program(), copy));
    HostProcess host(home());
    host.start({HostProcess::origin()}, copy);
    EXPECT_EQ(problem(host.next()), "DaemonProgramMissing");
    EXPECT_TRUE(host.waitForEnd());
}

TEST_F(NativeHost, AnInstalledUnitIsStartedFirst)
{
    QDir tmp(home());
    ASSERT_TRUE(tmp.mkpath("config/systemd/user") && tmp.mkpath("bin") && tmp.mkdir("rt"));
    const auto put = [&](const QString& name, const QByteArray& text) {
        QFile file(daemon.path(name));
        ASSERT_TRUE(file.open(QIODevice::WriteOnly));
        file.write(text);
        file.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    };
    put("config/systemd/user/weir.service", "[Service]\nExecStart=" WEIR_BUILD_DIR "/bin/weir-daemon --foreground\n");
    put("bin/systemctl",
        "#!/bin/sh\necho \"$*\" > " + daemon.path("asked").toUtf8()
            + "\nexec 1>&- 2>&-\nsetsid " WEIR_BUILD_DIR
              "/bin/weir-daemon </dev/null &\nwhile ! [ -S \"$XDG_RUNTIME_DIR/weir/weir.sock\" ]; do sleep 0.01; done\n");
    QFile::setPermissions(daemon.path("rt"), QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    HostProcess host(home());
    host.environment.remove("WEIR_HOME");
    host.environment.insert("HOME", home());
    host.environment.insert("XDG_CONFIG_HOME", daemon.path("config"));
    host.environment.insert("XDG_STATE_HOME", daemon.path("state"));
    host.environment.insert("XDG_RUNTIME_DIR", daemon.path("rt"));
    host.environment.insert("PATH", daemon.path("bin") + ":/usr/bin:/bin");
    EXPECT_FALSE(host.ready().isEmpty());
    QFile asked(daemon.path("asked"));
    ASSERT_TRUE(asked.open(QIODevice::ReadOnly));
    EXPECT_EQ(asked.readAll(), "--user start weir.service\n");
    const QString lock = daemon.path("rt/weir/weir.lock");
    if (const auto pid = InstanceLock::owner(lock))
        ::kill(pid_t(*pid), SIGTERM);
    EXPECT_TRUE(eventually([&] { return !InstanceLock::owner(lock); }));
}

class HostOpen : public NativeHost {
protected:
    void SetUp() override { ASSERT_TRUE(QDir(home()).mkdir("bin") && QDir(home()).mkdir("downloads")); }
    /// A program that keeps its arguments, one a line, in a file of its name.
    void fake(const QString& name, int status)
    {
        QFile file(daemon.path("bin/" + name));
        ASSERT_TRUE(file.open(QIODevice::WriteOnly));
        file.write(QStringLiteral("#!/bin/sh\nprintf '%s\\n' \"$@\" > '%1/%2.new'\n/bin/mv '%1/%2.new' '%1/%2'\nexit %3\n")
                       .replace("%1", home())
                       .replace("%2", name)
                       .replace("%3", QString::number(status))
                       .toUtf8());
        file.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    }
    QStringList argumentsOf(const QString& name)
    {
        QFile file(daemon.path(name));
        if (!eventually([&] { return file.exists(); }) || !file.open(QIODevice::ReadOnly))
            return {};
        return QString::fromUtf8(file.readAll()).split('\n', Qt::SkipEmptyParts);
    }
    std::unique_ptr<HostProcess> started()
    {
        auto host = std::make_unique<HostProcess>(home());
        host->environment.insert("PATH", daemon.path("bin"));
        EXPECT_FALSE(host->ready().isEmpty());
        return host;
    }
};

TEST_F(HostOpen, MarksTheFileInItsFolder)
{
    fake("gdbus", 0);
    fake("xdg-open", 0);
    auto host = started();
    const qint64 id = addHeld(*host, "http://127.0.0.1:9/it's%20here.bin");
    QFile(daemon.path("downloads/it's here.bin")).open(QIODevice::WriteOnly);
    EXPECT_TRUE(host->call("host.open", {{"id", id}}).contains(u"result"));
    const QStringList arguments = argumentsOf("gdbus");
    EXPECT_TRUE(arguments.contains("org.freedesktop.FileManager1.ShowItems"));
    EXPECT_TRUE(arguments.contains("['file://" + daemon.path("downloads") + "/it%27s%20here.bin']"))
        << arguments.join('\n').toStdString();
    EXPECT_FALSE(QFile::exists(daemon.path("xdg-open")));
}

TEST_F(HostOpen, OpensTheFolderWhereNoFileManagerAnswers)
{
    fake("gdbus", 1);
    fake("xdg-open", 0);
    auto host = started();
    const qint64 id = addHeld(*host, "http://127.0.0.1:9/a.bin");
    EXPECT_TRUE(host->call("host.open", {{"id", id}}).contains(u"result"));
    EXPECT_EQ(argumentsOf("xdg-open"), QStringList{daemon.path("downloads")});
}

TEST_F(HostOpen, RefusesWhatTheBrowserMayNotSee)
{
    fake("xdg-open", 0);
    auto host = started();
    const qint64 foreign = daemon.addTask(*daemon.client(), QUrl("http://127.0.0.1:9/a.bin"), {{"held", true}});
    ASSERT_GT(foreign, 0);
    EXPECT_EQ(code(host->call("host.open", {{"id", foreign}})), "UnknownTask");
    EXPECT_EQ(code(host->call("host.open", {{"id", 999}})), "UnknownTask");
    EXPECT_EQ(code(host->call("host.open", {{"id", "1"}})), "RpcBadParams");
    EXPECT_EQ(code(host->call("host.open")), "RpcBadParams");
    const qint64 gone = addHeld(*host, "http://127.0.0.1:9/b.bin");
    ASSERT_TRUE(QDir(daemon.path("downloads")).removeRecursively());
    EXPECT_EQ(code(host->call("host.open", {{"id", gone}})), "DiskNoSuchDirectory");
    EXPECT_FALSE(QFile::exists(daemon.path("xdg-open")));
}

TEST_F(HostOpen, SaysThatNothingCanOpenIt)
{
    auto host = started();
    const qint64 id = addHeld(*host, "http://127.0.0.1:9/a.bin");
    EXPECT_EQ(code(host->call("host.open", {{"id", id}})), "FolderOpenFailed");
}

} // namespace
