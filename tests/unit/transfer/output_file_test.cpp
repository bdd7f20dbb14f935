#include "platform/disk.h"

#include <weir/output_file.h>

#include <gtest/gtest.h>

#include <QFile>
#include <QTemporaryDir>

#include <atomic>
#include <future>
#include <random>
#include <thread>

namespace weir {
namespace {

char byteAt(qint64 offset) { return char(offset * 131 + (offset >> 11) * 7 + 1); }

QByteArray pattern(ByteRange range)
{
    QByteArray bytes(range.size(), Qt::Uninitialized);
    for (qint64 i = 0; i < range.size(); ++i)
        bytes[i] = byteAt(range.begin + i);
    return bytes;
}

std::span<const char> bytes(const QByteArray& data) { return {data.constData(), std::size_t(data.size())}; }

// A file whose syncs fail on demand, and wait on demand.
class WaywardFile final : public File {
public:
    explicit WaywardFile(std::unique_ptr<File> real) : real_(std::move(real)) {}
    Result<void> write(qint64 offset, std::span<const char> data) override
    {
        auto ok = real_->write(offset, data);
        if (afterWrite)
            afterWrite();
        return ok;
    }
    Result<void> read(qint64 offset, std::span<char> into) const override { return real_->read(offset, into); }
    Result<void> reserve(qint64 size, Reserve mode) override { return real_->reserve(size, mode); }
    Result<void> truncate(qint64 size) override { return real_->truncate(size); }
    Result<void> sync() override
    {
        if (duringSync)
            duringSync();
        return fail ? failure(Code::DiskSyncFailed, path()) : Result<void>{};
    }
    Result<void> checkWritten() override { return fail ? failure(Code::DiskSyncFailed, path()) : Result<void>{}; }
    Result<FileIdentity> identity() const override { return real_->identity(); }
    QString path() const override { return real_->path(); }

    std::function<void()> afterWrite, duringSync;
    std::atomic<bool> fail = false;

private:
    std::unique_ptr<File> real_;
};

class OutputFileTest : public ::testing::Test {
protected:
    std::unique_ptr<OutputFile> make(qint64 size, RangeSet written = {})
    {
        auto real = systemDisk().open(part_, Disk::Open::NewOrExisting);
        EXPECT_TRUE(real);
        auto file = std::make_unique<WaywardFile>(std::move(*real));
        file_ = file.get();
        return std::make_unique<OutputFile>(
            folder_.filePath(QStringLiteral("a.bin")), std::move(file), size, std::move(written));
    }
    static void put(OutputFile& file, ByteRange range)
    {
        const QByteArray data = pattern(range);
        const auto ok = file.write(range.begin, bytes(data));
        ASSERT_TRUE(ok) << describe(ok.error()).toStdString();
    }

