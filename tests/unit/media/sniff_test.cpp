#include "media/sniff.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

QByteArray transportStream(int packets)
{
    QByteArray data;
    for (int i = 0; i < packets; ++i)
        data += QByteArray("\x47\x40\x11\x10", 4) + QByteArray(184, '\xff');
    return data;
}

/// An ID3 tag with the PRIV frame that packed audio begins with.
QByteArray timestampTag(quint64 ticks)
{
    QByteArray body = QByteArray("com.apple.streaming.transportStreamTimestamp") + '\0';
    for (int shift = 56; shift >= 0; shift -= 8)
        body += char(ticks >> shift);
    return QByteArray("ID3\4\0\0", 6) + QByteArray("\0\0\0", 3) + char(body.size() + 10) + "PRIV" + QByteArray("\0\0\0", 3)
        + char(body.size()) + QByteArray("\0\0", 2) + body;
}

QByteArray adts() { return QByteArray::fromHex("fff15080217ffc") + QByteArray(20, 'x'); }

TEST(Sniff, KnowsWhatMediaBeginWith)
{
    EXPECT_EQ(sniff(transportStream(5)).packing, Packing::MpegTs);
    EXPECT_EQ(sniff(transportStream(1)).packing, Packing::MpegTs);
    EXPECT_EQ(sniff(QByteArray(7, 'x') + transportStream(5)).packing, Packing::MpegTs) << "some bytes in front";
    EXPECT_EQ(sniff(QByteArray("\0\0\0\x18styp", 8) + "msdh").packing, Packing::Fmp4);
    EXPECT_EQ(sniff(QByteArray("\0\0\0\x1c"
                               "ftypiso5",
                        12))
                  .packing,
        Packing::Fmp4);
    EXPECT_EQ(sniff(QByteArray::fromHex("1a45dfa3010000000000")).packing, Packing::Matroska);
    EXPECT_EQ(sniff(adts()).packing, Packing::PackedAudio);
    EXPECT_EQ(sniff(timestampTag(1) + adts()).packing, Packing::PackedAudio);
    EXPECT_EQ(sniff("WEBVTT\n\n").packing, Packing::WebVtt);
    EXPECT_EQ(sniff("\xef\xbb\xbfWEBVTT - title\r\n").packing, Packing::WebVtt);
    EXPECT_EQ(sniff("<?xml version=\"1.0\"?><tt xmlns=\"http://www.w3.org/ns/ttml\">").packing, Packing::Ttml);
    EXPECT_EQ(sniff("<?xml version=\"1.0\"?>\n<tt:tt xmlns:tt=\"http://www.w3.org/ns/ttml\">").packing, Packing::Ttml);
}

TEST(Sniff, KnowsWhatIsNoSegment)
{
    for (const char* page : {"<!DOCTYPE html><html>", "  \n<html lang=en>", "<HTML><BODY>"}) {
        const auto sniffed = sniff(page);
        EXPECT_TRUE(sniffed.garbage) << page;
        EXPECT_EQ(sniffed.what, QStringLiteral("a web page")) << page;
    }
    EXPECT_EQ(sniff("<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>").what, QStringLiteral("an XML text"));
    EXPECT_EQ(sniff("{\"error\": \"expired\"}").what, QStringLiteral("a JSON text"));
    EXPECT_EQ(sniff("#EXTM3U\n#EXTINF:1,\n").what, QStringLiteral("a playlist"));
    EXPECT_TRUE(sniff("Not Found").garbage);
    EXPECT_TRUE(sniff({}).garbage);
    EXPECT_TRUE(sniff(QByteArray("\x01\x02\x03\x04\x05\x06\x07\x08\x09")).garbage);
    EXPECT_FALSE(sniff("\x01\x02").garbage) << "too short to tell";
    EXPECT_EQ(sniff("\x01\x02").packing, Packing::Unknown);
}

TEST(Sniff, TimestampsOfPackedAudioHave33Bits)
{
    EXPECT_DOUBLE_EQ(id3Timestamp(timestampTag(900'000) + adts()).value_or(-1), 10);
    EXPECT_DOUBLE_EQ(id3Timestamp(timestampTag((1ULL << 33) + 90'000)).value_or(-1), 1);
    EXPECT_FALSE(id3Timestamp(adts()));
    EXPECT_FALSE(id3Timestamp("ID3"));
    QByteArray cut = timestampTag(900'000);
    for (qsizetype size = 0; size < cut.size(); ++size)
        EXPECT_FALSE(id3Timestamp(cut.first(size))) << size;
}

TEST(Sniff, TagsSayHowLongTheyAre)
{
    const QByteArray tag = timestampTag(5);
    EXPECT_EQ(id3Size(tag), tag.size());
    EXPECT_EQ(id3Size(adts()), 0);
    QByteArray nonsense = tag;
    nonsense[7] = char(0x80);
    EXPECT_EQ(id3Size(nonsense), 0);
}

TEST(Sniff, KindsOfPackedAudioAreToldApart)
{
    EXPECT_STREQ(packedAudioFormat(timestampTag(1) + adts()), "aac");
    EXPECT_STREQ(packedAudioFormat(timestampTag(1) + timestampTag(2) + adts()), "aac");
    EXPECT_STREQ(packedAudioFormat(QByteArray::fromHex("0b77a1b2144000000000")), "ac3");
    EXPECT_STREQ(packedAudioFormat(QByteArray::fromHex("0b7700ff3f8000000000")), "eac3");
    EXPECT_STREQ(packedAudioFormat(QByteArray::fromHex("fffb9064000000000000")), "mp3");
    EXPECT_EQ(packedAudioFormat(QByteArray::fromHex("ffffffffffffffff")), nullptr);
    EXPECT_EQ(packedAudioFormat("text"), nullptr);
}

} // namespace
} // namespace weir
