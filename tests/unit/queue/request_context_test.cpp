#include "queue/request_context.h"

#include <QJsonArray>

#include <gtest/gtest.h>

namespace weir {

namespace {

const QUrl kUrl(QStringLiteral("https://files.example.org/a"));

QJsonObject secretsOf(const char* key, const QJsonValue& value) { return {{QString::fromLatin1(key), value}}; }

Result<std::shared_ptr<const RequestContext>> made(const QJsonObject& secrets, bool captured = false)
{
    return makeRequestContext(kUrl, secrets, captured);
}

Code codeOf(const QJsonObject& secrets)
{
    const auto result = made(secrets);
    return result ? Code::Ok : result.error().code;
}

} // namespace

TEST(RequestContext, NothingGivenIsAPlainGet)
{
    const auto context = made({});
    ASSERT_TRUE(context);
    EXPECT_EQ((*context)->method, "GET");
    EXPECT_TRUE((*context)->headers.isEmpty());
    EXPECT_TRUE((*context)->cookies->lines().isEmpty());
    EXPECT_FALSE((*context)->tls.insecure);
}

TEST(RequestContext, HeadersKeepTheirOrderAndOursAreLeftOut)
{
    const auto context = made(secretsOf("headers",
        QJsonArray{QStringLiteral("X-A: 1"), QStringLiteral("Range: bytes=0-1"), QStringLiteral("Accept-Encoding: br"),
            QStringLiteral("X-B:2")}));
    ASSERT_TRUE(context);
    EXPECT_EQ((*context)->headers, (Headers{{"X-A", "1"}, {"X-B", "2"}}));
}

TEST(RequestContext, HostIsLeftOutOfACapturedRequestOnly)
{
    const QJsonObject secrets = secretsOf("headers", QJsonArray{QStringLiteral("Host: other.example")});
    EXPECT_TRUE((*made(secrets, true))->headers.isEmpty());
    EXPECT_EQ((*made(secrets, false))->headers.size(), 1);
}

TEST(RequestContext, HeaderInjectionIsRefused)
{
    EXPECT_EQ(codeOf(secretsOf("headers", QJsonArray{QStringLiteral("X: a\r\nY: b")})), Code::BadHeader);
    EXPECT_EQ(codeOf(secretsOf("headers", QJsonArray{QStringLiteral("no colon")})), Code::BadHeader);
    EXPECT_EQ(codeOf(secretsOf("headers", QJsonArray{QStringLiteral("bad name: x")})), Code::BadHeader);
    EXPECT_EQ(codeOf(secretsOf("referer", QStringLiteral("x\ny"))), Code::BadHeader);
    EXPECT_EQ(codeOf(secretsOf("userAgent", QStringLiteral("x\ny"))), Code::BadHeader);
    EXPECT_EQ(codeOf(secretsOf("bearer", QStringLiteral("x\ny"))), Code::BadHeader);
    EXPECT_EQ(codeOf(secretsOf("cookies", QJsonArray{QStringLiteral("a=b\nc=d")})), Code::BadHeader);
    EXPECT_EQ(codeOf(secretsOf("method", QStringLiteral("GET /x"))), Code::BadOption);
}

TEST(RequestContext, CookiesAreScopedToTheHost)
{
    const auto context = made({{QStringLiteral("cookies"), QJsonArray{QStringLiteral("a=b; c=d=e")}},
        {QStringLiteral("headers"), QJsonArray{QStringLiteral("Cookie: f=g")}}});
    ASSERT_TRUE(context);
    EXPECT_EQ((*context)->cookies->lines(),
        (QList<QByteArray>{"files.example.org\tFALSE\t/\tTRUE\t0\tf\tg", "files.example.org\tFALSE\t/\tTRUE\t0\ta\tb",
            "files.example.org\tFALSE\t/\tTRUE\t0\tc\td=e"}));
    EXPECT_TRUE((*context)->headers.isEmpty());
}

TEST(RequestContext, NetscapeLinesStayAsTheyAre)
{
    const QByteArray line = "#HttpOnly_.example.org\tTRUE\t/x\tTRUE\t1999999999\tsid\tsecret";
    const auto context = made(secretsOf("cookies", QJsonArray{QString::fromUtf8("# comment\n" + line + "\n")}));
    ASSERT_TRUE(context);
    EXPECT_EQ((*context)->cookies->lines(), (QList<QByteArray>{line}));
    EXPECT_EQ(codeOf(secretsOf("cookies", QStringLiteral("a\tb"))), Code::BadHeader);
}

TEST(RequestContext, CredentialsNeverTravelAsAHeaderLine)
{
    const auto bearer = made(secretsOf("headers", QJsonArray{QStringLiteral("Authorization: Bearer tok")}));
    EXPECT_EQ((*bearer)->auth.bearer, "tok");
    EXPECT_TRUE((*bearer)->headers.isEmpty());
    const auto basic = made(secretsOf("headers", QJsonArray{QStringLiteral("authorization: Basic dTpwOnE=")}));
    EXPECT_EQ((*basic)->auth.user, QStringLiteral("u"));
    EXPECT_EQ((*basic)->auth.password, QStringLiteral("p:q"));
    const auto user = made(secretsOf("user", QStringLiteral("me:pa:ss")));
    EXPECT_EQ((*user)->auth.password, QStringLiteral("pa:ss"));
}

TEST(RequestContext, BodyMakesItAPost)
{
    EXPECT_EQ((*made(secretsOf("body", QStringLiteral("x=1"))))->method, "POST");
    const auto put = made({{QStringLiteral("body"), QStringLiteral("x")}, {QStringLiteral("method"), QStringLiteral("PUT")}});
    EXPECT_EQ((*put)->method, "PUT");
    EXPECT_EQ((*put)->body, "x");
}

TEST(RequestContext, ProxiesAreChecked)
{
    const auto context = made(secretsOf("proxy", QStringLiteral("socks5h://u:p%40@127.0.0.1:1080")));
    ASSERT_TRUE(context);
    EXPECT_EQ((*context)->proxy.url, QUrl(QStringLiteral("socks5h://127.0.0.1:1080")));
    EXPECT_EQ((*context)->proxy.password, QStringLiteral("p@"));
    EXPECT_EQ(codeOf(secretsOf("proxy", QStringLiteral("ftp://x:1"))), Code::BadProxy);
    EXPECT_EQ(codeOf(secretsOf("proxy", QStringLiteral("127.0.0.1:8080"))), Code::BadProxy);
}

TEST(RequestContext, TlsAndSourceAddressArePassedOn)
{
    const auto context = made({{QStringLiteral("insecure"), true}, {QStringLiteral("cacert"), QStringLiteral("/ca.pem")},
        {QStringLiteral("cert"), QStringLiteral("/c.pem")}, {QStringLiteral("key"), QStringLiteral("/k.pem")},
        {QStringLiteral("bindTo"), QStringLiteral("tun0")}});
    EXPECT_TRUE((*context)->tls.insecure);
    EXPECT_EQ((*context)->tls.caFile, QStringLiteral("/ca.pem"));
    EXPECT_EQ((*context)->tls.clientKey, QStringLiteral("/k.pem"));
    EXPECT_EQ((*context)->bindTo, QStringLiteral("tun0"));
}

TEST(Secrets, AreMaskedWhereverTheyStand)
{
    const QJsonObject secrets{{QStringLiteral("headers"), QJsonArray{QStringLiteral("X-Key: k3y-value")}},
        {QStringLiteral("cookies"), QJsonArray{QStringLiteral("sid=abcdef; x=1")}},
        {QStringLiteral("user"), QStringLiteral("me:hunter22")},
        {QStringLiteral("proxy"), QStringLiteral("http://p:proxypass@h:1")}};
    const QString text = maskTexts(QStringLiteral("k3y-value sid=abcdef me hunter22 proxypass x=1"), secretTexts(secrets));
    EXPECT_EQ(text, QStringLiteral("*** sid=*** me *** *** x=1"));
}

TEST(Secrets, CredentialsLeaveTheAddress)
{
    QUrl url(QStringLiteral("https://me:p%40ss@host/a"));
    QJsonObject secrets;
    takeCredentials(url, secrets);
    EXPECT_EQ(url, QUrl(QStringLiteral("https://host/a")));
    EXPECT_EQ(secrets.value(QStringLiteral("user")).toString(), QStringLiteral("me:p@ss"));
}

} // namespace weir
