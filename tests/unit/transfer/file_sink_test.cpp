#include "platform/disk.h"
#include "transfer/file_sink.h"
#include <weir/memory_sink.h>

#include <gtest/gtest.h>

#include <QTemporaryDir>

#include <random>

namespace weir {
namespace {

// Remembers how it was written to.
class TracedFile final : public File {
public:
    Result<void> write(qint64 offset, std::span<const char> data) override
    {
        if (full)
            return failure(Code::DiskFull, path());
        writes.push_back({offset, offset + qint64(data.size())});
        if (content.size() < writes.back().end)
            content.resize(writes.back().end);
        std::copy(data.begin(), data.end(), content.begin() + offset);
        return {};
    }
    Result<void> read(qint64, std::span<char>) const override { return {}; }
    Result<void> reserve(qint64, Reserve) override { return {}; }
    Result<void> truncate(qint64) override { return {}; }
    Result<void> sync() override { return {}; }
    Result<void> checkWritten() override { return {}; }
    Result<FileIdentity> identity() const override { return FileIdentity{77, 1, 0, 0}; }
    QString path() const override { return QStringLiteral("/traced.part"); }

    std::vector<ByteRange> writes;
    QByteArray content;
    bool full = false;
};

char byteAt(qint64 offset) { return char(offset * 31 + (offset >> 13)); }

class FileSinkTest : public ::testing::Test {
protected:
    FileSinkTest()
    {
        auto file = std::make_unique<TracedFile>();
        traced_ = file.get();
        file_ = std::make_unique<OutputFile>(QStringLiteral("/traced"), std::move(file), -1, RangeSet{});
    }
    Result<void> feed(FileSink& sink, qint64 from, qint64 size)
    {
        QByteArray data(size, Qt::Uninitialized);
        for (qint64 i = 0; i < size; ++i)
            data[i] = byteAt(from + i);
        return sink.bytes(from, {data.constData(), std::size_t(size)});
    }
    void expectRight(ByteRange range)
    {
        ASSERT_GE(traced_->content.size(), range.end);
        for (qint64 i = range.begin; i < range.end; ++i)
            ASSERT_EQ(traced_->content[i], byteAt(i)) << i;
    }

