#include <weir/fetch.h>

#include <gtest/gtest.h>

#include <map>
#include <thread>

namespace weir {
namespace {

using namespace std::chrono_literals;

class NullSink final : public FetchSink {
public:
    Result<void> bytes(qint64, std::span<const char>) override { return {}; }
};

/// Ends fetches when told; cancel() ends them at once, or later on another thread.
class HandFetcher final : public RangeFetcher {
public:
    enum class Mode { Hold, EndInStart, CancelOnThread };

    explicit HandFetcher(Mode mode = Mode::Hold) : mode_(mode) {}
    ~HandFetcher() override
    {
        for (std::thread& thread : threads_)
            thread.join();
    }
    quint64 start(FetchRequest, FetchSink&, std::function<void(FetchDone)> done) override
    {
        const quint64 id = ++last_ + 100;
        if (mode_ == Mode::EndInStart)
            done({.id = id, .head = FetchHead{}, .bytes = 7});
        else
            open_.emplace(id, std::move(done));
        return id;
    }
    void cancel(quint64 id) override
    {
        if (!open_.contains(id))
            return;
        if (mode_ == Mode::CancelOnThread)
            threads_.emplace_back([this, done = take(id), id] {
                std::this_thread::yield();
                ++cancelled;
                done({.id = id, .head = failure(Code::Cancelled)});
            });
        else {
            ++cancelled;
            take(id)({.id = id, .head = failure(Code::Cancelled)});
        }
    }
    void end(quint64 id) { take(id)({.id = id, .head = FetchHead{}}); }
    std::size_t open() const { return open_.size(); }
    std::atomic<int> cancelled = 0;

private:
    std::function<void(FetchDone)> take(quint64 id)
    {
        auto done = std::move(open_.at(id));
        open_.erase(id);
        return done;
    }
    const Mode mode_;
    quint64 last_ = 0;
    std::map<quint64, std::function<void(FetchDone)>> open_;
    std::vector<std::thread> threads_;
};

TEST(FetchGroup, GivesResultsBackUnderItsOwnIds)
{
    HandFetcher fetcher;
    NullSink sink;
    FetchGroup group(steadyClock(), {});
    const quint64 first = group.start(fetcher, {}, sink), second = group.start(fetcher, {}, sink);
    EXPECT_NE(first, second);
    fetcher.end(102);
    const auto done = group.next(10s);
    ASSERT_TRUE(done);
    EXPECT_EQ(done->id, second);
    EXPECT_EQ(group.running(), 1U);
}

TEST(FetchGroup, TakesAFetchThatEndsWithinStart)
{
    HandFetcher fetcher(HandFetcher::Mode::EndInStart);
    NullSink sink;
    FetchGroup group(steadyClock(), {});
    const quint64 id = group.start(fetcher, {}, sink);
    EXPECT_EQ(group.running(), 1U);
    const auto done = group.next(0ms);
    ASSERT_TRUE(done);
    EXPECT_EQ(done->id, id);
    EXPECT_EQ(done->bytes, 7);
    EXPECT_EQ(group.running(), 0U);
}

TEST(FetchGroup, NextReturnsAtOnceWhenNothingRuns)
{
    FetchGroup group(steadyClock(), {});
    EXPECT_FALSE(group.next(1h));
}

TEST(FetchGroup, NextReturnsWhenTheTimeIsUp)
{
    HandFetcher fetcher;
    NullSink sink;
    FetchGroup group(steadyClock(), {});
    group.start(fetcher, {}, sink);
    EXPECT_FALSE(group.next(1ms));
    EXPECT_EQ(group.running(), 1U);
}

TEST(FetchGroup, WakeReturnsOnceAndKeepsResults)
{
    HandFetcher fetcher;
    NullSink sink;
    FetchGroup group(steadyClock(), {});
    group.start(fetcher, {}, sink);
    fetcher.end(101);
    group.wake();
    EXPECT_FALSE(group.next(1h));
    EXPECT_TRUE(group.next(1h));
}

TEST(FetchGroup, WakeFromAnotherThreadEndsTheWait)
{
    HandFetcher fetcher;
    NullSink sink;
    FetchGroup group(steadyClock(), {});
    group.start(fetcher, {}, sink);
    std::thread other([&group] { group.wake(); });
    EXPECT_FALSE(group.next(1h));
    other.join();
}

TEST(FetchGroup, StopEndsTheWait)
{
    std::stop_source source;
    HandFetcher fetcher;
    NullSink sink;
    FetchGroup group(steadyClock(), source.get_token());
    group.start(fetcher, {}, sink);
    std::thread other([&source] { source.request_stop(); });
    EXPECT_FALSE(group.next(1h));
    other.join();
    EXPECT_FALSE(group.next(1h));
}

TEST(FetchGroup, CancelsOneByItsOwnId)
{
    HandFetcher fetcher;
    NullSink sink;
    FetchGroup group(steadyClock(), {});
    group.start(fetcher, {}, sink);
    const quint64 second = group.start(fetcher, {}, sink);
    group.cancel(second);
    const auto done = group.next(10s);
    ASSERT_TRUE(done && !done->head);
    EXPECT_EQ(done->id, second);
    EXPECT_EQ(done->head.error().code, Code::Cancelled);
    EXPECT_EQ(fetcher.open(), 1U);
}

TEST(FetchGroup, DestructionCancelsAndWaitsForAll)
{
    for (const auto mode : {HandFetcher::Mode::Hold, HandFetcher::Mode::CancelOnThread}) {
        HandFetcher fetcher(mode);
        NullSink sink;
        {
            FetchGroup group(steadyClock(), {});
            for (int i = 0; i < 20; ++i)
                group.start(fetcher, {}, sink);
        }
        EXPECT_EQ(fetcher.cancelled.load(), 20);
    }
}

} // namespace
} // namespace weir
