#include "hls/mpd_parser.h"

#include "hls/stream_text.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

using namespace std::chrono_literals;

const QUrl kUrl("https://host.test/vod/manifest.mpd?token=1");
const std::chrono::system_clock::time_point kStart = *parseDateTime("2026-11-22T10:00:00Z");

Result<Presentation> tryParse(const QByteArray& text, double now = 0, std::span<const Track> known = {}, bool segments = true)
{
    const auto moment = kStart + std::chrono::milliseconds(qint64(now * 1000));
    return parseMpd(text, kUrl, {.now = moment, .known = known, .segments = segments});
}

Presentation parse(const QByteArray& text, double now = 0, std::span<const Track> known = {})
{
    auto presentation = tryParse(text, now, known);
    EXPECT_TRUE(presentation) << describe(presentation.error()).toStdString();
    return presentation ? std::move(*presentation) : Presentation();
}

QByteArray mpd(const QByteArray& attributes, const QByteArray& inside)
{
    return "<?xml version=\"1.0\"?>\n<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" " + attributes + ">\n" + inside
        + "\n</MPD>\n";
}
QByteArray recording(const QByteArray& duration, const QByteArray& inside)
{
    return mpd("type=\"static\" mediaPresentationDuration=\"" + duration + "\"", inside);
}
/// One video representation with that inside.
QByteArray video(
    const QByteArray& inside, const QByteArray& attributes = "id=\"v\" bandwidth=\"1000000\" width=\"1280\" height=\"720\"")
{
    return "<AdaptationSet mimeType=\"video/mp4\" codecs=\"avc1.4d401f\"><Representation " + attributes + ">" + inside
        + "</Representation></AdaptationSet>";
}
QByteArray period(const QByteArray& inside, const QByteArray& attributes = {})
{
    return "<Period " + attributes + ">" + inside + "</Period>";
}

std::vector<std::string> files(const Track& track)
{
    std::vector<std::string> names;
    for (const Segment& segment : track.segments)
        names.push_back(segment.media.urls.value(0).path(QUrl::FullyEncoded).section(u'/', 2).toStdString());
    return names;
}
using Files = std::vector<std::string>;

const QByteArray kNumbers = "<SegmentTemplate timescale=\"1000\" duration=\"4000\" startNumber=\"5\" "
                            "media=\"$RepresentationID$/$Number%05d$.m4s\" initialization=\"$RepresentationID$/init.mp4\"/>";

// ---- segments of recordings

TEST(Mpd, NumbersWithoutATimelineAreAsManyAsTheDurationHolds)
{
    const Presentation presentation = parse(recording("PT10.5S", period(video(kNumbers))));
    ASSERT_EQ(presentation.tracks.size(), 1u);
    const Track& track = presentation.tracks[0];
    EXPECT_EQ(files(track), (Files{"v/00005.m4s", "v/00006.m4s", "v/00007.m4s"}));
    EXPECT_FALSE(presentation.live);
    EXPECT_EQ(presentation.duration, 10.5);
    EXPECT_EQ(presentation.targetDuration, 4);
    EXPECT_EQ(track.segments[2].start, 8);
    EXPECT_EQ(track.segments[2].duration, 2.5) << "the last one is shorter";
    EXPECT_EQ(track.segments[2].number, 2);
    EXPECT_EQ(track.segments[0].timeShift, 0);
    EXPECT_EQ(track.segments[0].init, track.segments[2].init);
    EXPECT_EQ(track.segments[0].init->urls.value(0), QUrl("https://host.test/vod/v/init.mp4"));
    EXPECT_EQ(track.packing, Packing::Fmp4);
    EXPECT_EQ(track.height, 720);
    EXPECT_EQ(track.bandwidth, 1'000'000);
}

TEST(Mpd, CountsAreRoundedUpAndNotByNoise)
{
    const auto count = [](const char* duration, const char* ticks, const char* timescale) {
        const QByteArray segments =
            QByteArray("<SegmentTemplate media=\"$Number$\" duration=\"") + ticks + "\" timescale=\"" + timescale + "\"/>";
        return parse(recording(duration, period(video(segments)))).tracks.at(0).segments.size();
    };
    EXPECT_EQ(count("PT10S", "2", "1"), 5u);
    EXPECT_EQ(count("PT10.001S", "2", "1"), 6u);
    EXPECT_EQ(count("PT30.03S", "48048", "24000"), 15u);
    EXPECT_EQ(count("PT1H", "180180", "90000"), 1799u);
    EXPECT_EQ(count("PT0.1S", "2", "1"), 1u);
}

TEST(Mpd, Timelines)
{
    const Presentation presentation = parse(recording("PT100S",
        period(video(
            "<SegmentTemplate timescale=\"10\" presentationTimeOffset=\"1000\" media=\"$Time$-$Number$.m4s\"><SegmentTimeline>"
            "<S t=\"1000\" d=\"20\" r=\"2\"/><S d=\"15\"/><S t=\"1100\" d=\"20\"/></SegmentTimeline></SegmentTemplate>"))));
    const Track& track = presentation.tracks.at(0);
    EXPECT_EQ(files(track), (Files{"1000-1.m4s", "1020-2.m4s", "1040-3.m4s", "1060-4.m4s", "1100-5.m4s"}));
    EXPECT_EQ(track.segments[3].start, 6);
    EXPECT_EQ(track.segments[3].duration, 1.5);
    EXPECT_EQ(track.segments[4].start, 10) << "a hole before it";
    EXPECT_EQ(track.segments[4].timeShift, -100);
}

