#include "hls/m3u8_parser.h"

#include "hls/stream_text.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

const QUrl kUrl("https://host.test/live/a/index.m3u8?token=abc");

Listing media(const QByteArray& text, const Variables& imported = {})
{
    auto listing = parseMedia(text, kUrl, imported);
    EXPECT_TRUE(listing) << describe(listing.error()).toStdString();
    return listing ? std::move(*listing) : Listing();
}

Presentation master(const QByteArray& text)
{
    auto presentation = parseMaster(text, kUrl);
    EXPECT_TRUE(presentation) << describe(presentation.error()).toStdString();
    return presentation ? std::move(*presentation) : Presentation();
}

QUrl urlOf(const Segment& segment) { return segment.media.urls.value(0); }
QUrl at(const char* path) { return QUrl(QStringLiteral("https://host.test/live/a/") + QLatin1String(path)); }

std::vector<qint64> numbersOf(const Listing& listing)
{
    std::vector<qint64> numbers;
    for (const Segment& segment : listing.segments)
        numbers.push_back(segment.number);
    return numbers;
}

// ---- media playlists

TEST(M3u8Media, ARecording)
{
    const Listing listing = media("#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:10\n#EXT-X-MEDIA-SEQUENCE:7\n"
                                  "#EXTINF:9.009,first\nfirst.ts\n# a comment\n\n#EXTINF:9.009,\n../second.ts?x=1\n"
                                  "#EXTINF:3.003\nhttp://cdn.test/third.ts\n#EXT-X-ENDLIST\n");
    EXPECT_FALSE(listing.live);
    EXPECT_EQ(listing.targetDuration, 10);
    EXPECT_NEAR(listing.duration, 21.021, 1e-9);
    EXPECT_EQ(numbersOf(listing), (std::vector<qint64>{7, 8, 9}));
    EXPECT_EQ(urlOf(listing.segments[0]), at("first.ts"));
    EXPECT_EQ(urlOf(listing.segments[1]), QUrl("https://host.test/live/second.ts?x=1"));
    EXPECT_EQ(urlOf(listing.segments[2]), QUrl("http://cdn.test/third.ts"));
    EXPECT_NEAR(listing.segments[2].start, 18.018, 1e-9);
    EXPECT_FALSE(listing.segments[0].media.range);
    EXPECT_FALSE(listing.segments[0].key);
    EXPECT_TRUE(listing.numbered);
}

TEST(M3u8Media, LiveEventAndRecordingAreToldApart)
{
    const QByteArray head = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n", body = "#EXTINF:4,\na.ts\n";
    EXPECT_TRUE(media(head + body).live);
    EXPECT_FALSE(media(head + body).event);
    EXPECT_TRUE(media(head + "#EXT-X-PLAYLIST-TYPE:EVENT\n" + body).event);
    EXPECT_FALSE(media(head + "#EXT-X-PLAYLIST-TYPE:EVENT\n" + body + "#EXT-X-ENDLIST").live);
    EXPECT_FALSE(media(head + "#EXT-X-PLAYLIST-TYPE:VOD\n" + body).live);
    EXPECT_TRUE(media(head).segments.empty()) << "a live stream that is about to begin";
}

TEST(M3u8Media, ByteOrderMarkCarriageReturnsAndNoLastNewline)
{
    const Listing listing =
        media("\xef\xbb\xbf#EXTM3U\r\n#EXT-X-TARGETDURATION:4\r\n#EXTINF:4.0,\r\na b.ts\r\n#EXTINF:4,\r\nb.ts");
    ASSERT_EQ(listing.segments.size(), 2u);
    EXPECT_EQ(urlOf(listing.segments[0]).toEncoded(), "https://host.test/live/a/a%20b.ts");
}

TEST(M3u8Media, RangesGoOnWhereTheLastOneEnded)
{
    const Listing listing = media("#EXTM3U\n#EXT-X-TARGETDURATION:4\n"
                                  "#EXTINF:4,\n#EXT-X-BYTERANGE:1000@500\nall.ts\n#EXTINF:4,\n#EXT-X-BYTERANGE:200\nall.ts\n"
                                  "#EXTINF:4,\n#EXT-X-BYTERANGE:10@0\nall.ts\n#EXTINF:4,\n#EXT-X-BYTERANGE:5\nall.ts\n");
    ASSERT_EQ(listing.segments.size(), 4u);
    EXPECT_EQ(listing.segments[0].media.range, (ByteRange{500, 1500}));
    EXPECT_EQ(listing.segments[1].media.range, (ByteRange{1500, 1700}));
    EXPECT_EQ(listing.segments[2].media.range, (ByteRange{0, 10}));
    EXPECT_EQ(listing.segments[3].media.range, (ByteRange{10, 15}));
    EXPECT_TRUE(listing.segments[0].media.urls.isSharedWith(listing.segments[3].media.urls)) << "one address, one copy";
}

