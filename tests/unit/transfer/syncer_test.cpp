#include "transfer/syncer.h"

#include "support/main_inbox.h"

#include <gtest/gtest.h>

#include <QDir>
#include <QFile>
#include <QTemporaryDir>

#include <algorithm>
#include <latch>
#include <set>

#include <unistd.h>

namespace weir {
namespace {

using namespace std::chrono_literals;
using test::MainInbox;

// The real disk, but it tells what it is asked for, and can be told to misbehave. Paths below "slow/" are another device.
class TracingDisk final : public Disk {
public:
    class TracedFile final : public File {
    public:
        TracedFile(TracingDisk& disk, std::unique_ptr<File> real) : disk_(disk), real_(std::move(real)) {}
        Result<void> write(qint64 offset, std::span<const char> data) override { return real_->write(offset, data); }
        Result<void> read(qint64 offset, std::span<char> into) const override { return real_->read(offset, into); }
        Result<void> reserve(qint64 size, Reserve mode) override { return real_->reserve(size, mode); }
        Result<void> truncate(qint64 size) override { return real_->truncate(size); }
        Result<void> sync() override { return disk_.note("sync", path()); }
        void startWriting() override { (void)disk_.note("start", path()); }
        Result<void> checkWritten() override { return disk_.note("check", path()); }
        Result<FileIdentity> identity() const override
        {
            auto identity = real_->identity();
            if (identity && path().contains(QStringLiteral("/slow/")))
                identity->device = 4711;
            return identity;
        }
        QString path() const override { return real_->path(); }

    private:
        TracingDisk& disk_;
        std::unique_ptr<File> real_;
    };

    Result<std::unique_ptr<File>> open(const QString& path, Open mode) override
    {
        auto real = systemDisk().open(path, mode);
        if (!real)
            return failure(real.error());
        return std::make_unique<TracedFile>(*this, std::move(*real));
    }
    Result<void> rename(const QString& from, const QString& to, bool replace) override
    {
        if (beforeRename)
            beforeRename(to);
        auto ok = note("rename", to);
        return ok ? systemDisk().rename(from, to, replace) : ok;
    }
    Result<void> remove(const QString& path) override { return systemDisk().remove(path); }
    Result<void> moveToTrash(const QString& path) override { return systemDisk().moveToTrash(path); }
    Result<void> makeDirectory(const QString& path) override { return systemDisk().makeDirectory(path); }
    Result<void> syncDirectory(const QString& path) override { return note("syncDirectory", path); }
    Result<void> syncVolume(const QString& path) override { return note("syncVolume", path.section(u'/', 0, -2)); }
    Result<FileIdentity> identity(const QString& path) override { return systemDisk().identity(path); }
    Result<Volume> volume(const QString& path) override { return systemDisk().volume(path); }
    Result<void> copyTree(const QString& from, const QString& to, const CopyWatch& watch) override
    {
        return systemDisk().copyTree(from, to, watch);
    }
    Result<void> removeTree(const QString& path) override { return systemDisk().removeTree(path); }
    Result<qint64> treeBytes(const QString& path) override { return systemDisk().treeBytes(path); }

    Result<void> note(const char* what, const QString& path)
    {
        const std::string line = std::string(what) + ' ' + path.section(u'/', -1).toStdString();
        if (hold && path.contains(QStringLiteral("/slow/")) && std::string(what) == "sync") {
            held.count_down();
            hold->wait();
        }
        const std::lock_guard lock(mutex);
        trace.push_back(line);
        return failing.contains(line) ? failure(Code::DiskSyncFailed, path) : Result<void>{};
    }