TEST(Mpd, RunsWithoutAnEnd)
{
    const auto names = [](const char* runs) {
        return files(parse(recording("PT10S",
                               period(video(QByteArray("<SegmentTemplate media=\"$Time$\"><SegmentTimeline>") + runs
                                   + "</SegmentTimeline></SegmentTemplate>"))))
                         .tracks.at(0));
    };
    EXPECT_EQ(names("<S d=\"4\" r=\"-1\"/>"), (Files{"0", "4", "8"}));
    EXPECT_EQ(names("<S d=\"2\" r=\"-1\"/><S t=\"5\" d=\"5\"/>"), (Files{"0", "2", "4", "5"}));
    EXPECT_EQ(names("<S t=\"0\" d=\"4\" r=\"9\"/>"), (Files{"0", "4", "8"}))
        << "what lies behind the period's end is not shown";
}

TEST(Mpd, TemplatesOfAllKinds)
{
    const auto name = [](const char* media) {
        const QByteArray segments = QByteArray("<SegmentTemplate startNumber=\"7\" duration=\"10\" media=\"") + media + "\"/>";
        return files(parse(recording("PT10S", period(video(segments, "id=\"a b\" bandwidth=\"5000\"")))).tracks.at(0)).at(0);
    };
    EXPECT_EQ(name("$Number$.m4s"), "7.m4s");
    EXPECT_EQ(name("$Number%03d$.m4s"), "007.m4s");
    EXPECT_EQ(name("$Bandwidth%08d$/$Number%01d$$$x"), "00005000/7$x");
    EXPECT_EQ(name("$RepresentationID$/$Time$"), "a%20b/0");
    EXPECT_EQ(name("one-for-all"), "one-for-all");
    for (const char* wrong : {"$Number", "$Nummer$", "$Number%5x$", "$Number%099d$", "$Time%$", "a$b"}) {
        const QByteArray segments = QByteArray("<SegmentTemplate duration=\"10\" media=\"") + wrong + "\"/>";
        const auto presentation = tryParse(recording("PT10S", "\n\n" + period(video(segments))));
        ASSERT_FALSE(presentation) << wrong;
        EXPECT_EQ(presentation.error().code, Code::BadPlaylist);
        EXPECT_TRUE(presentation.error().detail.contains("manifest.mpd?token=1 line 5: "))
            << presentation.error().detail.toStdString();
    }
}

TEST(Mpd, InheritanceFromPeriodOverSetToRepresentation)
{
    const Presentation presentation = parse(recording("PT8S",
        "<Period><SegmentTemplate timescale=\"1000\" duration=\"4000\" initialization=\"p-init\"/>"
        "<AdaptationSet mimeType=\"video/mp4\" width=\"640\" height=\"360\" codecs=\"avc1.4d401f\" "
        "frameRate=\"30000/1001\"><SegmentTemplate media=\"s-$Number$\" startNumber=\"3\"/>"
        "<Representation id=\"1\" bandwidth=\"1\"/>"
        "<Representation id=\"2\" bandwidth=\"2\" height=\"480\"><SegmentTemplate media=\"r-$Number$\" "
        "duration=\"8000\"/></Representation>"
        "<Representation id=\"3\" bandwidth=\"3\"><SegmentList duration=\"8\"><SegmentURL "
        "media=\"l\"/></SegmentList></Representation>"
        "</AdaptationSet></Period>"));
    ASSERT_EQ(presentation.tracks.size(), 3u);
    EXPECT_EQ(files(presentation.tracks[0]), (Files{"s-3", "s-4"}));
    EXPECT_EQ(files(presentation.tracks[1]), (Files{"r-3"}));
    EXPECT_EQ(files(presentation.tracks[2]), (Files{"l"}));
    EXPECT_EQ(presentation.tracks[1].segments[0].init->urls.value(0), QUrl("https://host.test/vod/p-init"));
    EXPECT_FALSE(presentation.tracks[2].segments[0].init) << "another kind inherits nothing";
    EXPECT_EQ(presentation.tracks[1].height, 480);
    EXPECT_EQ(presentation.tracks[1].width, 640);
    EXPECT_NEAR(presentation.tracks[0].frameRate, 29.97, 0.001);
}