    QTemporaryDir folder_;
    const QString part_ = folder_.filePath(QStringLiteral("a.bin.part"));
    WaywardFile* file_ = nullptr;
};

TEST_F(OutputFileTest, KnowsWhatIsThere)
{
    auto file = make(100);
    EXPECT_EQ(file->partPath(), part_);
    EXPECT_NE(file->device(), 0u);
    put(*file, {10, 40});
    put(*file, {60, 100});
    EXPECT_EQ(file->done(), 70);
    EXPECT_FALSE(file->complete());
    EXPECT_EQ(*file->read({20, 30}), pattern({20, 30}));
    EXPECT_EQ(file->read({30, 50}).error().code, Code::DiskShortRead) << "a hole is not a piece of the file";
    put(*file, {0, 10});
    put(*file, {40, 60});
    EXPECT_TRUE(file->complete());
    file->forget({5, 7});
    EXPECT_FALSE(file->complete());
    EXPECT_EQ(file->written(), (RangeSet{{0, 5}, {7, 100}}));
}

TEST_F(OutputFileTest, WritesNothingBeyondItsSize)
{
    auto file = make(10);
    EXPECT_EQ(file->write(5, bytes(QByteArray(6, 'x'))).error().code, Code::LengthMismatch);
    EXPECT_EQ(file->write(-1, bytes(QByteArray(1, 'x'))).error().code, Code::LengthMismatch);
    EXPECT_EQ(file->done(), 0);
    EXPECT_EQ(QFile(part_).size(), 0);
}

TEST_F(OutputFileTest, WhatAnotherProcessWroteCountsUntilASyncFails)
{
    auto file = make(100);
    ASSERT_TRUE(file->countWritten({0, 40}));
    EXPECT_EQ(file->written(), (RangeSet{{0, 40}}));
    EXPECT_EQ(file->unsynced(), 40);
    EXPECT_TRUE(file->durable().written.empty());
    ASSERT_TRUE(file->sync());
    EXPECT_EQ(file->durable().written, (RangeSet{{0, 40}}));
    EXPECT_EQ(file->countWritten({90, 101}).error().code, Code::LengthMismatch);
    EXPECT_EQ(file->countWritten({-1, 5}).error().code, Code::LengthMismatch);
    EXPECT_EQ(file->countWritten({5, 4}).error().code, Code::LengthMismatch);
    file_->fail = true;
    EXPECT_FALSE(file->sync());
    file_->fail = false;
    EXPECT_EQ(file->countWritten({40, 50}).error().code, Code::DiskSyncFailed) << "it may have been lost with the rest";
    put(*file, {40, 50});
}

TEST_F(OutputFileTest, TheSizeMayComeLate)
{
    auto file = make(-1);
    put(*file, {0, 50});
    EXPECT_FALSE(file->complete());
    ASSERT_TRUE(file->setSize(30));
    EXPECT_TRUE(file->complete());
    EXPECT_EQ(QFile(part_).size(), 30);
    ASSERT_TRUE(file->setSize(40));
    EXPECT_EQ(file->written().gaps(40), (RangeSet{{30, 40}}));
    auto empty = make(-1);
    ASSERT_TRUE(empty->setSize(0));
    EXPECT_TRUE(empty->complete());
}

TEST_F(OutputFileTest, OnlySyncedBytesAreDurable)
{
    auto file = make(1000, {{0, 100}});
    EXPECT_EQ(file->durable().written, (RangeSet{{0, 100}}));
    put(*file, {200, 300});
    EXPECT_EQ(file->unsynced(), 100);
    EXPECT_EQ(file->durable().written, (RangeSet{{0, 100}}));
    file_->duringSync = [&] { put(*file, {400, 500}); };
    ASSERT_TRUE(file->sync());
    file_->duringSync = {};
    EXPECT_EQ(file->durable().written, (RangeSet{{0, 100}, {200, 300}})) << "what came during the sync waits for the next";
    EXPECT_EQ(file->unsynced(), 100);
    put(*file, {50, 60});
    EXPECT_EQ(file->durable().written, (RangeSet{{0, 50}, {60, 100}, {200, 300}}))
        << "a byte written again is not durable again yet";
    file->beginVolumeSync();
    put(*file, {600, 700});
    ASSERT_TRUE(file->endVolumeSync());
    EXPECT_EQ(file->durable().written, (RangeSet{{0, 100}, {200, 300}, {400, 500}}));
}

TEST_F(OutputFileTest, AFailedSyncForgetsAllSinceTheLastGoodOne)
{
    auto file = make(1000);
    put(*file, {0, 100});
    ASSERT_TRUE(file->sync());
    put(*file, {100, 200});
    put(*file, {50, 60});
    file_->fail = true;
    EXPECT_EQ(file->sync().error().code, Code::DiskSyncFailed);
    file_->fail = false;
    EXPECT_EQ(file->written(), (RangeSet{{0, 50}, {60, 100}}));
    ASSERT_TRUE(file->sync());
    EXPECT_EQ(file->durable().written, (RangeSet{{0, 50}, {60, 100}})) << "a later sync that says yes changes nothing";
}

TEST_F(OutputFileTest, AWriteThatRacesWithAFailedSyncDoesNotCount)
{
    auto file = make(1000);
    file_->afterWrite = [&] {
        file_->afterWrite = {};
        file_->fail = true;
        EXPECT_FALSE(file->sync());
        file_->fail = false;
    };
    const QByteArray data = pattern({0, 100});
    EXPECT_EQ(file->write(0, bytes(data)).error().code, Code::DiskSyncFailed);
    EXPECT_EQ(file->done(), 0);
}

TEST_F(OutputFileTest, TellsOnceWhenMuchIsUnsynced)
{
    auto file = make(1000);
    int told = 0;
    file->setOnUnsynced(250, [&] { ++told; });
    for (qint64 at = 0; at < 500; at += 100)
        put(*file, {at, at + 100});
    EXPECT_EQ(told, 1);
    ASSERT_TRUE(file->sync());
    put(*file, {500, 700});
    EXPECT_EQ(told, 1);
    put(*file, {700, 800});
    EXPECT_EQ(told, 2);
    file->setOnUnsynced(0, {});
    put(*file, {900, 1000});
    EXPECT_EQ(told, 2);
}

// The disk is slower than what comes: what a crash would cost stays bounded.
TEST_F(OutputFileTest, AWriterWaitsForTheSync)
{
    auto file = make(1000);
    std::promise<void> urged;
    int told = 0;
    file->setOnUnsynced(200, [&] {
        if (++told == 1)
            urged.set_value();
    });
    std::atomic<qint64> most = 0;
    std::thread writer([&] {
        for (qint64 at = 0; at < 600; at += 100) {
            put(*file, {at, at + 100});
            most = std::max(most.load(), file->unsynced());
        }
    });
    urged.get_future().wait();
    for (qint64 synced = 0; synced < 600; synced = file->durable().written.bytes())
        ASSERT_TRUE(file->sync());
    writer.join();
    EXPECT_LE(most, 400);
}

TEST_F(OutputFileTest, AWriterGoesOnWhenNobodySyncsAnyMore)
{
    auto file = make(1000);
    std::promise<void> urged;
    file->setOnUnsynced(200, [&] { urged.set_value(); });
    std::thread writer([&] { put(*file, {0, 200}), put(*file, {200, 600}); });
    urged.get_future().wait();
    file->setOnUnsynced(0, {});
    writer.join();
    EXPECT_EQ(file->done(), 600);
}

// Several threads write, forget and sync in a random order; a model says what must be there.
TEST_F(OutputFileTest, ManyThreadsAgreeWithTheModel)
{
    constexpr qint64 kSize = 1 << 20;
    constexpr int kThreads = 4;
    const quint64 seed = 4711;
    SCOPED_TRACE("seed " + std::to_string(seed));
    auto file = make(kSize);
    std::vector<RangeSet> models(kThreads);
    std::atomic<bool> over = false;
    std::thread syncer([&] {
        while (!over) {
            EXPECT_TRUE(file->sync());
            for (const RangeSet durable = file->durable().written; const ByteRange& range : durable.ranges()) {
                QByteArray there(range.size(), '?');
                // Ranges may be forgotten meanwhile, but their bytes stay.
                ASSERT_TRUE(file->file().read(range.begin, {there.data(), std::size_t(there.size())}));
                ASSERT_TRUE(there == pattern(range));
            }
        }
    });
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t)
        threads.emplace_back([&, t] {
            std::mt19937_64 random(seed + quint64(t));
            const qint64 begin = kSize / kThreads * t, end = begin + kSize / kThreads;
            for (int i = 0; i < 300; ++i) {
                const qint64 from = begin + qint64(random() % quint64(end - begin)),
                             to = std::min(end, from + 1 + qint64(random() % 8000));
                if (random() % 8 == 0) {
                    file->forget({from, to});
                    models[std::size_t(t)].remove({from, to});
                } else {
                    put(*file, {from, to});
                    models[std::size_t(t)].add({from, to});
                }
            }
        });
    for (auto& thread : threads)
        thread.join();
    over = true;
    syncer.join();
    RangeSet all;
    for (const RangeSet& model : models)
        all.add(model);
    EXPECT_EQ(file->written(), all);
    EXPECT_EQ(file->done(), all.bytes());
    ASSERT_TRUE(file->sync());
    EXPECT_EQ(file->durable().written, all);
    for (const ByteRange& range : all.ranges())
        EXPECT_TRUE(*file->read(range) == pattern(range));
}

} // namespace
} // namespace weir
