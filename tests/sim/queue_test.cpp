#include "queue_world.h"

#include <QDir>
#include <QFile>
#include <QJsonObject>

#include <gtest/gtest.h>

#include <random>

namespace weir {

namespace {

using namespace std::chrono_literals;
using test::everything;
using test::only;

const QString kUser = QStringLiteral("user");

struct QueueTest : testing::Test, test::QueueWorld {
    Result<QList<TaskId>> pause(TaskId id, const QString& owner = kUser)
    {
        return ask([&](Queue::Done done) { queue->pause(only(id), owner, QStringLiteral("a test"), 0, done); });
    }
    Result<QList<TaskId>> resume(TaskId id, const QString& owner = kUser)
    {
        return ask([&](Queue::Done done) { queue->resume(only(id), owner, done); });
    }
    Result<QList<TaskId>> remove(TaskId id, Removal removal)
    {
        return ask([&](Queue::Done done) { queue->remove(only(id), removal, done); });
    }
    int runsOf(TaskId id)
    {
        const std::lock_guard lock(script->mutex);
        return script->runs[id];
    }
    void expectWhole(const QString& name, qint64 size)
    {
        EXPECT_EQ(bytesOf(name), test::contentOf(0, size)) << qPrintable(name);
    }
    qint64 connections() const { return queue->statistics().value(QLatin1String("connections")).toInteger(); }
};

} // namespace

TEST_F(QueueTest, ATaskRunsToItsEndAndTheRowSaysSo)
{
    const TaskId id = addOne(QStringLiteral("ok/a.bin?size=5000"));
    untilState(id, State::Done);
    expectWhole(QStringLiteral("a.bin"), 5'000);
    const auto stored = rows();
    ASSERT_EQ(stored.size(), 1u);
    EXPECT_EQ(stored[0].state, State::Done);
    EXPECT_EQ(stored[0].name, QStringLiteral("a.bin"));
    EXPECT_EQ(stored[0].done, 5'000);
    EXPECT_GT(stored[0].finished, 0);
    EXPECT_EQ(connections(), 0);
}

TEST_F(QueueTest, TheSameTokenTwiceIsTheSameTask)
{
    const auto token = [](NewTask& task) { task.token = "t"; };
    const TaskId first = addOne(QStringLiteral("ok/a"), token);
    EXPECT_EQ(addOne(QStringLiteral("ok/a"), token), first);
    EXPECT_EQ(add({QStringLiteral("ok/a"), QStringLiteral("ok/b")}, token), (QList<TaskId>{first, first}));
    EXPECT_EQ(queue->table().size(), 1u);
}

TEST_F(QueueTest, AddIsAllOrNothingAndChecksWhatItIsGiven)
{
    const auto codeOf = [&](std::vector<NewTask> tasks) {
        std::optional<Result<QList<TaskId>>> reply;
        queue->add(std::move(tasks), [&](Result<QList<TaskId>> done) { reply = std::move(done); });
        until([&] { return reply.has_value(); });
        return *reply ? Code::Ok : reply->error().code;
    };
    const NewTask good{.url = QUrl(QStringLiteral("script://h/ok/a")), .directory = folder.path()};
    NewTask bad = good;
    bad.url = QUrl(QStringLiteral("nonsense"));
    EXPECT_EQ(codeOf({good, bad}), Code::BadUrl);
    bad.url = QUrl(QStringLiteral("gopher://h/"));
    EXPECT_EQ(codeOf({good, bad}), Code::NoAdapter);
    bad.url = QUrl(QStringLiteral("file:///etc/passwd"));
    EXPECT_EQ(codeOf({good, bad}), Code::SchemeNotAllowed);
    EXPECT_EQ(codeOf({}), Code::NoInput);
    EXPECT_EQ(codeOf(std::vector<NewTask>(10'001, good)), Code::TooManyTasks);
    EXPECT_EQ(queue->table().size(), 0u);
}

TEST_F(QueueTest, SharingTakesNoSlotAndEndsWhenThePluginSaysSo)
{
    ASSERT_TRUE(settings.set(QStringLiteral("queue.running"), QStringLiteral("1"), Settings::Layer::Runtime));
    const TaskId shared = addOne(QStringLiteral("share/a"));
    untilState(shared, State::Sharing);
    const TaskId other = addOne(QStringLiteral("ok/b"));
    untilState(other, State::Done);
    EXPECT_EQ(stateOf(shared), State::Sharing);
    EXPECT_EQ(script->runningNow, 0);
    script->sharing.at(shared)->leave({});
    untilState(shared, State::Done);
    EXPECT_TRUE(QFile::exists(file(QStringLiteral("a"))));
}

TEST_F(QueueTest, SharingIsPausedAndGoesOn)
{
    const TaskId id = addOne(QStringLiteral("share/a"));
    untilState(id, State::Sharing);
    ASSERT_TRUE(ask([&](Queue::Done done) { queue->pause(only(id), QStringLiteral("user"), {}, 0, std::move(done)); }));
    untilState(id, State::Waiting);
    ASSERT_TRUE(ask([&](Queue::Done done) { queue->resume(only(id), QStringLiteral("user"), std::move(done)); }));
    untilState(id, State::Sharing);
    EXPECT_EQ(end(), QStringList()) << "a stop waits for what shares";
}

TEST_F(QueueTest, CredentialsOfTheAddressNeverReachTheRow)
{
    const TaskId id = addOne(QStringLiteral("wait/a"), [](NewTask& task) { task.url.setUserInfo(QStringLiteral("me:pw")); });
    EXPECT_FALSE(queue->table().find(id)->url.contains(QStringLiteral("pw")));
    const auto spec = ledger->read<SpecRecord>([id](Store& store) { return store.spec(id); });
    EXPECT_EQ(spec->secrets.value(QLatin1String("user")).toString(), QStringLiteral("me:pw"));
}

TEST_F(QueueTest, SecretsAreErasedWhenItIsDone)
{
    const TaskId id = addOne(QStringLiteral("ok/a"), [](NewTask& task) {
        task.spec.secrets = {{QStringLiteral("bearer"), QStringLiteral("x")}};
    });
    untilState(id, State::Done);
    EXPECT_TRUE(ledger->read<SpecRecord>([id](Store& store) { return store.spec(id); })->secrets.isEmpty());
}

TEST_F(QueueTest, PauseStopsResumeGoesOnFromWhatIsThere)
{
    const TaskId id = addOne(QStringLiteral("wait/a.bin?size=8000"));
    untilState(id, State::Running);
    until([&] { return runsOf(id) == 1 && queue->table().find(id)->described; });
    ASSERT_TRUE(pause(id));
    untilState(id, State::Waiting);
    EXPECT_TRUE(queue->why(id)->value(QLatin1String("sentence")).toString().contains(QStringLiteral("held by user")));
    ASSERT_TRUE(resume(id));
    untilState(id, State::Done);
    EXPECT_EQ(runsOf(id), 2);
    expectWhole(QStringLiteral("a.bin"), 8'000);
}

TEST_F(QueueTest, ATaskHeldByTwoRunsWhenBothLetGo)
{
    const TaskId id = addOne(QStringLiteral("ok/a"), [](NewTask& task) { task.held = true; });
    ASSERT_TRUE(pause(id, QStringLiteral("battery")));
    ASSERT_TRUE(resume(id));
    EXPECT_EQ(stateOf(id), State::Waiting);
    EXPECT_EQ(runsOf(id), 0);
    ASSERT_TRUE(ask([&](Queue::Done done) {
        queue->release(QStringLiteral("task"), QString::number(id), QStringLiteral("battery"), done);
    }));
    untilState(id, State::Done);
}

TEST_F(QueueTest, AHoldEndsByItselfAtItsTime)
{
    const TaskId id = addOne(QStringLiteral("ok/a"), [](NewTask& task) { task.held = true; });
    const qint64 until = QDateTime::currentMSecsSinceEpoch() + 60'000;
    ASSERT_TRUE(ask([&](Queue::Done done) { queue->pause(only(id), kUser, QStringLiteral("an hour"), until, done); }));
    pass(30s);
    EXPECT_EQ(stateOf(id), State::Waiting);
    pass(40s);
    untilState(id, State::Done);
    EXPECT_TRUE(queue->holds().all().empty());
}

TEST_F(QueueTest, RetriesFollowTheTable)
{
    const TaskId flaky = addOne(QStringLiteral("flaky/a?n=3"));
    for (int failures = 1; failures <= 3; ++failures) {
        until([&] { return stateOf(flaky) == State::Waiting && queue->table().find(flaky)->attempts == failures; });
        EXPECT_EQ(errorOf(flaky), Code::ConnectRefused);
        pass(10min);
    }
    untilState(flaky, State::Done);
    EXPECT_EQ(queue->table().find(flaky)->attempts, 0);
    EXPECT_EQ(errorOf(flaky), Code::Ok);

    const TaskId lost = addOne(QStringLiteral("fail/HttpNotFound"));
    untilState(lost, State::Failed);
    EXPECT_EQ(errorOf(lost), Code::HttpNotFound);
    EXPECT_EQ(runsOf(lost), 1);

    const TaskId thrown = addOne(QStringLiteral("throw"));
    untilState(thrown, State::Failed);
    EXPECT_EQ(errorOf(thrown), Code::PluginThrew);
}

TEST_F(QueueTest, AfterSoManyFailuresInARowItFailsWithThatError)
{
    const TaskId id = addOne(QStringLiteral("fail/ConnectTimeout"), [](NewTask& task) {
        task.spec.options = {{QStringLiteral("retries"), 3}};
    });
    for (int failures = 1; failures < 3; ++failures) {
        until([&] { return stateOf(id) == State::Waiting && queue->table().find(id)->attempts == failures; });
        pass(10min);
    }
    untilState(id, State::Failed);
    EXPECT_EQ(errorOf(id), Code::ConnectTimeout);
    EXPECT_EQ(runsOf(id), 3);
    ASSERT_TRUE(resume(id)); // the user says: again
    until([&] { return runsOf(id) == 4; });
}

TEST_F(QueueTest, AChoiceIsOfferedCheckedAndTaken)
{
    const TaskId id = addOne(QStringLiteral("ask/a"), [](NewTask& task) {
        task.spec.options = {{QStringLiteral("ask"), true}};
    });
    untilState(id, State::Choosing);
    EXPECT_EQ(inFull(id).value(QLatin1String("choices")).toObject().value(QLatin1String("variants")).toArray().size(), 2);
    const auto choose = [&](const QJsonObject& choice) {
        return ask([&](Queue::Done done) { queue->choose(id, choice, done); });
    };
    EXPECT_EQ(choose({{QStringLiteral("variants"), QJsonArray{3}}}).error().code, Code::BadChoice);
    end();
    begin();
    EXPECT_EQ(stateOf(id), State::Choosing);
    ASSERT_TRUE(choose({{QStringLiteral("variants"), QJsonArray{2}}}));
    untilState(id, State::Done);
    EXPECT_EQ(choose({{QStringLiteral("variants"), QJsonArray{1}}}).error().code, Code::NothingToChoose);
}

TEST_F(QueueTest, AWishIsAChoiceToo)
{
    const TaskId id = addOne(QStringLiteral("ask/a"), [](NewTask& task) {
        task.spec.options = {{QStringLiteral("ask"), true}, {QStringLiteral("quality"), QStringLiteral("best")}};
    });
    untilState(id, State::Choosing);
    const QJsonObject wishes{
        {QStringLiteral("quality"), QStringLiteral("720p")}, {QStringLiteral("audio"), QJsonArray{QStringLiteral("de")}}};
    ASSERT_TRUE(ask([&](Queue::Done done) { queue->choose(id, wishes, done); }));
    untilState(id, State::Done);
    const std::lock_guard lock(script->mutex);
    const QJsonObject options = script->options[id];
    EXPECT_EQ(options.value(QLatin1String("quality")), QJsonValue(QStringLiteral("720p")));
    EXPECT_EQ(options.value(QLatin1String("audio")).toArray().first(), QJsonValue(QStringLiteral("de")));
}

TEST_F(QueueTest, ContentOfAnotherPluginIsHandedOverWithItsReply)
{
    const TaskId id = addOne(QStringLiteral("hand/a"));
    untilState(id, State::Done);
    EXPECT_EQ(queue->table().find(id)->adapter, "other");
    EXPECT_EQ(runsOf(id), 2);
    const std::lock_guard lock(script->mutex);
    EXPECT_EQ(script->prefetched[id], "the reply");
}

TEST_F(QueueTest, AFullDiskHoldsTheVolumeAndEndsByItself)
{
    script->full = true;
    disk.freeBytes = 1'000;
    const TaskId id = addOne(QStringLiteral("full/a"));
    until([&] { return !queue->holds().all().empty(); });
    EXPECT_EQ(queue->holds().all()[0].scope, QStringLiteral("volume"));
    EXPECT_EQ(queue->holds().all()[0].owner, QStringLiteral("disk-full"));
    EXPECT_EQ(stateOf(id), State::Waiting);
    const TaskId other = addOne(QStringLiteral("ok/b"));
    EXPECT_EQ(stateOf(other), State::Waiting); // of the same volume
    script->full = false;
    disk.freeBytes = 10 << 20; // not enough to go on, however often it is looked at
    for (int look = disk.looks + 1; look < 6; ++look) {
        pass(2s);
        for (turn(); disk.looks < look; turn())
            pass(2s);
    }
    EXPECT_EQ(stateOf(id), State::Waiting);
    disk.freeBytes = 200 << 20;
    for (; stateOf(id) != State::Done; turn())
        pass(2s);
    untilState(other, State::Done);
    EXPECT_TRUE(queue->holds().all().empty());
}

TEST_F(QueueTest, AnUnlistedTaskLeavesNoRowAndItsSecretsNeverReachTheStore)
{
    const TaskId id = addOne(QStringLiteral("wait/a?size=800"), [](NewTask& task) {
        task.unlisted = true;
        task.spec.secrets = {{QStringLiteral("bearer"), QStringLiteral("x")}};
    });
    until([&] { return runsOf(id) == 1 && queue->table().find(id)->described; });
    EXPECT_TRUE(ledger->read<SpecRecord>([id](Store& store) { return store.spec(id); })->secrets.isEmpty());
    ASSERT_TRUE(pause(id));
    untilState(id, State::Waiting);
    ASSERT_TRUE(resume(id));
    untilState(id, State::Done);
    EXPECT_TRUE(rows().empty());
}

TEST_F(QueueTest, StopNamesATaskThatHangs)
{
    const TaskId hung = addOne(QStringLiteral("hang/a"));
    const TaskId good = addOne(QStringLiteral("wait/b"));
    until([&] { return runsOf(hung) == 1 && runsOf(good) == 1; });
    std::optional<QStringList> hanging;
    queue->stop(5s, [&](const QStringList& names) { hanging = names; });
    untilState(good, State::Waiting);
    EXPECT_FALSE(hanging);
    pass(5s);
    ASSERT_TRUE(hanging);
    EXPECT_EQ(*hanging, QStringList{QStringLiteral("task %1 (scripted)").arg(hung)});
}

TEST_F(QueueTest, ATaskThatIgnoresItsStopFailsAndStartsAgainOnlyWhenItIsReallyGone)
{
    const TaskId id = addOne(QStringLiteral("hang/a"));
    until([&] { return runsOf(id) == 1; });
    ASSERT_TRUE(pause(id));
    EXPECT_EQ(stateOf(id), State::Running);
    pass(11s);
    untilState(id, State::Failed);
    EXPECT_EQ(errorOf(id), Code::PluginUnresponsive);
    EXPECT_EQ(connections(), 0);
    ASSERT_TRUE(resume(id));
    pass(1s);
    EXPECT_EQ(stateOf(id), State::Waiting);
    EXPECT_TRUE(queue->why(id)->value(QLatin1String("sentence")).toString().contains(QStringLiteral("has not stopped")));
    {
        const std::lock_guard lock(script->mutex);
        script->letGo = true;
    }
    script->changed.notify_all();
    until([&] { return runsOf(id) == 2; });
}

TEST_F(QueueTest, AfterTwoCrashesATaskIsNotStartedByItselfAndKillsDoNotCount)
{
    const TaskId id = addOne(QStringLiteral("ok/a"), [](NewTask& task) { task.held = true; });
    for (int kill = 0; kill < 3; ++kill) {
        end();
        begin({.keptAll = false, .suspects = {}});
        EXPECT_EQ(queue->table().find(id)->crashes, 0);
    }
    for (int crash = 0; crash < 2; ++crash) {
        end();
        begin({.keptAll = false, .suspects = {id}});
    }
    EXPECT_EQ(stateOf(id), State::Failed);
    EXPECT_EQ(errorOf(id), Code::CrashedDaemon);
}

TEST_F(QueueTest, FilesOfOneNameGetNumbers)
{
    const auto ids =
        add({QStringLiteral("ok/a.bin?size=10"), QStringLiteral("ok/a.bin?size=20"), QStringLiteral("ok/a.bin?size=30")});
    for (const TaskId id : ids)
        untilState(id, State::Done);
    QSet<QString> names;
    for (const TaskId id : ids) {
        const Task& task = *queue->table().find(id);
        names.insert(task.name);
        expectWhole(task.name, task.size);
    }
    EXPECT_EQ(names, (QSet<QString>{QStringLiteral("a.bin"), QStringLiteral("a (1).bin"), QStringLiteral("a (2).bin")}));
}

TEST_F(QueueTest, RemoveCanTakeTheFilesToo)
{
    const auto ids = add({QStringLiteral("ok/a"), QStringLiteral("ok/b"), QStringLiteral("wait/c")});
    untilState(ids[0], State::Done);
    untilState(ids[1], State::Done);
    until([&] { return runsOf(ids[2]) == 1 && QFile::exists(file(QStringLiteral("c.part"))); });
    ASSERT_TRUE(remove(ids[0], Removal::KeepFile));
    ASSERT_TRUE(remove(ids[1], Removal::DeleteFile));
    ASSERT_TRUE(remove(ids[2], Removal::DeleteFile)); // while it runs
    EXPECT_TRUE(QFile::exists(file(QStringLiteral("a"))));
    EXPECT_FALSE(QFile::exists(file(QStringLiteral("b"))));
    EXPECT_FALSE(QFile::exists(file(QStringLiteral("c.part"))));
    EXPECT_TRUE(rows().empty());
    EXPECT_EQ(queue->table().size(), 0u);
}

TEST_F(QueueTest, FinishPartialMakesAFileAndListsItsGaps)
{
    const TaskId id = addOne(QStringLiteral("wait/a.bin?size=8000"));
    until([&] {
        return runsOf(id) == 1 && queue->table().find(id)->described
            && QFile(file(QStringLiteral("a.bin.part"))).size() >= 4'000;
    });
    ASSERT_TRUE(ask([&](Queue::Done done) { queue->finishPartial(id, done); }));
    EXPECT_EQ(stateOf(id), State::Done);
    EXPECT_EQ(bytesOf(QStringLiteral("a.bin")), test::contentOf(0, 4'000));
    EXPECT_EQ(inFull(id).value(QLatin1String("gaps")).toArray(), (QJsonArray{QJsonArray{4'000, 8'000}}));
    const TaskId none = addOne(QStringLiteral("fail/HttpNotFound"));
    untilState(none, State::Failed);
    EXPECT_EQ(ask([&](Queue::Done done) { queue->finishPartial(none, done); }).error().code, Code::NothingToFinish);
}

TEST_F(QueueTest, RestartFromZeroFetchesEverythingAgain)
{
    const TaskId id = addOne(QStringLiteral("ok/a.bin"));
    untilState(id, State::Done);
    ASSERT_TRUE(ask([&](Queue::Done done) { queue->restart(only(id), false, done); }));
    untilState(id, State::Done);
    EXPECT_EQ(runsOf(id), 2);
    expectWhole(QStringLiteral("a.bin"), 1'000);
    expectWhole(QStringLiteral("a (1).bin"), 1'000);
}

TEST_F(QueueTest, MoveChangesWhoStartsFirst)
{
    const auto ids = add({QStringLiteral("ok/a"), QStringLiteral("ok/b"), QStringLiteral("ok/c"), QStringLiteral("ok/d")},
        [](NewTask& task) { task.held = true; });
    const auto order = [&] {
        QList<TaskId> found;
        for (const Task* task : queue->table().waiting())
            found.append(task->id);
        return found;
    };
    const auto move = [&](TaskId id, int offset, bool absolute) {
        ASSERT_TRUE(ask([&](Queue::Done done) { queue->move(only(id), offset, absolute, done); }));
    };
    move(ids[2], -1, true);
    EXPECT_EQ(order(), (QList<TaskId>{ids[2], ids[0], ids[1], ids[3]}));
    move(ids[0], 1, true);
    EXPECT_EQ(order(), (QList<TaskId>{ids[2], ids[1], ids[3], ids[0]}));
    move(ids[3], -1, false);
    EXPECT_EQ(order(), (QList<TaskId>{ids[2], ids[3], ids[1], ids[0]}));
    end();
    begin();
    EXPECT_EQ(order(), (QList<TaskId>{ids[2], ids[3], ids[1], ids[0]}));
}

TEST_F(QueueTest, NoMoreRunAtOnceThanTheHostsLimit)
{
    QStringList paths;
    for (int i = 0; i < 300; ++i)
        paths.append(QStringLiteral("slow/f%1?size=64").arg(i));
    const auto ids = add(paths);
    for (const TaskId id : ids)
        untilState(id, State::Done);
    EXPECT_LE(script->mostRunning, 16);
    EXPECT_GT(script->mostRunning, 1);
    EXPECT_EQ(connections(), 0);
}

TEST_F(QueueTest, ChangesAreToldAfterEachTurnAndSinceKnowsThem)
{
    QSet<TaskId> told;
    QList<TaskId> gone;
    queue->onChange([&](const QList<TaskId>& changed, const QList<TaskId>& removed) {
        told.unite(QSet<TaskId>(changed.begin(), changed.end()));
        gone += removed;
    });
    const TaskId id = addOne(QStringLiteral("ok/a"));
    untilState(id, State::Done);
    ASSERT_TRUE(remove(id, Removal::KeepFile));
    until([&] { return !gone.isEmpty(); });
    EXPECT_EQ(told, QSet<TaskId>{id});
    EXPECT_EQ(gone, QList<TaskId>{id});
}

TEST_F(QueueTest, AStormOfVerbsAndRestartsEndsConsistent)
{
    const unsigned seed = 20'261'121;
    QDir().mkpath(folder.filePath(QStringLiteral("to")));
    SCOPED_TRACE(seed);
    std::mt19937 dice(seed);
    QList<TaskId> known;
    int answers = 0, asked = 0;
    const auto done = [&](const Result<QList<TaskId>>&) { ++answers; };
    const char* kinds[] = {"ok", "slow", "flaky", "slow"};
    for (int step = 0; step < 600; ++step) {
        const TaskId id = known.isEmpty() ? 0 : known[qsizetype(dice() % std::size_t(known.size()))];
        switch (dice() % 13) {
        case 0:
        case 1:
        case 2:
            known.append(addOne(
                QStringLiteral("%1/f%2?size=%3").arg(QLatin1String(kinds[dice() % 4])).arg(step).arg(100 + dice() % 4'000)));
            break;
        case 3:
        case 4:
            ++asked;
            queue->pause(only(id), kUser, QStringLiteral("storm"), 0, done);
            break;
        case 5:
        case 6:
            ++asked;
            queue->resume(only(id), kUser, done);
            break;
        case 7:
            ++asked;
            queue->restart(only(id), dice() % 2 == 0, done);
            break;
        case 8:
            ++asked;
            queue->remove(only(id), dice() % 2 ? Removal::DeleteFile : Removal::KeepFile, done);
            break;
        case 9:
            ++asked;
            queue->move(only(id), int(dice() % 5) - 2, false, done);
            break;
        case 12:
            ++asked;
            queue->relocate(only(id), folder.filePath(dice() % 2 ? QStringLiteral("down") : QStringLiteral("to")), done);
            break;
        case 10: pass(std::chrono::milliseconds(dice() % 20'000)); break;
        case 11:
            if (dice() % 8 == 0) {
                until([&] { return answers == asked; });
                end();
                begin({.keptAll = dice() % 2 == 0, .suspects = {}});
            }
            break;
        }
    }
    until([&] { return answers == asked; });
    ASSERT_TRUE(ask([&](Queue::Done reply) { queue->resume(everything(), kUser, reply); }));
    const auto open = [&] { return queue->table().count(State::Waiting) + queue->table().count(State::Running); };
    // Virtual time can leap over the ten seconds that a run has for its end before the run's thread has had its turn.
    const auto leaptOver = [&] {
        QList<TaskId> ids;
        for (const auto& [id, task] : queue->table().all())
            if (task->state == State::Failed && Code(task->errorCode) == Code::PluginUnresponsive)
                ids.append(id);
        for (const TaskId id : ids)
            static_cast<void>(ask([&](Queue::Done reply) { queue->restart(only(id), false, reply); }));
        return !ids.isEmpty();
    };
    while (open() > 0 || leaptOver()) {
        turn();
        if (queue->table().count(State::Running) == 0)
            pass(10min);
    }
    for (const auto& [id, task] : queue->table().all()) {
        ASSERT_EQ(task->state, State::Done) << id << " " << qPrintable(task->url) << " " << errorRow(Code(task->errorCode)).name
                                            << " " << qPrintable(task->errorDetail);
        QFile there(task->directory + u'/' + task->name);
        ASSERT_TRUE(there.open(QIODevice::ReadOnly)) << qPrintable(there.fileName());
        EXPECT_EQ(there.readAll(), test::contentOf(0, task->size)) << qPrintable(there.fileName());
        EXPECT_FALSE(QFile::exists(there.fileName() + QStringLiteral(".part"))) << qPrintable(there.fileName());
    }
    // What was removed on its way may have left its NAME.part, as it was asked to; nothing that a move made may be there.
    for (const char* place : {"down", "to"})
        EXPECT_TRUE(
            QDir(folder.filePath(QLatin1String(place))).entryList(QDir::Dirs | QDir::Hidden | QDir::NoDotAndDotDot).isEmpty());
    EXPECT_EQ(connections(), 0);
    EXPECT_TRUE(queue->holds().all().empty());
    const std::size_t before = queue->table().size();
    end();
    begin();
    EXPECT_EQ(queue->table().size(), before);
    EXPECT_EQ(queue->table().count(State::Done), before);
}

TEST_F(QueueTest, WhatCameIsCountedByDayAndKept)
{
    untilState(addOne(QStringLiteral("ok/a?size=5000")), State::Done);
    untilState(addOne(QStringLiteral("ok/b?size=700")), State::Done);
    const auto total = [&] { return queue->statistics()[u"traffic"][u"total"][u"down"].toInteger(); };
    const auto days = [&] { return queue->statistics()[u"traffic"][u"days"].toArray().size(); };
    EXPECT_EQ(total(), 5'700);
    EXPECT_EQ(days(), 1);
    end();
    begin();
    EXPECT_EQ(total(), 5'700);
    pass(std::chrono::hours(24));
    EXPECT_EQ(queue->statistics()[u"traffic"][u"today"][u"down"].toInteger(), 0);
    untilState(addOne(QStringLiteral("ok/c?size=30")), State::Done);
    EXPECT_EQ(queue->statistics()[u"traffic"][u"today"][u"down"].toInteger(), 30);
    EXPECT_EQ(total(), 5'730);
    EXPECT_EQ(days(), 2);
}

TEST_F(QueueTest, TenThousandTasksAreLoadedAndFiveThousandFlow)
{
    QStringList paths;
    for (int i = 0; i < 5'000; ++i)
        paths.append(QStringLiteral("ok/f%1?size=64").arg(i));
    const auto ids = add(paths);
    until([&] { return queue->table().count(State::Done) == 5'000; });
    EXPECT_EQ(ids.size(), 5'000);
    const auto held = add(paths, [](NewTask& task) { task.held = true; });
    end();
    begin();
    EXPECT_EQ(queue->table().size(), 10'000u);
    EXPECT_EQ(queue->table().count(State::Waiting), 5'000u);
    EXPECT_EQ(queue->holds().all().size(), 5'000u);
}

} // namespace weir
