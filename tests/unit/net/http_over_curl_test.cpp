// What only a real conversation shows of HTTP: redirects, codings, cookies, credentials.
#include "support/plain_http_server.h"
#include "unit/net/fetching.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>

namespace weir::test {
namespace {

class HttpOverCurl : public Fetching {
protected:
    static bool redirect(Connection& to, const QUrl& target, const QList<QByteArray>& headers = {}, int status = 302)
    {
        return PlainHttpServer::reply(to, status, "moved", headers + QList<QByteArray>{"Location: " + target.toEncoded()});
    }
};

TEST_F(HttpOverCurl, RedirectsAreFollowedAndTheLastAddressIsTold)
{
    PlainHttpServer server([&](const PlainRequest& request, Connection& to) {
        if (request.target == "/end")
            return PlainHttpServer::serveFile(request, to, patternBytes(1000));
        return redirect(to, QUrl(request.target == "/a" ? "/b" : "/end"));
    });
    ProbeSink sink;
    const FetchDone done = fetch({.url = server.url("/a"), .range = ByteRange{10, 20}}, sink);
    ASSERT_TRUE(done.head);
    EXPECT_EQ(done.head->finalUrl, server.url("/end"));
    EXPECT_EQ(done.head->status, 206);
    EXPECT_EQ(sink.data(), patternBytes(1000).mid(10, 10));
    EXPECT_EQ(server.requests()[2].header("Range"), "bytes=10-19") << "the range is asked for again";
}

TEST_F(HttpOverCurl, EndlessRedirectsEnd)
{
    PlainHttpServer server([](const PlainRequest&, Connection& to) { return redirect(to, QUrl("/again")); });
    EXPECT_EQ(codeOf(fetch({.url = server.url("/again")})), Code::RedirectLoop);
    EXPECT_EQ(server.requests().size(), 21);
}

TEST_F(HttpOverCurl, RedirectToADeadHostNamesTheDeadHost)
{
    PlainHttpServer server([](const PlainRequest&, Connection& to) { return redirect(to, QUrl("http://nowhere.invalid/")); });
    EXPECT_EQ(codeOf(fetch({.url = server.url("/a")})), Code::DnsFailed);
}

TEST_F(HttpOverCurl, RedirectThatNeverEndsIsStalled)
{
    std::promise<void> over;
    auto ended = over.get_future().share();
    PlainHttpServer server([ended](const PlainRequest&, Connection& to) {
        to.write("HTTP/1.1 302 X\r\nLocation: /b\r\nContent-Length: 100\r\n\r\n");
        ended.wait();
        return false;
    });
    EXPECT_EQ(codeOf(fetch({.url = server.url("/a"), .stallTimeout = 100ms, .connectTimeout = 100ms})), Code::Stalled);
    over.set_value();
}

TEST_F(HttpOverCurl, CredentialsGoToTheFirstHostOnly)
{
    PlainHttpServer other([](const PlainRequest&, Connection& to) { return PlainHttpServer::reply(to, 200, "x"); });
    PlainHttpServer server([&](const PlainRequest& request, Connection& to) {
        if (request.header("Authorization").isNull())
            return PlainHttpServer::reply(to, 401, "", {"WWW-Authenticate: Basic realm=\"r\""});
        return redirect(to, other.url("/x", "other.test"));
    });
    auto basic = newContext();
    basic->auth = {.user = "me", .password = "pass:word"};
    basic->headers = {{"Cookie", "mine=1"}};
    ASSERT_TRUE(fetch({.url = server.url("/a", "first.test"), .context = basic}).head);
    auto bearer = newContext();
    bearer->auth = {.bearer = "tok"};
    ASSERT_TRUE(fetch({.url = server.url("/a", "first.test"), .context = bearer}).head);

    ASSERT_EQ(server.requests().size(), 3);
    EXPECT_EQ(server.requests()[1].header("Authorization"), "Basic " + QByteArray("me:pass:word").toBase64());
    EXPECT_EQ(server.requests()[1].header("Cookie"), "mine=1");
    EXPECT_EQ(server.requests()[2].header("Authorization"), "Bearer tok");
    for (const PlainRequest& request : other.requests()) {
        EXPECT_TRUE(request.header("Authorization").isNull());
        EXPECT_TRUE(request.header("Cookie").isNull());
    }
    EXPECT_EQ(other.requests().size(), 2);
}

TEST_F(HttpOverCurl, DigestIsAnswered)
{
    PlainHttpServer server([](const PlainRequest& request, Connection& to) {
        if (!request.header("Authorization").startsWith("Digest "))
            return PlainHttpServer::reply(
                to, 401, "", {"WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\", algorithm=SHA-256"});
        return PlainHttpServer::reply(to, 200, request.header("Authorization"));
    });
    auto context = newContext();
    context->auth = {.user = "me", .password = "pw"};
    ProbeSink sink;
    ASSERT_TRUE(fetch({.url = server.url("/a"), .context = context}, sink).head);
    EXPECT_TRUE(sink.data().contains("username=\"me\""));
    EXPECT_FALSE(sink.data().contains("pw"));
}

TEST_F(HttpOverCurl, WrongPasswordIsUnauthorized)
{
    PlainHttpServer server([](const PlainRequest&, Connection& to) {
        return PlainHttpServer::reply(to, 401, "no", {"WWW-Authenticate: Basic realm=\"r\""});
    });
    auto context = newContext();
    context->auth = {.user = "me", .password = "pw"};
    EXPECT_EQ(codeOf(fetch({.url = server.url("/a"), .context = context})), Code::HttpUnauthorized);
    EXPECT_EQ(codeOf(fetch({.url = server.url("/a")})), Code::HttpUnauthorized);
}

TEST_F(HttpOverCurl, NetrcIsReadWhenNothingIsGiven)
{
    QTemporaryDir home;
    QFile netrc(home.filePath(".netrc"));
    ASSERT_TRUE(netrc.open(QIODevice::WriteOnly));
    netrc.write("machine 127.0.0.1 login stored password secret\n");
    netrc.close();
    const QByteArray before = qgetenv("HOME");
    qputenv("HOME", home.path().toLocal8Bit());
    PlainHttpServer server([](const PlainRequest& request, Connection& to) {
        if (request.header("Authorization").isNull())
            return PlainHttpServer::reply(to, 401, "", {"WWW-Authenticate: Basic realm=\"r\""});
        return PlainHttpServer::reply(to, 200, QByteArray::fromBase64(request.header("Authorization").mid(6)));
    });
    ProbeSink sink;
    EXPECT_TRUE(fetch({.url = server.url("/a")}, sink).head);
    EXPECT_EQ(sink.data(), "stored:secret");
    auto without = newContext();
    without->auth.netrc = false;
    EXPECT_EQ(codeOf(fetch({.url = server.url("/a"), .context = without})), Code::HttpUnauthorized);
    qputenv("HOME", before);
}

const QByteArray kPlain = QByteArray("weir ").repeated(2000);
const QByteArray kGzip = QByteArray::fromBase64("H4sIAAAAAAACA+3EIREAAAgEsCqUQ2AxX58c3G1i6dmKJEmSJEmSJEmSJEmSJEm/O3cY/6kQJwAA");

TEST_F(HttpOverCurl, CodingThatNobodyAskedForIsUndone)
{
    PlainHttpServer server([](const PlainRequest&, Connection& to) {
        return PlainHttpServer::reply(
            to, 200, kGzip, {"Content-Encoding: gzip", "Content-Type: text/plain", "Accept-Ranges: bytes"});
    });
    ProbeSink sink;
    const FetchDone done = fetch({.url = server.url("/notes.txt")}, sink);
    ASSERT_TRUE(done.head) << done.head.error().detail.toStdString();
    EXPECT_TRUE(done.head->encoded);
    EXPECT_FALSE(done.head->rangesOffered);
    EXPECT_EQ(done.head->totalSize, -1);
    EXPECT_EQ(sink.data(), kPlain);
    EXPECT_EQ(server.requests()[0].header("Accept-Encoding"), "identity");
}

TEST_F(HttpOverCurl, CodedFileIsKeptAsItIs)
{
    PlainHttpServer server([](const PlainRequest&, Connection& to) {
        return PlainHttpServer::reply(to, 200, kGzip, {"Content-Encoding: x-gzip", "Content-Type: application/x-tar"});
    });
    ProbeSink sink;
    const FetchDone done = fetch({.url = server.url("/source.tar.gz")}, sink);
    ASSERT_TRUE(done.head);
    EXPECT_FALSE(done.head->encoded);
    EXPECT_EQ(done.head->totalSize, kGzip.size());
    EXPECT_EQ(sink.data(), kGzip);
}

TEST_F(HttpOverCurl, LimitedCodedReplyIsWhole)
{
    PlainHttpServer server(
        [](const PlainRequest&, Connection& to) { return PlainHttpServer::reply(to, 200, kGzip, {"Content-Encoding: gzip"}); });
    RateBucket bucket;
    bucket.setRate(200'000);
    bucket.charge(25'000, std::chrono::steady_clock::now());
    ProbeSink sink;
    ASSERT_TRUE(fetch({.url = server.url("/notes.txt"), .rate = &bucket}, sink).head);
    EXPECT_EQ(sink.data(), kPlain);
}

TEST_F(HttpOverCurl, CookiesGoRoundAndStayWithTheirHost)
{
    PlainHttpServer server([&](const PlainRequest& request, Connection& to) {
        if (request.target == "/login")
            return redirect(to, QUrl("/file"), {"Set-Cookie: session=s3; Path=/"});
        return PlainHttpServer::reply(to, 200, request.header("Cookie"), {"Set-Cookie: seen=1; Path=/"});
    });
    auto context = newContext();
    context->cookies = std::make_shared<CookieJar>();
    context->cookies->set({"first.test\tFALSE\t/\tFALSE\t0\tgiven\tg"});
    ProbeSink login, again, elsewhere;
    ASSERT_TRUE(fetch({.url = server.url("/login", "first.test"), .context = context}, login).head);
    EXPECT_EQ(login.data().split(';').size(), 2);
    EXPECT_TRUE(login.data().contains("session=s3"));
    EXPECT_TRUE(login.data().contains("given=g"));
    ASSERT_TRUE(fetch({.url = server.url("/file", "first.test"), .context = context}, again).head);
    EXPECT_TRUE(again.data().contains("seen=1"));
    ASSERT_TRUE(fetch({.url = server.url("/file", "other.test"), .context = context}, elsewhere).head);
    EXPECT_EQ(elsewhere.data(), "");
}

TEST_F(HttpOverCurl, CookiesOfTheReplyAreInTheJarWhenItsBodyBegins)
{
    PlainHttpServer server(
        [](const PlainRequest&, Connection& to) { return PlainHttpServer::reply(to, 200, "body", {"Set-Cookie: early=1"}); });
    auto context = newContext();
    context->cookies = std::make_shared<CookieJar>();
    ProbeSink sink;
    qsizetype atBegin = -1;
    sink.onBegin = [&](const FetchHead&) {
        atBegin = context->cookies->lines().size();
        return Result<void>();
    };
    ASSERT_TRUE(fetch({.url = server.url("/f"), .context = context}, sink).head);
    EXPECT_EQ(atBegin, 1);
}

TEST_F(HttpOverCurl, NoJarNoCookies)
{
    PlainHttpServer server([](const PlainRequest& request, Connection& to) {
        return PlainHttpServer::reply(to, 200, request.header("Cookie"), {"Set-Cookie: a=1"});
    });
    fetch({.url = server.url("/f")});
    ProbeSink sink;
    ASSERT_TRUE(fetch({.url = server.url("/f")}, sink).head);
    EXPECT_EQ(sink.data(), "");
}

TEST_F(HttpOverCurl, RetryAfterIsPassedOn)
{
    PlainHttpServer server(
        [](const PlainRequest&, Connection& to) { return PlainHttpServer::reply(to, 429, "", {"Retry-After: 120"}); });
    const FetchDone done = fetch({.url = server.url("/f")});
    ASSERT_EQ(codeOf(done), Code::HttpTooManyRequests);
    ASSERT_TRUE(done.head.error().notBefore);
    EXPECT_GT(*done.head.error().notBefore, std::chrono::system_clock::now() + 60s);
}

} // namespace
} // namespace weir::test
