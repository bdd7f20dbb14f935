#include "support/content.h"
#include "support/fake_fetcher.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace std::chrono_literals;

namespace weir::test {
namespace {

constexpr qint64 kMiB = 1 << 20;

struct Sink final : FetchSink {
    std::optional<FetchHead> head;
    QByteArray data;
    qint64 first = -1;
    int ends = 0;
    Result<void> answer;
    Result<void> begin(const FetchHead& h) override
    {
        head = h;
        return {};
    }
    Result<void> bytes(qint64 offset, std::span<const char> slice) override
    {
        if (first < 0)
            first = offset;
        EXPECT_EQ(offset, first + data.size());
        data.append(slice.data(), static_cast<qsizetype>(slice.size()));
        return answer;
    }
    Result<void> end() override
    {
        ++ends;
        return {};
    }
};

class FakeFetcherTest : public testing::Test {
protected:
    FakeSource& host(const QString& name, qint64 size, qint64 perConnection = 0)
    {
        FakeSource source;
        source.host = name;
        source.file = {.seed = 1, .size = size};
        source.route.perConnection = perConnection;
        return fetcher.add(source);
    }
    FetchRequest request(const QString& name, std::optional<ByteRange> range = {})
    {
        FetchRequest r;
        r.url = QUrl(QStringLiteral("http://%1/file").arg(name));
        r.range = range;
        return r;
    }
    FetchDone fetch(FetchRequest r, Sink& sink)
    {
        std::optional<FetchDone> done;
        fetcher.start(std::move(r), sink, [&](FetchDone d) {
            EXPECT_FALSE(done);
            done = std::move(d);
        });
        clock.runAll();
        return done.value_or(FetchDone{.head = failure(Code::CurlError, QStringLiteral("never done"))});
    }
    /// How long it takes to get [0, size) of the file in so many equal parts at once.
    double seconds(const QString& name, qint64 size, int connections)
    {
        std::vector<Sink> sinks(static_cast<std::size_t>(connections));
        int open = connections;
        TimePoint last;
        for (int i = 0; i < connections; ++i)
            fetcher.start(request(name, ByteRange{size * i / connections, size * (i + 1) / connections}),
                sinks[static_cast<std::size_t>(i)], [&](FetchDone d) {
                    EXPECT_TRUE(d.head);
                    --open;
                    last = clock.now();
                });
        const TimePoint before = clock.now();
        clock.runAll();
        EXPECT_EQ(open, 0);
        return std::chrono::duration<double>(last - before).count();
    }