TEST(Mpd, ListsOfSegments)
{
    const Presentation presentation = parse(recording("PT10S",
        period(video("<BaseURL>all.mp4</BaseURL><SegmentList timescale=\"10\" duration=\"40\"><Initialization range=\"0-719\"/>"
                     "<SegmentURL mediaRange=\"720-999\"/><SegmentURL media=\"other.mp4\" mediaRange=\"0-\"/><SegmentURL "
                     "media=\"third\"/></SegmentList>"))));
    const Track& track = presentation.tracks.at(0);
    EXPECT_EQ(files(track), (Files{"all.mp4", "other.mp4", "third"}));
    EXPECT_EQ(track.segments[0].media.range, (ByteRange{720, 1000}));
    EXPECT_EQ(track.segments[1].media.range, (ByteRange{0, -1}));
    EXPECT_EQ(track.segments[0].init->range, (ByteRange{0, 720}));
    EXPECT_EQ(track.segments[0].init->urls.value(0), QUrl("https://host.test/vod/all.mp4"));
    EXPECT_EQ(track.segments[2].start, 8);
    EXPECT_EQ(track.segments[2].duration, 2);
}

TEST(Mpd, ListsWithATimeline)
{
    const Presentation presentation = parse(recording("PT10S",
        period(video("<SegmentList><SegmentTimeline><S t=\"0\" d=\"3\" r=\"1\"/><S d=\"4\"/></SegmentTimeline>"
                     "<SegmentURL media=\"a\"/><SegmentURL media=\"b\"/><SegmentURL media=\"c\"/></SegmentList>"))));
    EXPECT_EQ(files(presentation.tracks.at(0)), (Files{"a", "b", "c"}));
    EXPECT_EQ(presentation.tracks[0].segments[2].start, 6);
}

TEST(Mpd, SingleFilesHaveAnIndexToFetch)
{
    const Presentation presentation = parse(recording("PT10S",
        period(video("<BaseURL>v.mp4</BaseURL><SegmentBase indexRange=\"800-1999\" timescale=\"10\" "
                     "presentationTimeOffset=\"50\"><Initialization range=\"0-799\"/></SegmentBase>")
            + "<AdaptationSet contentType=\"audio\" mimeType=\"audio/mp4\" lang=\"en\"><Representation "
              "id=\"a\"><BaseURL>a.mp4</BaseURL></Representation></AdaptationSet>"
              "<AdaptationSet contentType=\"text\" mimeType=\"text/vtt\" lang=\"en\"><Representation "
              "id=\"t\"><BaseURL>t.vtt</BaseURL></Representation></AdaptationSet>"
              "<AdaptationSet contentType=\"video\" mimeType=\"video/webm\"><Representation "
              "id=\"w\"><BaseURL>w.webm</BaseURL><SegmentBase indexRange=\"300-999\"/></Representation></AdaptationSet>")));
    ASSERT_EQ(presentation.tracks.size(), 4u);
    const Track& v = presentation.tracks[0];
    EXPECT_TRUE(v.segments.empty());
    ASSERT_EQ(v.indexes.size(), 1u);
    EXPECT_EQ(v.indexes[0].index.range, (ByteRange{800, 2000}));
    EXPECT_EQ(v.indexes[0].index.urls.value(0), QUrl("https://host.test/vod/v.mp4"));
    EXPECT_EQ(v.indexes[0].init->range, (ByteRange{0, 800}));
    EXPECT_EQ(v.indexes[0].timeShift, -5);
    EXPECT_FALSE(v.indexes[0].guessed);
    EXPECT_TRUE(presentation.tracks[1].indexes.at(0).guessed) << "nothing says where it is";
    ASSERT_EQ(presentation.tracks[2].segments.size(), 1u) << "a text is one segment";
    EXPECT_EQ(presentation.tracks[2].segments[0].duration, 10);
    EXPECT_EQ(presentation.tracks[2].packing, Packing::WebVtt);
    EXPECT_EQ(presentation.tracks[3].indexes.at(0).index.range, (ByteRange{0, 1000})) << "cues need the file's beginning";
}

TEST(Mpd, BasesNestAndHaveAlternatives)
{
    const Presentation presentation = parse(mpd("type=\"static\" mediaPresentationDuration=\"PT4S\"",
        "<BaseURL>https://one.test/x/</BaseURL><BaseURL>https://two.test/</BaseURL>"
        "<Period><BaseURL>period/</BaseURL>"
            + video("<BaseURL>rep/</BaseURL><SegmentTemplate duration=\"4\" media=\"$Number$\"/>") + "</Period>"));
    EXPECT_EQ(presentation.tracks.at(0).segments.at(0).media.urls,
        (QList<QUrl>{QUrl("https://one.test/x/period/rep/1"), QUrl("https://two.test/period/rep/1")}));
}

TEST(Mpd, AnyPrefix)
{
    const Presentation presentation = parse("<d:MPD xmlns:d=\"urn:mpeg:dash:schema:mpd:2011\" type=\"static\"><d:Period "
                                            "duration=\"PT4S\"><d:AdaptationSet mimeType=\"video/mp4\">"
                                            "<d:Representation id=\"v\"><d:SegmentTemplate duration=\"4\" "
                                            "media=\"$Number$\"/></d:Representation></d:AdaptationSet></d:Period></d:MPD>");
    EXPECT_EQ(files(presentation.tracks.at(0)), (Files{"1"}));
}

// ---- tracks

