#include "hls/m3u8_parser.h"

#include "hls/codecs.h"
#include "hls/stream_text.h"

#include <algorithm>

namespace weir {

namespace {

constexpr qsizetype kMaxTracks = 2000;
constexpr qsizetype kMaxRedundant = 16;

struct State {
    Presentation presentation;
    QHash<QString, qsizetype> byId;
    QHash<QString, QString> keptGroup; ///< group of a redundant stream -> the group of the track that it is merged into
    QHash<QString, Track> builtIn;     ///< group -> the rendition that the variants themselves carry
    std::vector<QStringList> codecs;   ///< per track: all of CODECS
};

tl::unexpected<Error> bad(const char* reason) { return failure(Code::BadPlaylist, QString::fromLatin1(reason)); }

QStringList commaList(const QString& text)
{
    QStringList list;
    for (const QString& each : text.split(u',', Qt::SkipEmptyParts))
        list.append(each.trimmed());
    return list;
}

/// "1920x1080"
std::pair<int, int> sizeOf(const QByteArray& text)
{
    const qsizetype x = text.indexOf('x');
    const auto width = parseNumber(QByteArrayView(text).first(std::max<qsizetype>(x, 0)));
    const auto height = parseNumber(QByteArrayView(text).sliced(x + 1));
    const bool sane = width && height && *width <= 65535 && *height <= 65535;
    return sane ? std::pair(int(*width), int(*height)) : std::pair(0, 0);
}

QStringList rolesOf(const Attributes& media)
{
    QStringList roles;
    for (const QString& each : commaList(media.text("CHARACTERISTICS"))) {
        if (each == u"public.accessibility.describes-video")
            roles.append(QStringLiteral("description"));
        else if (each == u"public.accessibility.transcribes-spoken-dialog"
            || each == u"public.accessibility.describes-music-and-sound")
            roles.append(QStringLiteral("caption"));
        else
            roles.append(each);
    }
    roles.removeDuplicates();
    return roles;
}

Result<void> addTrack(State& state, Track track, QStringList codecs)
{
    if (const auto known = state.byId.constFind(track.id); known != state.byId.constEnd()) {
        QList<QUrl>& playlists = state.presentation.tracks[std::size_t(*known)].playlists;
        if (playlists.size() < kMaxRedundant && !playlists.contains(track.playlists.first()))
            playlists.append(track.playlists.first());
        return {};
    }
    if (qsizetype(state.presentation.tracks.size()) >= kMaxTracks)
        return failure(Code::PlaylistTooLarge, QStringLiteral("more than %1 tracks").arg(kMaxTracks));
    state.byId.insert(track.id, qsizetype(state.presentation.tracks.size()));
    state.presentation.tracks.push_back(std::move(track));
    state.codecs.push_back(std::move(codecs));
    return {};
}

Result<void> addVariant(State& state, const Attributes& stream, const QUrl& playlist)
{
    Track track;
    const QStringList codecs = commaList(stream.text("CODECS"));
    std::tie(track.width, track.height) = sizeOf(stream.value("RESOLUTION"));
    track.frameRate = std::clamp(stream.decimal("FRAME-RATE").value_or(0), 0.0, 1000.0);
    track.videoRange = stream.text("VIDEO-RANGE");
    track.bandwidth = stream.number("BANDWIDTH").value_or(stream.number("AVERAGE-BANDWIDTH").value_or(0));
    track.name = stream.text("NAME");
    track.audioGroup = stream.text("AUDIO");
    track.subtitleGroup = stream.text("SUBTITLES");
    const bool noVideo = !codecs.isEmpty() && std::all_of(codecs.begin(), codecs.end(), [](const QString& codec) {
        return isAudioCodec(codec) || isSubtitleCodec(codec);
    });
    track.type = noVideo && track.height == 0 ? TrackType::Audio : TrackType::Video;
    track.playlists = {playlist};
    const QString stable = stream.text("STABLE-VARIANT-ID");
    const QString what = QStringLiteral("%1x%2@%3 %4 %5 %6 %7")
                             .arg(track.width)
                             .arg(track.height)
                             .arg(track.frameRate)
                             .arg(track.bandwidth)
                             .arg(codecs.join(u','), track.videoRange, stream.text("SUPPLEMENTAL-CODECS"));
    // Another pathway may name other groups for the same renditions; without pathways another group is another choice.
    if (stream.has("PATHWAY-ID"))
        track.id = QStringLiteral("variant ") + (stable.isEmpty() ? what : stable);
    else
        track.id = QStringLiteral("variant %1 %2 %3 %4").arg(what, stable, track.audioGroup, track.subtitleGroup);
    if (const auto known = state.byId.constFind(track.id); known != state.byId.constEnd()) {
        const Track& kept = state.presentation.tracks[std::size_t(*known)];
        if (track.audioGroup != kept.audioGroup)
            state.keptGroup.insert(track.audioGroup, kept.audioGroup);
        if (track.subtitleGroup != kept.subtitleGroup)
            state.keptGroup.insert(track.subtitleGroup, kept.subtitleGroup);
    }
    return addTrack(state, std::move(track), codecs);
}

/// EXT-X-MEDIA; those of closed captions and of other camera angles are skipped.
Result<void> addRendition(State& state, const Attributes& media, const QUrl& url)
{
    const QByteArray type = media.value("TYPE");
    if (type != "AUDIO" && type != "SUBTITLES")
        return {};
    if (media.value("GROUP-ID").isEmpty())
        return bad("EXT-X-MEDIA without GROUP-ID");
    Track track;
    track.type = type == "AUDIO" ? TrackType::Audio : TrackType::Subtitles;
    track.group = media.text("GROUP-ID");
    track.name = media.text("NAME");
    track.language = media.text("LANGUAGE");
    track.roles = rolesOf(media);
    track.isDefault = media.yes("DEFAULT");
    track.forced = media.yes("FORCED");
    const QByteArray channels = media.value("CHANNELS");
    track.channels = int(std::min<qint64>(parseNumber(channels.left(channels.indexOf('/'))).value_or(0), 64));
    track.id = QStringLiteral("%1 %2 %3 %4").arg(QString::fromLatin1(type.toLower()), track.group, track.language, track.name);
    if (!media.has("URI")) {
        if (track.type == TrackType::Audio && !state.builtIn.contains(track.group))
            state.builtIn.insert(track.group, std::move(track));
        return {};
    }
    const QUrl playlist = resolvedUrl(url, media.value("URI"));
    if (playlist.isEmpty())
        return bad("URI is not an address");
    track.playlists = {playlist};
    return addTrack(state, std::move(track), {});
}

/// Renditions of a group that belongs to redundant variants only are other playlists of the kept group's renditions.
void mergeRedundantGroups(State& state)
{
    std::vector<Track>& tracks = state.presentation.tracks;
    const auto mergedInto = [&](const Track& track) -> Track* {
        const auto kept = state.keptGroup.constFind(track.group);
        if (track.group.isEmpty() || kept == state.keptGroup.constEnd())
            return nullptr;
        const auto same = std::find_if(tracks.begin(), tracks.end(), [&](const Track& other) {
            return other.group == *kept && other.type == track.type && other.language == track.language
                && other.name == track.name;
        });
        return same == tracks.end() ? nullptr : &*same;
    };
    const bool inUse = std::any_of(tracks.begin(), tracks.end(), [&](const Track& track) {
        return state.keptGroup.contains(track.audioGroup) || state.keptGroup.contains(track.subtitleGroup);
    });
    if (inUse || state.keptGroup.isEmpty())
        return;
    std::vector<bool> gone(tracks.size());
    for (std::size_t i = 0; i < tracks.size(); ++i)
        if (Track* kept = mergedInto(tracks[i])) {
            kept->playlists += tracks[i].playlists;
            gone[i] = true;
        }
    std::size_t i = 0;
    std::erase_if(tracks, [&](const Track&) { return gone[i++]; });
    i = 0;
    std::erase_if(state.codecs, [&](const QStringList&) { return gone[i++]; });
}

/// CODECS speaks of a variant and of the renditions that go with it; here each track gets its own part.
void shareCodecs(State& state)
{
    std::vector<Track>& tracks = state.presentation.tracks;
    QHash<QString, QStringList> audioOf, subtitlesOf;
    const auto hasPlaylists = [&](const QString& group) {
        return std::any_of(tracks.begin(), tracks.end(),
            [&](const Track& track) { return track.type == TrackType::Audio && track.group == group; });
    };
    QHash<QString, bool> separate;
    for (std::size_t i = 0; i < tracks.size(); ++i) {
        Track& track = tracks[i];
        if (!track.group.isEmpty())
            continue;
        if (!track.audioGroup.isEmpty() && !separate.contains(track.audioGroup))
            separate.insert(track.audioGroup, hasPlaylists(track.audioGroup));
        const auto builtIn = state.builtIn.constFind(track.audioGroup);
        const bool apart = separate.value(track.audioGroup) && builtIn == state.builtIn.constEnd();
        QStringList video, audio, subtitles;
        for (const QString& codec : std::as_const(state.codecs[i]))
            (isAudioCodec(codec) ? audio : isSubtitleCodec(codec) ? subtitles : video).append(codec);
        track.carriesAudio = track.type == TrackType::Video && !apart && (state.codecs[i].isEmpty() || !audio.isEmpty());
        if (track.carriesAudio && builtIn != state.builtIn.constEnd()) {
            track.language = builtIn->language;
            track.isDefault = builtIn->isDefault;
            track.channels = builtIn->channels;
        }
        track.codecs = video + (track.carriesAudio || track.type == TrackType::Audio ? audio : QStringList());
        audioOf.insert(track.audioGroup, audioOf.value(track.audioGroup, audio));
        subtitlesOf.insert(track.subtitleGroup, subtitlesOf.value(track.subtitleGroup, subtitles));
    }
    for (Track& track : tracks)
        if (!track.group.isEmpty())
            track.codecs = track.type == TrackType::Audio ? audioOf.value(track.group) : subtitlesOf.value(track.group);
}

Result<void> readTag(State& state, const M3u8Lines& line, const QUrl& url, std::optional<Attributes>& stream)
{
    const QByteArrayView name = line.name();
    if (name == "EXTINF" || name == "EXT-X-TARGETDURATION")
        return bad("a playlist of playlists can't have segments");
    if (name != "EXT-X-STREAM-INF" && name != "EXT-X-MEDIA" && name != "EXT-X-DEFINE" && name != "EXT-X-START"
        && name != "EXT-X-SESSION-DATA")
        return {};
    auto attributes = Attributes::parse(line.value(), state.presentation.variables);
    if (!attributes)
        return failure(attributes.error());
    if (name == "EXT-X-MEDIA")
        return addRendition(state, *attributes, url);
    if (name == "EXT-X-DEFINE")
        return define(*attributes, url, nullptr, state.presentation.variables);
    if (name == "EXT-X-START")
        state.presentation.startOffset = attributes->decimal("TIME-OFFSET");
    else if (name == "EXT-X-SESSION-DATA" && attributes->value("DATA-ID") == "com.apple.hls.title")
        state.presentation.title = attributes->text("VALUE");
    else if (name == "EXT-X-STREAM-INF" && stream)
        return bad("no address follows the EXT-X-STREAM-INF before this one");
    else if (name == "EXT-X-STREAM-INF")
        stream = std::move(*attributes);
    return {};
}

Result<void> readAddress(State& state, const M3u8Lines& line, const QUrl& url, std::optional<Attributes>& stream)
{
    if (!stream)
        return bad("an address without EXT-X-STREAM-INF before it");
    auto text = substituted(line.value(), state.presentation.variables);
    if (!text)
        return failure(text.error());
    const QUrl playlist = resolvedUrl(url, *text);
    if (playlist.isEmpty())
        return bad("not an address");
    auto added = addVariant(state, *stream, playlist);
    stream.reset();
    return added;
}

} // namespace

bool isMaster(QByteArrayView text)
{
    M3u8Lines line(text);
    while (line.next()) {
        const QByteArrayView name = line.name();
        if (name == "EXT-X-STREAM-INF" || name == "EXT-X-MEDIA" || name == "EXT-X-I-FRAME-STREAM-INF")
            return true;
        if (name == "EXTINF" || name == "EXT-X-TARGETDURATION" || name == "EXT-X-MEDIA-SEQUENCE")
            return false;
    }
    return false;
}

Result<Presentation> parseMaster(QByteArrayView text, const QUrl& url)
{
    State state;
    std::optional<Attributes> stream;
    M3u8Lines line(text);
    if (!line.next() || line.name() != "EXTM3U")
        return failure(
            Code::BadPlaylist, atLine(url, std::max(line.number(), 1), QStringLiteral("it does not begin with #EXTM3U")));
    while (line.next()) {
        const auto read = line.isTag() ? readTag(state, line, url, stream) : readAddress(state, line, url, stream);
        if (!read)
            return failure(read.error().code, atLine(url, line.number(), read.error().detail));
    }
    if (stream)
        return failure(
            Code::BadPlaylist, atLine(url, line.number(), QStringLiteral("the text ends where an address should stand")));
    const std::vector<Track>& tracks = state.presentation.tracks;
    if (std::none_of(tracks.begin(), tracks.end(), [](const Track& track) { return track.group.isEmpty(); }))
        return failure(Code::BadPlaylist, atLine(url, line.number(), QStringLiteral("it lists no stream")));
    mergeRedundantGroups(state);
    shareCodecs(state);
    return std::move(state.presentation);
}

} // namespace weir