TEST(M3u8Media, InitializationIsSharedAndHasItsOwnKey)
{
    const Listing listing = media("#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-KEY:METHOD=AES-128,URI=\"k1\",IV=0x01\n"
                                  "#EXT-X-MAP:URI=\"init.mp4\",BYTERANGE=\"720@0\"\n#EXT-X-KEY:METHOD=AES-128,URI=\"k2\"\n"
                                  "#EXTINF:4,\n1.m4s\n#EXTINF:4,\n2.m4s\n#EXT-X-KEY:METHOD=NONE\n#EXTINF:4,\n3.m4s\n"
                                  "#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI=\"other.mp4\"\n#EXTINF:4,\n4.m4s\n"
                                  "#EXT-X-MAP:BYTERANGE=\"720@0\",URI=\"init.mp4\"\n#EXTINF:4,\n5.m4s\n");
    ASSERT_EQ(listing.segments.size(), 5u);
    const auto& first = listing.segments[0];
    EXPECT_EQ(first.init->urls.value(0), at("init.mp4"));
    EXPECT_EQ(first.init->range, (ByteRange{0, 720}));
    EXPECT_EQ(first.initKey->url, at("k1"));
    EXPECT_EQ(first.initKey->iv, QByteArray(15, '\0') + '\1');
    EXPECT_EQ(first.key->url, at("k2"));
    EXPECT_TRUE(first.key->iv.isEmpty()) << "the number is the vector";
    EXPECT_EQ(listing.segments[1].key, first.key);
    EXPECT_FALSE(listing.segments[2].key);
    EXPECT_EQ(listing.segments[2].initKey, first.initKey);
    EXPECT_EQ(listing.segments[3].init->urls.value(0), at("other.mp4"));
    EXPECT_FALSE(listing.segments[3].initKey);
    EXPECT_EQ(listing.segments[4].init, first.init) << "shared though written twice";
    EXPECT_EQ(listing.segments[3].discontinuity, listing.segments[2].discontinuity + 1);
}

TEST(M3u8Media, KeysRotate)
{
    const Listing listing =
        media("#EXTM3U\n#EXT-X-TARGETDURATION:4\n"
              "#EXT-X-KEY:METHOD=AES-128,URI=\"k?n=1,2\",IV=0X000102030405060708090a0b0c0d0e0f\n#EXTINF:4,\n1.ts\n"
              "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"k2\",KEYFORMAT=\"identity\",KEYFORMATVERSIONS=\"1\"\n#EXTINF:4,\n2.ts\n");
    EXPECT_EQ(listing.segments[0].key->iv, QByteArray::fromHex("000102030405060708090a0b0c0d0e0f"));
    EXPECT_EQ(listing.segments[0].key->url, at("k?n=1,2"));
    EXPECT_EQ(listing.segments[1].key->method, SegmentKey::Method::SampleAes);
    EXPECT_TRUE(listing.drm.isEmpty());
}

TEST(M3u8Media, DrmIsNamed)
{
    const QByteArray head = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n", body = "#EXTINF:4,\na.mp4\n";
    const auto drm = [&](const char* key) { return media(head + "#EXT-X-KEY:" + key + "\n" + body).drm; };
    EXPECT_EQ(
        drm("METHOD=SAMPLE-AES,URI=\"skd://asset\",KEYFORMAT=\"com.apple.streamingkeydelivery\""), QStringList{"FairPlay"});
    EXPECT_EQ(drm("METHOD=SAMPLE-AES,URI=\"skd://asset\""), QStringList{"FairPlay"}) << "no KEYFORMAT, but the scheme says it";
    EXPECT_EQ(drm("METHOD=SAMPLE-AES-CTR,URI=\"data:text/plain;base64,AAAA\","
                  "KEYFORMAT=\"urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed\""),
        QStringList{"Widevine"});
    EXPECT_EQ(drm("METHOD=SAMPLE-AES-CTR,URI=\"x\",KEYFORMAT=\"com.microsoft.playready\""), QStringList{"PlayReady"});
    EXPECT_EQ(drm("METHOD=AES-128,URI=\"x\",KEYFORMAT=\"com.example\""), QStringList{"com.example"});
    EXPECT_EQ(drm("METHOD=NONE"), QStringList());
    const auto ctr = parseMedia(head + "#EXT-X-KEY:METHOD=SAMPLE-AES-CTR,URI=\"k\"\n" + body, kUrl);
    ASSERT_FALSE(ctr);
    EXPECT_EQ(ctr.error().code, Code::EncryptionUnsupported);
    EXPECT_TRUE(ctr.error().detail.contains("SAMPLE-AES-CTR"));
}