TEST(Mpd, TracksSayWhatTheyAre)
{
    const Presentation presentation = parse(recording("PT4S",
        "<ProgramInformation><Title>A film</Title></ProgramInformation><Period><SegmentTemplate duration=\"4\" "
        "media=\"$RepresentationID$\"/>"
        "<AdaptationSet contentType=\"video\" mimeType=\"video/mp4\" codecs=\"hvc1.2.4.L153.B0\"><EssentialProperty "
        "schemeIdUri=\"urn:mpeg:mpegB:cicp:TransferCharacteristics\" value=\"16\"/><Representation id=\"hdr\" width=\"3840\" "
        "height=\"2160\"/></AdaptationSet>"
        "<AdaptationSet mimeType=\"audio/mp4\" lang=\"de\" codecs=\"mp4a.40.2\"><Label>Deutsch</Label><Role "
        "schemeIdUri=\"urn:mpeg:dash:role:2011\" value=\"main\"/><AudioChannelConfiguration "
        "schemeIdUri=\"urn:mpeg:dash:23003:3:audio_channel_configuration:2011\" value=\"6\"/><Representation "
        "id=\"de\"/></AdaptationSet>"
        "<AdaptationSet mimeType=\"audio/mp4\" lang=\"de\" codecs=\"ec-3\"><Accessibility "
        "schemeIdUri=\"urn:tva:metadata:cs:AudioPurposeCS:2007\" value=\"1\"/><Representation "
        "id=\"ad\"><AudioChannelConfiguration schemeIdUri=\"tag:dolby.com,2014:dash:audio_channel_configuration:2011\" "
        "value=\"F801\"/></Representation></AdaptationSet>"
        "<AdaptationSet contentType=\"text\" mimeType=\"application/mp4\" codecs=\"stpp.ttml.im1t\" lang=\"und\"><Role "
        "schemeIdUri=\"urn:mpeg:dash:role:2011\" value=\"forced-subtitle\"/><Representation id=\"stpp\"/></AdaptationSet>"
        "<AdaptationSet mimeType=\"application/ttml+xml\"><Representation id=\"ttml\"/></AdaptationSet>"
        "<AdaptationSet mimeType=\"image/jpeg\"><Representation id=\"thumb\"/></AdaptationSet>"
        "<AdaptationSet mimeType=\"video/mp4\"><EssentialProperty schemeIdUri=\"http://dashif.org/guidelines/trickmode\" "
        "value=\"1\"/><Representation id=\"trick\"/></AdaptationSet>"
        "</Period>"));
    ASSERT_EQ(presentation.tracks.size(), 5u);
    EXPECT_EQ(presentation.title, "A film");
    EXPECT_EQ(presentation.tracks[0].videoRange, "PQ");
    EXPECT_EQ(presentation.tracks[1].name, "Deutsch");
    EXPECT_EQ(presentation.tracks[1].language, "de");
    EXPECT_TRUE(presentation.tracks[1].isDefault);
    EXPECT_EQ(presentation.tracks[1].channels, 6);
    EXPECT_EQ(presentation.tracks[2].roles, QStringList{"description"});
    EXPECT_EQ(presentation.tracks[2].channels, 6) << "F801 is five loudspeakers and one for the bass";
    EXPECT_EQ(presentation.tracks[3].type, TrackType::Subtitles);
    EXPECT_EQ(presentation.tracks[3].packing, Packing::Fmp4);
    EXPECT_TRUE(presentation.tracks[3].forced);
    EXPECT_TRUE(presentation.tracks[3].language.isEmpty());
    EXPECT_EQ(presentation.tracks[4].packing, Packing::Ttml);
}

TEST(Mpd, ProtectionIsNamedPerTrack)
{
    const auto set = [](const QByteArray& id, const QByteArray& protections) {
        return "<AdaptationSet mimeType=\"video/mp4\">" + protections + "<Representation id=\"" + id
            + "\"><SegmentTemplate duration=\"4\" media=\"$Number$\"/></Representation></AdaptationSet>";
    };
    const QByteArray mp4 = "<ContentProtection schemeIdUri=\"urn:mpeg:dash:mp4protection:2011\" value=\"cenc\" "
                           "cenc:default_KID=\"x\" xmlns:cenc=\"urn:mpeg:cenc:2013\"/>";
    const Presentation presentation = parse(recording("PT4S",
        period(set("1", mp4)
            + set("2",
                mp4
                    + "<ContentProtection schemeIdUri=\"urn:uuid:EDEF8BA9-79D6-4ACE-A3C8-27DCD51D21ED\"><cenc:pssh "
                      "xmlns:cenc=\"urn:mpeg:cenc:2013\">AAAA</cenc:pssh></ContentProtection><ContentProtection "
                      "schemeIdUri=\"urn:uuid:9a04f079-9840-4286-ab92-e65be0885f95\"/>")
            + set("3", "<ContentProtection schemeIdUri=\"urn:uuid:e2719d58-a985-b3c9-781a-b030af78d30e\"/>") + set("4", ""))));
    ASSERT_EQ(presentation.tracks.size(), 4u);
    EXPECT_EQ(presentation.tracks[0].drm, QStringList());
    EXPECT_EQ(presentation.tracks[1].drm, (QStringList{"Widevine", "PlayReady"}));
    EXPECT_EQ(presentation.tracks[2].drm, QStringList{"ClearKey"});
    EXPECT_EQ(presentation.tracks[3].drm, QStringList());
    EXPECT_EQ(presentation.drm, (QStringList{"Widevine", "PlayReady", "ClearKey"}));
}

