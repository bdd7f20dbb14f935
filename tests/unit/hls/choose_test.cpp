#include "hls/choose.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

Track video(int width, int height, qint64 bandwidth, const char* codec, double rate = 25)
{
    Track track;
    track.type = TrackType::Video;
    track.id = QStringLiteral("v%1-%2").arg(height).arg(bandwidth);
    track.width = width;
    track.height = height;
    track.bandwidth = bandwidth;
    track.codecs = {QString::fromLatin1(codec)};
    track.frameRate = rate;
    return track;
}

Track rendition(
    TrackType type, const char* language, const char* codec = "mp4a.40.2", qint64 bandwidth = 0, QStringList roles = {})
{
    Track track;
    track.type = type;
    track.language = QString::fromLatin1(language);
    track.codecs = {QString::fromLatin1(codec)};
    track.bandwidth = bandwidth;
    track.roles = std::move(roles);
    return track;
}
Track audio(const char* language, const char* codec = "mp4a.40.2", qint64 bandwidth = 0, QStringList roles = {})
{
    return rendition(TrackType::Audio, language, codec, bandwidth, std::move(roles));
}

Presentation dash()
{
    Presentation presentation;
    presentation.tracks = {
        video(640, 360, 800'000, "avc1.4d401e"),                       // 0
        video(1280, 720, 2'500'000, "avc1.4d401f"),                    // 1
        video(1280, 720, 4'000'000, "avc1.640020", 50),                // 2
        video(1920, 800, 5'000'000, "hvc1.1.6.L93"),                   // 3: 1080p, cut
        video(3840, 2160, 9'000'000, "vp8"),                           // 4: MP4 can't hold it
        audio("de", "mp4a.40.2", 64'000),                              // 5
        audio("de", "mp4a.40.2", 128'000),                             // 6
        audio("de", "mp4a.40.2", 256'000, {"description"}),            // 7
        audio("eng", "mp4a.40.2", 128'000, {"dub"}),                   // 8
        audio("en", "ac-4", 300'000),                                  // 9
        rendition(TrackType::Subtitles, "de", "wvtt", 0, {"caption"}), // 10
        rendition(TrackType::Subtitles, "de", "wvtt"),                 // 11
        rendition(TrackType::Subtitles, "pt-BR", "wvtt"),              // 12
    };
    return presentation;
}

/// Indexes, or the code of what is wrong as a negative number.
QList<int> pick(const Presentation& presentation, const Wishes& wishes = {})
{
    const auto selection = choose(presentation, wishes);
    return selection ? selection->tracks : QList<int>{-int(selection.error().code)};
}

using Picked = QList<int>;

TEST(Choose, TheDefaultIsTheBestVideoThatMp4CanHoldAndTheFirstLanguage)
{
    EXPECT_EQ(pick(dash()), (Picked{3, 6}));
    EXPECT_EQ(pick(dash(), {.container = "mkv"}), (Picked{4, 6}));
    Presentation other;
    other.tracks = {video(640, 360, 1, "vp8"), video(320, 180, 1, "vp8")};
    EXPECT_EQ(pick(other), Picked{0}) << "nothing that fits is better than nothing";
}

TEST(Choose, ByNumber)
{
    EXPECT_EQ(pick(dash(), {.tracks = {0}}), (Picked{0, 6})) << "a picture brings its sound along";
    EXPECT_EQ(pick(dash(), {.tracks = {0, 8}}), (Picked{0, 8}));
    EXPECT_EQ(pick(dash(), {.tracks = {5, 12}}), (Picked{5, 12}));
    EXPECT_EQ(pick(dash(), {.tracks = {13}}), Picked{-int(Code::NoSuchTrack)});
    EXPECT_EQ(pick(dash(), {.tracks = {-1}}), Picked{-int(Code::NoSuchTrack)});
}

TEST(Choose, Quality)
{
    const auto quality = [](const char* text) { return pick(dash(), {.quality = text, .audio = {"none"}}).value(0); };
    EXPECT_EQ(quality("best"), 3);
    EXPECT_EQ(quality("worst"), 0);
    EXPECT_EQ(quality("720p"), 2);
    EXPECT_EQ(quality("720p25"), 1);
    EXPECT_EQ(quality("1080p"), 3) << "1920x800 is called 1080p";
    EXPECT_EQ(quality("2160p"), 4);
    EXPECT_EQ(quality("480p"), -int(Code::NoSuchTrack));
    EXPECT_EQ(quality("480p/720p/best"), 2);
    EXPECT_EQ(quality("height<=720"), 2);
    EXPECT_EQ(quality("height<720"), 0);
    EXPECT_EQ(quality("height<=720, fps<=30"), 1);
    EXPECT_EQ(quality("bandwidth<3M"), 1);
    EXPECT_EQ(quality("bandwidth>=800k&worst"), 0);
    EXPECT_EQ(quality("codec=h264"), 2);
    EXPECT_EQ(quality("codec!=h264,codec!=vp8"), 3);
    EXPECT_EQ(quality("range=PQ"), -int(Code::NoSuchTrack));
    EXPECT_EQ(quality("width>4000"), -int(Code::NoSuchTrack));
    for (const char* wrong : {"pretty", "height", "height<", "height<x", "colour=red", "codec<avc1", "height<=720;"})
        EXPECT_EQ(quality(wrong), -int(Code::BadOption)) << wrong;
}

TEST(Choose, Languages)
{
    EXPECT_EQ(pick(dash(), {.audio = {"en"}}), (Picked{3, 9})) << "plain before dubbed, though MP4 can't hold it";
    EXPECT_EQ(pick(dash(), {.audio = {"eng", "ger"}}), (Picked{3, 9, 6}));
    EXPECT_EQ(pick(dash(), {.audio = {"all"}}), (Picked{3, 6, 7, 8, 9}));
    EXPECT_EQ(pick(dash(), {.audio = {"none"}}), (Picked{3}));
    EXPECT_EQ(pick(dash(), {.subtitles = {"de"}}), (Picked{3, 6, 11}));
    EXPECT_EQ(pick(dash(), {.subtitles = {"pt"}}), (Picked{3, 6, 12}));
    EXPECT_EQ(pick(dash(), {.subtitles = {"pt-PT"}}), Picked{-int(Code::NoSuchTrack)});
    EXPECT_EQ(pick(dash(), {.subtitles = {"all"}}), (Picked{3, 6, 10, 11, 12}));
    const auto refused = choose(dash(), {.audio = {"fr"}});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::NoSuchTrack);
    EXPECT_TRUE(refused.error().detail.contains("audio: fr")) << refused.error().detail.toStdString();
    EXPECT_TRUE(refused.error().detail.contains("audio eng")) << "what there is";
}

TEST(Choose, SoundOnly)
{
    EXPECT_EQ(pick(dash(), {.quality = "none"}), Picked{6});
    Presentation radio;
    radio.tracks = {audio("", "mp4a.40.2", 64'000), audio("", "mp4a.40.2", 192'000)};
    EXPECT_EQ(pick(radio), Picked{1});
    EXPECT_EQ(pick(radio, {.quality = "worst"}), Picked{0});
    EXPECT_EQ(pick(radio, {.quality = "720p"}), Picked{-int(Code::NoSuchTrack)});
}

TEST(Choose, AMainRoleIsADefault)
{
    Presentation presentation = dash();
    presentation.tracks[8].isDefault = true;
    EXPECT_EQ(pick(presentation), (Picked{3, 8}));
}

// ---- HLS: variants, groups, sound inside

Track hls(Track track, const char* group = "", const char* audioGroup = "", const char* subtitleGroup = "")
{
    track.playlists = {QUrl("http://host/x.m3u8")};
    track.group = QString::fromLatin1(group);
    track.audioGroup = QString::fromLatin1(audioGroup);
    track.subtitleGroup = QString::fromLatin1(subtitleGroup);
    return track;
}

Presentation grouped()
{
    Presentation presentation;
    presentation.tracks = {
        hls(audio("en"), "lo"), hls(audio("fr"), "lo"), hls(audio("en"), "hi"), // 0 1 2
        hls(rendition(TrackType::Subtitles, "en"), "subs"),                     // 3
        hls(video(640, 360, 1'000'000, "avc1.4d401e"), "", "lo", "subs"),       // 4
        hls(video(1280, 720, 3'000'000, "avc1.4d401f"), "", "hi"),              // 5
        hls(audio("", "mp4a.40.2", 64'000)),                                    // 6: a variant without pictures
    };
    presentation.tracks[1].isDefault = true;
    return presentation;
}

TEST(Choose, RenditionsComeFromTheVariantsGroups)
{
    EXPECT_EQ(pick(grouped()), (Picked{5, 2}));
    EXPECT_EQ(pick(grouped(), {.quality = "360p"}), (Picked{4, 1})) << "the group's default";
    EXPECT_EQ(pick(grouped(), {.audio = {"fr"}}), (Picked{4, 1})) << "only the smaller variant has French";
    EXPECT_EQ(pick(grouped(), {.subtitles = {"en"}}), (Picked{4, 1, 3}));
    EXPECT_EQ(pick(grouped(), {.subtitles = {"all"}}), (Picked{5, 2})) << "all of none";
    EXPECT_EQ(pick(grouped(), {.quality = "none"}), (Picked{6}));
}

TEST(Choose, SoundInsideTheVideo)
{
    Presentation presentation;
    presentation.tracks = {hls(video(1280, 720, 1, "avc1.4d401f"))};
    presentation.tracks[0].carriesAudio = true;
    const auto inside = choose(presentation, {});
    ASSERT_TRUE(inside);
    EXPECT_EQ(inside->tracks, Picked{0});
    EXPECT_TRUE(inside->builtInAudio);
    EXPECT_TRUE(choose(presentation, {.audio = {"en"}})->builtInAudio) << "its language is not known; there is no other";
    EXPECT_FALSE(choose(presentation, {.audio = {"none"}})->builtInAudio);

    presentation.tracks = {hls(audio("fr"), "a"), hls(video(1280, 720, 1, "avc1.4d401f"), "", "a")};
    presentation.tracks[1].carriesAudio = true;
    presentation.tracks[1].language = "en";
    presentation.tracks[1].isDefault = true;
    EXPECT_EQ(choose(presentation, {})->tracks, Picked{1});
    EXPECT_TRUE(choose(presentation, {})->builtInAudio);
    const auto french = choose(presentation, {.audio = {"fr"}});
    EXPECT_EQ(french->tracks, (Picked{1, 0}));
    EXPECT_FALSE(french->builtInAudio);
    const auto both = choose(presentation, {.audio = {"fr", "en"}});
    EXPECT_EQ(both->tracks, (Picked{1, 0}));
    EXPECT_TRUE(both->builtInAudio);
}

TEST(Choose, DrmOfWhatIsChosen)
{
    Presentation presentation = dash();
    presentation.tracks[6].drm = {"Widevine", "PlayReady"};
    presentation.tracks[3].drm = {"Widevine"};
    presentation.tracks[0].drm = {"Marlin"};
    EXPECT_EQ(choose(presentation, {})->drm, (QStringList{"Widevine", "PlayReady"}));
}

TEST(Choose, LabelsForPeople)
{
    Presentation presentation = dash();
    presentation.tracks[3].videoRange = "PQ";
    presentation.tracks[7].channels = 2;
    const QList<Variant> variants = describeTracks(presentation);
    ASSERT_EQ(variants.size(), 13);
    EXPECT_EQ(variants[3].label, "video 1920x800 25 fps PQ");
    EXPECT_EQ(variants[3].codecs, "hvc1.1.6.L93");
    EXPECT_EQ(variants[3].bitrate, 5'000'000);
    EXPECT_EQ(variants[7].label, "audio de 2 ch description");
    EXPECT_EQ(variants[7].codecs, "mp4a.40.2");
    EXPECT_EQ(variants[7].bitrate, 256'000);
    EXPECT_EQ(variants[7].language, "de");
}

} // namespace
} // namespace weir
