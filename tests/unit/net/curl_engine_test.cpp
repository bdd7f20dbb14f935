#include "support/plain_http_server.h"
#include "unit/net/fetching.h"
#include "unit/net/named_hosts.h"

#include <latch>

#include <sys/socket.h>

namespace weir::test {
namespace {

class CurlEngineTest : public Fetching {
protected:
    static PlainHttpServer::Handler file(const QByteArray& content)
    {
        return
            [content](const PlainRequest& request, Connection& to) { return PlainHttpServer::serveFile(request, to, content); };
    }
    /// Says hello and no more, until `over`.
    static PlainHttpServer::Handler helloUntil(std::promise<void>& over)
    {
        return [ended = over.get_future().share()](const PlainRequest&, Connection& to) {
            to.write("HTTP/1.1 200 X\r\nContent-Length: 1000000\r\n\r\nhello");
            ended.wait();
            return false;
        };
    }
};

TEST_F(CurlEngineTest, EightParallelRangesAreByteExactOnEightConnections)
{
    const QByteArray content = patternBytes(8 << 20);
    std::latch all(8);
    PlainHttpServer server([&](const PlainRequest& request, Connection& to) {
        all.arrive_and_wait(); // nobody is answered before all have come: a shared connection would hang here
        return PlainHttpServer::serveFile(request, to, content);
    });
    std::vector<std::unique_ptr<ProbeSink>> sinks;
    std::vector<Running> fetches;
    for (qint64 i = 0; i < 8; ++i) {
        sinks.push_back(std::make_unique<ProbeSink>(5));
        fetches.push_back(start({.url = server.url("/f"), .range = ByteRange{i << 20, (i + 1) << 20}}, *sinks.back()));
    }
    for (std::size_t i = 0; i < fetches.size(); ++i) {
        const FetchDone done = wait(fetches[i]);
        ASSERT_TRUE(done.head) << done.head.error().detail.toStdString();
        EXPECT_EQ(done.id, fetches[i].id);
        EXPECT_EQ(done.bytes, 1 << 20);
        EXPECT_TRUE(done.newConnection);
        EXPECT_GT(done.firstByte.count(), 0);
        EXPECT_TRUE(done.head->ranged);
        EXPECT_EQ(done.head->totalSize, content.size());
        EXPECT_EQ(sinks[i]->firstOffset(), qint64(i) << 20);
        EXPECT_TRUE(sinks[i]->gapless());
        EXPECT_EQ(sinks[i]->data(), content.mid(qsizetype(i) << 20, 1 << 20));
        EXPECT_EQ(sinks[i]->begins(), 1);
        EXPECT_EQ(sinks[i]->ends(), 1);
    }
    EXPECT_EQ(server.accepted(), 8);
}

TEST_F(CurlEngineTest, ConnectionsServeAgain)
{
    const QByteArray content = patternBytes(100'000);
    PlainHttpServer server(file(content));
    for (int i = 0; i < 10; ++i) {
        ProbeSink sink;
        const FetchDone done = fetch({.url = server.url("/f"), .range = ByteRange{i * 100, 50'000}}, sink);
        ASSERT_TRUE(done.head);
        EXPECT_EQ(done.newConnection, i == 0);
        EXPECT_EQ(sink.data(), content.mid(i * 100, 50'000 - i * 100));
    }
    EXPECT_EQ(server.accepted(), 1);
    EXPECT_EQ(engine().statistics().connectionsMade, 1);
    EXPECT_EQ(engine().statistics().transfers, 0);
}

TEST_F(CurlEngineTest, HasOneShardForEachDevice)
{
    PlainHttpServer server(file("x"));
    for (const quint64 device : {0, 7, 7, 9, 0}) {
        ProbeSink sink(device);
        EXPECT_TRUE(fetch({.url = server.url("/f")}, sink).head);
    }
    EXPECT_EQ(engine().statistics().shards, 3);
}

TEST_F(CurlEngineTest, StalledDiskOfOneDeviceDoesNotHoldUpAnother)
{
    PlainHttpServer server(file(patternBytes(1000)));
    std::promise<void> release;
    ProbeSink slow(1), quick(2);
    slow.onBytes = [&release](qint64, std::span<const char>) {
        release.get_future().wait();
        return Result<void>();
    };
    Running held = start({.url = server.url("/slow")}, slow);
    ASSERT_TRUE(slow.waitFor(1));
    EXPECT_TRUE(fetch({.url = server.url("/quick")}, quick).head);
    release.set_value();
    EXPECT_TRUE(wait(held).head);
}

TEST_F(CurlEngineTest, WholeFileWithoutARange)
{
    const QByteArray content = patternBytes(300'000);
    PlainHttpServer server(file(content));
    ProbeSink sink;
    const FetchDone done = fetch({.url = server.url("/f")}, sink);
    ASSERT_TRUE(done.head);
    EXPECT_FALSE(done.head->ranged);
    EXPECT_TRUE(done.head->rangesOffered);
    EXPECT_EQ(done.head->validator, "\"v1\"");
    EXPECT_EQ(sink.data(), content);
    EXPECT_TRUE(server.requests()[0].header("Range").isNull());
    EXPECT_EQ(server.requests()[0].header("User-Agent"), "weir-test");
}

TEST_F(CurlEngineTest, EmptyBodyStillBeginsAndEnds)
{
    PlainHttpServer server(file(""));
    ProbeSink sink;
    const FetchDone done = fetch({.url = server.url("/empty")}, sink);
    ASSERT_TRUE(done.head);
    EXPECT_EQ(done.head->totalSize, 0);
    EXPECT_EQ(sink.begins(), 1);
    EXPECT_EQ(sink.ends(), 1);
}

TEST_F(CurlEngineTest, PostsTheBodyOfTheContext)
{
    PlainHttpServer server([](const PlainRequest& request, Connection& to) {
        return PlainHttpServer::reply(to, 200, request.method + ':' + request.body);
    });
    auto context = newContext();
    context->method = "POST";
    context->body = QByteArray(200'000, 'b') + "end";
    context->headers = {{"Content-Type", "application/x-thing"}};
    ProbeSink sink;
    EXPECT_TRUE(fetch({.url = server.url("/post"), .context = context}, sink).head);
    EXPECT_EQ(sink.data(), "POST:" + context->body);
    EXPECT_EQ(server.requests()[0].header("Content-Type"), "application/x-thing");
    EXPECT_TRUE(server.requests()[0].header("Expect").isNull());
}

// ---- limits

TEST_F(CurlEngineTest, LimitedFetchIsChargedForEachByteAndNeverFaster)
{
    const QByteArray content = patternBytes(600'000);
    PlainHttpServer server(file(content));
    RateBucket total, bucket(&total);
    bucket.setRate(1'000'000);
    ProbeSink sink;
    const auto begin = std::chrono::steady_clock::now();
    const FetchDone done = fetch({.url = server.url("/f"), .rate = &bucket}, sink);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    ASSERT_TRUE(done.head);
    EXPECT_EQ(sink.data(), content) << "pausing must lose nothing and repeat nothing";
    EXPECT_EQ(bucket.total(), content.size());
    EXPECT_EQ(total.total(), content.size());
    EXPECT_GE(took.count(), 0.48) << "600,000 bytes, of which 100,000 are credit and the last piece is paid afterwards";
}

TEST_F(CurlEngineTest, PausedFetchIsNotStalled)
{
    PlainHttpServer server(file(patternBytes(64 << 10)));
    RateBucket bucket;
    bucket.setRate(40'000); // one piece of 16 KiB takes longer than the time limit
    ProbeSink sink;
    EXPECT_TRUE(fetch({.url = server.url("/f"), .rate = &bucket, .stallTimeout = 150ms}, sink).head);
    EXPECT_EQ(sink.size(), 64 << 10);
}

TEST_F(CurlEngineTest, ConnectionsOfOneLimitTakeTurns)
{
    PlainHttpServer server(file(patternBytes(4 << 20)));
    RateBucket bucket;
    bucket.setRate(2'000'000);
    ProbeSink first, second;
    Running a = start({.url = server.url("/a"), .rate = &bucket}, first);
    Running b = start({.url = server.url("/b"), .rate = &bucket}, second);
    ASSERT_TRUE(first.waitFor(500'000));
    EXPECT_TRUE(second.waitFor(100'000));
    http().cancel(a.id);
    http().cancel(b.id);
    wait(a);
    wait(b);
}

TEST_F(CurlEngineTest, MultiplexedFetchesWaitBeforeTheyStart)
{
    PlainHttpServer server(file(patternBytes(1000)));
    RateBucket bucket;
    bucket.setRate(10'000);
    bucket.charge(1'000'000, std::chrono::steady_clock::now());
    ProbeSink sink;
    Running fetch = start({.url = server.url("/f"), .rate = &bucket, .multiplex = true}, sink);
    ProbeSink other;
    EXPECT_TRUE(Fetching::fetch({.url = server.url("/free"), .multiplex = true}, other).head);
    ASSERT_EQ(server.requests().size(), 1);
    EXPECT_EQ(server.requests()[0].target, "/free");
    http().cancel(fetch.id);
    EXPECT_EQ(codeOf(wait(fetch)), Code::Cancelled);
}

// ---- cancelling

TEST_F(CurlEngineTest, CancelWhileReceiving)
{
    std::promise<void> over;
    PlainHttpServer server(helloUntil(over));
    ProbeSink sink;
    Running running = start({.url = server.url("/f")}, sink);
    ASSERT_TRUE(sink.waitFor(5));
    http().cancel(running.id);
    const FetchDone done = wait(running);
    EXPECT_EQ(codeOf(done), Code::Cancelled);
    EXPECT_EQ(done.bytes, 5);
    EXPECT_EQ(sink.ends(), 1);
    over.set_value();
}

TEST_F(CurlEngineTest, CancelWhileTheNameServerIsSilent)
{
    HeldNames held;
    ProbeSink sink;
    Running running = start({.url = QUrl("http://slow.test/f")}, sink);
    held.waitUntilAsked();
    http().cancel(running.id);
    EXPECT_EQ(codeOf(wait(running)), Code::Cancelled) << "must not wait for the resolver's thread";
    EXPECT_EQ(sink.begins(), 0);
    EXPECT_EQ(sink.ends(), 0);
}

TEST_F(CurlEngineTest, SilentNameServerIsItsOwnError)
{
    HeldNames held;
    EXPECT_EQ(codeOf(fetch({.url = QUrl("http://slow.test/f"), .connectTimeout = 200ms})), Code::DnsTimeout);
}

TEST_F(CurlEngineTest, DestructionCancelsWhatRuns)
{
    std::promise<void> over;
    auto ended = over.get_future().share();
    PlainHttpServer server([ended](const PlainRequest&, Connection&) {
        ended.wait();
        return false;
    });
    std::vector<std::unique_ptr<ProbeSink>> sinks;
    std::vector<Running> fetches;
    for (int i = 0; i < 20; ++i) {
        sinks.push_back(std::make_unique<ProbeSink>(quint64(i % 3)));
        fetches.push_back(start({.url = server.url("/f")}, *sinks.back()));
    }
    stopEngine();
    for (Running& running : fetches)
        EXPECT_EQ(codeOf(wait(running)), Code::Cancelled);
    over.set_value();
}

TEST_F(CurlEngineTest, UnknownIdsAreIgnored)
{
    http().cancel(0);
    http().cancel(~0ULL);
    PlainHttpServer server(file("x"));
    ProbeSink sink;
    Running running = start({.url = server.url("/f")}, sink);
    EXPECT_NE(running.id, 0U);
    EXPECT_TRUE(wait(running).head);
    http().cancel(running.id);
    EXPECT_TRUE(fetch({.url = server.url("/g")}).head);
}

TEST_F(CurlEngineTest, CompletionsMayStartAndCancel)
{
    PlainHttpServer server(file("x"));
    ProbeSink first, second;
    std::promise<FetchDone> ended;
    http().start({.url = server.url("/a")}, first, [&](FetchDone done) {
        http().cancel(done.id);
        http().start({.url = server.url("/b")}, second, [&](FetchDone last) { ended.set_value(std::move(last)); });
    });
    auto future = ended.get_future();
    ASSERT_EQ(future.wait_for(kPatience), std::future_status::ready);
    EXPECT_TRUE(future.get().head);
}

// ---- the sink's word

TEST_F(CurlEngineTest, SinkThatRefusesTheHeadGetsNoByte)
{
    PlainHttpServer server(file(patternBytes(1000)));
    ProbeSink sink;
    sink.onBegin = [](const FetchHead&) -> Result<void> { return failure(Code::OtherAdapter, "a playlist"); };
    const FetchDone done = fetch({.url = server.url("/f")}, sink);
    ASSERT_FALSE(done.head);
    EXPECT_EQ(done.head.error(), (Error{Code::OtherAdapter, "a playlist"}));
    EXPECT_EQ(sink.size(), 0);
    EXPECT_EQ(sink.ends(), 1);
}

TEST_F(CurlEngineTest, SinkErrorIsTheResult)
{
    PlainHttpServer server(file(patternBytes(1 << 20)));
    for (const Code code : {Code::DiskFull, Code::Cancelled}) {
        ProbeSink sink;
        sink.onBytes = [&, code](qint64 offset, std::span<const char>) -> Result<void> {
            return offset < 100'000 ? Result<void>() : failure(code, "part", 28);
        };
        const FetchDone done = fetch({.url = server.url("/f")}, sink);
        ASSERT_FALSE(done.head);
        EXPECT_EQ(done.head.error(), (Error{code, "part", 28}));
        EXPECT_EQ(sink.ends(), 1);
        EXPECT_GE(done.bytes, 100'000);
        EXPECT_LT(done.bytes, 1 << 20);
    }
}

TEST_F(CurlEngineTest, SinkErrorAfterAPauseIsTheResult)
{
    PlainHttpServer server(file(patternBytes(1 << 20)));
    RateBucket bucket;
    bucket.setRate(500'000);
    ProbeSink sink;
    sink.onBytes = [](qint64 offset, std::span<const char>) -> Result<void> {
        return offset < 100'000 ? Result<void>() : failure(Code::DiskFull);
    };
    EXPECT_EQ(codeOf(fetch({.url = server.url("/f"), .rate = &bucket}, sink)), Code::DiskFull);
}

TEST_F(CurlEngineTest, WhatHasComeIsFlushedWhileNothingComes)
{
    std::promise<void> over;
    PlainHttpServer server(helloUntil(over));
    ProbeSink sink, full;
    full.onFlush = [] { return failure(Code::DiskFull, "part", 28); };
    Running running = start({.url = server.url("/f")}, sink), failing = start({.url = server.url("/f")}, full);
    EXPECT_TRUE(sink.waitForFlush(5));
    const FetchDone failed = wait(failing);
    ASSERT_FALSE(failed.head);
    EXPECT_EQ(failed.head.error(), (Error{Code::DiskFull, "part", 28}));
    EXPECT_EQ(full.ends(), 1);
    http().cancel(running.id);
    EXPECT_EQ(wait(running).bytes, 5);
    over.set_value();
}

// ---- replies that fail

TEST_F(CurlEngineTest, SmallErrorPagesDoNotCostTheConnection)
{
    PlainHttpServer server([](const PlainRequest& request, Connection& to) {
        return PlainHttpServer::reply(to, request.target == "/ok" ? 200 : 404, QByteArray(60'000, 'e'));
    });
    ProbeSink sink;
    const FetchDone missing = fetch({.url = server.url("/missing")}, sink);
    EXPECT_EQ(codeOf(missing), Code::HttpNotFound);
    EXPECT_EQ(sink.begins(), 0);
    EXPECT_EQ(missing.bytes, 0);
    EXPECT_FALSE(fetch({.url = server.url("/ok")}).newConnection);
    EXPECT_EQ(server.accepted(), 1);
}

TEST_F(CurlEngineTest, LargeErrorPagesAreNotRead)
{
    PlainHttpServer server(
        [](const PlainRequest&, Connection& to) { return PlainHttpServer::reply(to, 500, QByteArray(50 << 20, 'e')); });
    EXPECT_EQ(codeOf(fetch({.url = server.url("/f")})), Code::HttpServerError);
    EXPECT_TRUE(fetch({.url = server.url("/f")}).newConnection);
}

TEST_F(CurlEngineTest, ErrorPageThatNeverEndsIsNotWaitedFor)
{
    std::promise<void> over;
    auto ended = over.get_future().share();
    PlainHttpServer server([ended](const PlainRequest&, Connection& to) {
        to.write("HTTP/1.1 403 X\r\nContent-Length: 100\r\n\r\n");
        ended.wait();
        return false;
    });
    EXPECT_EQ(codeOf(fetch({.url = server.url("/f"), .stallTimeout = 1h})), Code::HttpForbidden);
    over.set_value();
}

TEST_F(CurlEngineTest, RefusedRangeIsToldBeforeItsBody)
{
    PlainHttpServer server(
        [](const PlainRequest&, Connection& to) { return PlainHttpServer::reply(to, 200, QByteArray(1 << 20, 'w')); });
    ProbeSink sink;
    EXPECT_EQ(codeOf(fetch({.url = server.url("/f"), .range = ByteRange{1000, 2000}}, sink)), Code::RangeIgnored);
    EXPECT_EQ(sink.begins(), 0);
}

struct Broken {
    const char* name;
    QByteArray reply; ///< whole; the connection is closed behind it
    Code code;
    ByteRange asked{0, -1};
    friend void PrintTo(const Broken& broken, std::ostream* out) { *out << broken.name; }
};

class BrokenReply : public Fetching, public ::testing::WithParamInterface<Broken> {};

TEST_P(BrokenReply, HasItsOwnCode)
{
    PlainHttpServer server([](const PlainRequest&, Connection& to) {
        to.write(GetParam().reply);
        return false;
    });
    const FetchDone done = fetch({.url = server.url("/f?token=secret"), .range = GetParam().asked});
    ASSERT_FALSE(done.head);
    EXPECT_EQ(done.head.error().code, GetParam().code) << done.head.error().detail.toStdString();
    EXPECT_TRUE(done.head.error().detail.contains("/f")) << done.head.error().detail.toStdString();
    EXPECT_FALSE(done.head.error().detail.contains("secret"));
}

INSTANTIATE_TEST_SUITE_P(Http, BrokenReply,
    ::testing::Values(Broken{"Nothing", "", Code::EmptyReply}, Broken{"OldProtocol", "what is this\n", Code::WeirdReply},
        Broken{"Truncated", "HTTP/1.1 200 X\r\nContent-Length: 50\r\n\r\nabc", Code::ConnectionClosed},
        Broken{"TruncatedPart", "HTTP/1.1 206 X\r\nContent-Range: bytes 0-99/200\r\nContent-Length: 100\r\n\r\nabc",
            Code::ConnectionClosed},
        Broken{"TruncatedChunks", "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n", Code::ConnectionClosed},
        Broken{"BadChunk", "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabcde\r\n", Code::BadChunk},
        Broken{"MoreThanTheRange",
            "HTTP/1.1 206 X\r\nContent-Range: bytes 0-99/200\r\nTransfer-Encoding: chunked\r\n\r\nc8\r\n" + QByteArray(200, 'x')
                + "\r\n0\r\n\r\n",
            Code::LengthMismatch, {0, 100}},
        Broken{"BadLength", "HTTP/1.1 200 X\r\nContent-Length: ten\r\n\r\nabc", Code::WeirdReply},
        Broken{"OneHugeHeader", "HTTP/1.1 200 X\r\nX: " + QByteArray(300'000, 'x') + "\r\n\r\n", Code::HeadersTooLarge},
        Broken{"ManyHeaders", "HTTP/1.1 200 X\r\n" + QByteArray("X: y\r\n").repeated(2000) + "\r\n", Code::HeadersTooLarge},
        Broken{"DamagedCoding", "HTTP/1.1 200 X\r\nContent-Encoding: gzip\r\n\r\nthis is not gzip at all",
            Code::BadContentEncoding},
        Broken{"UnknownCoding", "HTTP/1.1 200 X\r\nContent-Encoding: sdch\r\n\r\nabc", Code::BadContentEncoding},
        Broken{"RedirectWithoutTarget", "HTTP/1.1 302 X\r\nContent-Length: 0\r\n\r\n", Code::HttpRedirectBroken},
        Broken{"RedirectToNonsense", "HTTP/1.1 302 X\r\nLocation: http://[::bad/x\r\nContent-Length: 0\r\n\r\n",
            Code::HttpRedirectBroken},
        Broken{"RedirectToAFile", "HTTP/1.1 302 X\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n",
            Code::RedirectRefused},
        Broken{"RedirectToFtp", "HTTP/1.1 302 X\r\nLocation: ftp://127.0.0.1/x\r\nContent-Length: 0\r\n\r\n",
            Code::RedirectRefused}),
    [](const auto& info) { return std::string(info.param.name); });

TEST_F(CurlEngineTest, ResetConnection)
{
    PlainHttpServer server([](const PlainRequest&, Connection& to) {
        to.write("HTTP/1.1 200 X\r\nContent-Length: 50\r\n\r\nabc");
        to.reset();
        return false;
    });
    ProbeSink sink;
    const Code code = codeOf(fetch({.url = server.url("/f")}, sink));
    EXPECT_EQ(code, Code::ConnectionReset);
}

TEST_F(CurlEngineTest, SilentServerIsStalledInEachPhase)
{
    for (const char* begin : {"", "HTTP/1.1 200 X\r\n", "HTTP/1.1 200 X\r\nContent-Length: 50\r\n\r\nabc"}) {
        std::promise<void> over;
        auto ended = over.get_future().share();
        PlainHttpServer server([ended, begin](const PlainRequest&, Connection& to) {
            to.write(begin);
            ended.wait();
            return false;
        });
        EXPECT_EQ(codeOf(fetch({.url = server.url("/f"), .stallTimeout = 200ms})), Code::Stalled) << begin;
        over.set_value();
    }
}

TEST_F(CurlEngineTest, SlowServerIsNotStalled)
{
    PlainHttpServer server([](const PlainRequest&, Connection& to) {
        to.write("HTTP/1.1 200 X\r\nContent-Length: 8\r\n\r\n");
        for (int i = 0; i < 8; ++i) { // slowness is what is tested: each byte well within the limit, all of them not
            std::this_thread::sleep_for(60ms);
            to.write("b");
        }
        return true;
    });
    EXPECT_TRUE(fetch({.url = server.url("/f"), .stallTimeout = 400ms}).head);
}

TEST_F(CurlEngineTest, ClosedPortIsRefused)
{
    quint16 port = 0;
    {
        PlainHttpServer server(file("x"));
        port = server.port();
    }
    EXPECT_EQ(codeOf(fetch({.url = QUrl(QStringLiteral("http://127.0.0.1:%1/").arg(port))})), Code::ConnectRefused);
}

TEST_F(CurlEngineTest, UnknownHost) { EXPECT_EQ(codeOf(fetch({.url = QUrl("http://nowhere.invalid/")})), Code::DnsFailed); }

TEST_F(CurlEngineTest, RequestsThatMakeNoSenseAreNotSent)
{
    PlainHttpServer server(file("x"));
    EXPECT_EQ(codeOf(fetch({.url = QUrl("http:///f")})), Code::BadUrl);
    EXPECT_EQ(codeOf(fetch({.url = QUrl("ftp://127.0.0.1/f")})), Code::SchemeNotAllowed);
    EXPECT_EQ(codeOf(fetch({.url = server.url("/f"), .range = ByteRange{5, 5}})), Code::RangeUnsatisfiable);
    EXPECT_EQ(codeOf(fetch({.url = server.url("/f"), .range = ByteRange{-5, 5}})), Code::RangeUnsatisfiable);
    for (const auto& [name, value] : Headers{{"X", "a\r\nEvil: 1"}, {"X\r\nEvil", "1"}, {"", "x"}, {"A B", "x"}}) {
        auto context = newContext();
        context->headers = {{name, value}};
        EXPECT_EQ(codeOf(fetch({.url = server.url("/f"), .context = context})), Code::BadHeader) << name.toStdString();
    }
    EXPECT_EQ(server.accepted(), 0);
}

TEST_F(CurlEngineTest, SourceAddressAndInterface)
{
    PlainHttpServer server(file("x"));
    const auto bound = [&](const char* to) {
        auto context = newContext();
        context->bindTo = to;
        return codeOf(fetch({.url = server.url("/f"), .context = context}));
    };
    EXPECT_EQ(bound("127.0.0.1"), Code::Ok);
    EXPECT_EQ(bound("lo"), Code::Ok);
    EXPECT_EQ(bound("no-such-if0"), Code::AddressUnusable);
    EXPECT_EQ(bound("203.0.113.7"), Code::AddressUnusable);
}

} // namespace
} // namespace weir::test
