#include "hls/stream_text.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

using namespace std::chrono;

std::optional<qint64> millis(QByteArrayView text)
{
    const auto at = parseDateTime(text);
    return at ? std::optional<qint64>(duration_cast<milliseconds>(at->time_since_epoch()).count()) : std::nullopt;
}

TEST(StreamText, Dates)
{
    EXPECT_EQ(millis("1970-01-01T00:00:00Z"), 0);
    EXPECT_EQ(millis("2026-11-22T03:04:05.678Z"), 1795316645678);
    EXPECT_EQ(millis("2026-11-22T03:04:05.678+01:00"), 1795316645678 - 3600'000);
    EXPECT_EQ(millis("2026-11-22T03:04:05.678-0130"), 1795316645678 + 5400'000);
    EXPECT_EQ(millis(" 2026-11-22T03:04:05 "), 1795316645000) << "no offset is UTC";
    EXPECT_EQ(millis("2026-11-22"), 1795305600000);
    EXPECT_EQ(millis("20261122T030405Z"), 1795316645000);
    EXPECT_EQ(millis("2026-11-22T03:04:05.123456789123Z"), 1795316645123);
    for (const char* wrong : {"", "2026", "2026-13-01", "2026-02-30T00:00:00Z", "2026-11-22T25:00:00Z", "2026-11-22T03:04:05+",
             "2026-11-22T03:04:05Zx", "0001-01-01T00:00:00Z", "9999-01-01T00:00:00Z", "2026-11-22T03:0a:05Z", "now"})
        EXPECT_FALSE(parseDateTime(wrong)) << wrong;
}

TEST(StreamText, Durations)
{
    EXPECT_EQ(parseIsoDuration("PT1H2M3.5S"), 3723.5);
    EXPECT_EQ(parseIsoDuration("PT0S"), 0);
    EXPECT_EQ(parseIsoDuration("P1DT1S"), 86401);
    EXPECT_EQ(parseIsoDuration("P0Y0M0DT0H3M30.000S"), 210);
    for (const char* wrong : {"", "P", "3S", "PT3", "PTS", "P3S", "PT1D", "-PT3S", "PT1e99S", "PT99999999999999999999S"})
        EXPECT_FALSE(parseIsoDuration(wrong)) << wrong;
}

TEST(StreamText, Numbers)
{
    EXPECT_EQ(parseNumber("0"), 0);
    EXPECT_EQ(parseNumber("9223372036854775807"), std::numeric_limits<qint64>::max());
    for (const char* wrong : {"", "-1", "+1", " 1", "1 ", "9223372036854775808", "0x1", "1.0"})
        EXPECT_FALSE(parseNumber(wrong)) << wrong;
    EXPECT_EQ(parseDecimal("-1.5"), -1.5);
    for (const char* wrong : {"", "nan", "inf", "1e300", "1,5", "--1"})
        EXPECT_FALSE(parseDecimal(wrong)) << wrong;
}

TEST(StreamText, AddressesHaveAHost)
{
    const QUrl base("https://host.test/a/b.m3u8?token=1");
    EXPECT_EQ(resolvedUrl(base, "c.ts?x=%2F"), QUrl("https://host.test/a/c.ts?x=%2F"));
    EXPECT_EQ(resolvedUrl(base, "/c.ts"), QUrl("https://host.test/c.ts"));
    EXPECT_EQ(resolvedUrl(base, "//cdn.test/c.ts"), QUrl("https://cdn.test/c.ts"));
    EXPECT_EQ(resolvedUrl(base, "?x=1"), QUrl("https://host.test/a/b.m3u8?x=1"));
    EXPECT_EQ(resolvedUrl(base, "data:text/plain,x"), QUrl("data:text/plain,x"));
    EXPECT_TRUE(resolvedUrl(base, "file:///etc/passwd").isEmpty());
    EXPECT_TRUE(resolvedUrl(base, "http://").isEmpty());
    EXPECT_TRUE(resolvedUrl(base, "http://[::1").isEmpty());
}

TEST(StreamText, ProtectionSystems)
{
    EXPECT_EQ(drmSystemName(u"urn:uuid:EDEF8BA9-79D6-4ACE-A3C8-27DCD51D21ED"), "Widevine");
    EXPECT_EQ(drmSystemName(u"com.microsoft.playready"), "PlayReady");
    EXPECT_EQ(drmSystemName(u"com.apple.streamingkeydelivery"), "FairPlay");
    EXPECT_EQ(drmSystemName(u"org.w3.clearkey"), "ClearKey");
    EXPECT_EQ(drmSystemName(u"com.example.own"), "com.example.own");
}

} // namespace
} // namespace weir
