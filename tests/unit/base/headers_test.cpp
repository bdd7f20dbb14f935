#include <weir/fetch.h>

#include <gtest/gtest.h>

using namespace weir;

TEST(HeaderValue, FirstOfTheNameWithoutCase)
{
    const Headers headers{{"X", "1"}, {"ETag", "\"a\""}, {"etag", "\"b\""}, {"Empty", QByteArray()}};
    EXPECT_EQ(headerValue(headers, "etag"), "\"a\"");
    EXPECT_TRUE(headerValue(headers, "ETagX").isNull());
    EXPECT_TRUE(headerValue(headers, "").isNull());
    EXPECT_FALSE(headerValue(headers, "empty").isNull());
}

TEST(StrongValidator, OnlyAWellFormedStrongTag)
{
    for (const char* strong : {"\"a\"", "\"\"", "\"\xc3\xbc!#\""})
        EXPECT_TRUE(isStrongValidator(strong)) << strong;
    for (const char* weak :
        {"", "\"", "a", "W/\"a\"", "date:Sun, 06 Nov 1994 08:49:37 GMT", "\"a\"b\"", "\"a\r\nX: y\"", "\"a b\""})
        EXPECT_FALSE(isStrongValidator(weak)) << weak;
}

TEST(CookieJar, KeepsWhatWasSet)
{
    CookieJar jar;
    EXPECT_TRUE(jar.lines().isEmpty());
    jar.set({"a", "b"});
    EXPECT_EQ(jar.lines(), (QList<QByteArray>{"a", "b"}));
}