TEST(M3u8Media, AnIdentityKeyBesideDrmIsEnough)
{
    const Listing listing =
        media("#EXTM3U\n#EXT-X-TARGETDURATION:4\n"
              "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"skd://a\",KEYFORMAT=\"com.apple.streamingkeydelivery\"\n"
              "#EXT-X-KEY:METHOD=AES-128,URI=\"k\",KEYFORMAT=\"identity\"\n#EXTINF:4,\n1.ts\n#EXTINF:4,\n2.ts\n");
    EXPECT_TRUE(listing.drm.isEmpty());
    EXPECT_EQ(listing.segments[1].key->url, at("k"));
}

TEST(M3u8Media, DiscontinuitiesAreCountedFromTheSequence)
{
    const Listing listing =
        media("#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-DISCONTINUITY-SEQUENCE:12\n"
              "#EXTINF:4,\n1.ts\n#EXT-X-DISCONTINUITY\n#EXTINF:4,\n2.ts\n#EXT-X-GAP\n#EXTINF:4,\n3.ts\n#EXTINF:4,\n4.ts\n");
    EXPECT_EQ(listing.segments[0].discontinuity, 12);
    EXPECT_EQ(listing.segments[1].discontinuity, 13);
    EXPECT_EQ(listing.segments[3].discontinuity, 13);
    EXPECT_TRUE(listing.segments[2].gap);
    EXPECT_FALSE(listing.segments[3].gap);
}

TEST(M3u8Media, DatesAreCarriedForward)
{
    const Listing listing =
        media("#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n0.ts\n#EXT-X-PROGRAM-DATE-TIME:2026-11-22T10:00:00.000Z\n"
              "#EXTINF:4,\n1.ts\n#EXTINF:3.5,\n2.ts\n#EXTINF:4,\n3.ts\n");
    const auto date = *parseDateTime("2026-11-22T10:00:00Z");
    EXPECT_FALSE(listing.segments[0].wallClock);
    EXPECT_EQ(listing.segments[1].wallClock, date);
    EXPECT_EQ(listing.segments[3].wallClock, date + std::chrono::milliseconds(7500));
}

TEST(M3u8Media, DateRangesBecomeMarkersAndAds)
{
    const Listing listing =
        media("#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXT-X-PROGRAM-DATE-TIME:2026-11-22T10:00:00Z\n"
              "#EXTINF:10,\n1.ts\n#EXTINF:10,\n2.ts\n#EXTINF:10,\n3.ts\n#EXTINF:10,\n4.ts\n"
              "#EXT-X-DATERANGE:ID=\"ad\",CLASS=\"com.example.ad\",START-DATE=\"2026-11-22T10:00:10Z\",PLANNED-DURATION=30,"
              "SCTE35-OUT=0xFC\n"
              "#EXT-X-DATERANGE:ID=\"ad\",DURATION=19.5,SCTE35-IN=0xFC\n"
              "#EXT-X-DATERANGE:ID=\"chapter\",START-DATE=\"2026-11-22T09:59:58Z\",END-DATE=\"2026-11-22T10:00:01Z\"\n");
    ASSERT_EQ(listing.markers.size(), 2u);
    EXPECT_EQ(listing.markers[0].id, "ad");
    EXPECT_EQ(listing.markers[0].kind, "com.example.ad");
    EXPECT_EQ(listing.markers[0].start, 10);
    EXPECT_EQ(listing.markers[0].duration, 19.5);
    EXPECT_EQ(listing.markers[1].start, -2);
    EXPECT_EQ(listing.markers[1].duration, 3);
    EXPECT_EQ(listing.segments[0].ad, false);
    EXPECT_EQ(listing.segments[1].ad, true);
    EXPECT_EQ(listing.segments[2].ad, true);
    EXPECT_EQ(listing.segments[3].ad, false);
}

std::string adsOf(const Listing& listing)
{
    std::string ads;
    for (const Segment& segment : listing.segments)
        ads += segment.ad ? 'A' : '.';
    return ads;
}

TEST(M3u8Media, CueTagsMarkAds)
{
    const QByteArray head = "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXT-X-MEDIA-SEQUENCE:5\n", one = "#EXTINF:10,\nx.ts\n";
    const Listing listing =
        media(head + one + "#EXT-X-CUE-OUT:20\n" + one + "#EXT-X-CUE-OUT-CONT:10/20\n" + one + "#EXT-X-CUE-IN\n" + one);
    EXPECT_EQ(adsOf(listing), ".AA.");
    ASSERT_EQ(listing.markers.size(), 1u);
    EXPECT_EQ(listing.markers[0].id, "cue 6");
    EXPECT_EQ(listing.markers[0].start, 10);
    EXPECT_EQ(listing.markers[0].duration, 20);
    EXPECT_EQ(adsOf(media(head + one + "#EXT-X-CUE-OUT:DURATION=20.0\n" + one + one + one)), ".AA.")
        << "nothing says when it ends but itself";
    EXPECT_EQ(adsOf(media(head + one + "#EXT-X-CUE-OUT\n" + one + one + one)), ".AAA");
    EXPECT_EQ(adsOf(media(head + one + "#EXT-X-CUE-OUT:60\n" + one + "#EXT-X-CUE-IN\n" + one + one)), ".A..") << "back early";
    EXPECT_EQ(adsOf(media(head + one + one + "#EXT-X-CUE-IN\n" + one + one)), "AA..") << "the beginning has left the window";
    EXPECT_EQ(adsOf(media(head + "#EXT-X-CUE-OUT-CONT:ElapsedTime=10,Duration=30\n" + one + one + one + one)), "AA..");
}

