#include "support/connect_proxy.h"
#include "unit/net/fetching.h"
#include "unit/net/test_pki.h"

namespace weir::test {
namespace {

/// SOCKS5 with or without a password; answers with `reply`.
class SocksProxy {
public:
    explicit SocksProxy(char reply = 0, QByteArray password = {})
        : reply_(reply),
          password_(std::move(password)),
          server_([this](Connection& client) { serve(client); })
    {}
    QUrl url(const char* scheme) const { return QUrl(QStringLiteral("%1://127.0.0.1:%2").arg(scheme).arg(server_.port())); }
    QByteArray asked() const
    {
        const std::lock_guard lock(mutex_);
        return asked_;
    }

private:
    /// Zeros if the client has gone.
    static QByteArray exactly(Connection& from, qsizetype size)
    {
        QByteArray bytes;
        while (bytes.size() < size) {
            const QByteArray more = from.read(std::size_t(size - bytes.size()));
            if (more.isEmpty())
                return QByteArray(size, '\0');
            bytes += more;
        }
        return bytes;
    }
    bool login(Connection& client)
    {
        const QByteArray methods = exactly(client, quint8(exactly(client, 2)[1]));
        if (password_.isEmpty())
            return client.write(QByteArray("\5\0", 2));
        if (!methods.contains('\2')) {
            client.write("\5\xff");
            return false;
        }
        client.write("\5\2");
        exactly(client, quint8(exactly(client, 2)[1]));
        const QByteArray password = exactly(client, quint8(exactly(client, 1)[0]));
        client.write(password == password_ ? QByteArray("\1\0", 2) : QByteArray("\1\1", 2));
        return password == password_;
    }
    void serve(Connection& client)
    {
        if (!login(client))
            return;
        const char kind = exactly(client, 4)[3];
        const QByteArray host = exactly(client, kind == 1 ? 4 : quint8(exactly(client, 1)[0]));
        const QByteArray port = exactly(client, 2);
        {
            const std::lock_guard lock(mutex_);
            asked_ = kind == 1 ? "address" : host;
        }
        client.write(QByteArray("\5", 1) + reply_ + QByteArray("\0\1\0\0\0\0\0\0", 8));
        const int server = reply_ ? -1 : dial(quint16(quint8(port[0]) << 8 | quint8(port[1])));
        if (server >= 0)
            relay(client, server);
    }
    const char reply_;
    const QByteArray password_;
    mutable std::mutex mutex_;
    QByteArray asked_;
    SocketServer server_;
};

class Proxies : public Fetching {
protected:
    static PlainHttpServer::Handler file()
    {
        return [](const PlainRequest& request, Connection& to) { return PlainHttpServer::serveFile(request, to, "through"); };
    }
    static std::shared_ptr<RequestContext> by(const QUrl& proxy, const QString& user = {}, const QString& password = {})
    {
        auto context = newContext();
        context->proxy = {.url = proxy, .user = user, .password = password};
        context->tls.caFile = TestPki::instance().authority();
        return context;
    }
    Code get(const QUrl& url, std::shared_ptr<RequestContext> context)
    {
        return codeOf(fetch({.url = url, .context = std::move(context)}));
    }
};

TEST_F(Proxies, PlainHttpIsAskedThroughTheProxy)
{
    PlainHttpServer proxy(
        [](const PlainRequest& request, Connection& to) { return PlainHttpServer::reply(to, 200, request.target); });
    ProbeSink sink;
    ASSERT_TRUE(fetch({.url = QUrl("http://far.invalid/f"), .context = by(proxy.url(""), "me", "pw")}, sink).head);
    EXPECT_EQ(sink.data(), "http://far.invalid/f");
}

TEST_F(Proxies, PasswordIsSentWhenAskedFor)
{
    PlainHttpServer proxy([](const PlainRequest& request, Connection& to) {
        if (request.header("Proxy-Authorization").isNull())
            return PlainHttpServer::reply(to, 407, "", {"Proxy-Authenticate: Basic realm=\"p\""});
        return PlainHttpServer::reply(to, 200, QByteArray::fromBase64(request.header("Proxy-Authorization").mid(6)));
    });
    ProbeSink sink, inUrl;
    ASSERT_TRUE(fetch({.url = QUrl("http://far.invalid/f"), .context = by(proxy.url(""), "me", "p:w")}, sink).head);
    EXPECT_EQ(sink.data(), "me:p:w");
    QUrl withUser = proxy.url("");
    withUser.setUserName("you");
    withUser.setPassword("x");
    ASSERT_TRUE(fetch({.url = QUrl("http://far.invalid/f"), .context = by(withUser)}, inUrl).head);
    EXPECT_EQ(inUrl.data(), "you:x");
    EXPECT_EQ(get(QUrl("http://far.invalid/f"), by(proxy.url(""))), Code::HttpProxyAuthRequired);
}

TEST_F(Proxies, TlsGoesThroughATunnel)
{
    PlainHttpServer server(file(), TestPki::instance().good());
    ConnectProxy proxy;
    ProbeSink sink;
    const FetchDone done = fetch({.url = server.url("/f", "localhost"), .context = by(proxy.url())}, sink);
    ASSERT_TRUE(done.head) << done.head.error().detail.toStdString();
    EXPECT_EQ(sink.data(), "through");
    EXPECT_TRUE(headerValue(done.head->headers, "X-Of-The-Proxy").isNull());
    EXPECT_TRUE(proxy.lastHead().startsWith("CONNECT localhost:"));
}

TEST_F(Proxies, RefusedTunnelsNameTheReason)
{
    const std::pair<const char*, Code> rows[]{
        {"HTTP/1.1 407 x\r\nProxy-Authenticate: Basic realm=\"p\"\r\nContent-Length: 0\r\n\r\n", Code::ProxyAuth},
        {"HTTP/1.1 403 x\r\nContent-Length: 0\r\n\r\n", Code::ProxyNotAllowed},
        {"HTTP/1.1 502 x\r\nContent-Length: 0\r\n\r\n", Code::ProxyHostUnreachable},
        {"HTTP/1.1 400 x\r\nContent-Length: 0\r\n\r\n", Code::ProxyRefused}};
    for (const auto& [refusal, code] : rows) {
        ConnectProxy proxy(refusal);
        EXPECT_EQ(get(QUrl("https://far.invalid/f"), by(proxy.url())), code) << refusal;
    }
}

TEST_F(Proxies, DeadProxies)
{
    quint16 port = 0;
    {
        ConnectProxy proxy;
        port = quint16(proxy.url().port());
    }
    EXPECT_EQ(get(QUrl("http://127.0.0.1/f"), by(QUrl(QStringLiteral("http://127.0.0.1:%1").arg(port)))), Code::ProxyConnect);
    EXPECT_EQ(get(QUrl("http://127.0.0.1/f"), by(QUrl("http://nowhere.invalid:3128"))), Code::ProxyDns);
    EXPECT_EQ(get(QUrl("http://127.0.0.1/f"), by(QUrl("socks5h://nowhere.invalid:1080"))), Code::ProxyDns);
}

TEST_F(Proxies, AddressesThatAreNone)
{
    for (const char* address : {"ftp://127.0.0.1:1", "http://", "127.0.0.1:3128", "socks6://h:1"})
        EXPECT_EQ(get(QUrl("http://127.0.0.1/f"), by(QUrl(address))), Code::BadProxy) << address;
}

TEST_F(Proxies, SocksWithNamesResolvedThere)
{
    PlainHttpServer server(file());
    SocksProxy proxy;
    EXPECT_EQ(get(server.url("/f", "only-the-proxy-knows.invalid"), by(proxy.url("socks5h"))), Code::Ok);
    EXPECT_EQ(proxy.asked(), "only-the-proxy-knows.invalid");
}

TEST_F(Proxies, SocksWithNamesResolvedHere)
{
    PlainHttpServer server(file());
    SocksProxy proxy;
    EXPECT_EQ(get(server.url("/f", "host.test"), by(proxy.url("socks5"))), Code::Ok);
    EXPECT_EQ(proxy.asked(), "address");
    EXPECT_EQ(get(QUrl("http://nowhere.invalid/f"), by(proxy.url("socks5"))), Code::DnsFailed);
}

TEST_F(Proxies, SocksPassword)
{
    PlainHttpServer server(file());
    SocksProxy proxy(0, "pw");
    EXPECT_EQ(get(server.url("/f"), by(proxy.url("socks5h"), "me", "pw")), Code::Ok);
    EXPECT_EQ(get(server.url("/f"), by(proxy.url("socks5h"), "me", "wrong")), Code::ProxyAuth);
    EXPECT_EQ(get(server.url("/f"), by(proxy.url("socks5h"))), Code::ProxyAuth);
}

TEST_F(Proxies, SocksRepliesNameTheReason)
{
    const std::pair<char, Code> rows[]{{1, Code::ProxyRefused}, {2, Code::ProxyNotAllowed}, {3, Code::ProxyNetworkUnreachable},
        {4, Code::ProxyHostUnreachable}, {5, Code::ProxyRefused}, {7, Code::ProxyUnsupported}, {8, Code::ProxyUnsupported}};
    for (const auto& [reply, code] : rows) {
        SocksProxy proxy(reply);
        EXPECT_EQ(get(QUrl("http://far.invalid/f"), by(proxy.url("socks5h"))), code) << int(reply);
    }
}

TEST_F(Proxies, ExceptionsAreAskedDirectly)
{
    PlainHttpServer server(file());
    ConnectProxy proxy;
    for (const char* entry : {"127.0.0.1", "127.0.0.0/8", "*"}) {
        auto context = by(proxy.url());
        context->proxy.bypass = {"example.org", entry};
        EXPECT_EQ(get(server.url("/f"), context), Code::Ok) << entry;
    }
    auto domain = by(proxy.url());
    domain->proxy.bypass = {".test"};
    EXPECT_EQ(get(server.url("/f", "a.test"), domain), Code::Ok);
    EXPECT_EQ(proxy.accepted(), 0);
}

TEST_F(Proxies, TheEnginesOwnProxyAndItsChange)
{
    PlainHttpServer server(file());
    PlainHttpServer proxy([](const PlainRequest&, Connection& to) { return PlainHttpServer::reply(to, 200, "proxied"); });
    const auto got = [&] {
        ProbeSink sink;
        fetch({.url = server.url("/f")}, sink);
        return sink.data();
    };
    EXPECT_EQ(got(), "through");
    setCurlProxy(engine(), {.url = proxy.url("")});
    EXPECT_EQ(got(), "proxied");
    setCurlProxy(engine(), {});
    EXPECT_EQ(got(), "through");
}

TEST_F(Proxies, TheEnvironmentHasNoSay)
{
    PlainHttpServer server(file());
    for (const char* name : {"http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"})
        qputenv(name, "http://nowhere.invalid:1");
    EXPECT_EQ(get(server.url("/f"), newContext()), Code::Ok);
    qputenv("no_proxy", "*");
    PlainHttpServer proxy([](const PlainRequest&, Connection& to) { return PlainHttpServer::reply(to, 200, "proxied"); });
    ProbeSink sink;
    ASSERT_TRUE(fetch({.url = server.url("/f"), .context = by(proxy.url(""))}, sink).head);
    EXPECT_EQ(sink.data(), "proxied");
    for (const char* name : {"http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY", "no_proxy"})
        qunsetenv(name);
}

} // namespace
} // namespace weir::test
