#include "media/container.h"

#include <algorithm>
#include <array>

namespace weir {

namespace {

struct CodecName {
    const char* prefix; ///< the longer ones of one beginning stand first
    AVCodecID codec;
};
constexpr CodecName kNames[] = {
    {"avc1", AV_CODEC_ID_H264},
    {"avc3", AV_CODEC_ID_H264},
    {"dvav", AV_CODEC_ID_H264},
    {"dva1", AV_CODEC_ID_H264},
    {"hvc1", AV_CODEC_ID_HEVC},
    {"hev1", AV_CODEC_ID_HEVC},
    {"dvh1", AV_CODEC_ID_HEVC},
    {"dvhe", AV_CODEC_ID_HEVC},
    {"av01", AV_CODEC_ID_AV1},
    {"dav1", AV_CODEC_ID_AV1},
    {"vp09", AV_CODEC_ID_VP9},
    {"vp9", AV_CODEC_ID_VP9},
    {"vp08", AV_CODEC_ID_VP8},
    {"vp8", AV_CODEC_ID_VP8},
    {"mp4v", AV_CODEC_ID_MPEG4},
    {"mp4a.40.34", AV_CODEC_ID_MP3},
    {"mp4a.40", AV_CODEC_ID_AAC},
    {"mp4a.6b", AV_CODEC_ID_MP3},
    {"mp4a.69", AV_CODEC_ID_MP3},
    {"mp4a.a5", AV_CODEC_ID_AC3},
    {"mp4a.a6", AV_CODEC_ID_EAC3},
    {"mp4a", AV_CODEC_ID_AAC},
    {"mp3", AV_CODEC_ID_MP3},
    {"ac-3", AV_CODEC_ID_AC3},
    {"ec-3", AV_CODEC_ID_EAC3},
    {"ac-4", AV_CODEC_ID_NONE},
    {"opus", AV_CODEC_ID_OPUS},
    {"flac", AV_CODEC_ID_FLAC},
    {"vorbis", AV_CODEC_ID_VORBIS},
    {"alac", AV_CODEC_ID_ALAC},
    {"dts", AV_CODEC_ID_DTS},
    {"stpp", AV_CODEC_ID_MOV_TEXT},
    {"wvtt", AV_CODEC_ID_MOV_TEXT},
};

constexpr std::array kInMp4{AV_CODEC_ID_H264, AV_CODEC_ID_HEVC, AV_CODEC_ID_AV1, AV_CODEC_ID_VP9, AV_CODEC_ID_MPEG4,
    AV_CODEC_ID_AAC, AV_CODEC_ID_AC3, AV_CODEC_ID_EAC3, AV_CODEC_ID_MP3, AV_CODEC_ID_OPUS, AV_CODEC_ID_FLAC, AV_CODEC_ID_ALAC,
    AV_CODEC_ID_DTS, AV_CODEC_ID_MOV_TEXT};
constexpr std::array kInTs{AV_CODEC_ID_H264, AV_CODEC_ID_HEVC, AV_CODEC_ID_MPEG2VIDEO, AV_CODEC_ID_MPEG1VIDEO,
    AV_CODEC_ID_MPEG4, AV_CODEC_ID_AAC, AV_CODEC_ID_AC3, AV_CODEC_ID_EAC3, AV_CODEC_ID_MP3, AV_CODEC_ID_MP2, AV_CODEC_ID_OPUS,
    AV_CODEC_ID_DTS};

template <class Codecs> bool contains(const Codecs& codecs, AVCodecID codec)
{
    return std::find(codecs.begin(), codecs.end(), codec) != codecs.end();
}

} // namespace

QString extensionOf(Container container)
{
    switch (container) {
    case Container::Mp4:
    case Container::FragmentedMp4: return QStringLiteral("mp4");
    case Container::Mkv: return QStringLiteral("mkv");
    case Container::Ts: return QStringLiteral("ts");
    }
    return {};
}

Container containerNamed(const QString& name)
{
    return name == u"mkv" ? Container::Mkv : name == u"ts" ? Container::Ts : Container::Mp4;
}

QString partName(const QString& name, int part, Container container)
{
    const QString extension = u'.' + extensionOf(container);
    if (part == 0 && name.endsWith(extension, Qt::CaseInsensitive))
        return name;
    const QString stem = name.left(name.lastIndexOf(u'.'));
    return part == 0 ? stem + extension : stem + QStringLiteral(".part%1").arg(part + 1) + extension;
}

const char* muxerOf(Container container)
{
    switch (container) {
    case Container::Mp4:
    case Container::FragmentedMp4: return "mp4";
    case Container::Mkv: return "matroska";
    case Container::Ts: return "mpegts";
    }
    return "";
}

bool holds(Container container, AVCodecID codec)
{
    switch (container) {
    case Container::FragmentedMp4:
        // libavformat 5.1 writes timed text in fragments without durations, and moves what comes late.
        return codec != AV_CODEC_ID_MOV_TEXT && contains(kInMp4, codec);
    case Container::Mp4: return contains(kInMp4, codec);
    case Container::Ts: return contains(kInTs, codec);
    case Container::Mkv:
        // The sound of telephones stands there under its number in Microsoft's list, which libavformat does not count.
        return codec == AV_CODEC_ID_PCM_MULAW || codec == AV_CODEC_ID_PCM_ALAW
            || (codec != AV_CODEC_ID_NONE
                && avformat_query_codec(av_guess_format("matroska", nullptr, nullptr), codec, FF_COMPLIANCE_NORMAL) == 1);
    }
    return false;
}

AVCodecID codecOf(QStringView rfc6381)
{
    for (const CodecName& name : kNames)
        if (rfc6381.trimmed().startsWith(QLatin1String(name.prefix), Qt::CaseInsensitive))
            return name.codec;
    return AV_CODEC_ID_NONE;
}

bool holdsSubtitles(Container container) { return container == Container::Mkv || holds(container, AV_CODEC_ID_MOV_TEXT); }

Container fittingContainer(const QStringList& codecs, Container wished)
{
    std::vector<AVCodecID> known;
    for (const QString& codec : codecs)
        if (const AVCodecID id = codecOf(codec); id != AV_CODEC_ID_NONE && id != AV_CODEC_ID_MOV_TEXT)
            known.push_back(id);
    return fittingContainer(known, wished);
}

Container fittingContainer(const std::vector<AVCodecID>& codecs, Container wished)
{
    const bool fits = std::all_of(codecs.begin(), codecs.end(), [wished](AVCodecID codec) { return holds(wished, codec); });
    return fits ? wished : Container::Mkv;
}

} // namespace weir