    std::function<void(const QString&)> beforeRename;
    std::mutex mutex;
    std::vector<std::string> trace;
    std::set<std::string> failing;
    std::latch held{1};
    std::unique_ptr<std::latch> hold;
};

class SyncerTest : public ::testing::Test {
protected:
    void SetUp() override
    {
        auto store = Store::open(folder_.filePath(QStringLiteral("weir.db")));
        ASSERT_TRUE(store);
        ledger_ = std::make_unique<Ledger>(std::move(*store), inbox_.executor());
        QDir().mkpath(root_ + QStringLiteral("/slow"));
        start({std::chrono::hours(1), 1 << 30, 32});
    }
    void TearDown() override { syncer_.reset(); }
    void start(Syncer::Policy policy)
    {
        syncer_.reset();
        syncer_ = std::make_unique<Syncer>(disk_, *ledger_, inbox_.executor(), policy);
    }
    void addTask(TaskId id)
    {
        ASSERT_TRUE(ledger_->writeNow([id](Store& store) {
            TaskRecord task;
            task.id = task.position = id;
            store.insertTask(task, {}, {});
        }));
    }
    std::unique_ptr<OutputFile> file(const QString& name, qint64 size, qint64 filled = -1)
    {
        const QString final = root_ + u'/' + name;
        auto part = disk_.open(final + QStringLiteral(".part"), Disk::Open::NewOrExisting);
        EXPECT_TRUE(part);
        auto output = std::make_unique<OutputFile>(final, std::move(*part), size, RangeSet{});
        write(*output, 0, filled < 0 ? size : filled);
        return output;
    }
    static void write(OutputFile& file, qint64 from, qint64 to)
    {
        const QByteArray data(to - from, 'd');
        EXPECT_TRUE(file.write(from, {data.constData(), std::size_t(data.size())}));
    }
    Retirement end(TaskId task, std::unique_ptr<OutputFile> file, bool finish, IfExists ifExists = IfExists::Rename)
    {
        Retirement end;
        end.task = task;
        end.directory = root_;
        end.finish = finish;
        end.ifExists = ifExists;
        end.files.push_back(std::move(file));
        end.record = [this, task](Store& store) {
            TaskRecord record;
            record.id = record.position = task;
            record.state = State::Done;
            store.updateTask(record);
            disk_.note("record", QString::number(task));
        };
        return end;
    }
    Result<QStringList> retire(Retirement retirement)
    {
        std::optional<Result<QStringList>> answer;
        retirement.done = [&](Result<QStringList> result) { answer = std::move(result); };
        syncer_->retire(std::move(retirement));
        inbox_.runUntil([&] { return answer.has_value(); });
        return *answer;
    }
    std::vector<ProgressRecord> progress(TaskId task)
    {
        return *ledger_->read<std::vector<ProgressRecord>>([&](Store& store) { return store.progress(task); });
    }
    State stateOf(TaskId task)
    {
        return *ledger_->read<State>([&](Store& store) {
            for (const TaskRecord& record : store.tasks())
                if (record.id == task)
                    return record.state;
            return State::Failed;
        });
    }
    std::size_t intents()
    {
        return *ledger_->read<std::size_t>([](Store& store) { return store.intents().size(); });
    }
    QByteArray contents(const char* name)
    {
        QFile file(root_ + u'/' + QString::fromLatin1(name));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("(missing)");
    }
    void stranger(const QString& name)
    {
        QFile file(root_ + u'/' + name);
        ASSERT_TRUE(file.open(QIODevice::WriteOnly));
        file.write("stranger");
    }

