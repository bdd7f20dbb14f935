#include "unit/media/remux_lab.h"

namespace weir {
namespace {

TEST_F(RemuxTest, HevcIsTaggedForApple)
{
    for (const bool fmp4 : {false, true}) {
        makeSpool(1);
        lab::spoolUp(*spool_, 0,
            lab::made(Recipe{.content = Content::Pictures,
                .seconds = 2,
                .fmp4 = fmp4,
                .videoCodec = QStringLiteral("libx265"),
                .extra = {QStringLiteral("-x265-params"), QStringLiteral("log-level=none")}}));
        mustRemux({.tracks = {pictures()}, .duration = 2});
        const auto probe = lab::probe(first());
        EXPECT_EQ(probe.first("video")->tag, QStringLiteral("hvc1"));
        EXPECT_EQ(probe.first("video")->packets, 50);
    }
}

TEST_F(RemuxTest, EverySoundThatMp4Holds)
{
    for (const char* codec : {"ac3", "eac3", "libmp3lame", "libopus", "flac"})
        for (const Container container : {Container::Mp4, Container::FragmentedMp4, Container::Mkv}) {
            const Made& made = lab::made(Recipe{.content = Content::Sound,
                .seconds = 2,
                .fmp4 = true,
                .audioCodec = QString::fromLatin1(codec),
                .extra = {QStringLiteral("-strict"), QStringLiteral("-2")}});
            makeSpool(1);
            lab::spoolUp(*spool_, 0, made);
            const auto report = mustRemux({.tracks = {sound()}, .container = container, .duration = 2});
            EXPECT_EQ(report.parts.front().container, container) << codec;
            EXPECT_EQ(lab::probe(first()).first("audio")->packets, lab::probe(joined(folder_, made)).first("audio")->packets)
                << codec;
        }
}

TEST_F(RemuxTest, TransportStreamsWithOtherSounds)
{
    for (const char* codec : {"ac3", "eac3", "libmp3lame"}) {
        const Made& made = lab::made(Recipe{.seconds = 4, .audioCodec = QString::fromLatin1(codec)});
        makeSpool(1);
        lab::spoolUp(*spool_, 0, made);
        for (const Container container : {Container::Mp4, Container::Mkv}) {
            outputs_.clear();
            mustRemux({.tracks = {both()}, .container = container, .duration = 4});
            const auto probe = lab::probe(first());
            EXPECT_EQ(probe.first("video")->packets, 100) << codec;
            EXPECT_EQ(probe.first("audio")->packets, lab::probe(joined(folder_, made)).first("audio")->packets) << codec;
        }
    }
}

const Made& webm()
{
    static const Made made = [] {
        QTemporaryDir folder;
        const QString path = folder.filePath(QStringLiteral("a.webm"));
        lab::run(QStringLiteral("ffmpeg"),
            {QStringLiteral("-v"), QStringLiteral("error"), QStringLiteral("-f"), QStringLiteral("lavfi"), QStringLiteral("-i"),
                QStringLiteral("testsrc2=size=160x90:rate=25:duration=2"), QStringLiteral("-c:v"), QStringLiteral("libvpx"),
                QStringLiteral("-auto-alt-ref"), QStringLiteral("0"), path});
        Made made;
        made.packing = Packing::Matroska;
        made.segments.push_back({lab::fileBytes(path), 2});
        return made;
    }();
    return made;
}

TEST_F(RemuxTest, WhatMp4CantHoldGoesToMatroska)
{
    makeSpool(1);
    lab::spoolUp(*spool_, 0, webm());
    const auto report = mustRemux({.tracks = {pictures()}, .duration = 2});
    EXPECT_EQ(report.parts.front().container, Container::Mkv);
    EXPECT_TRUE(notices(report).find("vp8") != std::string::npos) << notices(report);
    EXPECT_EQ(lab::probe(first()).first("video")->packets, 50);

    const auto strict = remux(*spool_, {.tracks = {pictures()}, .strict = true}, files(), {});
    ASSERT_FALSE(strict);
    EXPECT_EQ(strict.error().code, Code::MuxUnsupportedCodec);
}

} // namespace
} // namespace weir
