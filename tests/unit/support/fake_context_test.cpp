#include "support/content.h"
#include "support/fake_context.h"
#include "support/fake_fetcher.h"

#include <gtest/gtest.h>

using namespace std::chrono_literals;

namespace weir::test {
namespace {

constexpr qint64 kSize = 1 << 20;

/// Writes the file in 64 KiB steps of one second each until it is stopped.
struct SlowTask final : DownloadTask {
    Result<void> run(TaskContext& ctx) override
    {
        const auto choice = ctx.describe({.name = QStringLiteral("slow.bin"), .size = kSize});
        if (!choice)
            return failure(choice.error());
        const auto file = ctx.open(choice->name, kSize);
        if (!file)
            return failure(file.error());
        std::mutex mutex;
        std::condition_variable_any changed;
        std::unique_lock lock(mutex);
        while (!(*file)->complete()) {
            Clock& clock = ctx.services().clock();
            clock.wait(lock, changed, ctx.stop(), clock.now() + 1s, [] { return false; });
            if (ctx.stop().stop_requested())
                return failure(Code::Cancelled);
            const qint64 at = (*file)->written().firstGap(0);
            const QByteArray slice = content(3, at, 65536);
            if (auto ok = (*file)->write(at, {slice.data(), 65536}); !ok)
                return ok;
            ctx.save(QByteArray::number(at));
        }
        return {};
    }
};

class FakeContextTest : public testing::Test {
protected:
    FakeClock clock;
    FakeServices services{clock};
    FakeContext context{services, TaskSpec{.url = QUrl("http://a/slow.bin")}};
    SlowTask task;
};

TEST_F(FakeContextTest, FilesAndStateSurviveFromRunToRun)
{
    context.stopAfter(4500ms);
    const auto first = context.run(task);
    ASSERT_FALSE(first);
    EXPECT_EQ(first.error().code, Code::Cancelled);
    EXPECT_EQ(context.took, 4500ms);
    EXPECT_EQ(context.written("slow.bin"), (RangeSet{{0, 4 * 65536}}));
    EXPECT_EQ(context.savedState(), QByteArray::number(3 * 65536));
    EXPECT_TRUE(context.run(task));
    EXPECT_EQ(context.took, 12s);
    EXPECT_EQ(context.bytes("slow.bin"), content(3, 0, kSize));
    EXPECT_EQ(context.runs, 2);
}

TEST_F(FakeContextTest, ACrashForgetsWhatWasNotRecorded)
{
    EXPECT_TRUE(context.run(task));
    context.remember("slow.bin", RangeSet{{0, kSize / 2}});
    EXPECT_TRUE(context.run(task));
    EXPECT_EQ(context.took, 8s);
}

TEST_F(FakeContextTest, AFullDiskIsSeenByTheTask)
{
    context.storage("slow.bin").capacity = kSize / 2;
    const auto result = context.run(task);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Code::DiskFull);
}

TEST_F(FakeContextTest, ConnectionsAreCountedPerHost)
{
    context.maxPerHost = 3;
    EXPECT_TRUE(context.takeConnection(QUrl("http://a/1")));
    EXPECT_TRUE(context.takeConnection(QUrl("http://a/2")));
    EXPECT_FALSE(context.takeConnection(QUrl("http://a/3")));
    EXPECT_TRUE(context.takeConnection(QUrl("http://b/1")));
    context.releaseConnection(QUrl("http://a/1"));
    EXPECT_TRUE(context.takeConnection(QUrl("http://a/4")));
    EXPECT_EQ(context.peakExtraConnections, 3);
    EXPECT_EQ(context.refusedConnections, 1);
}

} // namespace
} // namespace weir::test