    QTemporaryDir folder_;
    const QString root_ = folder_.filePath(QStringLiteral("target"));
    MainInbox inbox_;
    TracingDisk disk_;
    std::unique_ptr<Ledger> ledger_;
    std::unique_ptr<Syncer> syncer_;
};

TEST_F(SyncerTest, FinishesInTheOneOrder)
{
    addTask(1);
    const auto names = retire(end(1, file(QStringLiteral("a.bin"), 1000), true));
    ASSERT_TRUE(names) << describe(names.error()).toStdString();
    EXPECT_EQ(*names, QStringList{root_ + QStringLiteral("/a.bin")});
    EXPECT_EQ(disk_.trace,
        (std::vector<std::string>{
            "sync a.bin.part", "syncDirectory target", "rename a.bin", "syncDirectory target", "record 1"}));
    EXPECT_EQ(contents("a.bin"), QByteArray(1000, 'd'));
    EXPECT_TRUE(progress(1).empty());
    EXPECT_EQ(intents(), 0u);
    EXPECT_EQ(stateOf(1), State::Done);
}

TEST_F(SyncerTest, TheIntentIsDurableBeforeTheRename)
{
    addTask(1);
    std::size_t known = 0;
    qint64 complete = 0;
    disk_.beforeRename = [&](const QString&) {
        known = intents();
        complete = progress(1).at(0).written.bytes();
    };
    ASSERT_TRUE(retire(end(1, file(QStringLiteral("a.bin"), 1000), true)));
    EXPECT_EQ(known, 1u);
    EXPECT_EQ(complete, 1000);
}

TEST_F(SyncerTest, APauseKeepsThePartAndWhatIsKnownOfIt)
{
    addTask(1);
    ASSERT_TRUE(retire(end(1, file(QStringLiteral("a.bin"), 1000, 400), false)));
    ASSERT_EQ(progress(1).size(), 1u);
    EXPECT_EQ(progress(1)[0].path, QStringLiteral("a.bin"));
    EXPECT_EQ(progress(1)[0].size, 1000);
    EXPECT_EQ(progress(1)[0].written, (RangeSet{{0, 400}}));
    EXPECT_EQ(contents("a.bin"), "(missing)");
}

TEST_F(SyncerTest, AnIncompleteFileIsNeverRenamed)
{
    addTask(1);
    const auto names = retire(end(1, file(QStringLiteral("a.bin"), 1000, 999), true));
    ASSERT_FALSE(names);
    EXPECT_EQ(names.error().code, Code::Internal);
    EXPECT_EQ(contents("a.bin"), "(missing)");
    EXPECT_EQ(contents("a.bin.part").size(), 999);
    EXPECT_EQ(progress(1)[0].written.bytes(), 999);
    EXPECT_EQ(stateOf(1), State::Waiting);
}

TEST_F(SyncerTest, AFileOfUnknownSizeEndsWhereItsBytesEnd)
{
    addTask(1);
    ASSERT_TRUE(retire(end(1, file(QStringLiteral("a.bin"), -1, 10), true)));
    EXPECT_EQ(contents("a.bin").size(), 10);
    addTask(2);
    auto holed = file(QStringLiteral("b.bin"), -1, 10);
    write(*holed, 20, 30);
    EXPECT_EQ(retire(end(2, std::move(holed), true)).error().code, Code::Internal);
}

TEST_F(SyncerTest, ATakenNameIsKeptByWhoHasIt)
{
    addTask(1);
    stranger(QStringLiteral("a.bin"));
    stranger(QStringLiteral("a (1).bin"));
    const auto names = retire(end(1, file(QStringLiteral("a.bin"), 10), true));
    ASSERT_TRUE(names);
    EXPECT_EQ(*names, QStringList{root_ + QStringLiteral("/a (2).bin")});
    EXPECT_EQ(contents("a.bin"), "stranger");
    EXPECT_EQ(contents("a (2).bin"), QByteArray(10, 'd'));
}

TEST_F(SyncerTest, ANameTakenInTheLastMomentToo)
{
    addTask(1);
    int renames = 0;
    disk_.beforeRename = [&](const QString& to) {
        if (++renames <= 2)
            stranger(to.section(u'/', -1));
        const auto known = ledger_->read<QString>([](Store& store) { return store.intents().at(0).finalPath; });
        EXPECT_EQ(*known, to) << "the ledger knows each name before it is used";
    };
    const auto names = retire(end(1, file(QStringLiteral("a.bin"), 10), true));
    ASSERT_TRUE(names);
    EXPECT_EQ(*names, QStringList{root_ + QStringLiteral("/a (2).bin")});
    EXPECT_EQ(contents("a.bin"), "stranger");
    EXPECT_EQ(contents("a (1).bin"), "stranger");
}

TEST_F(SyncerTest, OverwritesOnlyWhenAsked)
{
    addTask(1);
    stranger(QStringLiteral("a.bin"));
    ASSERT_TRUE(retire(end(1, file(QStringLiteral("a.bin"), 10), true, IfExists::Overwrite)));
    EXPECT_EQ(contents("a.bin"), QByteArray(10, 'd'));
}

TEST_F(SyncerTest, AFailedSyncFailsOnlyItsTask)
{
    addTask(1);
    addTask(2);
    disk_.failing = {"sync bad.bin.part"};
    std::vector<std::pair<TaskId, Code>> ends;
    for (const TaskId task : {1, 2}) {
        Retirement retirement = end(task, file(task == 1 ? QStringLiteral("bad.bin") : QStringLiteral("good.bin"), 10), true);
        retirement.done = [&ends, task](
                              Result<QStringList> result) { ends.emplace_back(task, result ? Code::Ok : result.error().code); };
        syncer_->retire(std::move(retirement));
    }
    inbox_.runUntil([&] { return ends.size() == 2; });
    std::sort(ends.begin(), ends.end());
    EXPECT_EQ(ends, (std::vector<std::pair<TaskId, Code>>{{1, Code::DiskSyncFailed}, {2, Code::Ok}}));
    EXPECT_EQ(contents("bad.bin"), "(missing)");
    EXPECT_EQ(contents("good.bin"), QByteArray(10, 'd'));
    for (const ProgressRecord& row : progress(1))
        EXPECT_TRUE(row.written.empty());
}

TEST_F(SyncerTest, AFolderThatCantBeSyncedTakesTheNameBack)
{
    addTask(1);
    int syncs = 0;
    disk_.beforeRename = [&](const QString& to) {
        const std::lock_guard lock(disk_.mutex);
        if (to.endsWith(QStringLiteral(".bin")) && ++syncs == 1)
            disk_.failing = {"syncDirectory target"};
        else
            disk_.failing.clear();
    };
    EXPECT_FALSE(retire(end(1, file(QStringLiteral("a.bin"), 10), true)));
    EXPECT_EQ(contents("a.bin"), "(missing)");
    EXPECT_EQ(contents("a.bin.part"), QByteArray(10, 'd'));
    EXPECT_EQ(intents(), 0u);
    EXPECT_EQ(progress(1)[0].written.bytes(), 10);
}

TEST_F(SyncerTest, ManySmallFilesShareOneSyncOfTheVolume)
{
    start({std::chrono::hours(1), 1 << 30, 8});
    std::vector<Retirement> ends;
    int done = 0;
    for (TaskId task = 1; task <= 50; ++task) {
        addTask(task);
        ends.push_back(end(task, file(QStringLiteral("f%1.bin").arg(task), 10), true));
        ends.back().done = [&](Result<QStringList> result) { done += result.has_value(); };
    }
    const qint64 before = ledger_->commits();
    // The first holds the worker up until all others wait.
    std::latch all(1);
    disk_.beforeRename = [&](const QString&) { all.wait(); };
    for (Retirement& retirement : ends)
        syncer_->retire(std::move(retirement));
    all.count_down();
    inbox_.runUntil([&] { return done == 50; });
    int volumes = 0, files = 0;
    for (const std::string& line : disk_.trace) {
        volumes += line == "syncVolume target";
        files += line.starts_with("sync f");
    }
    EXPECT_GE(volumes, 1);
    EXPECT_LT(files, 8) << "only those that came before there were many";
    EXPECT_LE(ledger_->commits() - before, 6);
}

TEST_F(SyncerTest, ACheckpointComesByTimeAndKeepsTheState)
{
    start({5ms, 1 << 30, 32});
    addTask(1);
    auto output = file(QStringLiteral("a.bin"), 1000, 300);
    syncer_->watch(1, root_, output.get());
    syncer_->save(1, "three hundred", {});
    while (progress(1).empty() || progress(1)[0].written.bytes() != 300) {}
    EXPECT_EQ(*ledger_->read<QByteArray>([](Store& store) { return store.pluginState(1); }), "three hundred");
    output->forget({100, 200});
    while (progress(1)[0].written.bytes() != 200) {}
    syncer_->release(1);
}

TEST_F(SyncerTest, ACheckpointComesByBytes)
{
    start({std::chrono::hours(1), 500, 32});
    addTask(1);
    auto output = file(QStringLiteral("a.bin"), 1000, 0);
    syncer_->watch(1, root_, output.get());
    write(*output, 0, 499);
    EXPECT_TRUE(progress(1).empty());
    write(*output, 499, 600);
    while (progress(1).empty()) {}
    EXPECT_EQ(progress(1)[0].written.bytes(), 600);
    syncer_->release(1);
}

TEST_F(SyncerTest, WhatHasGatheredIsGivenToTheDiskLongBeforeItsSync)
{
    addTask(7);
    const auto part = file(QStringLiteral("gathers.bin"), 8 << 20, 4 << 20);
    const auto little = file(QStringLiteral("little.bin"), 8 << 20, 1 << 20);
    syncer_->watch(7, root_, part.get());
    syncer_->watch(7, root_, little.get());
    inbox_.runUntil([&] {
        const std::lock_guard lock(disk_.mutex);
        return !disk_.trace.empty();
    });
    syncer_->release(7);
    const std::lock_guard lock(disk_.mutex);
    EXPECT_EQ(std::set(disk_.trace.begin(), disk_.trace.end()), std::set<std::string>{"start gathers.bin.part"});
}

TEST_F(SyncerTest, AStateWaitsForTheFilesOfItsPlugin)
{
    start({1ms, 1 << 30, 32});
    addTask(1);
    stranger(QStringLiteral("spool"));
    {
        const std::lock_guard lock(disk_.mutex);
        disk_.failing = {"sync spool"};
    }
    std::optional<Code> failed;
    syncer_->onFailure([&](TaskId, const Error& error) { failed = error.code; });
    syncer_->save(1, "early", {root_ + QStringLiteral("/spool"), root_ + QStringLiteral("/never-there")});
    inbox_.runUntil([&] { return failed.has_value(); });
    EXPECT_EQ(*failed, Code::DiskSyncFailed);
    EXPECT_EQ(*ledger_->read<QByteArray>([](Store& store) { return store.pluginState(1); }), QByteArray());
    {
        const std::lock_guard lock(disk_.mutex);
        disk_.failing.clear();
    }
    syncer_->release(1);
    // Its library has given the folder another name by now.
    syncer_->save(1, "later", {root_ + QStringLiteral("/spool"), root_ + QStringLiteral("/renamed/since/file")});
    while (ledger_->read<QByteArray>([](Store& store) { return store.pluginState(1); })->isEmpty()) {}
}

TEST_F(SyncerTest, ARunningTaskHearsOfItsFailedCheckpoint)
{
    start({1ms, 1 << 30, 32});
    addTask(1);
    std::optional<std::pair<TaskId, Code>> failed;
    syncer_->onFailure([&](TaskId task, const Error& error) { failed = {task, error.code}; });
    disk_.failing = {"sync a.bin.part"};
    auto output = file(QStringLiteral("a.bin"), 1000, 300);
    syncer_->watch(1, root_, output.get());
    inbox_.runUntil([&] { return failed.has_value(); });
    EXPECT_EQ(*failed, std::pair(TaskId(1), Code::DiskSyncFailed));
    EXPECT_EQ(output->done(), 0);
    {
        const std::lock_guard lock(disk_.mutex);
        disk_.failing.clear();
    }
    // The run did not hear in time and believes that it is done: the missing part is not its fault.
    write(*output, 300, 1000);
    EXPECT_EQ(retire(end(1, std::move(output), true)).error().code, Code::DiskSyncFailed);
    EXPECT_EQ(contents("a.bin"), "(missing)");
}

TEST_F(SyncerTest, AStalledDiskHoldsUpOnlyItsOwn)
{
    addTask(1);
    addTask(2);
    disk_.hold = std::make_unique<std::latch>(1);
    bool slowDone = false;
    Retirement slow = end(1, file(QStringLiteral("slow/a.bin"), 10), true);
    slow.done = [&](Result<QStringList> result) { slowDone = result.has_value(); };
    syncer_->retire(std::move(slow));
    disk_.held.wait();
    EXPECT_TRUE(retire(end(2, file(QStringLiteral("b.bin"), 10), true)));
    EXPECT_FALSE(slowDone);
    EXPECT_FALSE(syncer_->stop(1ms));
    disk_.hold->count_down();
    EXPECT_TRUE(syncer_->stop(1h));
    inbox_.runUntil([&] { return slowDone; });
    EXPECT_EQ(retire(end(2, file(QStringLiteral("c.bin"), 10), true)).error().code, Code::Cancelled);
}

TEST_F(SyncerTest, StoppingTakesALastCheckpoint)
{
    addTask(1);
    auto output = file(QStringLiteral("a.bin"), 1000, 123);
    syncer_->watch(1, root_, output.get());
    syncer_->save(1, "last words", {});
    EXPECT_TRUE(syncer_->stop(1h));
    EXPECT_EQ(progress(1).at(0).written.bytes(), 123);
    EXPECT_EQ(*ledger_->read<QByteArray>([](Store& store) { return store.pluginState(1); }), "last words");
}

TEST_F(SyncerTest, ATaskMayFinishAndGoOn)
{
    addTask(1);
    const auto names = syncer_->finishNow(end(1, file(QStringLiteral("a.bin"), 10), true));
    ASSERT_TRUE(names);
    EXPECT_EQ(contents("a.bin"), QByteArray(10, 'd'));
    syncer_->save(1, "sharing", {});
    EXPECT_TRUE(syncer_->stop(1h));
    EXPECT_EQ(*ledger_->read<QByteArray>([](Store& store) { return store.pluginState(1); }), "sharing");
}

class RecoveryTest : public SyncerTest {
protected:
    // As if the daemon had died after the intent.
    IntentRecord intend(TaskId task, const QString& name)
    {
        addTask(task);
        auto output = file(name, 10);
        const auto identity = output->file().identity();
        const QString final = root_ + u'/' + name;
        const IntentRecord intent{
            task, name, final + QStringLiteral(".part"), final, identity->device, identity->inode, identity->born, 10};
        EXPECT_TRUE(ledger_->writeNow([&](Store& store) {
            store.saveProgress({task, name, 10, {{0, 10}}});
            store.saveIntent(intent);
        }));
        return intent;
    }
    struct After {
        std::vector<TaskId> whole;
        std::size_t intents = 0;
    };
    After recover()
    {
        syncer_.reset();
        ledger_.reset();
        auto store = Store::open(folder_.filePath(QStringLiteral("weir.db")));
        EXPECT_TRUE(store);
        After after;
        const auto whole = recoverIntents(disk_, **store);
        EXPECT_TRUE(whole);
        for (const IntentRecord& intent : *whole)
            after.whole.push_back(intent.task);
        after.intents = (*store)->intents().size();
        return after;
    }
};

TEST_F(RecoveryTest, ARenameThatHappenedIsRecognised)
{
    const IntentRecord intent = intend(1, QStringLiteral("a.bin"));
    ASSERT_TRUE(QFile::rename(intent.partPath, intent.finalPath));
    const After after = recover();
    EXPECT_EQ(after.whole, std::vector<TaskId>{1});
    EXPECT_EQ(after.intents, 1u) << "dropped only with the record of its end";
}

TEST_F(RecoveryTest, ARenameThatDidNotHappenIsMadeUpFor)
{
    intend(1, QStringLiteral("a.bin"));
    EXPECT_EQ(recover().whole, std::vector<TaskId>{1});
    EXPECT_EQ(contents("a.bin"), QByteArray(10, 'd'));
    EXPECT_EQ(contents("a.bin.part"), "(missing)");
}

TEST_F(RecoveryTest, AStrangersFileOfThatNameAndSizeIsNeverAdopted)
{
    const IntentRecord intent = intend(1, QStringLiteral("a.bin"));
    QFile file(intent.finalPath);
    ASSERT_TRUE(file.open(QIODevice::WriteOnly));
    file.write("0123456789");
    file.close();
    const After after = recover();
    EXPECT_TRUE(after.whole.empty());
    EXPECT_EQ(after.intents, 0u);
    EXPECT_EQ(contents("a.bin"), "0123456789");
    EXPECT_EQ(contents("a.bin.part"), QByteArray(10, 'd'));
}

TEST_F(RecoveryTest, APartThatIsGoneIsNotDone)
{
    const IntentRecord intent = intend(1, QStringLiteral("a.bin"));
    ASSERT_TRUE(QFile::remove(intent.partPath));
    EXPECT_TRUE(recover().whole.empty());
}

TEST_F(RecoveryTest, APartThatBeganAnewIsNotDone)
{
    const IntentRecord intent = intend(1, QStringLiteral("a.bin"));
    ASSERT_TRUE(ledger_->writeNow([&](Store& store) { store.saveProgress({1, intent.path, 10, {{0, 5}}}); }));
    EXPECT_TRUE(recover().whole.empty());
    EXPECT_EQ(contents("a.bin"), "(missing)");
}

TEST_F(RecoveryTest, SeveralFilesGetTheirNamesTogetherOrNotAtAll)
{
    const IntentRecord first = intend(1, QStringLiteral("a.bin"));
    auto second = file(QStringLiteral("b.bin"), 10);
    const auto identity = second->file().identity();
    ASSERT_TRUE(ledger_->writeNow([&](Store& store) {
        store.saveProgress({1, QStringLiteral("b.bin"), 10, {{0, 10}}});
        store.saveIntent({1, QStringLiteral("b.bin"), second->partPath(), second->finalPath(), identity->device,
            identity->inode, identity->born, 10});
    }));
    ASSERT_TRUE(QFile::rename(first.partPath, first.finalPath));
    stranger(QStringLiteral("b.bin"));
    EXPECT_TRUE(recover().whole.empty());
    EXPECT_EQ(contents("a.bin"), "(missing)");
    EXPECT_EQ(contents("a.bin.part"), QByteArray(10, 'd'));
    EXPECT_EQ(contents("b.bin"), "stranger");
}

TEST_F(RecoveryTest, BothNamesOfAHalfLinkAreOne)
{
    const IntentRecord intent = intend(1, QStringLiteral("a.bin"));
    ASSERT_EQ(::link(QFile::encodeName(intent.partPath).constData(), QFile::encodeName(intent.finalPath).constData()), 0);
    EXPECT_EQ(recover().whole, std::vector<TaskId>{1});
    EXPECT_EQ(contents("a.bin.part"), "(missing)");
    EXPECT_EQ(contents("a.bin"), QByteArray(10, 'd'));
}

TEST_F(RecoveryTest, AVolumeThatIsNotMountedIsAskedAgainLater)
{
    const IntentRecord intent = intend(1, QStringLiteral("a.bin"));
    ASSERT_TRUE(QDir().rename(root_, root_ + QStringLiteral("-unmounted")));
    const After after = recover();
    EXPECT_TRUE(after.whole.empty());
    EXPECT_EQ(after.intents, 1u);
}

} // namespace
} // namespace weir