    FakeClock clock;
    FakeFetcher fetcher{clock, 7};
};

TEST_F(FakeFetcherTest, WholeFileAndRangeBringTheRightBytes)
{
    host("a", 3 * kMiB, kMiB);
    Sink whole, part;
    const FetchDone first = fetch(request("a"), whole);
    ASSERT_TRUE(first.head);
    EXPECT_FALSE(first.head->ranged);
    EXPECT_EQ(first.head->totalSize, 3 * kMiB);
    EXPECT_EQ(whole.data, content(1, 0, 3 * kMiB));
    const FetchDone second = fetch(request("a", ByteRange{1000, 5000}), part);
    ASSERT_TRUE(second.head);
    EXPECT_TRUE(second.head->ranged);
    EXPECT_EQ(part.first, 1000);
    EXPECT_EQ(part.data, content(1, 1000, 4000));
    EXPECT_EQ(part.ends, 1);
    EXPECT_FALSE(second.newConnection);
    EXPECT_EQ(fetcher.statistics("a").wasted, 4000);
}

TEST_F(FakeFetcherTest, RatesHoldPerConnectionAndForTheServer)
{
    host("slow", 16 * kMiB, 1'000'000);
    EXPECT_NEAR(seconds("slow", 4 * kMiB, 4), 1.05, 0.02);
    host("full", 16 * kMiB, 1'000'000).route.line.rate = 2'000'000;
    EXPECT_NEAR(seconds("full", 4 * kMiB, 4), 2.1, 0.02);
}

TEST_F(FakeFetcherTest, ALineIsSharedByMaxMin)
{
    host("slow", 8 * kMiB, 100'000);
    host("fast", 8 * kMiB);
    fetcher.client().rate = 1'000'000;
    Sink slow, fast;
    std::optional<TimePoint> slowDone;
    const TimePoint before = clock.now();
    fetcher.start(request("slow", ByteRange{0, 1'000'000}), slow, [&](FetchDone) { slowDone = clock.now(); });
    fetcher.start(request("fast"), fast, [](FetchDone) {});
    clock.runFor(5s);
    EXPECT_NEAR(static_cast<double>(fast.data.size()), 4'500'000, 50'000);
    clock.runAll();
    EXPECT_NEAR(std::chrono::duration<double>(*slowDone - before).count(), 10, 0.1);
}

TEST_F(FakeFetcherTest, LossLimitsAConnectionByTheInverseRoot)
{
    FakeSource& source = host("lossy", 64 * kMiB);
    source.route.rtt = 100ms;
    source.route.loss = 0.01;
    source.route.line.rate = 25'000'000;
    const double expected = 1.22 * NetworkModel::kSegment / (0.1 * std::sqrt(0.01)); // bytes per second
    const double one = 8 * kMiB / seconds("lossy", 8 * kMiB, 1);
    EXPECT_GT(one, expected * 0.75);
    EXPECT_LT(one, expected * 1.35);
    const double sixteen = 32 * kMiB / seconds("lossy", 32 * kMiB, 16);
    EXPECT_GT(sixteen, one * 10);
}

TEST_F(FakeFetcherTest, SlowStartDoublesPerRoundTrip)
{
    FakeSource& source = host("far", 64 * kMiB);
    source.route.rtt = 100ms;
    source.route.line = {.rate = 25'000'000, .queue = 2'500'000};
    // Two round trips until the first byte, then windows of 10, 20, 40 ... segments.
    EXPECT_NEAR(seconds("far", 14'480 * 7, 1), 0.2 + 2 * 0.1, 0.02);
    EXPECT_NEAR(seconds("far", 14'480, 1), 0.1, 0.02); // the kept connection is warm and needs no handshake
    const double whole = seconds("far", 64 * kMiB, 1);
    EXPECT_GT(whole, 64.0 * kMiB / 25e6);
    EXPECT_LT(whole, 64.0 * kMiB / 25e6 + 1.5);
}

TEST_F(FakeFetcherTest, TooManyConnectionsAreRefusedWithTheTimeToWait)
{
    FakeSource& source = host("busy", 4 * kMiB, kMiB);
    source.maxConnections = 2;
    source.overload = Code::HttpTooManyRequests;
    source.retryAfter = 5s;
    Sink sinks[3];
    int good = 0;
    std::vector<Error> errors;
    for (Sink& sink : sinks)
        fetcher.start(request("busy"), sink, [&](FetchDone d) { d.head ? void(++good) : errors.push_back(d.head.error()); });
    clock.runAll();
    EXPECT_EQ(good, 2);
    ASSERT_EQ(errors.size(), 1u);
    EXPECT_EQ(errors[0].code, Code::HttpTooManyRequests);
    EXPECT_TRUE(errors[0].notBefore.has_value());
    EXPECT_EQ(fetcher.statistics().peakConnections, 3);
}

TEST_F(FakeFetcherTest, StallsLieSilentUntilTheTimeLimit)
{
    host("stall", 4 * kMiB, kMiB).stalls[kMiB] = 1;
    Sink sink;
    FetchRequest r = request("stall");
    r.stallTimeout = 10s;
    const TimePoint before = clock.now();
    const FetchDone done = fetch(r, sink);
    ASSERT_FALSE(done.head);
    EXPECT_EQ(done.head.error().code, Code::Stalled);
    EXPECT_EQ(done.bytes, kMiB);
    EXPECT_GE(clock.now() - before, 11s);
    Sink again;
    EXPECT_TRUE(fetch(request("stall"), again).head);
}

TEST_F(FakeFetcherTest, AnotherFileIsNamedAsSuch)
{
    FakeSource& source = host("a", kMiB);
    FetchRequest r = request("a", ByteRange{100, 200});
    r.validator = "\"v1\"";
    r.expectedSize = kMiB;
    Sink sink;
    EXPECT_TRUE(fetch(r, sink).head);
    source.validator = "\"v2\"";
    Sink other;
    const FetchDone changed = fetch(r, other);
    ASSERT_FALSE(changed.head);
    EXPECT_EQ(changed.head.error().code, Code::ValidatorChanged);
    EXPECT_FALSE(other.head);
    source.validator = "\"v1\"";
    source.file.size = 2 * kMiB;
    const FetchDone grown = fetch(r, other);
    ASSERT_FALSE(grown.head);
    EXPECT_EQ(grown.head.error().code, Code::SizeChanged);
}

TEST_F(FakeFetcherTest, ServersWithoutRangesSaySo)
{
    host("plain", kMiB).ranges = false;
    Sink sink;
    const FetchDone middle = fetch(request("plain", ByteRange{100, 200}), sink);
    ASSERT_FALSE(middle.head);
    EXPECT_EQ(middle.head.error().code, Code::RangeIgnored);
    const FetchDone begin = fetch(request("plain", ByteRange{0, 200}), sink);
    ASSERT_TRUE(begin.head);
    EXPECT_FALSE(begin.head->ranged);
    EXPECT_FALSE(begin.head->rangesOffered);
}

TEST_F(FakeFetcherTest, CancelEndsOnceAndSoon)
{
    host("a", 16 * kMiB, kMiB);
    Sink sink;
    std::optional<FetchDone> done;
    const quint64 id = fetcher.start(request("a"), sink, [&](FetchDone d) { done = std::move(d); });
    clock.runFor(2s);
    const qsizetype had = sink.data.size();
    EXPECT_GT(had, kMiB);
    fetcher.cancel(id);
    fetcher.cancel(id);
    clock.runAll();
    ASSERT_TRUE(done && !done->head);
    EXPECT_EQ(done->head.error().code, Code::Cancelled);
    EXPECT_EQ(sink.data.size(), had);
    EXPECT_EQ(sink.ends, 1);
    EXPECT_EQ(fetcher.statistics().cancelled, 1);
    fetcher.cancel(id);
}

TEST_F(FakeFetcherTest, ASinksErrorEndsTheFetch)
{
    host("a", kMiB);
    Sink sink;
    sink.answer = failure(Code::DiskFull, QStringLiteral("here"));
    const FetchDone done = fetch(request("a"), sink);
    ASSERT_FALSE(done.head);
    EXPECT_EQ(done.head.error().code, Code::DiskFull);
}

TEST_F(FakeFetcherTest, LyingBytesAndScriptsTakeEffect)
{
    FakeSource& source = host("liar", kMiB);
    source.wrong.add(ByteRange{10, 20});
    source.script = [](const FetchRequest&, int number, FakeReply& reply) {
        if (number == 2)
            reply.cutAfter = 5000;
        if (number == 3)
            reply.failure = Error{Code::HttpForbidden, {}};
    };
    Sink wrong, cut, forbidden;
    EXPECT_TRUE(fetch(request("liar"), wrong).head);
    EXPECT_EQ(wrong.data.first(10), content(1, 0, 10));
    EXPECT_NE(wrong.data.sliced(10, 1), content(1, 10, 1));
    EXPECT_EQ(wrong.data.sliced(20), content(1, 20, kMiB - 20));
    const FetchDone second = fetch(request("liar"), cut);
    ASSERT_FALSE(second.head);
    EXPECT_EQ(second.head.error().code, Code::ConnectionReset);
    EXPECT_EQ(second.bytes, 5000);
    EXPECT_EQ(fetch(request("liar"), forbidden).head.error().code, Code::HttpForbidden);
}

TEST_F(FakeFetcherTest, TheSameSeedGivesTheSameRun)
{
    const auto history = [] {
        FakeClock clock;
        FakeFetcher fetcher(clock, 42);
        FakeSource source;
        source.host = "x";
        source.file.size = 8 * kMiB;
        source.route = {.rtt = 40ms, .loss = 0.02, .line = {.rate = 5'000'000}};
        source.cut = 0.5;
        fetcher.add(source);
        std::vector<Sink> sinks(8);
        std::vector<std::pair<qint64, qint64>> ends;
        for (Sink& sink : sinks)
            fetcher.start(
                {.url = QUrl("http://x/")}, sink, [&](FetchDone d) { ends.emplace_back(clock.elapsed().count(), d.bytes); });
        clock.runAll();
        return ends;
    };
    EXPECT_EQ(history(), history());
}

TEST_F(FakeFetcherTest, ARateBucketHoldsTheFlow)
{
    host("a", 4 * kMiB);
    RateBucket bucket;
    bucket.setRate(kMiB);
    FetchRequest r = request("a");
    r.rate = &bucket;
    r.stallTimeout = 1s;
    Sink sink;
    const TimePoint before = clock.now();
    EXPECT_TRUE(fetch(r, sink).head);
    EXPECT_GE(clock.now() - before, 2500ms);
    EXPECT_EQ(bucket.total(), 4 * kMiB);
}

} // namespace
} // namespace weir::test
