// The program weir as people and scripts run it, against a daemon whose answers are written down here.

#include "test_paths.h"

#include "fake_daemon.h"

#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QProcess>
#include <QTemporaryDir>

#include <gtest/gtest.h>

#include <optional>

namespace weir {
namespace {

using test::FakeDaemon;
using Reply = FakeDaemon::Reply;

struct Ran {
    int status = -1;
    QString out, err;
};

QJsonObject task(int id, const char* state, QJsonObject more = {})
{
    more.insert(QStringLiteral("id"), id);
    more.insert(QStringLiteral("state"), QLatin1String(state));
    more.insert(QStringLiteral("name"), QStringLiteral("file%1.iso").arg(id));
    more.insert(QStringLiteral("path"), QStringLiteral("/target/file%1.iso").arg(id));
    more.insert(QStringLiteral("size"), 1000);
    return more;
}

QJsonObject failed(int id, int number)
{
    return task(id, "failed",
        {{QStringLiteral("error"),
            QJsonObject{{QStringLiteral("number"), number}, {QStringLiteral("message"), QStringLiteral("No luck")},
                {QStringLiteral("detail"), QStringLiteral("http://h/")},
                {QStringLiteral("hint"), QStringLiteral("Try harder")}}}});
}

QJsonObject delta(const QJsonArray& tasks, const QJsonArray& removed = {})
{
    return {{QStringLiteral("method"), QStringLiteral("events.delta")},
        {QStringLiteral("params"),
            QJsonObject{
                {QStringLiteral("sequence"), 1}, {QStringLiteral("tasks"), tasks}, {QStringLiteral("removed"), removed}}}};
}

QJsonObject snapshot(const QJsonArray& tasks) { return {{QStringLiteral("sequence"), 0}, {QStringLiteral("tasks"), tasks}}; }

QJsonObject rpcError(int number, const char* detail)
{
    return {{QStringLiteral("code"), number}, {QStringLiteral("message"), QStringLiteral("x")},
        {QStringLiteral("data"),
            QJsonObject{{QStringLiteral("number"), number}, {QStringLiteral("detail"), QLatin1String(detail)}}}};
}

/// Answers to what every `get` asks first: config.get and task.add, whose ids count from 1.
std::optional<Reply> usual(const QString& method, const QJsonObject& params)
{
    if (method == u"config.get")
        return Reply{{{QStringLiteral("key"), params[QLatin1String("key")]}, {QStringLiteral("value"), QString()},
                         {QStringLiteral("layer"), QStringLiteral("default")}},
            {}, {}, false};
    if (method != u"task.add")
        return std::nullopt;
    QJsonArray ids;
    const QJsonArray tasks = params[QLatin1String("tasks")].toArray();
    for (qsizetype i = 1; i <= tasks.size(); ++i)
        ids += i;
    return Reply{{{QStringLiteral("ids"), ids}}, {}, {}, false};
}

class CliProgram : public testing::Test {
protected:
    void SetUp() override
    {
        ASSERT_TRUE(home_.isValid());
        ASSERT_TRUE(QDir().mkdir(socketFolder()));
        QFile::setPermissions(socketFolder(), QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    }

    QString socketFolder() const { return home_.filePath(QStringLiteral("run")); }
    QString socket() const { return socketFolder() + QStringLiteral("/weir.sock"); }

    void serve(FakeDaemon::Script script) { daemon_ = std::make_unique<FakeDaemon>(socket(), std::move(script)); }

    std::unique_ptr<QProcess> start(const QStringList& arguments)
    {
        auto process = std::make_unique<QProcess>();
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(QStringLiteral("WEIR_HOME"), home_.path());
        environment.insert(QStringLiteral("LC_ALL"), QStringLiteral("C.UTF-8"));
        process->setProcessEnvironment(environment);
        process->setWorkingDirectory(home_.path());
        process->start(QStringLiteral(WEIR_BUILD_DIR "/bin/weir"), arguments);
        return process;
    }

    static Ran finish(QProcess& process)
    {
        process.closeWriteChannel();
        EXPECT_TRUE(process.waitForFinished(30'000));
        return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1,
            QString::fromUtf8(process.readAllStandardOutput()), QString::fromUtf8(process.readAllStandardError())};
    }

    Ran run(const QStringList& arguments)
    {
        const auto process = start(arguments);
        return finish(*process);
    }

    static QStringList events(const QString& out)
    {
        QStringList list;
        const QStringList lines = out.split(u'\n', Qt::SkipEmptyParts);
        for (const QString& line : lines) {
            const QJsonObject event = QJsonDocument::fromJson(line.toUtf8()).object();
            EXPECT_TRUE(event[QLatin1String("task")].isObject()) << line.toStdString();
            list +=
                QStringLiteral("%1 %2").arg(event[QLatin1String("id")].toInt()).arg(event[QLatin1String("event")].toString());
        }
        return list;
    }

    QTemporaryDir home_;
    std::unique_ptr<FakeDaemon> daemon_;
};

TEST_F(CliProgram, GetShowsTheEndAndKeepsStandardOutputClean)
{
    serve([](const QString& method, const QJsonObject& params) {
        if (const auto reply = usual(method, params))
            return *reply;
        return Reply{snapshot({task(1, "running")}), {},
            {delta({task(1, "running", {{QStringLiteral("done"), 500}})}),
                delta({task(1, "done", {{QStringLiteral("done"), 1000}})})},
            false};
    });
    const Ran ran = run({QStringLiteral("get"), QStringLiteral("http://h/a")});
    EXPECT_EQ(ran.status, 0) << ran.err.toStdString();
    EXPECT_EQ(ran.out, u"");
    EXPECT_TRUE(ran.err.contains(QStringLiteral("done  /target/file1.iso  0.98 KiB"))) << ran.err.toStdString();
    EXPECT_FALSE(ran.err.contains(u'\x1b'));
    const QJsonValue added = daemon_->paramsOf(QStringLiteral("task.add"))[QLatin1String("tasks")][0];
    EXPECT_EQ(added[QLatin1String("url")], QJsonValue(QStringLiteral("http://h/a")));
    EXPECT_EQ(QDir(added[QLatin1String("dir")].toString()).canonicalPath(), QDir(home_.path()).canonicalPath());
}

TEST_F(CliProgram, GetPrintsThePathWhenAsked)
{
    serve([](const QString& method, const QJsonObject& params) {
        return usual(method, params).value_or(Reply{snapshot({task(1, "done")}), {}, {}, false});
    });
    EXPECT_EQ(
        run({QStringLiteral("get"), QStringLiteral("--print-path"), QStringLiteral("-q"), QStringLiteral("http://h/a")}).out,
        u"/target/file1.iso\n");
}

TEST_F(CliProgram, JsonTellsEachTaskFromAddedToItsEnd)
{
    serve([](const QString& method, const QJsonObject& params) {
        if (const auto reply = usual(method, params))
            return *reply;
        return Reply{
            snapshot({task(1, "running"), task(2, "waiting")}), {}, {delta({task(1, "done"), failed(2, 2404)})}, false};
    });
    const Ran ran =
        run({QStringLiteral("get"), QStringLiteral("--json"), QStringLiteral("http://h/a"), QStringLiteral("http://h/b")});
    EXPECT_EQ(ran.status, 3);
    const QStringList said = events(ran.out);
    EXPECT_EQ(said.filter(QStringLiteral("1 ")),
        (QStringList{QStringLiteral("1 added"), QStringLiteral("1 described"), QStringLiteral("1 done")}));
    EXPECT_EQ(said.filter(QStringLiteral("2 ")).first(), u"2 added");
    EXPECT_EQ(said.filter(QStringLiteral("2 ")).last(), u"2 failed");
}

TEST_F(CliProgram, AFailureTellsWhatAndWhatToDo)
{
    serve([](const QString& method, const QJsonObject& params) {
        return usual(method, params).value_or(Reply{snapshot({failed(1, 1300)}), {}, {}, false});
    });
    const Ran ran = run({QStringLiteral("get"), QStringLiteral("http://h/a")});
    EXPECT_EQ(ran.status, 9);
    EXPECT_TRUE(ran.err.contains(QStringLiteral("No luck: http://h/"))) << ran.err.toStdString();
    EXPECT_TRUE(ran.err.contains(QStringLiteral("Try harder")));
}

TEST_F(CliProgram, AMoveToAFolderNamesItWhole)
{
    serve([](const QString&, const QJsonObject&) { return Reply{{{QStringLiteral("ids"), QJsonArray{1}}}, {}, {}, false}; });
    const Ran ran = run({QStringLiteral("move"), QStringLiteral("1"), QStringLiteral("--to"), QStringLiteral("films/../big")});
    EXPECT_EQ(ran.status, 0) << ran.err.toStdString();
    EXPECT_EQ(ran.out, u"moved task 1\n");
    const QJsonObject params = daemon_->paramsOf(QStringLiteral("task.relocate"));
    EXPECT_EQ(params[QLatin1String("dir")].toString(), QDir(home_.path()).canonicalPath() + QStringLiteral("/big"));
    EXPECT_EQ(params[QLatin1String("ids")].toArray(), QJsonArray{1});
}

TEST_F(CliProgram, ADaemonThatVanishesIsFoundAgain)
{
    std::atomic<int> subscribed = 0;
    serve([&](const QString& method, const QJsonObject& params) {
        if (const auto reply = usual(method, params))
            return *reply;
        if (++subscribed == 1)
            return Reply{snapshot({task(1, "running")}), {}, {}, true};
        return Reply{snapshot({task(1, "running")}), {}, {delta({task(1, "done")})}, false};
    });
    const Ran ran = run({QStringLiteral("get"), QStringLiteral("http://h/a")});
    EXPECT_EQ(ran.status, 0) << ran.err.toStdString();
    EXPECT_TRUE(ran.err.contains(QStringLiteral("the daemon went away")));
    EXPECT_EQ(subscribed, 2);
}

TEST_F(CliProgram, ATaskThatSomebodyRemovedIsNotWaitedFor)
{
    serve([](const QString& method, const QJsonObject& params) {
        if (const auto reply = usual(method, params))
            return *reply;
        return Reply{snapshot({task(1, "running")}), {}, {delta({}, {1})}, false};
    });
    EXPECT_EQ(run({QStringLiteral("get"), QStringLiteral("http://h/a")}).status, 31);
}

TEST_F(CliProgram, ATaskThatIsGoneAfterAResyncIsAskedFor)
{
    std::atomic<int> subscribed = 0;
    serve([&](const QString& method, const QJsonObject& params) {
        if (const auto reply = usual(method, params))
            return *reply;
        if (method == u"task.get")
            return Reply{{}, rpcError(106, "1"), {}, false};
        if (++subscribed == 1)
            return Reply{snapshot({task(1, "running")}), {},
                {QJsonObject{{QStringLiteral("method"), QStringLiteral("events.resync")},
                    {QStringLiteral("params"), QJsonObject{{QStringLiteral("sequence"), 9}}}}},
                false};
        return Reply{snapshot({}), {}, {}, false};
    });
    EXPECT_EQ(run({QStringLiteral("get"), QStringLiteral("http://h/a")}).status, 31);
    EXPECT_EQ(subscribed, 2);
}

TEST_F(CliProgram, NoWaitHoldEndsWithTheReason)
{
    const QJsonObject hold{{QStringLiteral("holds"),
        QJsonArray{QJsonObject{
            {QStringLiteral("owner"), QStringLiteral("disk-full")}, {QStringLiteral("reason"), QStringLiteral("No space")}}}}};
    serve([hold](const QString& method, const QJsonObject& params) {
        return usual(method, params).value_or(Reply{snapshot({task(1, "waiting", hold)}), {}, {}, false});
    });
    const Ran ran = run({QStringLiteral("get"), QStringLiteral("--no-wait-hold"), QStringLiteral("http://h/a")});
    EXPECT_EQ(ran.status, 9);
    EXPECT_TRUE(ran.err.contains(QStringLiteral("No space")));
}

TEST_F(CliProgram, AnInterruptPausesOrLeaves)
{
    for (const bool pause : {true, false}) {
        serve([](const QString& method, const QJsonObject& params) {
            if (const auto reply = usual(method, params))
                return *reply;
            return Reply{snapshot({task(1, "running")}), {}, {}, false};
        });
        const auto process = start({QStringLiteral("get"), QStringLiteral("--json"), QStringLiteral("--on-interrupt"),
            pause ? QStringLiteral("pause") : QStringLiteral("leave"), QStringLiteral("http://h/a")});
        QByteArray seen;
        while (!seen.contains("described") && process->waitForReadyRead(30'000))
            seen += process->readAllStandardOutput();
        process->terminate();
        EXPECT_EQ(finish(*process).status, 31);
        const auto called = daemon_->called();
        EXPECT_EQ(std::count(called.begin(), called.end(), u"task.pause"), pause ? 1 : 0);
        daemon_.reset();
    }
}

TEST_F(CliProgram, AddPrintsIdsAndKeepsSecretsApart)
{
    serve([](const QString& method, const QJsonObject& params) { return usual(method, params).value_or(Reply{}); });
    const auto process = start({QStringLiteral("add"), QStringLiteral("-i"), QStringLiteral("-"), QStringLiteral("-H"),
        QStringLiteral("X-Key: s3cret")});
    process->write("# links\nhttp://h/a\n\nhttp://h/b\n");
    const Ran ran = finish(*process);
    EXPECT_EQ(ran.out, u"1\n2\n");
    EXPECT_EQ(ran.err, u"");
    const QJsonObject added = daemon_->paramsOf(QStringLiteral("task.add"))[QLatin1String("tasks")][1].toObject();
    EXPECT_EQ(added[QLatin1String("secrets")][QLatin1String("headers")][0], QJsonValue(QStringLiteral("X-Key: s3cret")));
    EXPECT_NE(added[QLatin1String("token")].toString(), u"");
}

TEST_F(CliProgram, ListPagesAndPrintsATableOrAnArray)
{
    serve([](const QString&, const QJsonObject& params) {
        if (params.contains(QStringLiteral("cursor")))
            return Reply{{{QStringLiteral("tasks"), QJsonArray{task(2, "done")}}}, {}, {}, false};
        return Reply{
            {{QStringLiteral("tasks"), QJsonArray{task(1, "waiting")}}, {QStringLiteral("cursor"), QStringLiteral("t1")}}, {},
            {}, false};
    });
    const Ran table = run({QStringLiteral("list")});
    EXPECT_EQ(table.status, 0);
    EXPECT_TRUE(table.out.contains(QStringLiteral(" 1  waiting  file1.iso"))) << table.out.toStdString();
    const QJsonArray array =
        QJsonDocument::fromJson(run({QStringLiteral("list"), QStringLiteral("--json")}).out.toUtf8()).array();
    EXPECT_EQ(array.size(), 2);
    EXPECT_EQ(array[1][QLatin1String("id")], QJsonValue(2));
}

TEST_F(CliProgram, ListSortsFiltersAndChoosesColumns)
{
    serve([](const QString&, const QJsonObject&) {
        return Reply{
            {{QStringLiteral("tasks"), QJsonArray{task(1, "waiting"), task(2, "done"), task(3, "done")}}}, {}, {}, false};
    });
    const Ran table = run({QStringLiteral("list"), QStringLiteral("--columns"), QStringLiteral("name,id"),
        QStringLiteral("--sort"), QStringLiteral("-id"), QStringLiteral("--filter"), QStringLiteral("state=done")});
    EXPECT_EQ(table.out, u"NAME       ID\nfile3.iso   3\nfile2.iso   2\n2 tasks\n") << table.err.toStdString();
    const QJsonArray array = QJsonDocument::fromJson(
        run({QStringLiteral("list"), QStringLiteral("--json"), QStringLiteral("--sort=-id"), QStringLiteral("--filter"),
                QStringLiteral("name!~file2"), QStringLiteral("--filter"), QStringLiteral("id<9")})
            .out.toUtf8())
                                 .array();
    ASSERT_EQ(array.size(), 2);
    EXPECT_EQ(array[0][QLatin1String("id")], QJsonValue(3));
    EXPECT_EQ(array[1][QLatin1String("id")], QJsonValue(1));
    EXPECT_FALSE(array[1][QLatin1String("path")].isUndefined()) << "a program gets whole tasks";
    const Ran wrong = run({QStringLiteral("list"), QStringLiteral("--columns"), QStringLiteral("id,nme")});
    EXPECT_EQ(wrong.status, 28);
    EXPECT_TRUE(wrong.err.contains(QStringLiteral("did you mean \"name\""))) << wrong.err.toStdString();
}

TEST_F(CliProgram, PauseSaysWhatWasDoneAndErrorsHaveTheirExitStatus)
{
    serve([](const QString& method, const QJsonObject& params) {
        if (method == u"task.pause")
            return Reply{
                {{QStringLiteral("ids"),
                    params[QLatin1String("all")].toBool() ? QJsonArray{1, 2, 3} : params[QLatin1String("ids")].toArray()}},
                {}, {}, false};
        return Reply{{}, rpcError(106, "task 99"), {}, false};
    });
    EXPECT_EQ(run({QStringLiteral("pause"), QStringLiteral("--all")}).out, u"paused 3 tasks\n");
    EXPECT_EQ(run({QStringLiteral("pause"), QStringLiteral("7")}).out, u"paused task 7\n");
    const Ran none = run({QStringLiteral("show"), QStringLiteral("99")});
    EXPECT_EQ(none.status, 3);
    EXPECT_EQ(none.err, u"weir: There is no such task: task 99\n      See `weir list`\n");
    EXPECT_EQ(none.out, u"");
}

TEST_F(CliProgram, WhyBeginsWithItsSentence)
{
    serve([](const QString&, const QJsonObject&) {
        return Reply{{{QStringLiteral("sentence"), QStringLiteral("It waits.")},
                         {QStringLiteral("parts"),
                             QJsonArray{QJsonObject{{QStringLiteral("what"), QStringLiteral("hold")},
                                 {QStringLiteral("text"), QStringLiteral("no\x1b[2Jspace")}}}}},
            {}, {}, false};
    });
    const Ran ran = run({QStringLiteral("why"), QStringLiteral("1")});
    EXPECT_TRUE(ran.out.startsWith(QStringLiteral("It waits.\n")));
    EXPECT_FALSE(ran.out.contains(u'\x1b'));
}

TEST_F(CliProgram, WatchNeedsATerminal)
{
    const Ran ran = run({QStringLiteral("watch")});
    EXPECT_EQ(ran.status, 28);
    EXPECT_TRUE(ran.err.contains(QStringLiteral("needs a terminal")));
}

TEST_F(CliProgram, StatusWithoutADaemonStartsNone)
{
    const Ran ran = run({QStringLiteral("daemon"), QStringLiteral("status")});
    EXPECT_EQ(ran.status, 1);
    EXPECT_TRUE(ran.err.contains(QStringLiteral("No daemon is running")));
    EXPECT_FALSE(QFile::exists(socket()));
}

TEST_F(CliProgram, ASocketOfADeadDaemonIsNoDaemon)
{
    serve([](const QString&, const QJsonObject&) { return Reply{}; });
    daemon_.reset();
    EXPECT_TRUE(QFile::exists(socket()));
    EXPECT_EQ(run({QStringLiteral("daemon"), QStringLiteral("status")}).status, 1);
}

TEST_F(CliProgram, AFolderThatOthersCanReadIsRefused)
{
    QFile::setPermissions(
        socketFolder(), QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner | QFile::ReadOther | QFile::ExeOther);
    const Ran ran = run({QStringLiteral("list")});
    EXPECT_EQ(ran.status, 1);
    EXPECT_TRUE(ran.err.contains(QStringLiteral("not private"))) << ran.err.toStdString();
}

} // namespace
} // namespace weir