// ---- several periods

const QByteArray kEven = "<SegmentTemplate duration=\"4\" media=\"$RepresentationID$-$Number$\"/>";
QByteArray ladder(const QByteArray& prefix, std::initializer_list<int> heights)
{
    QByteArray text = "<AdaptationSet mimeType=\"video/mp4\" codecs=\"avc1.4d401f\">" + kEven;
    for (const int height : heights)
        text += "<Representation id=\"" + prefix + QByteArray::number(height) + "\" bandwidth=\""
            + QByteArray::number(height * 2000) + "\" height=\"" + QByteArray::number(height) + "\" width=\""
            + QByteArray::number(height * 16 / 9) + "\"/>";
    return text + "</AdaptationSet>";
}
QByteArray sound(const QByteArray& id, const QByteArray& language, const QByteArray& role = "main")
{
    return "<AdaptationSet mimeType=\"audio/mp4\" codecs=\"mp4a.40.2\" lang=\"" + language
        + "\"><Role schemeIdUri=\"urn:mpeg:dash:role:2011\" value=\"" + role + "\"/>" + kEven + "<Representation id=\"" + id
        + "\" bandwidth=\"128000\"/></AdaptationSet>";
}

TEST(Mpd, TracksAreMatchedOverPeriods)
{
    const Presentation presentation = parse(mpd("type=\"static\"",
        period(ladder("ad", {480}) + sound("adsound", "en"), "duration=\"PT4S\"")
            + period(ladder("v", {360, 720, 1080}) + sound("en", "en") + sound("de", "de") + sound("cm", "en", "commentary"),
                "duration=\"PT8S\"")
            + period(ladder("x", {360, 1080}) + sound("de2", "de"), "duration=\"PT4S\"")));
    ASSERT_EQ(presentation.tracks.size(), 6u) << "what the longest has";
    EXPECT_EQ(files(presentation.tracks[0]), (Files{"ad480-1", "v360-1", "v360-2", "x360-1"}));
    EXPECT_EQ(files(presentation.tracks[1]), (Files{"ad480-1", "v720-1", "v720-2", "x1080-1"}));
    EXPECT_EQ(files(presentation.tracks[2]), (Files{"ad480-1", "v1080-1", "v1080-2", "x1080-1"}));
    EXPECT_EQ(files(presentation.tracks[3]), (Files{"adsound-1", "en-1", "en-2"})) << "no English in the last one";
    EXPECT_EQ(files(presentation.tracks[4]), (Files{"de-1", "de-2", "de2-1"}));
    EXPECT_EQ(files(presentation.tracks[5]), (Files{"cm-1", "cm-2"})) << "a commentary is not replaced by the film's sound";
    const Track& first = presentation.tracks[0];
    EXPECT_EQ(first.segments[0].discontinuity, 0);
    EXPECT_EQ(first.segments[1].discontinuity, 1);
    EXPECT_EQ(first.segments[3].discontinuity, 2);
    EXPECT_EQ(first.segments[3].start, 12);
    EXPECT_EQ(first.segments[3].timeShift, 12);
    EXPECT_EQ(first.segments[3].number, 3);
    EXPECT_EQ(presentation.duration, 16);
}

TEST(Mpd, PeriodTimesFollowFromOneAnother)
{
    const Presentation presentation = parse(mpd("type=\"static\" mediaPresentationDuration=\"PT20S\"",
        period(ladder("a", {720})) + period(ladder("b", {720}), "start=\"PT10S\" duration=\"PT4S\"")
            + period(ladder("c", {720}))));
    const Track& track = presentation.tracks.at(0);
    EXPECT_EQ(files(track), (Files{"a720-1", "a720-2", "a720-3", "b720-1", "c720-1", "c720-2"}));
    EXPECT_EQ(track.segments[2].duration, 2) << "cut where the next one begins";
    EXPECT_EQ(track.segments[4].start, 14);
}

TEST(Mpd, KnownTracksKeepTheirIdsAndOrder)
{
    const QByteArray text = recording("PT8S", period(ladder("v", {360, 720, 1080}) + sound("en", "en")));
    const Presentation first = parse(text);
    const std::vector<Track> chosen{first.tracks[3], first.tracks[1]};
    const Presentation again = parse(recording("PT8S", period(sound("other", "en") + ladder("w", {1080, 720}))), 0, chosen);
    ASSERT_EQ(again.tracks.size(), 2u);
    EXPECT_EQ(again.tracks[0].id, "en");
    EXPECT_EQ(files(again.tracks[0]), (Files{"other-1", "other-2"}));
    EXPECT_EQ(again.tracks[1].id, "v720");
    EXPECT_EQ(files(again.tracks[1]), (Files{"w720-1", "w720-2"}));
}

