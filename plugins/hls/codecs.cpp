#include "hls/codecs.h"

#include <QStringList>

namespace weir {

namespace {

enum class Kind : quint8 { Video, Audio, Subtitles };

struct Codec {
    const char* name; ///< what stands before the first dot, in lower case
    const char* family;
    Kind kind;
    bool mp4;
};
constexpr Codec kCodecs[] = {
    {"avc1", "h264", Kind::Video, true},
    {"avc2", "h264", Kind::Video, true},
    {"avc3", "h264", Kind::Video, true},
    {"avc4", "h264", Kind::Video, true},
    {"h264", "h264", Kind::Video, true},
    {"hvc1", "hevc", Kind::Video, true},
    {"hev1", "hevc", Kind::Video, true},
    {"dvh1", "hevc", Kind::Video, true},
    {"dvhe", "hevc", Kind::Video, true},
    {"av01", "av1", Kind::Video, true},
    {"vp09", "vp9", Kind::Video, true},
    {"vp9", "vp9", Kind::Video, true},
    {"vp08", "vp8", Kind::Video, false},
    {"vp8", "vp8", Kind::Video, false},
    {"vvc1", "vvc", Kind::Video, false},
    {"vvi1", "vvc", Kind::Video, false},
    {"mp4v", "mpeg4", Kind::Video, true},
    {"theora", "theora", Kind::Video, false},
    {"mp4a", "aac", Kind::Audio, true},
    {"ac-3", "ac3", Kind::Audio, true},
    {"ec-3", "eac3", Kind::Audio, true},
    {"ac-4", "ac4", Kind::Audio, false},
    {"opus", "opus", Kind::Audio, true},
    {"flac", "flac", Kind::Audio, true},
    {"vorbis", "vorbis", Kind::Audio, false},
    {"mp3", "mp3", Kind::Audio, true},
    {"dtsc", "dts", Kind::Audio, true},
    {"dtse", "dts", Kind::Audio, true},
    {"dtsh", "dts", Kind::Audio, true},
    {"dtsl", "dts", Kind::Audio, true},
    {"dtsx", "dtsx", Kind::Audio, false},
    {"alac", "alac", Kind::Audio, true},
    {"mhm1", "mpegh", Kind::Audio, false},
    {"mha1", "mpegh", Kind::Audio, false},
    {"stpp", "ttml", Kind::Subtitles, false},
    {"wvtt", "webvtt", Kind::Subtitles, true},
    {"vtt", "webvtt", Kind::Subtitles, true},
    {"tx3g", "text", Kind::Subtitles, true},
};

const Codec* find(const QString& codec)
{
    const QString head = codec.section(u'.', 0, 0).trimmed().toLower();
    for (const Codec& each : kCodecs)
        if (head == QLatin1String(each.name))
            return &each;
    return nullptr;
}

bool isOf(const QString& codec, Kind kind)
{
    const Codec* found = find(codec);
    return found && found->kind == kind;
}

} // namespace

bool isVideoCodec(const QString& codec) { return isOf(codec, Kind::Video); }
bool isAudioCodec(const QString& codec) { return isOf(codec, Kind::Audio); }
bool isSubtitleCodec(const QString& codec) { return isOf(codec, Kind::Subtitles); }

QString codecFamily(const QString& codec)
{
    // MPEG-1 audio layer 3 hides behind MPEG-4's object types.
    static const QStringList mp3{QStringLiteral("mp4a.40.34"), QStringLiteral("mp4a.6b"), QStringLiteral("mp4a.69")};
    if (mp3.contains(codec.toLower()))
        return QStringLiteral("mp3");
    const Codec* found = find(codec);
    return found ? QString::fromLatin1(found->family) : codec.section(u'.', 0, 0).toLower();
}

bool fitsMp4(const QString& codec)
{
    const Codec* found = find(codec);
    return found && found->mp4;
}

} // namespace weir
