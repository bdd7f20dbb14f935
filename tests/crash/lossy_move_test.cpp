// The files of a task on their way to another folder, on a disk that loses power after each operation in turn: afterwards they
// are whole where the ledger says, and nowhere else.

#include "support/lossy_disk.h"
#include "support/main_inbox.h"

#include "ledger/ledger.h"
#include "transfer/relocation.h"

#include <gtest/gtest.h>

#include <QDir>
#include <QFile>
#include <QTemporaryDir>

#include <sqlite3.h>

namespace weir::test {
namespace {

const QByteArray kOne = QByteArray("first") + QByteArray(30'000, '1'), kTwo = "second";

/// Whether the new folder is on another volume.
class LossyMove : public ::testing::TestWithParam<bool> {
protected:
    void prepare(quint64 seed)
    {
        const QString memory = QStringLiteral("/dev/shm");
        folder_ = std::make_unique<QTemporaryDir>(
            (QFileInfo(memory).isWritable() ? memory : QDir::tempPath()) + QStringLiteral("/weir-XXXXXX"));
        disk_ = std::make_unique<LossyDisk>(folder_->path(), seed);
        from_ = disk_->root() + QStringLiteral("/from");
        to_ = disk_->root() + QStringLiteral("/to");
        QDir().mkpath(from_);
        QDir().mkpath(to_);
        if (GetParam())
            disk_->setApart(to_);
        put(from_ + QStringLiteral("/a.part"), kOne);
        put(from_ + QStringLiteral("/b.part"), kTwo);
        put(to_ + QStringLiteral("/stranger"), "theirs");
        database_ = folder_->filePath(QStringLiteral("weir.db"));
        auto store = Store::open(database_);
        ASSERT_TRUE(store);
        TaskRecord task;
        task.id = 1;
        task.directory = from_;
        task.name = QStringLiteral("a");
        ASSERT_TRUE((*store)->transaction([&] {
            (*store)->insertTask(task, {}, {});
            (*store)->saveProgress({1, QStringLiteral("a"), kOne.size(), RangeSet{{0, kOne.size()}}});
            (*store)->saveProgress({1, QStringLiteral("b"), kTwo.size(), RangeSet{{0, kTwo.size()}}});
        }));
    }
    static void put(const QString& path, const QByteArray& bytes)
    {
        QFile file(path);
        ASSERT_TRUE(file.open(QIODevice::WriteOnly));
        file.write(bytes);
    }
    static QByteArray get(const QString& path)
    {
        QFile file(path);
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

    /// What the queue does, to the end or to death.
    Relocated move()
    {
        auto store = Store::open(database_);
        if (!store)
            return {failure(store.error()), false};
        (*store)->failCommits([this] {
            switch (disk_->step()) {
            case LossyDisk::Fate::Fine: return SQLITE_OK;
            case LossyDisk::Fate::Faulty: return SQLITE_FULL;
            case LossyDisk::Fate::Dead: break;
            }
            return SQLITE_IOERR;
        });
        Ledger ledger(std::move(*store), inbox_.executor());
        RelocationRecord record{.task = 1, .from = from_, .to = to_};
        record.entries.push_back({QStringLiteral("a.part"), QStringLiteral("a (1).part"), {}, {}});
        record.entries.push_back({QStringLiteral("b.part"), QStringLiteral("b.part"), {}, {}});
        Relocated moved = relocate(*disk_, ledger, record, {});
        if (!moved.outcome)
            return moved;
        const auto kept = ledger.writeNow([&](Store& rows) {
            TaskRecord task = rows.tasks().front();
            task.directory = to_;
            task.name = QStringLiteral("a (1)");
            rows.updateTask(task);
            renameProgress(rows, 1, [](const QString& path) { return path == u"a" ? QStringLiteral("a (1)") : path; });
            recordSwitch(rows, record);
        });
        if (!kept)
            return {kept, false};
        record.switched = true;
        if (settleRelocation(*disk_, record))
            (void)ledger.writeNow([](Store& rows) { rows.dropRelocation(1); });
        return moved;
    }

    void inspect()
    {
        auto opened = Store::open(database_);
        ASSERT_TRUE(opened) << describe(opened.error()).toStdString();
        Store& store = **opened;
        const auto astray = recoverRelocations(*disk_, store);
        ASSERT_TRUE(astray);
        EXPECT_TRUE(astray->empty());
        EXPECT_TRUE(store.relocations().empty());
        const TaskRecord task = store.tasks().front();
        const bool moved = task.directory == to_;
        EXPECT_EQ(task.name, moved ? QStringLiteral("a (1)") : QStringLiteral("a"));
        EXPECT_EQ(get(task.directory + u'/' + task.name + QStringLiteral(".part")), kOne);
        EXPECT_EQ(get(task.directory + QStringLiteral("/b.part")), kTwo);
        EXPECT_EQ(get(to_ + QStringLiteral("/stranger")), "theirs");
        const auto files = [](const QString& folder) {
            return QDir(folder).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot).size();
        };
        EXPECT_EQ(files(from_), moved ? 0 : 2);
        EXPECT_EQ(files(to_), moved ? 3 : 1) << QDir(to_).entryList(QDir::AllEntries | QDir::Hidden).join(u' ').toStdString();
        QStringList rows;
        for (const ProgressRecord& row : store.progress(1))
            rows.append(row.path);
        EXPECT_EQ(rows, (QStringList{task.name, QStringLiteral("b")}));
    }

    std::unique_ptr<QTemporaryDir> folder_;
    std::unique_ptr<LossyDisk> disk_;
    QString database_, from_, to_;
    MainInbox inbox_;
};

TEST_P(LossyMove, ACrashAfterAnyOperationLeavesTheFilesWhereTheLedgerSays)
{
    bool survived = false;
    for (qint64 n = 0; !survived; ++n) {
        SCOPED_TRACE("died after operation " + std::to_string(n));
        prepare(900 + quint64(n));
        disk_->dieAfter(n);
        const bool ended = move().outcome.has_value();
        survived = !disk_->dead();
        EXPECT_TRUE(ended || !survived);
        disk_->crash();
        inspect();
        if (HasFailure())
            return;
        if (survived)
            RecordProperty("operations", int(n));
    }
}

TEST_P(LossyMove, ACrashWhileItIsTakenBackIsNoWorse)
{
    bool survived = false;
    for (qint64 n = 0; !survived; ++n) {
        prepare(500 + quint64(n));
        disk_->dieAfter(n);
        (void)move();
        survived = !disk_->dead();
        disk_->crash();
        for (const qint64 life : {1, 2, 3, 5, 8}) {
            SCOPED_TRACE("died after operation " + std::to_string(n) + " and again after " + std::to_string(life));
            disk_->dieAfter(life);
            {
                auto store = Store::open(database_);
                ASSERT_TRUE(store);
                (void)recoverRelocations(*disk_, **store);
            }
            disk_->crash();
        }
        inspect();
        if (HasFailure())
            return;
    }
}

TEST_P(LossyMove, AFailedOperationMovesNothing)
{
    bool reached = true;
    for (qint64 n = 0; reached; ++n) {
        SCOPED_TRACE("operation " + std::to_string(n) + " failed");
        prepare(700 + quint64(n));
        disk_->failAt(n, Code::DiskIo, EIO);
        const Relocated moved = move();
        reached = disk_->operations() > n;
        if (!moved.outcome && moved.asBefore) {
            EXPECT_EQ(get(from_ + QStringLiteral("/a.part")), kOne) << "it said that nothing had changed";
            EXPECT_EQ(get(from_ + QStringLiteral("/b.part")), kTwo);
        }
        disk_->crash();
        inspect();
        if (HasFailure())
            return;
    }
}

INSTANTIATE_TEST_SUITE_P(Volumes, LossyMove, ::testing::Values(false, true),
    [](const auto& info) { return info.param ? std::string("Two") : std::string("One"); });

} // namespace
} // namespace weir::test