TEST(M3u8Media, Variables)
{
    const Listing listing =
        media("#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-DEFINE:NAME=\"dir\",VALUE=\"seg/{$notYet\"\n"
              "#EXT-X-DEFINE:IMPORT=\"host\"\n#EXT-X-DEFINE:QUERYPARAM=\"token\"\n"
              "#EXT-X-MAP:URI=\"https://{$host}/init?t={$token}\"\n#EXTINF:4,\nhttps://{$host}/1.ts?{$token}&{$token}\n",
            {{"host", "cdn.test"}, {"unused", "x"}});
    ASSERT_EQ(listing.segments.size(), 1u);
    EXPECT_EQ(urlOf(listing.segments[0]), QUrl("https://cdn.test/1.ts?abc&abc"));
    EXPECT_EQ(listing.segments[0].init->urls.value(0), QUrl("https://cdn.test/init?t=abc"));
}

TEST(M3u8Media, VariablesDoNotExplode)
{
    QByteArray text = "#EXTM3U\n#EXT-X-DEFINE:NAME=\"a0\",VALUE=\"0123456789\"\n";
    for (int i = 1; i < 60; ++i) {
        const QByteArray last = "{$a" + QByteArray::number(i - 1) + "}";
        text += "#EXT-X-DEFINE:NAME=\"a" + QByteArray::number(i) + "\",VALUE=\"" + last + last + "\"\n";
    }
    const auto listing = parseMedia(text, kUrl);
    ASSERT_FALSE(listing);
    EXPECT_EQ(listing.error().code, Code::BadPlaylist);
}

TEST(M3u8Media, LowLatencyPartsAreSkipped)
{
    const Listing listing = media("#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK="
                                  "1.0,HOLD-BACK=13,CAN-SKIP-UNTIL=24\n"
                                  "#EXT-X-PART-INF:PART-TARGET=0.33334\n#EXT-X-MEDIA-SEQUENCE:266\n"
                                  "#EXT-X-PART:DURATION=2,URI=\"266.1.mp4\",INDEPENDENT=YES\n#EXT-X-PART:DURATION=2,URI=\"266."
                                  "2.mp4\"\n#EXTINF:4,\n266.mp4\n"
                                  "#EXT-X-PART:DURATION=2,URI=\"267.1.mp4\"\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"267.2.mp4\"\n"
                                  "#EXT-X-RENDITION-REPORT:URI=\"../1M/waitForMSN.php\",LAST-MSN=267,LAST-PART=1\n");
    EXPECT_EQ(numbersOf(listing), std::vector<qint64>{266});
    EXPECT_EQ(listing.holdBack, 13);
}

TEST(M3u8Media, StartIsTold)
{
    EXPECT_EQ(media("#EXTM3U\n#EXT-X-START:TIME-OFFSET=-12.5,PRECISE=YES\n#EXTINF:4,\n1.ts\n").startOffset, -12.5);
}

struct Broken {
    const char* name;
    const char* text;
    Code code;
    const char* detail; ///< part of it
};

class M3u8Broken : public ::testing::TestWithParam<Broken> {};

TEST_P(M3u8Broken, IsRefusedWithLineAndReason)
{
    const auto listing = parseMedia(GetParam().text, kUrl);
    ASSERT_FALSE(listing);
    EXPECT_EQ(listing.error().code, GetParam().code);
    EXPECT_TRUE(listing.error().detail.contains(GetParam().detail)) << listing.error().detail.toStdString();
    EXPECT_TRUE(listing.error().detail.contains("host.test/live/a/index.m3u8"));
}

