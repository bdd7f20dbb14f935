#include "ledger/ledger.h"

#include "support/main_inbox.h"

#include <gtest/gtest.h>

#include <QFile>
#include <QTemporaryDir>

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <atomic>
#include <latch>

namespace weir {
namespace {

using test::MainInbox;

class LedgerTest : public ::testing::Test {
protected:
    void SetUp() override
    {
        auto store = Store::open(path_);
        ASSERT_TRUE(store);
        (*store)->failCommits([this] { return failWith_.load(); });
        ledger_ = std::make_unique<Ledger>(std::move(*store), inbox_.executor());
    }
    static Ledger::Operation insert(TaskId id)
    {
        return [id](Store& store) {
            TaskRecord task;
            task.id = task.position = id;
            store.insertTask(task, {}, {});
        };
    }
    std::size_t count()
    {
        return ledger_->read<std::size_t>([](Store& store) { return store.tasks().size(); }).value_or(999);
    }
    // Holds up the ledger's thread until it is let go.
    struct Gate {
        std::latch reached{1}, open{1};
        Ledger::Operation operation()
        {
            return [this](Store&) {
                reached.count_down();
                open.wait();
            };
        }
    };

    QTemporaryDir folder_;
    const QString path_ = folder_.filePath(QStringLiteral("weir.db"));
    MainInbox inbox_;
    std::atomic<int> failWith_ = SQLITE_OK;
    std::unique_ptr<Ledger> ledger_;
};

TEST_F(LedgerTest, WhatWaitsSharesOneCommit)
{
    Gate gate;
    ledger_->write(gate.operation());
    gate.reached.wait();
    const qint64 before = ledger_->commits();
    int durable = 0;
    for (TaskId id = 1; id <= 1000; ++id)
        ledger_->write(insert(id), [&](Result<void> result) { durable += result.has_value(); });
    gate.open.count_down();
    inbox_.runUntil([&] { return durable == 1000; });
    EXPECT_EQ(ledger_->commits(), before + 2) << "the gate's and that of all the others";
    EXPECT_EQ(count(), 1000u);
}

TEST_F(LedgerTest, IsToldOnlyAfterTheCommit)
{
    bool told = false;
    ledger_->write(insert(1), [&](Result<void> result) {
        EXPECT_TRUE(result);
        EXPECT_GE(ledger_->commits(), 1);
        told = true;
    });
    inbox_.runUntil([&] { return told; });
}

TEST_F(LedgerTest, QuestionsSeeWhatWasWrittenBefore)
{
    for (TaskId id = 1; id <= 20; ++id) {
        ledger_->write(insert(id));
        EXPECT_EQ(count(), std::size_t(id));
    }
    const qint64 commits = ledger_->commits();
    (void)count();
    EXPECT_EQ(ledger_->commits(), commits) << "a question is no transaction";
}

TEST_F(LedgerTest, AWrongOperationHarmsOnlyItself)
{
    Gate gate;
    ledger_->write(gate.operation());
    gate.reached.wait();
    std::vector<Code> codes;
    for (const TaskId id : {1, 1, 2})
        ledger_->write(insert(id), [&](Result<void> result) { codes.push_back(result ? Code::Ok : result.error().code); });
    ledger_->write(insert(2)); // nobody asks: it is dropped
    gate.open.count_down();
    inbox_.runUntil([&] { return codes.size() == 3; });
    EXPECT_EQ(codes, (std::vector{Code::Ok, Code::LedgerError, Code::Ok}));
    EXPECT_EQ(count(), 2u);
}

TEST_F(LedgerTest, AFullDiskIsToldToWhoAsksAndTriedAgainForTheOthers)
{
    failWith_ = SQLITE_FULL;
    ledger_->write(insert(1));
    std::optional<Code> code;
    ledger_->write(insert(2), [&](Result<void> result) { code = result ? Code::Ok : result.error().code; });
    inbox_.runUntil([&] { return code.has_value(); });
    EXPECT_EQ(*code, Code::LedgerFull);
    EXPECT_EQ(ledger_->flush().error().code, Code::LedgerFull);
    EXPECT_EQ(ledger_->writeNow(insert(3)).error().code, Code::LedgerFull);
    failWith_ = SQLITE_OK;
    EXPECT_TRUE(ledger_->flush());
    EXPECT_EQ(count(), 1u) << "only the one that nobody could repeat";
}

TEST_F(LedgerTest, AFlushFailsWhileAChangeIsStillToBeTried)
{
    std::atomic<bool> full = true;
    ledger_->write([&full](Store&) {
        if (full)
            throw SQLite::Exception("no room", SQLITE_FULL);
    });
    EXPECT_EQ(ledger_->flush().error().code, Code::LedgerFull);
    full = false;
    EXPECT_TRUE(ledger_->flush());
}

TEST_F(LedgerTest, TheEndFlushes)
{
    for (TaskId id = 1; id <= 100; ++id)
        ledger_->write(insert(id));
    ledger_.reset();
    const auto store = Store::open(path_);
    ASSERT_TRUE(store);
    EXPECT_EQ((*store)->tasks().size(), 100u);
}

TEST_F(LedgerTest, TheEndDoesNotWaitForADiskThatStaysFull)
{
    failWith_ = SQLITE_FULL;
    ledger_->write(insert(1));
    ledger_.reset();
    const auto store = Store::open(path_);
    ASSERT_TRUE(store);
    EXPECT_TRUE((*store)->tasks().empty());
}

TEST_F(LedgerTest, ErasedSecretsAreInNoFileAfterTheEnd)
{
    const auto wal = [this] {
        QFile file(path_ + QStringLiteral("-wal"));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    };
    ASSERT_TRUE(ledger_->writeNow([](Store& store) {
        TaskRecord task;
        task.id = 1;
        store.insertTask(task, {{}, {{QStringLiteral("cookie"), QStringLiteral("sesame")}}}, {});
    }));
    EXPECT_TRUE(wal().contains("sesame"));
    ASSERT_TRUE(ledger_->writeNow([](Store& store) { store.eraseSecrets(1); }));
    ledger_.reset();
    QFile file(path_);
    ASSERT_TRUE(file.open(QIODevice::ReadOnly));
    EXPECT_FALSE((file.readAll() + wal()).contains("sesame"));
}

} // namespace
} // namespace weir
