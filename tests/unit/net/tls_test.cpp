#include "unit/net/fetching.h"
#include "unit/net/test_pki.h"

#include <QFile>

namespace weir::test {
namespace {

class Tls : public Fetching {
protected:
    static PlainHttpServer::Handler file()
    {
        return [](const PlainRequest& request, Connection& to) {
            return PlainHttpServer::serveFile(request, to, patternBytes(300'000));
        };
    }
    static std::shared_ptr<RequestContext> trusting()
    {
        auto context = newContext();
        context->tls.caFile = TestPki::instance().authority();
        return context;
    }
    Code get(const PlainHttpServer& server, std::shared_ptr<RequestContext> context)
    {
        return codeOf(fetch({.url = server.url("/f"), .context = std::move(context)}));
    }
};

TEST_F(Tls, TrustsTheAuthorityThatWasGiven)
{
    PlainHttpServer server(file(), TestPki::instance().good());
    ProbeSink sink;
    const FetchDone done = fetch({.url = server.url("/f"), .context = trusting()}, sink);
    ASSERT_TRUE(done.head) << done.head.error().detail.toStdString();
    EXPECT_EQ(sink.data(), patternBytes(300'000));
    EXPECT_EQ(codeOf(fetch({.url = server.url("/f", "localhost"), .context = trusting()})), Code::Ok);
}

TEST_F(Tls, WrongCertificatesHaveTheirOwnCodes)
{
    const TestPki& pki = TestPki::instance();
    PlainHttpServer good(file(), pki.good()), expired(file(), pki.expired()), other(file(), pki.otherHost()),
        self(file(), pki.selfSigned());
    EXPECT_EQ(get(good, newContext()), Code::CertUntrusted);
    EXPECT_EQ(get(self, trusting()), Code::CertUntrusted);
    EXPECT_EQ(get(expired, trusting()), Code::CertExpired);
    EXPECT_EQ(get(other, trusting()), Code::CertHostMismatch);
}

TEST_F(Tls, InsecureAcceptsAnyButOnlyForThatTask)
{
    const TestPki& pki = TestPki::instance();
    auto insecure = newContext();
    insecure->tls.insecure = true;
    for (const auto& tls : {pki.good(), pki.expired(), pki.otherHost(), pki.selfSigned()}) {
        PlainHttpServer server(file(), tls);
        EXPECT_EQ(get(server, insecure), Code::Ok);
        EXPECT_NE(get(server, newContext()), Code::Ok)
            << "neither the connection nor the session may be used without the check";
    }
}

TEST_F(Tls, SessionsAreSharedByShards)
{
    PlainHttpServer server(file(), TestPki::instance().good());
    for (quint64 device = 1; device <= 3; ++device) {
        ProbeSink sink(device);
        EXPECT_TRUE(fetch({.url = server.url("/f"), .context = trusting()}, sink).head);
        EXPECT_EQ(sink.size(), 300'000);
    }
    EXPECT_EQ(server.accepted(), 3);
}

TEST_F(Tls, FilesThatCantBeRead)
{
    PlainHttpServer server(file(), TestPki::instance().good());
    auto context = newContext();
    context->tls.caFile = TestPki::instance().path("missing.pem");
    EXPECT_EQ(get(server, context), Code::CaFileBad);
    context = trusting();
    context->tls.clientCertificate = TestPki::instance().path("missing.pem");
    EXPECT_EQ(get(server, context), Code::ClientCertBad);
}

TEST_F(Tls, PlainServerIsNoTlsServer)
{
    SocketServer server([](Connection& to) {
        to.read();
        to.write("HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    const QUrl url(QStringLiteral("https://127.0.0.1:%1/f").arg(server.port()));
    EXPECT_EQ(codeOf(fetch({.url = url, .context = trusting()})), Code::TlsHandshake);
}

TEST_F(Tls, NeverBackToPlainText)
{
    PlainHttpServer plain(file());
    const TestPki& pki = TestPki::instance();
    PlainHttpServer secure(
        [&](const PlainRequest& request, Connection& to) {
            if (request.target == "/down")
                return PlainHttpServer::reply(to, 302, "", {"Location: " + plain.url("/f").toEncoded()});
            return PlainHttpServer::serveFile(request, to, "secure");
        },
        pki.good());
    PlainHttpServer first([&](const PlainRequest& request, Connection& to) {
        return PlainHttpServer::reply(
            to, 302, "", {"Location: " + secure.url(QString::fromLatin1(request.target)).toEncoded()});
    });
    EXPECT_EQ(codeOf(fetch({.url = secure.url("/down"), .context = trusting()})), Code::RedirectRefused);
    EXPECT_EQ(codeOf(fetch({.url = first.url("/down"), .context = trusting()})), Code::RedirectRefused)
        << "also on the second step";
    EXPECT_EQ(codeOf(fetch({.url = first.url("/up"), .context = trusting()})), Code::Ok);
    EXPECT_EQ(plain.requests().size(), 0);
}

} // namespace
} // namespace weir::test