TEST(Mpd, ToChooseFromNeedsNoSegments)
{
    const auto presentation =
        tryParse(recording("PT100000H", period(video("<SegmentTemplate duration=\"1\" media=\"$Number$\"/>"))), 0, {}, false);
    ASSERT_TRUE(presentation);
    EXPECT_EQ(presentation->tracks.size(), 1u);
    EXPECT_TRUE(presentation->tracks[0].segments.empty());
}

// ---- live

QByteArray live(const QByteArray& attributes, const QByteArray& inside)
{
    return mpd("type=\"dynamic\" availabilityStartTime=\"2026-11-22T10:00:00Z\" " + attributes, inside);
}

TEST(Mpd, SegmentsBecomeAvailableWhenTheyAreWhole)
{
    const QByteArray text = live(
        "timeShiftBufferDepth=\"PT12S\" suggestedPresentationDelay=\"PT10S\" minimumUpdatePeriod=\"PT30S\"",
        "<UTCTiming schemeIdUri=\"urn:mpeg:dash:utc:http-iso:2014\" value=\"https://time.test/\"/><Location>new.mpd</Location>"
            + period(video(kNumbers), "start=\"PT0S\""));
    EXPECT_TRUE(parse(text, 3.9).tracks.at(0).segments.empty());
    EXPECT_EQ(files(parse(text, 4).tracks.at(0)), (Files{"v/00005.m4s"}));
    const Presentation presentation = parse(text, 101);
    EXPECT_EQ(files(presentation.tracks.at(0)), (Files{"v/00027.m4s", "v/00028.m4s", "v/00029.m4s"}))
        << "88 to 100; what began before 89 is still there";
    EXPECT_EQ(presentation.tracks[0].segments[0].start, 88);
    EXPECT_TRUE(presentation.live);
    EXPECT_FALSE(presentation.event);
    EXPECT_TRUE(presentation.predictable);
    EXPECT_EQ(presentation.reloadAfter, 30s);
    EXPECT_EQ(presentation.holdBack, 10);
    EXPECT_EQ(presentation.locations, QList<QUrl>{QUrl("https://host.test/vod/new.mpd")});
    ASSERT_EQ(presentation.clocks.size(), 1);
    EXPECT_EQ(presentation.clocks[0].value, "https://time.test/");
    EXPECT_TRUE(parse(text, -1000).tracks.at(0).segments.empty()) << "our clock is slow";
}

TEST(Mpd, AnEarlierAvailabilityCountsIfTheSegmentsAreWhole)
{
    const auto count = [](const char* attributes) {
        const QByteArray segments = QByteArray("<SegmentTemplate duration=\"4\" media=\"$Number$\" ") + attributes + "/>";
        return parse(live("", period(video(segments), "start=\"PT0S\"")), 10).tracks.at(0).segments.size();
    };
    EXPECT_EQ(count(""), 2u);
    EXPECT_EQ(count("availabilityTimeOffset=\"3\""), 3u);
    EXPECT_EQ(count("availabilityTimeOffset=\"3\" availabilityTimeComplete=\"false\""), 2u);
}

