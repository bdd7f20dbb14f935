#include "hls/mpd_tracks.h"

#include "hls/codecs.h"
#include "hls/stream_text.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace weir::mpd {

namespace {

const QString& either(const QString& inner, const QString& outer) { return inner.isEmpty() ? outer : inner; }

QStringList codecsOf(const QString& text)
{
    QStringList codecs;
    for (const QString& each : text.split(u',', Qt::SkipEmptyParts))
        codecs.append(each.trimmed());
    return codecs;
}

std::optional<TrackType> typeOf(const QString& content, const QString& mime, const QStringList& codecs)
{
    const auto any = [&](bool (*is)(const QString&)) { return std::any_of(codecs.begin(), codecs.end(), is); };
    const QString kind = mime.section(u'/', 0, 0);
    if (content == u"image" || kind == u"image")
        return std::nullopt;
    if (content == u"text" || kind == u"text" || mime == u"application/ttml+xml" || any(isSubtitleCodec))
        return TrackType::Subtitles;
    if (content == u"video" || kind == u"video")
        return TrackType::Video;
    if (content == u"audio" || kind == u"audio")
        return TrackType::Audio;
    if (any(isVideoCodec))
        return TrackType::Video;
    return any(isAudioCodec) ? std::optional(TrackType::Audio) : std::nullopt;
}

Packing packingOf(const QString& mime)
{
    if (mime == u"text/vtt")
        return Packing::WebVtt;
    if (mime == u"application/ttml+xml")
        return Packing::Ttml;
    const QString container = mime.section(u'/', 1, 1);
    if (container == u"mp4")
        return Packing::Fmp4;
    if (container == u"webm" || container == u"x-matroska")
        return Packing::Matroska;
    return container == u"mp2t" ? Packing::MpegTs : Packing::Unknown;
}

/// "25", "30000/1001"
double rateOf(const QString& text)
{
    const double above = parseDecimal(text.section(u'/', 0, 0).toLatin1()).value_or(0);
    const double below = text.contains(u'/') ? parseDecimal(text.section(u'/', 1, 1).toLatin1()).value_or(0) : 1;
    return below > 0 && above > 0 ? std::min(above / below, 1000.0) : 0;
}

int channelsOf(const std::vector<Descriptor>& descriptors)
{
    for (const Descriptor& each : descriptors) {
        if (each.scheme.contains(u"dolby.com")) {
            // A bit for each loudspeaker; some bits stand for a pair.
            constexpr unsigned kPairs = 0x0674;
            const unsigned map = each.value.toUInt(nullptr, 16) & 0xffff;
            return std::popcount(map) + std::popcount(map & kPairs);
        }
        if (each.scheme.contains(u"23003:3") || each.scheme.contains(u"ChannelConfiguration")) {
            static constexpr int kChannels[] = {0, 1, 2, 3, 4, 5, 6, 8, 2, 3, 4, 7, 8, 24, 8, 12, 10, 12, 14, 12, 14};
            const uint configuration = each.value.toUInt();
            return configuration < std::size(kChannels) ? kChannels[configuration] : 0;
        }
    }
    return 0;
}

QStringList rolesOf(const AdaptationSet& set)
{
    QStringList roles;
    for (const Descriptor& role : set.roles)
        if (role.scheme == u"urn:mpeg:dash:role:2011" && !role.value.isEmpty())
            roles.append(role.value.toLower());
    for (const Descriptor& each : set.accessibility) {
        if (each.scheme == u"urn:mpeg:dash:role:2011")
            roles.append(each.value.toLower());
        else if (each.scheme == u"urn:tva:metadata:cs:AudioPurposeCS:2007" && each.value == u"1")
            roles.append(QStringLiteral("description"));
        else if (each.scheme == u"urn:tva:metadata:cs:AudioPurposeCS:2007" && each.value == u"2")
            roles.append(QStringLiteral("caption"));
    }
    roles.removeDuplicates();
    return roles;
}

bool hasProperty(const Common& common, QStringView scheme)
{
    return std::any_of(common.properties.begin(), common.properties.end(),
        [&](const Descriptor& each) { return each.scheme.contains(scheme); });
}

QString videoRangeOf(const Common& common)
{
    for (const Descriptor& each : common.properties)
        if (each.scheme == u"urn:mpeg:mpegB:cicp:TransferCharacteristics")
            return each.value == u"16" ? QStringLiteral("PQ")
                : each.value == u"18"  ? QStringLiteral("HLG")
                                       : QStringLiteral("SDR");
    return {};
}

/// Roles that make it something else to a listener or reader.
QStringList purposeOf(const Track& track)
{
    QStringList purpose;
    for (const QString& role : track.roles)
        if (role != u"main" && role != u"alternate" && role != u"dub" && role != u"subtitle" && role != u"supplementary")
            purpose.append(role);
    purpose.sort();
    return purpose;
}

} // namespace