INSTANTIATE_TEST_SUITE_P(All, M3u8Broken,
    ::testing::Values(Broken{"Empty", "", Code::BadPlaylist, "line 1:"},
        Broken{"Html", "<!DOCTYPE html>\n<html>", Code::BadPlaylist, "line 1: it does not begin"},
        Broken{"NoHead", "\n#EXTINF:4,\na.ts\n", Code::BadPlaylist, "line 2: it does not begin"},
        Broken{"NoDuration", "#EXTM3U\n\na.ts\n", Code::BadPlaylist, "line 3: an address without EXTINF"},
        Broken{"DurationNotANumber", "#EXTM3U\n#EXTINF:four,\na.ts", Code::BadPlaylist, "line 2: EXTINF"},
        Broken{"DurationNegative", "#EXTM3U\n#EXTINF:-1,\na.ts", Code::BadPlaylist, "line 2: EXTINF"},
        Broken{"DurationInfinite", "#EXTM3U\n#EXTINF:inf,\na.ts", Code::BadPlaylist, "line 2: EXTINF"},
        Broken{"TwoDurations", "#EXTM3U\n#EXTINF:1,\n#EXTINF:1,\na.ts", Code::BadPlaylist, "line 3: no address follows"},
        Broken{"CutOff", "#EXTM3U\n#EXTINF:4,\na.ts\n#EXTINF:4,\n", Code::BadPlaylist, "the text ends"},
        Broken{"RangeFromNowhere", "#EXTM3U\n#EXTINF:4,\n#EXT-X-BYTERANGE:5\na.ts\n", Code::BadPlaylist,
            "line 4: the byte range has no offset"},
        Broken{"RangeOfAnother", "#EXTM3U\n#EXTINF:4,\n#EXT-X-BYTERANGE:5@0\na.ts\n#EXTINF:4,\n#EXT-X-BYTERANGE:5\nb.ts\n",
            Code::BadPlaylist, "line 7:"},
        Broken{"RangeHuge", "#EXTM3U\n#EXTINF:4,\n#EXT-X-BYTERANGE:9223372036854775807@9223372036854775807\na.ts\n",
            Code::BadPlaylist, "line 3: not a byte range"},
        Broken{
            "RangeEmpty", "#EXTM3U\n#EXTINF:4,\n#EXT-X-BYTERANGE:0@1\na.ts\n", Code::BadPlaylist, "line 3: not a byte range"},
        Broken{
            "QuoteOpen", "#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\n#EXTINF:4,\na.ts", Code::BadPlaylist, "line 2: a quote"},
        Broken{"NoValue", "#EXTM3U\n#EXT-X-KEY:METHOD\n", Code::BadPlaylist, "line 2: an attribute has no value"},
        Broken{"KeyWithoutUri", "#EXTM3U\n#EXT-X-KEY:METHOD=AES-128\n", Code::BadPlaylist, "line 2: the key"},
        Broken{"IvTooLong", "#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\",IV=0x0123456789012345678901234567890123\n",
            Code::BadPlaylist, "line 2: IV"},
        Broken{"IvNotHex", "#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\",IV=0xz1\n", Code::BadPlaylist, "line 2: IV"},
        Broken{
            "UndefinedVariable", "#EXTM3U\n#EXTINF:4,\n{$x}.ts\n", Code::BadPlaylist, "line 3: nothing defines the variable x"},
        Broken{"ImportOfNothing", "#EXTM3U\n#EXT-X-DEFINE:IMPORT=\"x\"\n", Code::BadPlaylist,
            "line 2: the master playlist does not define"},
        Broken{"NoSuchParameter", "#EXTM3U\n#EXT-X-DEFINE:QUERYPARAM=\"x\"\n", Code::BadPlaylist,
            "line 2: the playlist's address has no"},
        Broken{"DefinedTwice", "#EXTM3U\n#EXT-X-DEFINE:NAME=\"x\",VALUE=\"1\"\n#EXT-X-DEFINE:NAME=\"x\",VALUE=\"1\"\n",
            Code::BadPlaylist, "line 3: defined twice"},
        Broken{"SequenceHuge", "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:9223372036854775807\n", Code::BadPlaylist,
            "line 2: not a usable number"},
        Broken{
            "BadDate", "#EXTM3U\n#EXT-X-PROGRAM-DATE-TIME:yesterday\n", Code::BadPlaylist, "line 2: EXT-X-PROGRAM-DATE-TIME"},
        Broken{"LocalFile", "#EXTM3U\n#EXTINF:4,\nfile:///etc/passwd\n", Code::BadPlaylist, "line 3: not an address"},
        Broken{"Both", "#EXTM3U\n#EXTINF:4,\na.ts\n#EXT-X-STREAM-INF:BANDWIDTH=1\nb.m3u8\n", Code::BadPlaylist,
            "line 4: a playlist of segments"},
        Broken{"Delta", "#EXTM3U\n#EXT-X-SKIP:SKIPPED-SEGMENTS=10\n", Code::PlaylistUnsupported, "line 2: it leaves out"},
        Broken{"Pictures", "#EXTM3U\n#EXT-X-I-FRAMES-ONLY\n", Code::PlaylistUnsupported, "line 2: it lists single pictures"}),
    [](const auto& info) { return info.param.name; });