    TracedFile* traced_;
    std::unique_ptr<OutputFile> file_;
    BufferPool pool_;
};

TEST_F(FileSinkTest, WritesLargeAlignedPieces)
{
    constexpr qint64 kGather = 512 << 10, kStart = 100'000;
    FileSink sink(*file_, pool_, {kStart, 3'000'000});
    EXPECT_EQ(sink.device(), 77u);
    for (qint64 at = kStart; at < 3'000'000; at += 16'384)
        ASSERT_TRUE(feed(sink, at, std::min<qint64>(16'384, 3'000'000 - at)));
    EXPECT_EQ(sink.received(), 3'000'000 - kStart);
    EXPECT_LT(file_->done(), sink.received()) << "the rest is still gathered";
    ASSERT_TRUE(sink.end());
    EXPECT_EQ(file_->written(), (RangeSet{{kStart, 3'000'000}}));
    ASSERT_EQ(traced_->writes.size(), 6u);
    for (std::size_t i = 1; i < traced_->writes.size(); ++i)
        EXPECT_EQ(traced_->writes[i].begin % kGather, 0);
    expectRight({kStart, 3'000'000});
    EXPECT_EQ(pool_.buffersInUse(), 0);
}

TEST_F(FileSinkTest, StopsAtALimitThatIsLoweredOnTheWay)
{
    FileSink sink(*file_, pool_, {0, -1});
    EXPECT_EQ(sink.limit(), FileSink::kNoLimit);
    ASSERT_TRUE(feed(sink, 0, 16'000));
    sink.setLimit(20'000);
    const auto cut = feed(sink, 16'000, 16'000);
    ASSERT_FALSE(cut);
    EXPECT_EQ(cut.error().code, Code::Cancelled);
    EXPECT_EQ(cut.error().detail, QStringLiteral("range was cut"));
    EXPECT_EQ(sink.position(), 20'000);
    ASSERT_TRUE(sink.end());
    EXPECT_EQ(file_->written(), (RangeSet{{0, 20'000}}));
    expectRight({0, 20'000});
}

TEST_F(FileSinkTest, ALimitBehindThePositionKeepsWhatCame)
{
    FileSink sink(*file_, pool_, {0, 100'000});
    ASSERT_TRUE(feed(sink, 0, 50'000));
    sink.setLimit(10'000);
    EXPECT_EQ(feed(sink, 50'000, 1).error().code, Code::Cancelled);
    ASSERT_TRUE(sink.end());
    EXPECT_EQ(file_->done(), 50'000);
}

TEST_F(FileSinkTest, ExactlyTheRangeIsNoCut)
{
    FileSink sink(*file_, pool_, {0, 1000});
    EXPECT_TRUE(feed(sink, 0, 1000));
    EXPECT_EQ(feed(sink, 1000, 1).error().code, Code::Cancelled);
}

TEST_F(FileSinkTest, RefusesBytesFromElsewhere)
{
    FileSink sink(*file_, pool_, {1000, 2000});
    EXPECT_EQ(feed(sink, 0, 100).error().code, Code::RangeWrong);
    FileSink other(*file_, pool_, {1000, 2000});
    ASSERT_TRUE(feed(other, 1000, 100));
    EXPECT_EQ(feed(other, 1101, 100).error().code, Code::RangeWrong);
    ASSERT_TRUE(other.end());
    EXPECT_EQ(file_->done(), 0) << "who sends one wrong piece is not believed the other";
}

TEST_F(FileSinkTest, TheOwnerMayRefuseAtTheHead)
{
    FileSink sink(*file_, pool_, {0, 10}, [](const FetchHead& head) -> Result<void> {
        return head.totalSize == 10 ? Result<void>{} : failure(Code::SizeChanged);
    });
    FetchHead head;
    head.totalSize = 10;
    EXPECT_TRUE(sink.begin(head));
    head.totalSize = 11;
    EXPECT_EQ(sink.begin(head).error().code, Code::SizeChanged);
}

TEST_F(FileSinkTest, AFullDiskIsToldOnceAndNothingIsCounted)
{
    FileSink sink(*file_, pool_, {0, -1});
    traced_->full = true;
    Result<void> result;
    for (qint64 at = 0; result && at < (1 << 20); at += 16'384)
        result = feed(sink, at, 16'384);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Code::DiskFull);
    EXPECT_TRUE(sink.end()) << "the same bytes are not tried again";
    EXPECT_EQ(file_->done(), 0);
}

TEST_F(FileSinkTest, AFlushWritesAndTheNextWithoutBytesGivesTheBufferBack)
{
    FileSink sink(*file_, pool_, {0, -1});
    ASSERT_TRUE(feed(sink, 0, 10'000));
    EXPECT_EQ(pool_.buffersInUse(), 1);
    ASSERT_TRUE(sink.flush());
    EXPECT_EQ(file_->done(), 10'000);
    EXPECT_EQ(pool_.buffersInUse(), 1);
    ASSERT_TRUE(sink.flush());
    EXPECT_EQ(pool_.buffersInUse(), 0);
    ASSERT_TRUE(feed(sink, 10'000, 10'000));
    ASSERT_TRUE(sink.end());
    expectRight({0, 20'000});
}

TEST_F(FileSinkTest, WithoutMemoryItWritesAsItComes)
{
    BufferPool none(0);
    FileSink sink(*file_, none, {5, -1});
    ASSERT_TRUE(feed(sink, 5, 100));
    EXPECT_EQ(file_->done(), 100);
    ASSERT_TRUE(feed(sink, 105, 100));
    ASSERT_TRUE(sink.end());
    expectRight({5, 205});
}

TEST_F(FileSinkTest, RandomSlicesOfRandomRangesFillTheFile)
{
    const quint64 seed = 99;
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    constexpr qint64 kSize = 4'000'000;
    std::vector<std::unique_ptr<FileSink>> sinks;
    std::vector<qint64> ends;
    for (qint64 at = 0; at < kSize;) {
        const qint64 end = std::min(kSize, at + 1 + qint64(random() % 700'000));
        sinks.push_back(std::make_unique<FileSink>(*file_, pool_, ByteRange{at, end}));
        ends.push_back(end);
        at = end;
    }
    for (std::size_t open = sinks.size(); open > 0;) {
        const std::size_t i = random() % sinks.size();
        if (!sinks[i])
            continue;
        const qint64 at = sinks[i]->position(), size = std::min(ends[i] - at, qint64(1 + random() % 40'000));
        ASSERT_TRUE(feed(*sinks[i], at, size));
        if (random() % 20 == 0) {
            ASSERT_TRUE(sinks[i]->flush());
        }
        if (at + size == ends[i]) {
            ASSERT_TRUE(sinks[i]->end());
            sinks[i].reset();
            --open;
        }
    }
    EXPECT_EQ(file_->written(), (RangeSet{{0, kSize}}));
    expectRight({0, kSize});
}

TEST(BufferPoolTest, BuffersGetSmallerAsMoreAreInUse)
{
    BufferPool pool;
    std::vector<BufferPool::Buffer> buffers;
    std::size_t last = 512 << 10;
    for (int i = 0; i < 600; ++i) {
        buffers.push_back(pool.acquire());
        ASSERT_TRUE(buffers.back());
        EXPECT_LE(buffers.back().size(), last);
        last = buffers.back().size();
    }
    EXPECT_EQ(buffers.front().size(), std::size_t(512 << 10));
    EXPECT_EQ(last, std::size_t(16 << 10));
    EXPECT_LE(pool.bytesInUse(), 64 << 20);
    EXPECT_TRUE(pool.tooLarge(buffers.front().size()));
    EXPECT_FALSE(pool.tooLarge(16 << 10));
    buffers.clear();
    EXPECT_EQ(pool.bytesInUse(), 0);
    EXPECT_LE(pool.bytesKept(), 4 << 20);
}

TEST(BufferPoolTest, NeverExceedsTheBudget)
{
    BufferPool pool(1 << 20);
    std::vector<BufferPool::Buffer> buffers;
    for (int i = 0; i < 200; ++i)
        buffers.push_back(pool.acquire());
    EXPECT_LE(pool.bytesInUse(), 1 << 20);
    EXPECT_FALSE(buffers.back());
    buffers.clear();
    EXPECT_TRUE(pool.acquire());
}

TEST(BufferPoolTest, UsesMemoryAgain)
{
    BufferPool pool;
    const char* first = nullptr;
    {
        const auto buffer = pool.acquire();
        first = buffer.data();
    }
    EXPECT_GT(pool.bytesKept(), 0);
    EXPECT_EQ(pool.acquire().data(), first);
}

TEST(MemorySinkTest, KeepsWhatFits)
{
    MemorySink sink(10);
    EXPECT_TRUE(sink.begin({}));
    EXPECT_TRUE(sink.bytes(100, std::span("hello", 5)));
    EXPECT_TRUE(sink.bytes(105, std::span("world", 5)));
    EXPECT_EQ(sink.bytes(), "helloworld");
    EXPECT_EQ(sink.offset(), 100);
    EXPECT_EQ(sink.bytes(110, std::span("!", 1)).error().code, Code::FileTooBigForLimit);
    EXPECT_EQ(sink.bytes(120, std::span("!", 1)).error().code, Code::RangeWrong);
    FetchHead head;
    head.totalSize = 11;
    EXPECT_EQ(sink.begin(head).error().code, Code::FileTooBigForLimit);
    EXPECT_EQ(sink.device(), 0u);
}

} // namespace
} // namespace weir