TEST(Mpd, AWindowThatIsNotBoundedIsCutAtItsOldEnd)
{
    const QByteArray text = mpd("type=\"dynamic\" availabilityStartTime=\"1970-01-01T00:00:00Z\"",
        period(video("<SegmentTemplate duration=\"2\" media=\"$Number$\"/>"), "start=\"PT0S\""));
    const Presentation presentation = parse(text);
    const auto& segments = presentation.tracks.at(0).segments;
    EXPECT_EQ(segments.size(), 50'000u);
    EXPECT_EQ(
        segments.back().start + 2, double(std::chrono::duration_cast<std::chrono::seconds>(kStart.time_since_epoch()).count()));
    EXPECT_TRUE(presentation.event);
    EXPECT_EQ(presentation.reloadAfter, 24h) << "without minimumUpdatePeriod nothing will change";
}

TEST(Mpd, LiveTimelinesAreTakenAsTheyAre)
{
    const auto runs = [](const char* text, double now) {
        return parse(live("minimumUpdatePeriod=\"PT2S\" timeShiftBufferDepth=\"PT20S\"",
                         period(video(QByteArray("<SegmentTemplate media=\"$Time$\" timescale=\"1\"><SegmentTimeline>") + text
                                    + "</SegmentTimeline></SegmentTemplate>"),
                             "start=\"PT0S\"")),
            now);
    };
    const Presentation presentation = runs("<S t=\"100\" d=\"4\" r=\"2\"/>", 90);
    EXPECT_EQ(files(presentation.tracks.at(0)), (Files{"100", "104", "108"})) << "whatever our clock says";
    EXPECT_FALSE(presentation.predictable);
    EXPECT_EQ(presentation.reloadAfter, 2s);
    EXPECT_EQ(files(runs("<S t=\"100\" d=\"4\" r=\"-1\"/>", 111).tracks.at(0)), (Files{"100", "104"}));
    EXPECT_EQ(files(runs("<S t=\"0\" d=\"4\" r=\"-1\"/>", 1000).tracks.at(0)), (Files{"980", "984", "988", "992", "996"}));
    EXPECT_TRUE(runs("<S t=\"0\" d=\"4\" r=\"-1\"/>", 1000).predictable);
}

TEST(Mpd, ALiveStreamEnds)
{
    const QByteArray inside = period(video(kNumbers), "start=\"PT0S\"");
    EXPECT_TRUE(parse(live("minimumUpdatePeriod=\"PT2S\" mediaPresentationDuration=\"PT10S\"", inside), 5).live);
    EXPECT_TRUE(parse(live("mediaPresentationDuration=\"PT10S\"", inside), 9).live);
    const Presentation over = parse(live("mediaPresentationDuration=\"PT10S\"", inside), 12);
    EXPECT_FALSE(over.live);
    EXPECT_EQ(over.tracks.at(0).segments.size(), 3u) << "the last one, which is short, too";
    EXPECT_FALSE(parse(live("availabilityEndTime=\"2026-11-22T10:00:30Z\" minimumUpdatePeriod=\"PT2S\"", inside), 60).live);
    EXPECT_FALSE(parse(live("mediaPresentationDuration=\"PT10S\"", inside), 12).numbered);
}

TEST(Mpd, EventsBecomeMarkers)
{
    const Presentation presentation = parse(mpd("type=\"static\"",
        period(video(kNumbers), "duration=\"PT4S\"")
            + period("<EventStream schemeIdUri=\"urn:scte:scte35:2014:xml+bin\" timescale=\"10\" "
                     "presentationTimeOffset=\"100\"><Event id=\"7\" presentationTime=\"110\" "
                     "duration=\"300\">payload</Event></EventStream>"
                    + video(kNumbers),
                "duration=\"PT4S\"")));
    ASSERT_EQ(presentation.markers.size(), 1u);
    EXPECT_EQ(presentation.markers[0].kind, "urn:scte:scte35:2014:xml+bin");
    EXPECT_EQ(presentation.markers[0].start, 5);
    EXPECT_EQ(presentation.markers[0].duration, 30);
    EXPECT_EQ(presentation.markers[0].text, "payload");
}

TEST(Mpd, ListingsForTheTimeline)
{
    Presentation presentation = parse(recording("PT10S", period(video(kNumbers))));
    const Listing listing = takeListing(presentation, 0);
    EXPECT_EQ(listing.segments.size(), 3u);
    EXPECT_TRUE(listing.numbered);
    EXPECT_FALSE(listing.live);
    EXPECT_EQ(listing.targetDuration, 4);
    EXPECT_EQ(listing.duration, 10);
    EXPECT_EQ(serverTime({"urn:mpeg:dash:utc:direct:2014", "2026-11-22T10:00:00Z"}, {}), kStart);
    EXPECT_EQ(serverTime({"urn:mpeg:dash:utc:http-iso:2014", "http://x"}, "2026-11-22T10:00:00Z\n"), kStart);
    EXPECT_FALSE(serverTime({"urn:mpeg:dash:utc:http-iso:2014", "http://x"}, "<html>"));
}

// ---- what is refused

struct Refused {
    const char* name;
    QByteArray text;
    Code code;
    const char* detail;
};

class MpdRefused : public ::testing::TestWithParam<Refused> {};

TEST_P(MpdRefused, NamesLineAndReason)
{
    const auto presentation = tryParse(GetParam().text);
    ASSERT_FALSE(presentation);
    EXPECT_EQ(presentation.error().code, GetParam().code);
    EXPECT_TRUE(presentation.error().detail.contains(GetParam().detail)) << presentation.error().detail.toStdString();
    EXPECT_TRUE(presentation.error().detail.contains("https://host.test/vod/manifest.mpd"));
    EXPECT_TRUE(presentation.error().detail.contains(" line "));
}

QByteArray timeline(const QByteArray& runs)
{
    return "<SegmentTemplate media=\"$Time$\"><SegmentTimeline>" + runs + "</SegmentTimeline></SegmentTemplate>";
}

INSTANTIATE_TEST_SUITE_P(All, MpdRefused,
    ::testing::Values(Refused{"Empty", "", Code::BadPlaylist, "line 1: "},
        Refused{"Html", "<html>\n<body>x</body></html>", Code::BadPlaylist, "not MPD but html"},
        Refused{"NotXml", "#EXTM3U\n", Code::BadPlaylist, "line 1: "},
        Refused{"CutOff", recording("PT4S", period(video(kNumbers))).chopped(12), Code::BadPlaylist, "line 3: Premature end"},
        Refused{"NoPeriod", recording("PT4S", ""), Code::BadPlaylist, "no Period"},
        Refused{"NoTrack", recording("PT4S", period("")), Code::BadPlaylist, "no track"},
        Refused{"Laughs",
            "<!DOCTYPE MPD [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">]>\n"
                + recording("PT4S", period("<BaseURL>&b;</BaseURL>")),
            Code::BadPlaylist, "document type"},
        Refused{"Entity", recording("PT4S", "<BaseURL>&lol;</BaseURL>"), Code::BadPlaylist, "line 3: "},
        Refused{"BadDuration", mpd("mediaPresentationDuration=\"4 seconds\"", period(video(kNumbers))), Code::BadPlaylist,
            "line 2: mediaPresentationDuration"},
        Refused{"BadDate", mpd("type=\"dynamic\" availabilityStartTime=\"soon\"", period(video(kNumbers))), Code::BadPlaylist,
            "line 2: availabilityStartTime"},
        Refused{"NoDuration", mpd("", period(video(kNumbers))), Code::BadPlaylist, "line 3: neither the period nor"},
        Refused{"Billion", recording("PT4S", period(video(timeline("<S t=\"0\" d=\"1\" r=\"1000000000\"/>")))),
            Code::PlaylistTooLarge, "line 3: "},
        Refused{"BillionInPieces",
            recording("PT4S", period(video(timeline(QByteArray("<S d=\"1\" r=\"100000\"/>").repeated(10))))),
            Code::PlaylistTooLarge, "segments"},
        Refused{"BillionNumbers",
            recording("P30000D", period(video("<SegmentTemplate duration=\"1\" timescale=\"1000\" media=\"$Number$\"/>"))),
            Code::PlaylistTooLarge, "segments"},
        Refused{"NoTime", recording("PT4S", period(video(timeline("<S t=\"0\" d=\"0\"/>")))), Code::BadPlaylist,
            "S without a duration"},
        Refused{"NegativeTime", recording("PT4S", period(video(timeline("<S t=\"-4\" d=\"1\"/>")))), Code::BadPlaylist,
            "t is not a usable number"},
        Refused{"HugeTime",
            recording("PT4S", period(video(timeline("<S t=\"1152921504606846976\" d=\"1152921504606846976\" r=\"3\"/>")))),
            Code::BadPlaylist, "beyond all bounds"},
        Refused{"Endless", mpd("", period(video(timeline("<S d=\"1\" r=\"-1\"/>")))), Code::BadPlaylist, "without an end"},
        Refused{"Timescale",
            recording("PT4S", period(video("<SegmentTemplate timescale=\"0\" media=\"$Number$\" duration=\"1\"/>"))),
            Code::BadPlaylist, "timescale is 0"},
        Refused{"NoMedia", recording("PT4S", period(video("<SegmentTemplate duration=\"1\"/>"))), Code::BadPlaylist,
            "without media"},
        Refused{"SameForAll", recording("PT4S", period(video("<SegmentTemplate duration=\"1\" media=\"x\"/>"))),
            Code::BadPlaylist, "neither a number nor a time"},
        Refused{"BadRange", recording("PT4S", period(video("<SegmentBase indexRange=\"9-1\"/>"))), Code::BadPlaylist,
            "indexRange is not a byte range"},
        Refused{"RemotePeriod",
            recording("PT4S",
                "<Period xmlns:xlink=\"http://www.w3.org/1999/xlink\" xlink:href=\"http://x\" xlink:actuate=\"onLoad\"/>"),
            Code::PlaylistUnsupported, "line 3: a Period that stands elsewhere"},
        Refused{
            "Sequences", recording("PT4S", period(video(timeline("<S d=\"1\" k=\"4\"/>")))), Code::PlaylistUnsupported, "S@k"},
        Refused{"LocalFile",
            recording(
                "PT4S", period(video("<BaseURL>file:///etc/</BaseURL><SegmentTemplate duration=\"1\" media=\"$Number$\"/>"))),
            Code::BadPlaylist, "no BaseURL is an address"}),
    [](const auto& info) { return info.param.name; });

