#include "media/subtitle_text.h"
#include "media/ttml.h"

#include <gtest/gtest.h>

#include <QtEndian>

namespace weir {
namespace {

QByteArray number(quint32 value)
{
    QByteArray bytes(4, '\0');
    qToBigEndian(value, bytes.data());
    return bytes;
}

QByteArray box(const char* type, const QByteArray& body) { return number(quint32(body.size() + 8)) + type + body; }

QByteArray initSegment(const char* format)
{
    const QByteArray mdhd = box("mdhd", QByteArray(12, '\0') + number(1000) + QByteArray(8, '\0'));
    const QByteArray stsd = box("stsd", number(0) + number(1) + box(format, QByteArray(8, '\0')));
    return box("ftyp", "iso6") + box("moov", box("trak", box("mdia", mdhd + box("minf", box("stbl", stsd)))));
}

struct Sample {
    quint32 duration;
    QByteArray bytes;
};
QByteArray segment(quint32 time, const std::vector<Sample>& samples)
{
    QByteArray entries, data;
    for (const Sample& sample : samples) {
        entries += number(sample.duration) + number(quint32(sample.bytes.size()));
        data += sample.bytes;
    }
    const auto fragment = [&](quint32 dataAt) {
        const QByteArray run = number(0x301) + number(quint32(samples.size())) + number(dataAt) + entries;
        return box("moof",
            box("traf", box("tfhd", number(0x20000) + number(1)) + box("tfdt", number(0) + number(time)) + box("trun", run)));
    };
    return fragment(quint32(fragment(0).size()) + 8) + box("mdat", data);
}

QByteArray vttc(const char* text) { return box("vttc", box("iden", "7") + box("sttg", "line:0") + box("payl", text)); }

TEST(SubtitleText, WebVttInFragments)
{
    const QByteArray media =
        segment(5000, {{1000, box("vtte", {})}, {500, vttc("one")}, {500, vttc("one") + vttc("two")}, {1000, vttc("two")}});
    const auto text = subtitleText(Packing::Fmp4, initSegment("wvtt"), media);
    ASSERT_TRUE(text) << qPrintable(describe(text.error()));
    ASSERT_EQ(text->cues.size(), 2u);
    EXPECT_EQ(text->cues[0], (Cue{6, 7, "7", "line:0", "one"})) << "split by the start of the other, put together again";
    EXPECT_EQ(text->cues[1], (Cue{6.5, 8, "7", "line:0", "two"}));
}

TEST(SubtitleText, TtmlInFragmentsIsCutToItsSamples)
{
    const QByteArray xml = "<tt xmlns='http://www.w3.org/ns/ttml'><body><div><p begin='4s' end='7s'>A</p></div></body></tt>";
    const auto text = subtitleText(Packing::Fmp4, initSegment("stpp"), segment(5000, {{1000, xml}, {500, {}}}));
    ASSERT_TRUE(text) << qPrintable(describe(text.error()));
    ASSERT_EQ(text->cues.size(), 1u);
    EXPECT_EQ(text->cues[0], (Cue{5, 6, {}, {}, "A"}));
}

TEST(SubtitleText, BrokenFragmentsAreErrorsAndNeverMore)
{
    const QByteArray init = initSegment("wvtt"), media = segment(0, {{1000, vttc("one")}});
    for (qsizetype size = 0; size < media.size(); ++size)
        (void)subtitleText(Packing::Fmp4, init, media.first(size));
    for (qsizetype size = 0; size < init.size(); ++size)
        (void)subtitleText(Packing::Fmp4, init.first(size), media);
    for (qsizetype at = 0; at < media.size(); ++at)
        for (const char value : {'\0', '\x7f', '\xff'}) {
            QByteArray bad = media;
            bad[at] = value;
            (void)subtitleText(Packing::Fmp4, init, bad);
        }
    EXPECT_EQ(subtitleText(Packing::Fmp4, {}, media).error().code, Code::SegmentDamaged);
    EXPECT_EQ(subtitleText(Packing::Fmp4, init, media.first(media.size() - 1)).error().code, Code::SegmentDamaged);
    EXPECT_EQ(subtitleText(Packing::MpegTs, init, media).error().code, Code::SegmentDamaged);
}

TEST(Ttml, EveryWayToWriteATime)
{
    const auto cues = parseTtml(
        "<?xml version='1.0'?><tt:tt xmlns:tt='http://www.w3.org/ns/ttml' xmlns:ttp='http://www.w3.org/ns/ttml#parameter'"
        " ttp:frameRate='25' ttp:tickRate='10'><tt:head><tt:metadata/></tt:head><tt:body begin='10s'><tt:div>"
        "<tt:p begin='00:00:01.500' end='00:00:02:05'>clock &amp; <tt:span>frames</tt:span><tt:br/> next </tt:p>"
        "<tt:p begin='30t' dur='500ms'>ticks</tt:p><tt:p begin='0.1m' end='50f'>backwards</tt:p>"
        "<tt:p>endless</tt:p><tt:p begin='x' end='1h'>from its parent</tt:p></tt:div></tt:body></tt:tt>");
    ASSERT_TRUE(cues) << qPrintable(describe(cues.error()));
    ASSERT_EQ(cues->size(), 3u);
    EXPECT_EQ((*cues)[0].text, "clock &amp; frames\nnext");
    EXPECT_NEAR((*cues)[0].start, 11.5, 1e-9);
    EXPECT_NEAR((*cues)[0].end, 12.2, 1e-9);
    EXPECT_NEAR((*cues)[1].start, 13, 1e-9);
    EXPECT_NEAR((*cues)[1].end, 13.5, 1e-9);
    EXPECT_NEAR((*cues)[2].start, 10, 1e-9);
}

TEST(Ttml, WhatIsNotTtmlIsTold)
{
    EXPECT_FALSE(parseTtml("<html><p begin='1s' end='2s'>x</p></html>"));
    EXPECT_FALSE(parseTtml("<tt><body><p begin='1s' end='2s'>x</p>"));
    EXPECT_FALSE(parseTtml(""));
    EXPECT_FALSE(parseTtml("<tt>" + QByteArray("<div>").repeated(1000)));
}

} // namespace
} // namespace weir