TEST(M3u8Media, AHundredThousandSegmentsShareWhatTheyCan)
{
    QByteArray text =
        "#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXT-X-MAP:URI=\"init.mp4\"\n#EXT-X-PROGRAM-DATE-TIME:2026-11-22T10:00:00Z\n";
    for (int i = 0; i < 100'000; ++i) {
        if (i % 100 == 0)
            text += "#EXT-X-DATERANGE:ID=\"" + QByteArray::number(i)
                + "\",START-DATE=\"2026-11-23T10:00:00Z\",DURATION=90000,SCTE35-OUT=0x0\n";
        text += "#EXT-X-KEY:METHOD=AES-128,URI=\"key\"\n#EXTINF:6,\nsegment-" + QByteArray::number(i) + ".m4s\n";
    }
    const Listing listing = media(text + "#EXT-X-ENDLIST\n");
    ASSERT_EQ(listing.segments.size(), 100'000u);
    EXPECT_EQ(listing.segments.back().init, listing.segments.front().init);
    EXPECT_EQ(listing.segments.back().key, listing.segments.front().key);
    EXPECT_EQ(listing.segments.back().number, 99'999);
    EXPECT_EQ(listing.markers.size(), 1000u);
    EXPECT_TRUE(listing.segments[15'000].ad);
}

TEST(M3u8Media, TooManySegmentsAreRefused)
{
    const auto listing = parseMedia("#EXTM3U\n" + QByteArray("#EXTINF:1,\na\n").repeated(300'000), kUrl);
    ASSERT_FALSE(listing);
    EXPECT_EQ(listing.error().code, Code::PlaylistTooLarge);
}

// ---- master playlists

TEST(M3u8Master, IsToldFromAMediaPlaylist)
{
    EXPECT_TRUE(isMaster("#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8\n"));
    EXPECT_TRUE(isMaster("#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"x\"\n"));
    EXPECT_FALSE(isMaster("#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:4\n#EXTINF:1,\nx.ts\n"));
    EXPECT_FALSE(isMaster("#EXTM3U\n"));
}

TEST(M3u8Master, VariantsWithTheirGroups)
{
    const Presentation presentation = master(
        "#EXTM3U\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-SESSION-DATA:DATA-ID=\"com.apple.hls.title\",VALUE=\"A film\"\n"
        "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"stereo\",NAME=\"English\",LANGUAGE=\"en\",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="
        "\"2\",URI=\"en/a.m3u8\"\n"
        "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"stereo\",NAME=\"Described\",LANGUAGE=\"en\",CHARACTERISTICS=\"public.accessibility."
        "describes-video\",CHANNELS=\"16/JOC\",URI=\"ad/a.m3u8\"\n"
        "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"subs\",NAME=\"Deutsch, erzwungen\",LANGUAGE=\"de\",FORCED=YES,URI=\"de.m3u8\"\n"
        "#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID=\"cc\",NAME=\"CC1\",INSTREAM-ID=\"CC1\"\n"
        "#EXT-X-MEDIA:TYPE=VIDEO,GROUP-ID=\"angle\",NAME=\"two\",URI=\"two.m3u8\"\n"
        "#EXT-X-STREAM-INF:BANDWIDTH=5000000,AVERAGE-BANDWIDTH=4000000,CODECS=\"avc1.640028,mp4a.40.2,wvtt\",RESOLUTION="
        "1920x1080,FRAME-RATE=59.940,AUDIO=\"stereo\",SUBTITLES=\"subs\",CLOSED-CAPTIONS=\"cc\"\n"
        "hd.m3u8?a=1,2\n"
        "#EXT-X-STREAM-INF:BANDWIDTH=20000000,CODECS=\"hvc1.2.4.L153.B0,mp4a.40.2\",RESOLUTION=3840x2160,VIDEO-RANGE=PQ,AUDIO="
        "\"stereo\"\n"
        "uhd.m3u8\n"
        "#EXT-X-STREAM-INF:BANDWIDTH=64000,CODECS=\"mp4a.40.5\"\naudio.m3u8\n"
        "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI=\"i.m3u8\"\n");
    ASSERT_EQ(presentation.tracks.size(), 6u);
    EXPECT_EQ(presentation.title, "A film");
    const Track &english = presentation.tracks[0], &described = presentation.tracks[1], &german = presentation.tracks[2],
                &hd = presentation.tracks[3], &uhd = presentation.tracks[4], &audio = presentation.tracks[5];
    EXPECT_EQ(english.type, TrackType::Audio);
    EXPECT_TRUE(english.isDefault);
    EXPECT_EQ(english.group, "stereo");
    EXPECT_EQ(english.codecs, QStringList{"mp4a.40.2"});
    EXPECT_EQ(english.playlists, QList<QUrl>{at("en/a.m3u8")});
    EXPECT_EQ(described.roles, QStringList{"description"});
    EXPECT_EQ(described.channels, 16);
    EXPECT_EQ(german.type, TrackType::Subtitles);
    EXPECT_TRUE(german.forced);
    EXPECT_EQ(german.name, "Deutsch, erzwungen");
    EXPECT_EQ(german.codecs, QStringList{"wvtt"});
    EXPECT_EQ(hd.type, TrackType::Video);
    EXPECT_EQ(hd.width, 1920);
    EXPECT_EQ(hd.height, 1080);
    EXPECT_EQ(hd.bandwidth, 5000000);
    EXPECT_NEAR(hd.frameRate, 59.94, 1e-9);
    EXPECT_EQ(hd.codecs, QStringList{"avc1.640028"});
    EXPECT_FALSE(hd.carriesAudio) << "its group has playlists of its own";
    EXPECT_EQ(hd.audioGroup, "stereo");
    EXPECT_EQ(hd.subtitleGroup, "subs");
    EXPECT_EQ(hd.playlists, QList<QUrl>{at("hd.m3u8?a=1,2")});
    EXPECT_EQ(uhd.videoRange, "PQ");
    EXPECT_EQ(audio.type, TrackType::Audio);
    EXPECT_TRUE(audio.group.isEmpty());
}

TEST(M3u8Master, TheVariantsOwnSoundIsARendition)
{
    const Presentation presentation =
        master("#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"Main\",LANGUAGE=\"en\",DEFAULT=YES\n"
               "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"Commentary\",LANGUAGE=\"fr\",URI=\"fr.m3u8\"\n"
               "#EXT-X-STREAM-INF:BANDWIDTH=1000,CODECS=\"avc1.4d401f,mp4a.40.2\",AUDIO=\"a\"\nv.m3u8\n#EXT-X-STREAM-INF:"
               "BANDWIDTH=500\nold.m3u8\n");
    ASSERT_EQ(presentation.tracks.size(), 3u);
    EXPECT_TRUE(presentation.tracks[1].carriesAudio);
    EXPECT_EQ(presentation.tracks[1].language, "en");
    EXPECT_TRUE(presentation.tracks[1].isDefault);
    EXPECT_EQ(presentation.tracks[1].codecs, (QStringList{"avc1.4d401f", "mp4a.40.2"}));
    EXPECT_TRUE(presentation.tracks[2].carriesAudio) << "nothing is said, so it may";
}

TEST(M3u8Master, TheSameVariantAgainIsARedundantStream)
{
    const QByteArray hd = "#EXT-X-STREAM-INF:BANDWIDTH=5000000,CODECS=\"avc1.640028,mp4a.40.2\",RESOLUTION=1280x720\n";
    const Presentation presentation = master("#EXTM3U\n" + hd + "a/hd.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=1000\na/sd.m3u8\n" + hd
        + "https://backup.test/hd.m3u8\n" + hd + "a/hd.m3u8\n");
    ASSERT_EQ(presentation.tracks.size(), 2u);
    EXPECT_EQ(presentation.tracks[0].playlists, (QList<QUrl>{at("a/hd.m3u8"), QUrl("https://backup.test/hd.m3u8")}));
}

TEST(M3u8Master, PathwaysBringTheirOwnGroups)
{
    const auto pathway = [](QByteArray name) {
        return "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"aud-" + name + "\",NAME=\"English\",LANGUAGE=\"en\",URI=\"https://" + name
            + ".test/a.m3u8\"\n#EXT-X-STREAM-INF:BANDWIDTH=1280000,AUDIO=\"aud-" + name + "\",PATHWAY-ID=\"" + name
            + "\",CODECS=\"avc1.640028,mp4a.40.2\"\nhttps://" + name + ".test/v.m3u8\n";
    };
    const Presentation presentation =
        master("#EXTM3U\n#EXT-X-CONTENT-STEERING:SERVER-URI=\"/steer\",PATHWAY-ID=\"one\"\n" + pathway("one") + pathway("two"));
    ASSERT_EQ(presentation.tracks.size(), 2u);
    EXPECT_EQ(
        presentation.tracks[0].playlists, (QList<QUrl>{QUrl("https://one.test/a.m3u8"), QUrl("https://two.test/a.m3u8")}));
    EXPECT_EQ(
        presentation.tracks[1].playlists, (QList<QUrl>{QUrl("https://one.test/v.m3u8"), QUrl("https://two.test/v.m3u8")}));
    EXPECT_EQ(presentation.tracks[1].codecs, QStringList{"avc1.640028"});
}

TEST(M3u8Master, OneVideoWithSeveralAudioGroupsIsSeveralChoices)
{
    const Presentation presentation =
        master("#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"lo\",NAME=\"e\",URI=\"lo.m3u8\"\n"
               "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"hi\",NAME=\"e\",URI=\"hi.m3u8\"\n"
               "#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS=\"avc1.4d401f,mp4a.40.2\",AUDIO=\"lo\"\nv.m3u8\n"
               "#EXT-X-STREAM-INF:BANDWIDTH=2,CODECS=\"avc1.4d401f,ec-3\",AUDIO=\"hi\"\nv.m3u8\n");
    ASSERT_EQ(presentation.tracks.size(), 4u);
    EXPECT_EQ(presentation.tracks[1].codecs, QStringList{"ec-3"});
    EXPECT_NE(presentation.tracks[2].id, presentation.tracks[3].id);
}

TEST(M3u8Master, VariablesGoToTheMediaPlaylists)
{
    const Presentation presentation =
        master("#EXTM3U\n#EXT-X-DEFINE:NAME=\"auth\",VALUE=\"t=1\"\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv.m3u8?{$auth}\n");
    EXPECT_EQ(presentation.tracks.at(0).playlists.value(0), at("v.m3u8?t=1"));
    EXPECT_EQ(presentation.variables.value("auth"), "t=1");
}

TEST(M3u8Master, BrokenOnesNameTheLine)
{
    const auto detail = [](const char* text) {
        const auto presentation = parseMaster(text, kUrl);
        EXPECT_FALSE(presentation);
        return presentation ? std::string() : presentation.error().detail.toStdString();
    };
    EXPECT_NE(detail("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n").find("line 2: the text ends"), std::string::npos);
    EXPECT_NE(detail("#EXTM3U\na.m3u8\n").find("line 2: an address without"), std::string::npos);
    EXPECT_NE(detail("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n#EXT-X-STREAM-INF:BANDWIDTH=1\na\n").find("line 3: no address"),
        std::string::npos);
    EXPECT_NE(detail("#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,NAME=\"x\"\n").find("line 2: EXT-X-MEDIA without GROUP-ID"),
        std::string::npos);
    EXPECT_NE(
        detail("#EXTM3U\n#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI=\"i\"\n").find("it lists no stream"), std::string::npos);
    EXPECT_NE(
        detail("#EXTM3U\n#EXT-X-DEFINE:IMPORT=\"x\"\n").find("line 2: a master playlist can't import"), std::string::npos);
    EXPECT_NE(detail("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na\n#EXTINF:1,\nx.ts\n").find("line 4: a playlist of playlists"),
        std::string::npos);
}

TEST(M3u8Media, AKeyThatIsOfNoUseIsNamedWithItsOwnLine)
{
    const auto refused =
        parseMedia("#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-KEY:METHOD=ROT13,URI=\"k\"\n#EXTINF:4,\n0.ts\n", kUrl);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::EncryptionUnsupported);
    EXPECT_TRUE(refused.error().detail.contains(QStringLiteral("line 3"))) << refused.error().detail.toStdString();
}

TEST(M3u8Media, SampleAesOfASystemStaysThatSystems)
{
    const QByteArray open = "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"k\"\n",
                     system = "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"skd://a\",KEYFORMAT=\"com.apple.streamingkeydelivery\"\n",
                     head = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n", segment = "#EXTINF:4,\n0.ts\n";
    const Listing alone = media(head + open + segment);
    EXPECT_TRUE(alone.drm.isEmpty());
    ASSERT_TRUE(alone.segments[0].key);
    EXPECT_EQ(alone.segments[0].key->method, SegmentKey::Method::SampleAes);
    EXPECT_EQ(media(head + open + system + segment).drm, QStringList{QStringLiteral("FairPlay")});
}

TEST(M3u8Media, Scte35AttributesMarkAds)
{
    const QByteArray head = "#EXTM3U\n#EXT-X-TARGETDURATION:10\n", one = "#EXTINF:10,\nx.ts\n";
    EXPECT_EQ(adsOf(media(head + one + "#EXT-X-SCTE35:CUE=\"/DA\",CUE-OUT=YES,DURATION=20\n" + one + one + one)), ".AA.");
    EXPECT_EQ(adsOf(media(head + one + "#EXT-X-SCTE35:CUE=\"/DA\",CUE-OUT=YES\n" + one
                  + "#EXT-X-SCTE35:CUE=\"/DA\",CUE-IN=YES\n" + one + one)),
        ".A..");
    EXPECT_EQ(
        adsOf(media(head + "#EXT-X-SCTE35:CUE=\"/DA\",CUE-OUT=CONT,DURATION=30,ELAPSED=10\n" + one + one + one + one)), "AA..");
}

TEST(M3u8Media, ClassesAndTitlesOfDateRanges)
{
    const Listing listing = media(
        "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXT-X-PROGRAM-DATE-TIME:2026-11-22T10:00:00Z\n"
        "#EXTINF:10,\n1.ts\n#EXTINF:10,\n2.ts\n#EXTINF:10,\n3.ts\n"
        "#EXT-X-DATERANGE:ID=\"1\",CLASS=\"some-stitched-ad\",START-DATE=\"2026-11-22T10:00:10Z\",DURATION=10\n"
        "#EXT-X-DATERANGE:ID=\"2\",CLASS=\"download\",START-DATE=\"2026-11-22T10:00:20Z\",DURATION=10,X-TITLE=\"Part two\"\n");
    EXPECT_EQ(adsOf(listing), ".A.");
    ASSERT_EQ(listing.markers.size(), 2u);
    EXPECT_TRUE(listing.markers[0].ad);
    EXPECT_FALSE(listing.markers[1].ad) << "a word inside of a word is none";
    EXPECT_EQ(listing.markers[1].title, QStringLiteral("Part two"));
}

} // namespace
} // namespace weir
