#include "net/header_block.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

using Line = HeaderBlock::Line;

TEST(HeaderBlock, KeepsTheLastOfSeveralReplies)
{
    HeaderBlock block;
    EXPECT_EQ(block.add("HTTP/1.1 302 Found\r\n"), Line::Begin);
    EXPECT_EQ(block.add("Location: /b\r\n"), Line::Field);
    EXPECT_EQ(block.add("\r\n"), Line::End);
    EXPECT_EQ(block.status(), 302);
    EXPECT_EQ(block.add("HTTP/2 206 \r\n"), Line::Begin);
    EXPECT_EQ(block.add("etag:  \"x\" \r\n"), Line::Field);
    EXPECT_EQ(block.status(), 206);
    ASSERT_EQ(block.headers().size(), 1);
    EXPECT_EQ(headerValue(block.headers(), "ETag"), "\"x\"");
}

TEST(HeaderBlock, FoldedLinesBelongToTheLastField)
{
    HeaderBlock block;
    block.add("HTTP/1.1 200 OK");
    block.add("X-Long: a");
    block.add("\t b");
    EXPECT_EQ(headerValue(block.headers(), "x-long"), "a b");
}

TEST(HeaderBlock, OtherProtocolsLinesAreKeptAsTheyAre)
{
    HeaderBlock block;
    EXPECT_EQ(block.add("213 12345\r\n"), Line::Field);
    EXPECT_EQ(block.status(), 0);
    EXPECT_EQ(block.headers().first().second, "213 12345");
}

TEST(HeaderBlock, NonsenseStatusLinesAreFields)
{
    HeaderBlock block;
    for (const char* line : {"HTTP/1.1", "HTTP/1.1 ", "HTTP/1.1 2", "HTTP/1.1 abc", "http/1.1 200 OK"})
        EXPECT_NE(block.add(line), Line::Begin) << line;
}

TEST(HeaderBlock, IsCappedInSizeAndNumber)
{
    HeaderBlock large;
    large.add("HTTP/1.1 200 OK");
    EXPECT_EQ(large.add("X: " + QByteArray(64 << 10, 'x')), Line::Field);
    EXPECT_EQ(large.add("X: " + QByteArray(64 << 10, 'x')), Line::TooLarge);
    HeaderBlock many;
    many.add("HTTP/1.1 200 OK");
    for (int i = 0; i < 1000; ++i)
        EXPECT_EQ(many.add("X: y"), Line::Field);
    EXPECT_EQ(many.add("X: y"), Line::TooLarge);
}

TEST(CookieJar, MergesWhatOneFetchChangedWithWhatOthersDid)
{
    const auto line = [](const char* name, const char* value) {
        return QByteArray("a.test\tFALSE\t/\tFALSE\t0\t") + name + '\t' + value;
    };
    CookieJar jar;
    jar.set({line("session", "1"), line("gone", "x")});
    const QList<QByteArray> before = jar.lines();
    jar.update(before, before + QList<QByteArray>{line("other", "o")}); // somebody else
    jar.update(before, {line("session", "2")});
    QList<QByteArray> lines = jar.lines();
    std::sort(lines.begin(), lines.end());
    EXPECT_EQ(lines, (QList<QByteArray>{line("other", "o"), line("session", "2")}));
}

} // namespace
} // namespace weir
