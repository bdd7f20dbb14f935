#include "ledger/schema.h"
#include "ledger/store.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <gtest/gtest.h>

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QTemporaryDir>

#include <sqlite3.h>

namespace weir {
namespace {

class StoreTest : public ::testing::Test {
protected:
    std::unique_ptr<Store> open()
    {
        auto store = Store::open(path_);
        EXPECT_TRUE(store) << describe(store.error()).toStdString();
        return store ? std::move(*store) : nullptr;
    }
    Code openingFails()
    {
        const auto store = Store::open(path_);
        return store ? Code::Ok : store.error().code;
    }
    QByteArray file(const char* suffix = "")
    {
        QFile file(path_ + QLatin1String(suffix));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }
    void put(const QByteArray& content)
    {
        QFile file(path_);
        ASSERT_TRUE(file.open(QIODevice::WriteOnly));
        file.write(content);
    }
    void raw(const char* sql) { SQLite::Database(path_.toStdString(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec(sql); }
    static TaskRecord task(TaskId id)
    {
        TaskRecord task;
        task.id = id;
        task.position = id;
        task.url = QStringLiteral("https://example.org/file-%1.iso").arg(id);
        task.name = QStringLiteral("file-%1.iso").arg(id);
        return task;
    }

    QTemporaryDir folder_;
    const QString path_ = folder_.filePath(QStringLiteral("weir.db"));
};

TEST_F(StoreTest, EverythingComesBackAsItWas)
{
    TaskRecord all = task(7);
    all.url = QString::fromUtf8("https://example.org/ä?q=%20'\"");
    all.adapter = "http";
    all.mime = "video/mp4";
    all.state = State::Failed;
    all.priority = -1;
    all.directory = QStringLiteral("/tmp/x y");
    all.size = qint64(1) << 40;
    all.done = 5;
    all.uploaded = 6;
    all.verified = 2;
    all.attempts = 3;
    all.crashes = 1;
    all.errorCode = 2404;
    all.errorNative = -9;
    all.errorDetail = QStringLiteral("GET");
    all.notBefore = 10;
    all.created = 11;
    all.finished = 12;
    all.fromBrowser = all.unlisted = true;
    const SpecRecord spec{{{QStringLiteral("connections"), 4}}, {{QStringLiteral("cookie"), QStringLiteral("a=b")}}};
    const RangeSet ranges{{0, 10}, {20, 4'000'000'000}};
    {
        auto store = open();
        store->begin();
        store->insertTask(all, spec, "token");
        store->saveProgress({7, QStringLiteral("a/b.bin"), 5'000'000'000, ranges});
        store->savePluginState(7, QByteArray("\0state\0", 7));
        store->saveIntent({7, QStringLiteral("b"), QStringLiteral("/x/b.part"), QStringLiteral("/x/b"), ~0ull, 2, 3, 4});
        store->saveHold({QStringLiteral("task"), QStringLiteral("7"), QStringLiteral("user"), QStringLiteral("paused"), 99});
        store->savePlugin({QStringLiteral("/p.so"), 1, 2, {{QStringLiteral("name"), QStringLiteral("p")}}, 3,
            QStringLiteral("why"), false, true});
        store->addStrike({QStringLiteral("p"), 7, 1000});
        store->commit();
    }
    auto store = open();
    const auto tasks = store->tasks();
    ASSERT_EQ(tasks.size(), 1u);
    const TaskRecord& back = tasks[0];
    EXPECT_EQ(std::tie(back.id, back.url, back.adapter, back.mime, back.state, back.priority, back.position, back.name,
                  back.directory),
        std::tie(all.id, all.url, all.adapter, all.mime, all.state, all.priority, all.position, all.name, all.directory));
    EXPECT_EQ(std::tie(back.size, back.done, back.uploaded, back.verified, back.attempts, back.crashes, back.errorCode,
                  back.errorNative),
        std::tie(all.size, all.done, all.uploaded, all.verified, all.attempts, all.crashes, all.errorCode, all.errorNative));
    EXPECT_EQ(std::tie(back.errorDetail, back.notBefore, back.created, back.finished, back.fromBrowser, back.unlisted),
        std::tie(all.errorDetail, all.notBefore, all.created, all.finished, all.fromBrowser, all.unlisted));
    EXPECT_EQ(store->taskByToken("token"), 7);
    EXPECT_FALSE(store->taskByToken("other"));
    EXPECT_EQ(store->spec(7).options, spec.options);
    EXPECT_EQ(store->spec(7).secrets, spec.secrets);
    ASSERT_EQ(store->progress(7).size(), 1u);
    EXPECT_EQ(store->progress(7)[0].written, ranges);
    EXPECT_EQ(store->pluginState(7), QByteArray("\0state\0", 7));
    ASSERT_EQ(store->intents().size(), 1u);
    EXPECT_EQ(store->intents()[0].device, ~0ull);
    EXPECT_EQ(store->intents()[0].size, 4);
    EXPECT_EQ(store->holds(),
        (std::vector<HoldRecord>{
            {QStringLiteral("task"), QStringLiteral("7"), QStringLiteral("user"), QStringLiteral("paused"), 99}}));
    ASSERT_EQ(store->plugins().size(), 1u);
    EXPECT_TRUE(store->plugins()[0].quarantined && !store->plugins()[0].enabled);
    EXPECT_EQ(store->strikes(1000).size(), 1u);
    EXPECT_TRUE(store->strikes(1001).empty());
}

TEST_F(StoreTest, RemovingATaskTakesAllThatHangsOnIt)
{
    auto store = open();
    store->insertTask(task(1), {{{QStringLiteral("a"), 1}}, {{QStringLiteral("b"), 2}}}, "t");
    store->saveProgress({1, QStringLiteral("x"), 1, {}});
    store->savePluginState(1, "s");
    store->saveIntent({1, QStringLiteral("x"), QStringLiteral("x.part"), QStringLiteral("x")});
    store->saveHold({QStringLiteral("task"), QStringLiteral("1"), QStringLiteral("user"), {}, 0});
    store->saveHold({QStringLiteral("all"), {}, QStringLiteral("user"), {}, 0});
    store->removeTask(1);
    EXPECT_TRUE(store->tasks().empty() && store->progress(1).empty() && store->intents().empty());
    EXPECT_TRUE(store->spec(1).options.isEmpty() && store->spec(1).secrets.isEmpty() && store->pluginState(1).isEmpty());
    EXPECT_EQ(store->holds().size(), 1u);
    EXPECT_FALSE(store->taskByToken("t"));
    EXPECT_EQ(store->lastTaskId(), 1) << "its id is never given again";
    store->saveProgress({1, QStringLiteral("late"), 1, {}});
    store->savePluginState(1, "late");
    EXPECT_TRUE(store->progress(1).empty() && store->pluginState(1).isEmpty());
}

TEST_F(StoreTest, ATokenIsGivenOnce)
{
    auto store = open();
    store->insertTask(task(1), {}, "same");
    store->insertTask(task(2), {}, {});
    store->insertTask(task(3), {}, {});
    EXPECT_THROW(store->insertTask(task(4), {}, "same"), SQLite::Exception);
    EXPECT_EQ(store->tasks().size(), 3u);
}

TEST_F(StoreTest, AFailedPartOfATransactionLeavesTheRest)
{
    auto store = open();
    store->begin();
    EXPECT_TRUE(store->nested([&] { store->insertTask(task(1), {}, {}); }));
    const auto twice = store->nested([&] {
        store->insertTask(task(2), {}, {});
        store->insertTask(task(1), {}, {});
    });
    ASSERT_FALSE(twice);
    EXPECT_EQ(twice.error().code, Code::LedgerError);
    store->commit();
    EXPECT_EQ(store->tasks().size(), 1u);
}

TEST_F(StoreTest, HistoryIsSearchedAndPaged)
{
    auto store = open();
    store->begin();
    for (TaskId id = 1; id <= 100; ++id) {
        TaskRecord record = task(id);
        record.state = id % 2 ? State::Done : id % 4 ? State::Failed : State::Waiting;
        record.finished = id * 10;
        store->insertTask(record, {}, {});
    }
    TaskRecord odd = task(101);
    odd.name = QStringLiteral("100%_sure.bin");
    odd.state = State::Done;
    store->insertTask(odd, {}, {});
    store->commit();
    const auto page = store->history({}, State::Done, 10, 0);
    ASSERT_EQ(page.size(), 10u);
    EXPECT_EQ(page.front().id, 101);
    EXPECT_EQ(store->history({}, State::Done, 10, page.back().id).front().id, page.back().id - 2);
    EXPECT_EQ(store->history({}, {}, 1000, 0).size(), 76u);
    EXPECT_EQ(store->history(QStringLiteral("%_"), {}, 10, 0).size(), 1u);
    EXPECT_EQ(store->history(QStringLiteral("FILE-99"), {}, 10, 0).size(), 1u);
    EXPECT_EQ(store->history(QStringLiteral("example.org"), State::Failed, 1000, 0).size(), 25u);
    EXPECT_EQ(store->purge(500), (std::vector<TaskId>([] {
        std::vector<TaskId> ended;
        for (TaskId id = 1; id < 50; ++id)
            if (id % 4)
                ended.push_back(id);
        return ended;
    }())));
    EXPECT_EQ(store->tasks().size(), 101u - 37u);
}

TEST_F(StoreTest, SecretsLeaveTheFiles)
{
    const QByteArray secret = "cookie-that-nobody-may-see";
    auto store = open();
    store->insertTask(task(1), {{}, {{QStringLiteral("cookie"), QString::fromLatin1(secret)}}}, {});
    EXPECT_TRUE((file() + file("-wal")).contains(secret));
    EXPECT_FALSE(store->wantsTidy());
    store->eraseSecrets(1);
    EXPECT_TRUE(store->wantsTidy());
    store->tidy();
    EXPECT_FALSE(store->wantsTidy());
    EXPECT_FALSE((file() + file("-wal")).contains(secret));
}

TEST_F(StoreTest, OthersCantReadIt)
{
    {
        auto store = open();
        store->insertTask(task(1), {}, {});
        for (const char* suffix : {"", "-wal"})
            EXPECT_EQ(QFile::permissions(path_ + QLatin1String(suffix)) & (QFileDevice::ReadGroup | QFileDevice::ReadOther),
                QFileDevice::Permissions())
                << suffix;
    }
    QFile::setPermissions(path_, QFile::permissions(path_) | QFileDevice::ReadOther);
    auto store = open();
    EXPECT_FALSE(QFile::permissions(path_) & QFileDevice::ReadOther);
}

TEST_F(StoreTest, IsHeldAlone)
{
    auto store = open();
    EXPECT_EQ(openingFails(), Code::LedgerLocked);
}

TEST_F(StoreTest, WhatIsNotOursStaysUntouched)
{
    put("just some text, longer than the hundred bytes of the header that SQLite has at the beginning of each file .....");
    const QByteArray text = file();
    EXPECT_EQ(openingFails(), Code::LedgerNotOurs);
    EXPECT_EQ(file(), text);

    QFile::remove(path_);
    raw("PRAGMA journal_mode = WAL; CREATE TABLE bookmarks(url); INSERT INTO bookmarks VALUES('x')");
    const QByteArray foreign = file();
    EXPECT_EQ(openingFails(), Code::LedgerNotOurs);
    EXPECT_EQ(file(), foreign);
    EXPECT_EQ(QDir(folder_.path()).entryList(QDir::Files).size(), 1);

    QFile::remove(path_);
    QDir().mkdir(path_);
    EXPECT_EQ(openingFails(), Code::LedgerNotOurs);
}

TEST_F(StoreTest, ANewerOneStaysUntouched)
{
    {
        auto store = open();
        store->insertTask(task(1), {}, {});
    }
    raw("PRAGMA user_version = 99; CREATE TABLE future(x)");
    const QByteArray before = file();
    EXPECT_EQ(openingFails(), Code::LedgerNewer);
    EXPECT_EQ(file(), before);
}

TEST_F(StoreTest, ADamagedOneStaysUntouched)
{
    {
        auto store = open();
        store->begin();
        for (TaskId id = 1; id <= 500; ++id)
            store->insertTask(task(id), {}, {});
        store->commit();
    }
    const QByteArray whole = file();
    for (const QByteArray& damaged : {whole.left(whole.size() / 2), whole.left(50), QByteArray(whole.size(), '\0')}) {
        put(damaged);
        EXPECT_EQ(openingFails(), Code::LedgerDamaged);
        EXPECT_EQ(file(), damaged);
    }
    // Inside, and found because the last life left its log behind.
    QByteArray holed = whole;
    holed.replace(4096, 8192, QByteArray(8192, '\x77'));
    put(holed);
    QFile log(path_ + QStringLiteral("-wal"));
    ASSERT_TRUE(log.open(QIODevice::WriteOnly));
    log.write("x");
    log.close();
    EXPECT_EQ(openingFails(), Code::LedgerDamaged);
    EXPECT_EQ(file(), holed);
    QFile::remove(log.fileName());
    const auto later = Store::open(path_);
    if (later) {
        EXPECT_EQ((*later)->check().error().code, Code::LedgerDamaged);
    } else {
        EXPECT_EQ(later.error().code, Code::LedgerDamaged);
    }
}

TEST_F(StoreTest, ARelocationIsKeptWithItsEntriesUntilItIsDropped)
{
    RelocationRecord record{
        .task = 7, .from = QStringLiteral("/from"), .to = QStringLiteral("/to"), .staging = QStringLiteral("/to/x")};
    record.entries.push_back({QStringLiteral("a.part"), QStringLiteral("a (1).part"), {~0ull, ~1ull, 0, 3}, {4, 5, 0, 6}});
    record.entries.push_back({QStringLiteral("b"), QStringLiteral("b"), {}, {}});
    {
        auto store = open();
        store->insertTask(task(7), {}, {});
        store->saveRelocation(record);
        store->saveRelocation({.task = 8, .from = QStringLiteral("/from"), .to = QStringLiteral("/to")}); // it is gone
    }
    auto store = open();
    ASSERT_EQ(store->relocations().size(), 1u);
    EXPECT_TRUE(store->relocations()[0] == record);
    record.switched = true;
    record.entries.pop_back();
    store->saveRelocation(record);
    EXPECT_TRUE(store->relocation(7) == record);
    store->dropRelocation(7);
    EXPECT_TRUE(store->relocations().empty());
    store->saveRelocation(record);
    store->removeTask(7);
    EXPECT_TRUE(store->relocations().empty());
}

TEST_F(StoreTest, ADatabaseOfTheFirstVersionIsTakenOn)
{
    {
        SQLite::Database old(path_.toStdString(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
        ASSERT_TRUE(migrate(old, migrations().first(1)));
    }
    auto store = open();
    ASSERT_TRUE(store);
    store->insertTask(task(1), {}, {});
    store->saveRelocation({.task = 1, .from = QStringLiteral("/from"), .to = QStringLiteral("/to")});
    EXPECT_EQ(store->relocations().size(), 1u);
}

TEST_F(StoreTest, AFolderThatIsNotThere)
{
    const auto store = Store::open(folder_.filePath(QStringLiteral("no/such/weir.db")));
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().code, Code::LedgerIo);
}

TEST_F(StoreTest, WhatWasCommittedSurvivesAKill)
{
    auto store = open();
    store->insertTask(task(1), {}, {});
    store->begin();
    store->insertTask(task(2), {}, {});
    // As the files are at this moment.
    QTemporaryDir other;
    const QString copy = other.filePath(QStringLiteral("weir.db"));
    QFile::copy(path_, copy);
    QFile::copy(path_ + QStringLiteral("-wal"), copy + QStringLiteral("-wal"));
    store->rollback();
    const auto after = Store::open(copy);
    ASSERT_TRUE(after) << describe(after.error()).toStdString();
    EXPECT_EQ((*after)->tasks().size(), 1u);
    EXPECT_TRUE((*after)->check());
}

TEST_F(StoreTest, ThousandsOfTasksLoadAndInsertInOneGo)
{
    QElapsedTimer timer;
    {
        auto store = open();
        timer.start();
        store->begin();
        for (TaskId id = 1; id <= 10'000; ++id)
            store->insertTask(task(id), {{{QStringLiteral("connections"), 4}}, {}}, QByteArray::number(id));
        store->commit();
        RecordProperty("insert10000Ms", int(timer.elapsed()));
    }
    auto store = open();
    timer.restart();
    EXPECT_EQ(store->tasks().size(), 10'000u);
    RecordProperty("load10000Ms", int(timer.elapsed()));
}

class MigrationTest : public ::testing::Test {
protected:
    static int version(SQLite::Database& db) { return db.execAndGet("PRAGMA user_version").getInt(); }
    SQLite::Database db_{":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
};

TEST_F(MigrationTest, RunsOnlyTheStepsThatAreMissing)
{
    const char* const steps[] = {
        "CREATE TABLE a(x); INSERT INTO a VALUES(1)", "ALTER TABLE a ADD COLUMN y DEFAULT 5", "UPDATE a SET y = y + x"};
    ASSERT_TRUE(migrate(db_, std::span(steps).first(1)));
    EXPECT_EQ(version(db_), 1);
    ASSERT_TRUE(migrate(db_, steps));
    EXPECT_EQ(version(db_), 3);
    EXPECT_EQ(db_.execAndGet("SELECT y FROM a").getInt(), 6);
    ASSERT_TRUE(migrate(db_, steps));
    EXPECT_EQ(db_.execAndGet("SELECT y FROM a").getInt(), 6);
    EXPECT_EQ(db_.execAndGet("PRAGMA application_id").getInt(), kApplicationId);
}

TEST_F(MigrationTest, AStepThatFailsChangesNothing)
{
    const char* const good[] = {"CREATE TABLE a(x)"};
    const char* const bad[] = {"CREATE TABLE a(x)", "CREATE TABLE b(x)", "INSERT INTO nowhere VALUES(1)"};
    ASSERT_TRUE(migrate(db_, good));
    const auto result = migrate(db_, bad);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Code::LedgerMigration);
    EXPECT_EQ(version(db_), 1);
    EXPECT_FALSE(db_.tableExists("b"));
}

TEST_F(MigrationTest, TheRealStepsReachTheSchema) { EXPECT_EQ(int(migrations().size()), Store::kSchema); }

TEST(LedgerErrors, EverySqliteResultHasItsRow)
{
    const std::pair<int, Code> rows[] = {
        {SQLITE_CORRUPT, Code::LedgerDamaged},
        {SQLITE_NOTADB, Code::LedgerDamaged},
        {SQLITE_FULL, Code::LedgerFull},
        {SQLITE_IOERR_FSYNC, Code::LedgerIo},
        {SQLITE_CANTOPEN, Code::LedgerIo},
        {SQLITE_BUSY, Code::LedgerLocked},
        {SQLITE_LOCKED, Code::LedgerLocked},
        {SQLITE_READONLY, Code::LedgerPermission},
        {SQLITE_PERM, Code::LedgerPermission},
        {SQLITE_NOMEM, Code::OutOfMemory},
        {SQLITE_CONSTRAINT_UNIQUE, Code::LedgerError},
        {SQLITE_ERROR, Code::LedgerError},
    };
    for (const auto& [number, code] : rows)
        EXPECT_EQ(ledgerError(SQLite::Exception("x", number), {}).code, code) << number;
}

} // namespace
} // namespace weir
