#include "base/quantity.h"

#include <gtest/gtest.h>

using namespace weir;
using namespace std::chrono;

TEST(ParseBytes, UnitsArePowersOf1024)
{
    EXPECT_EQ(parseBytes(u"0").value(), 0);
    EXPECT_EQ(parseBytes(u"1000").value(), 1000);
    EXPECT_EQ(parseBytes(u"500K").value(), 500 * 1024);
    EXPECT_EQ(parseBytes(u" 2m ").value(), 2 * 1024 * 1024);
    EXPECT_EQ(parseBytes(u"1.5M").value(), 3 * 512 * 1024);
    EXPECT_EQ(parseBytes(u"9007199254740993").value(), 9007199254740993);
}

TEST(ParseBytes, RefusesTheRest)
{
    for (const char* text :
        {"", "K", "-1", "1.2.3", "1X", "1 K", "1KB", "1e9", "+5", "inf", "nan", "99999999999999999999", "9999999T", "."})
        EXPECT_EQ(parseBytes(QString::fromLatin1(text)).error().code, Code::BadRate) << text;
}

TEST(ParseDuration, EveryNumberHasItsUnit)
{
    EXPECT_EQ(parseDuration(u"500ms").value(), 500ms);
    EXPECT_EQ(parseDuration(u"5s").value(), 5s);
    EXPECT_EQ(parseDuration(u"1m30s").value(), 90s);
    EXPECT_EQ(parseDuration(u"1.5h").value(), 90min);
    EXPECT_EQ(parseDuration(u"2d").value(), 48h);
    EXPECT_EQ(parseDuration(u"0").value(), 0s);
    for (const char* text : {"", "5", "s", "5 s", "-5s", "5x", "5s3", "999999999d"})
        EXPECT_EQ(parseDuration(QString::fromLatin1(text)).error().code, Code::BadTime) << text;
}

TEST(Quantity, TextReadsAsTheSame)
{
    for (const qint64 bytes : {0LL, 1LL, 1000LL, 1024LL, 3LL << 20, 5LL << 40, (1LL << 60) - 1})
        EXPECT_EQ(parseBytes(bytesText(bytes)).value_or(-1), bytes) << bytes;
    for (const milliseconds time : {0ms, 1ms, 1500ms, 5000ms, 300'000ms, 86'400'000ms})
        EXPECT_EQ(parseDuration(durationText(time)).value_or(-1ms), time) << time.count();
    EXPECT_EQ(bytesText(64 << 20), QStringLiteral("64M"));
    EXPECT_EQ(durationText(5min), QStringLiteral("5m"));
}