TEST(Mpd, RemotePartsThatNeedNotBeFetchedAreNoObstacle)
{
    const QByteArray xlink = "xmlns:xlink=\"http://www.w3.org/1999/xlink\" ";
    const Presentation presentation = parse(mpd("type=\"static\"",
        period("", xlink + "xlink:href=\"urn:mpeg:dash:resolve-to-zero:2013\"")
            + period(video(kNumbers), xlink + "xlink:href=\"http://ads.test/\" duration=\"PT4S\"")));
    EXPECT_EQ(presentation.tracks.at(0).segments.size(), 1u) << "what stands inside is used";
}

TEST(Mpd, ManyTracksInManyPeriodsAreBounded)
{
    QByteArray heights;
    for (int i = 0; i < 150; ++i)
        heights += "<Representation id=\"" + QByteArray::number(i) + "\" height=\"" + QByteArray::number(i) + "\"/>";
    const QByteArray one =
        "<Period duration=\"PT1S\"><AdaptationSet mimeType=\"video/mp4\"><SegmentTemplate duration=\"1\" media=\"$Number$\"/>"
        + heights + "</AdaptationSet></Period>";
    const auto presentation = tryParse(mpd("type=\"static\"", one.repeated(120)));
    ASSERT_FALSE(presentation);
    EXPECT_EQ(presentation.error().code, Code::PlaylistTooLarge);
}

} // namespace
} // namespace weir
