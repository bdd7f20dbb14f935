// A scripted day of a downloader on a disk that loses power after each of its operations in turn. After every death: what the
// ledger says is there, is there; what has its final name is whole; nobody else's file was touched; no task is lost; and the
// next life finishes everything.

#include "support/lossy_disk.h"
#include "support/main_inbox.h"

#include "ledger/ledger.h"
#include "transfer/syncer.h"

#include <gtest/gtest.h>

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QTemporaryDir>

#include <sqlite3.h>

#include <cstdlib>

namespace weir::test {
namespace {

constexpr qint64 kPiece = 24 * 1024;
constexpr int kMostTries = 40;

char byteAt(TaskId task, int file, qint64 offset)
{
    const quint64 mixed = (quint64(task) * 1'000'003 + quint64(file) * 10'007 + quint64(offset)) * 0x9e3779b97f4a7c15;
    return char(mixed >> 56 | 1); // never zero, so that a hole is never right
}

QByteArray pattern(TaskId task, int file, ByteRange range)
{
    QByteArray bytes(range.size(), Qt::Uninitialized);
    for (qint64 i = 0; i < range.size(); ++i)
        bytes[i] = byteAt(task, file, range.begin + i);
    return bytes;
}

QByteArray contents(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

struct Script {
    TaskId id;
    QStringList names;
    qint64 size;
    IfExists ifExists = IfExists::Rename;
    int pauses = 0; ///< checkpoints by retiring without an end
    bool knowsSize = true;
};

const std::vector<Script>& script()
{
    static const std::vector<Script> tasks{
        {1, {"large.bin"}, 300'000, IfExists::Rename, 2},
        {2, {"one.bin", "two.bin", "three.bin"}, 50'000},
        {3, {"overwritten.bin"}, 70'000, IfExists::Overwrite},
        {4, {"taken.bin"}, 60'000},
        {5, {"small-a.bin"}, 5'000},
        {6, {"small-b.bin"}, 4'096, IfExists::Rename, 0, false},
        {7, {"empty.bin"}, 0},
        {8, {"small-c.bin"}, 1},
    };
    return tasks;
}

const QByteArray kStranger = "this belongs to somebody else";

class LossyDay : public ::testing::Test {
protected:
    void prepare(quint64 seed)
    {
        // The lost writes are simulated, so the memory's file system is as good, and saves thousands of real syncs.
        const QString memory = QStringLiteral("/dev/shm");
        folder_ = std::make_unique<QTemporaryDir>(
            (QFileInfo(memory).isWritable() ? memory : QDir::tempPath()) + QStringLiteral("/weir-XXXXXX"));
        ASSERT_TRUE(folder_->isValid());
        random_.seed(seed);
        disk_ = std::make_unique<LossyDisk>(folder_->path(), seed);
        disk_->onDeath([this] { inbox_.post([] {}); });
        database_ = folder_->filePath(QStringLiteral("weir.db"));
        for (const char* name : {"overwritten.bin", "taken.bin"}) {
            QFile file(disk_->root() + u'/' + QString::fromLatin1(name));
            ASSERT_TRUE(file.open(QIODevice::WriteOnly));
            file.write(kStranger);
        }
        auto store = Store::open(database_);
        ASSERT_TRUE(store) << describe(store.error()).toStdString();
        const auto added = (*store)->transaction([&] {
            for (const Script& task : script()) {
                TaskRecord record;
                record.id = task.id;
                record.position = task.id;
                (*store)->insertTask(record, {}, {});
            }
        });
        ASSERT_TRUE(added);
    }

    // From start to the end of everything, or to death.
    void live()
    {
        auto store = Store::open(database_);
        ASSERT_TRUE(store) << describe(store.error()).toStdString();
        recover(**store);
        (*store)->failCommits([this] {
            switch (disk_->step()) {
            case LossyDisk::Fate::Fine: return SQLITE_OK;
            case LossyDisk::Fate::Faulty: return SQLITE_FULL;
            case LossyDisk::Fate::Dead: break;
            }
            return SQLITE_IOERR;
        });
        Ledger ledger(std::move(*store), inbox_.executor());
        {
            Syncer syncer(*disk_, ledger, inbox_.executor(), {std::chrono::milliseconds(1), 2 * kPiece, 3});
            ledger_ = &ledger;
            syncer_ = &syncer;
            for (int round = 0; round < kMostTries && !disk_->dead() && !runAll(); ++round) {}
        }
    }

    // What the queue does at start.
    void recover(Store& store)
    {
        const auto whole = recoverIntents(*disk_, store);
        if (!whole)
            return;
        const auto recorded = store.transaction([&] {
            for (const IntentRecord& intent : *whole) {
                markDone(store, intent.task, {});
                store.dropIntents(intent.task);
                store.dropProgress(intent.task);
            }
        });
        ASSERT_TRUE(recorded);
    }

    static void markDone(Store& store, TaskId task, const QStringList&)
    {
        TaskRecord record;
        record.id = record.position = task;
        record.state = State::Done;
        store.updateTask(record);
    }

    std::set<TaskId> doneTasks(Store& store)
    {
        std::set<TaskId> done;
        for (const TaskRecord& task : store.tasks())
            if (task.state == State::Done)
                done.insert(task.id);
        return done;
    }

    // Every task that is not done runs once, and all end together. True: all are done.
    bool runAll()
    {
        auto done = ledger_->read<std::set<TaskId>>([this](Store& store) { return doneTasks(store); });
        if (!done)
            return false;
        std::size_t waiting = 0, succeeded = done->size();
        for (const Script& task : script()) {
            if (done->contains(task.id))
                continue;
            Retirement end = runTask(task);
            if (!end.finish)
                continue;
            ++waiting;
            end.done = [&waiting, &succeeded](Result<QStringList> names) {
                --waiting;
                succeeded += names.has_value();
            };
            syncer_->retire(std::move(end));
        }
        inbox_.runUntil([&] { return waiting == 0 || disk_->dead(); });
        // Nothing may hold on to this frame's counters.
        if (disk_->dead()) {
            syncer_->stop(std::chrono::seconds(10));
            drain();
        }
        return succeeded == script().size();
    }

    void drain()
    {
        bool last = false;
        inbox_.post([&last] { last = true; });
        inbox_.runUntil([&] { return last; });
    }

    // Fetches what is missing, in random order. `finish` is false where it failed.
    Retirement runTask(const Script& task)
    {
        Retirement end;
        for (int pause = 0; pause <= task.pauses; ++pause) {
            end = openAll(task);
            if (end.files.size() != std::size_t(task.names.size()))
                return abandon(std::move(end));
            for (std::size_t i = 0; i < end.files.size(); ++i)
                if (!fetch(task, int(i), *end.files[i], pause == task.pauses ? 1.0 : 0.5))
                    return abandon(std::move(end));
            if (pause == task.pauses)
                break;
            bool over = false;
            end.done = [&over](const Result<QStringList>&) { over = true; };
            syncer_->retire(std::move(end));
            inbox_.runUntil([&] { return over || disk_->dead(); });
            if (disk_->dead()) {
                syncer_->stop(std::chrono::seconds(10));
                drain();
                return {};
            }
        }
        end.finish = true;
        end.record = [id = task.id](Store& store) { markDone(store, id, {}); };
        return end;
    }

    Retirement abandon(Retirement end)
    {
        syncer_->release(end.task);
        return {};
    }

    Retirement openAll(const Script& task)
    {
        Retirement end;
        end.task = task.id;
        end.directory = disk_->root();
        end.ifExists = task.ifExists;
        auto known = ledger_->read<std::vector<ProgressRecord>>([&](Store& store) { return store.progress(task.id); });
        if (!known)
            return end;
        for (const QString& name : task.names) {
            RangeSet written;
            for (const ProgressRecord& row : *known)
                if (row.path == name)
                    written = row.written;
            const QString part = disk_->root() + u'/' + name + QStringLiteral(".part");
            auto file = disk_->open(part, Disk::Open::Existing);
            if (!file) {
                written.clear();
                file = disk_->open(part, Disk::Open::NewOrExisting);
            }
            if (!file)
                return end;
            end.files.push_back(std::make_unique<OutputFile>(
                disk_->root() + u'/' + name, std::move(*file), task.knowsSize ? task.size : -1, written));
            syncer_->watch(task.id, disk_->root(), end.files.back().get());
        }
        return end;
    }

    bool fetch(const Script& task, int index, OutputFile& file, double share)
    {
        std::vector<ByteRange> pieces;
        const RangeSet gaps = file.written().gaps(task.size);
        for (const ByteRange& gap : gaps.ranges())
            for (qint64 at = gap.begin; at < gap.end; at += kPiece)
                pieces.push_back({at, std::min(at + kPiece, gap.end)});
        std::shuffle(pieces.begin(), pieces.end(), random_);
        pieces.resize(std::size_t(double(pieces.size()) * share));
        for (const ByteRange& piece : pieces) {
            const QByteArray bytes = pattern(task.id, index, piece);
            bool written = false;
            for (int i = 0; i < 3 && !written; ++i)
                written = file.write(piece.begin, {bytes.constData(), std::size_t(bytes.size())}).has_value();
            if (!written)
                return false;
            // The plugin's state says what was there when it was saved.
            if (task.names.size() == 1)
                syncer_->save(task.id, file.written().toBytes(), {});
        }
        return true;
    }

    // ---- what must be true after each crash

    QString finalOf(const Script& task, int index)
    {
        const QString name = task.names[index];
        if (task.id == 4)
            return disk_->root() + QStringLiteral("/taken (1).bin");
        return disk_->root() + u'/' + name;
    }

    void inspect(bool everythingDone)
    {
        auto opened = Store::open(database_);
        ASSERT_TRUE(opened) << describe(opened.error()).toStdString();
        Store& store = **opened;
        recover(store);
        ASSERT_EQ(store.tasks().size(), script().size()) << "a task was lost";
        const std::set<TaskId> done = doneTasks(store);
        EXPECT_EQ(contents(disk_->root() + QStringLiteral("/taken.bin")), kStranger);
        QSet<QString> expected{QStringLiteral("taken.bin")};
        for (const Script& task : script()) {
            for (int i = 0; i < task.names.size(); ++i) {
                const QString final = finalOf(task, i), part = disk_->root() + u'/' + task.names[i] + QStringLiteral(".part");
                const QByteArray whole = pattern(task.id, i, {0, task.size});
                if (done.contains(task.id)) {
                    EXPECT_TRUE(QFile::exists(final) && contents(final) == whole)
                        << "done but not right: " << final.toStdString();
                    EXPECT_FALSE(QFile::exists(part)) << part.toStdString();
                    expected.insert(final.section(u'/', -1));
                    continue;
                }
                expected.insert(task.names[i] + QStringLiteral(".part"));
                if (task.id == 3) {
                    expected.insert(QStringLiteral("overwritten.bin"));
                    const QByteArray there = contents(final);
                    EXPECT_TRUE(there == kStranger || there == whole || there.isEmpty());
                }
                checkRanges(store, task, i, part);
            }
            checkState(store, task, done.contains(task.id));
        }
        for (const QString& name : QDir(disk_->root()).entryList(QDir::Files | QDir::Hidden))
            EXPECT_TRUE(expected.contains(name)) << "nobody asked for " << name.toStdString();
        if (everythingDone) {
            EXPECT_EQ(done.size(), script().size());
        }
        EXPECT_TRUE(store.intents().empty());
    }

    void checkRanges(Store& store, const Script& task, int index, const QString& part)
    {
        const QByteArray there = contents(part);
        for (const ProgressRecord& row : store.progress(task.id)) {
            if (row.path != task.names[index])
                continue;
            for (const ByteRange& range : row.written.ranges())
                EXPECT_TRUE(there.mid(range.begin, range.size()) == pattern(task.id, index, range))
                    << "bytes " << range.begin << " to " << range.end << " of " << part.toStdString() << " are not there";
        }
    }

    void checkState(Store& store, const Script& task, bool done)
    {
        const QByteArray state = store.pluginState(task.id);
        if (state.isEmpty() || done)
            return;
        const auto described = RangeSet::fromBytes(state);
        ASSERT_TRUE(described);
        const auto rows = store.progress(task.id);
        ASSERT_EQ(rows.size(), 1u);
        for (const ByteRange& range : described->ranges())
            EXPECT_TRUE(rows[0].written.contains(range)) << "the state of task " << task.id << " runs ahead of its bytes";
    }

    quint64 seed() const
    {
        const QByteArray given = qgetenv("WEIR_TEST_SEED");
        return given.isEmpty() ? 20'261 : given.toULongLong();
    }

    std::unique_ptr<QTemporaryDir> folder_;
    std::unique_ptr<LossyDisk> disk_;
    QString database_;
    std::mt19937_64 random_;
    MainInbox inbox_;
    Ledger* ledger_ = nullptr;
    Syncer* syncer_ = nullptr;
};

TEST_F(LossyDay, ACrashAfterAnyOperationLosesNothingThatTheLedgerKnows)
{
    bool survived = false;
    for (qint64 n = 0; !survived; ++n) {
        SCOPED_TRACE("seed " + std::to_string(seed()) + ", died after operation " + std::to_string(n));
        prepare(seed() + quint64(n));
        disk_->dieAfter(n);
        live();
        survived = !disk_->dead();
        if (survived)
            RecordProperty("operations", int(n));
        disk_->crash();
        inspect(survived);
        live();
        disk_->crash();
        inspect(true);
        if (HasFailure())
            return;
    }
}

TEST_F(LossyDay, ASecondCrashDuringRecoveryIsNoWorse)
{
    for (qint64 n = 40; n < 160; n += 7) {
        SCOPED_TRACE("seed " + std::to_string(seed()) + ", died after operation " + std::to_string(n));
        prepare(seed() * 3 + quint64(n));
        for (const qint64 life : {n, n / 9, n / 2, n / 20}) {
            disk_->dieAfter(life);
            live();
            const bool dead = disk_->dead();
            disk_->crash();
            inspect(!dead);
        }
        live();
        disk_->crash();
        inspect(true);
        if (HasFailure())
            return;
    }
}

class LossyFault : public LossyDay, public ::testing::WithParamInterface<std::pair<Code, int>> {};

TEST_P(LossyFault, OneFailedOperationDelaysButHarmsNothing)
{
    bool reached = true;
    for (qint64 n = 0; reached; ++n) {
        SCOPED_TRACE("seed " + std::to_string(seed()) + ", operation " + std::to_string(n) + " failed");
        prepare(seed() * 5 + quint64(n));
        disk_->failAt(n, GetParam().first, GetParam().second);
        live();
        reached = disk_->operations() > n;
        disk_->crash();
        inspect(true);
        if (HasFailure())
            return;
    }
}

TEST_P(LossyFault, ACrashSoonAfterAFailureFindsNothingThatWasOnlyHoped)
{
    bool died = true;
    for (qint64 n = 0; died; ++n) {
        SCOPED_TRACE("seed " + std::to_string(seed()) + ", operation " + std::to_string(n) + " failed, death soon after");
        prepare(seed() * 7 + quint64(n));
        disk_->failAt(n, GetParam().first, GetParam().second);
        disk_->dieAfter(n + 1 + qint64(random_() % 24));
        live();
        died = disk_->dead();
        disk_->crash();
        inspect(!died);
        live();
        disk_->crash();
        inspect(true);
        if (HasFailure())
            return;
    }
}

INSTANTIATE_TEST_SUITE_P(
    Errors, LossyFault, ::testing::Values(std::pair(Code::DiskFull, ENOSPC), std::pair(Code::DiskIo, EIO)));

} // namespace
} // namespace weir::test