std::optional<Track> trackOf(const AdaptationSet& set, const Representation& representation)
{
    if (hasProperty(set, u"/guidelines/trickmode") || hasProperty(set, u"thumbnail_tile")
        || hasProperty(representation, u"thumbnail_tile"))
        return std::nullopt;
    Track track;
    const QString mime = either(representation.mimeType, set.mimeType);
    track.codecs = codecsOf(either(representation.codecs, set.codecs));
    const auto type = typeOf(set.contentType, mime, track.codecs);
    if (!type)
        return std::nullopt;
    track.type = *type;
    track.packing = packingOf(mime);
    track.language = either(representation.language, set.language);
    if (track.language == u"und")
        track.language.clear();
    track.name = either(representation.label, set.label);
    track.roles = rolesOf(set);
    track.isDefault = track.roles.contains(u"main");
    track.forced = track.roles.contains(u"forced-subtitle") || track.roles.contains(u"forced_subtitle");
    track.width = int(std::min<qint64>(representation.width.value_or(set.width.value_or(0)), 65535));
    track.height = int(std::min<qint64>(representation.height.value_or(set.height.value_or(0)), 65535));
    track.frameRate = rateOf(either(representation.frameRate, set.frameRate));
    track.videoRange = either(videoRangeOf(representation), videoRangeOf(set));
    track.channels = channelsOf(representation.channels.empty() ? set.channels : representation.channels);
    track.bandwidth = representation.bandwidth;
    track.carriesAudio =
        track.type == TrackType::Video && (set.mixed || std::any_of(track.codecs.begin(), track.codecs.end(), isAudioCodec));
    return track;
}

std::optional<Distance> distance(const Track& track, const Track& other)
{
    if (track.type != other.type)
        return std::nullopt;
    const bool oneSilent = track.language.isEmpty() || other.language.isEmpty();
    if (track.type != TrackType::Video
        && ((!oneSilent && track.language.compare(other.language, Qt::CaseInsensitive) != 0)
            || purposeOf(track) != purposeOf(other) || track.forced != other.forced))
        return std::nullopt;
    const QString family = codecFamily(track.codecs.value(0)), otherFamily = codecFamily(other.codecs.value(0));
    const double ratio = std::log(double(std::max<qint64>(track.bandwidth, 1)) / double(std::max<qint64>(other.bandwidth, 1)));
    return Distance{track.packing != other.packing, family != otherFamily, track.videoRange != other.videoRange,
        track.language.compare(other.language, Qt::CaseInsensitive) != 0, std::abs(track.height - other.height),
        std::abs(track.channels - other.channels), track.id != other.id, std::abs(ratio)};
}

QStringList protectionOf(const AdaptationSet& set, const Representation& representation)
{
    QStringList systems;
    for (const auto* list : {&set.protections, &representation.protections})
        for (const Descriptor& each : *list)
            // It says that something is encrypted, and the others with what; alone it names nobody.
            if (each.scheme.compare(u"urn:mpeg:dash:mp4protection:2011", Qt::CaseInsensitive) != 0)
                systems.append(drmSystemName(each.scheme));
    systems.removeDuplicates();
    return systems;
}

} // namespace weir::mpd
