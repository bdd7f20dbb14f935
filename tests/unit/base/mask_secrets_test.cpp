#include "base/text_log.h"

#include <gtest/gtest.h>

using namespace weir;

namespace {

constexpr const char* kCanary = "C4NARY";

std::string masked(QByteArrayView text) { return maskSecrets(text).toStdString(); }

} // namespace

TEST(MaskSecrets, NoCanaryGetsThrough)
{
    for (const char* text : {
             "Cookie: a=C4NARY; b=C4NARY",
             "set-cookie:C4NARY",
             "> Cookie: x=1;\r\n y=C4NARY\r\nHost: h",
             "Authorization: Bearer C4NARY",
             "proxy-authorization : Basic C4NARY",
             "{\"Cookie\": \"a=\\\"C4NARY\\\"; C4NARY\", \"x\": 1}",
             "{'authorization': 'Basic C4NARY'}",
             "using Bearer C4NARYC4NARY now",
             "ftp://user:C4NARY@host/file",
             "https://user:C4N@C4NARY@host/file",
             "socks5h://:C4NARY@proxy:1080",
             "https://h/f?token=C4NARY",
             "https://h/f?a=1&TOKEN=C4NARY&b=2",
             "https://h/f?a=1;sig=C4NARY",
             "https://h/f#access_token=C4NARY",
             "https://h/f?X-Amz-Signature=C4NARY&x=1",
             "https://h/f?X-Amz-Credential=C4NARY",
             "https://h/f?%74oken=C4NARY",
             "https://h/f?key=C4NARY",
             "https://h/f?auth=C4NARY",
             "https://h/f?signature=C4NARY",
             "https://h/f?passkey=C4NARY",
             "https://h/f?Policy=C4NARY&Key-Pair-Id=C4NARY",
             "https://h/login?next=https%3A%2F%2Fh%2F%3Ftoken%3DC4NARY%26x%3D1",
             "password=C4NARY",
             "password = \"C4NARY C4NARY\"",
             "apikey=C4NARY, more",
             "x-api-key: C4NARY",
             "sig=C4NARY",
         })
        EXPECT_EQ(masked(text).find(kCanary), std::string::npos) << masked(text);
    EXPECT_EQ(masked("Basic " + QByteArray("user:C4NARY").toBase64()), "Basic ***");
}

TEST(MaskSecrets, TheRestStaysReadable)
{
    EXPECT_EQ(masked("Cookie: a=b\r\nHost: h"), "Cookie: ***\r\nHost: h");
    EXPECT_EQ(masked("GET https://u:p@h/f?a=1&token=t&b=2#x HTTP/1.1"), "GET https://u:***@h/f?a=1&token=***&b=2#x HTTP/1.1");
    EXPECT_EQ(masked("{\"password\": \"p\", \"x\": 1}"), "{\"password\": \"***\", \"x\": 1}");
    EXPECT_EQ(masked("(sig=a), next"), "(sig=***), next");
}

TEST(MaskSecrets, PlainTextIsUntouched)
{
    for (const char* text :
        {"", "exit code=22", "range 0-5: 206", "https://host:8080/a@b?x=1", "ETag: \"abc\"", "basic authentication failed",
            "the key: none", "https://h/f?tok=1&monkey=2", "WWW-Authenticate: Basic realm=\"x y\"", "ü ? & = : %3D %"})
        EXPECT_EQ(masked(text), text);
    EXPECT_EQ(maskSecrets(QStringLiteral("ü token=x")), QStringLiteral("ü token=***"));
}

TEST(MaskSecrets, AMegabyteOfHostileTextTakesOnePass)
{
    for (const char* piece : {"=", "a", ":", "://", "%3d", "token", "\" ", "cookie:\n ", "bearer "}) {
        const QByteArray text = QByteArray(piece).repeated(int(1'000'000 / strlen(piece)));
        EXPECT_LE(maskSecrets(QByteArrayView(text)).size(), text.size() * 3) << piece;
    }
}
