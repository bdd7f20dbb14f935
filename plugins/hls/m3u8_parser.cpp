#include "hls/m3u8_parser.h"

#include "hls/m3u8_keys.h"
#include "hls/m3u8_markers.h"
#include "hls/stream_text.h"

#include <algorithm>
#include <cmath>

namespace weir {

namespace {

constexpr std::size_t kMaxSegments = 250'000;
constexpr double kMaxDuration = 86400;
// Dates are carried forward by it: they must stay within what the clock can hold.
constexpr double kMaxPosition = 1e9;
constexpr qint64 kMaxSequence = qint64(1) << 60;
constexpr qint64 kMaxDiscontinuity = 2'000'000'000;

struct State {
    const QUrl& url;
    const Variables& imported;
    Variables variables;
    Listing listing;
    M3u8Keys keys;
    int keyLine = 0; ///< of the latest EXT-X-KEY
    M3u8Markers markers;
    qint64 sequence = 0;
    qint64 discontinuitySequence = 0;
    int discontinuity = 0;
    bool ended = false, recording = false;
    double position = 0;
    std::shared_ptr<const Resource> init;
    std::shared_ptr<const SegmentKey> initKey;
    QHash<QByteArray, std::shared_ptr<const Resource>> inits; ///< equal ones are shared
    std::optional<M3u8Markers::WallClock> wallClock;
    // What is said about the segment that comes next.
    std::optional<double> duration;
    std::optional<PlaylistRange> range;
    bool gap = false;
    // For a range without an offset, and so that an address is read once only.
    QByteArray lastAddress;
    QList<QUrl> lastUrls;
    qint64 lastEnd = -1;
};

tl::unexpected<Error> bad(const char* reason) { return failure(Code::BadPlaylist, QString::fromLatin1(reason)); }

std::chrono::system_clock::duration asTicks(double seconds)
{
    return std::chrono::duration_cast<std::chrono::system_clock::duration>(std::chrono::duration<double>(seconds));
}

Result<void> readDuration(State& state, QByteArrayView value)
{
    const qsizetype comma = value.indexOf(',');
    const auto duration = parseDecimal((comma < 0 ? value : value.first(comma)).trimmed());
    if (!duration || *duration < 0 || *duration > kMaxDuration)
        return bad("EXTINF has no usable duration");
    if (state.duration)
        return bad("no address follows the EXTINF before this one");
    state.duration = *duration;
    return {};
}

Result<void> readMap(State& state, const Attributes& tag)
{
    const QByteArray uri = tag.value("URI"), range = tag.value("BYTERANGE");
    auto& init = state.inits[uri + '\n' + range];
    if (!init) {
        Resource made{{resolvedUrl(state.url, uri)}, std::nullopt};
        if (uri.isEmpty() || made.urls.first().isEmpty())
            return bad("the URI of EXT-X-MAP is not an address");
        if (tag.has("BYTERANGE")) {
            const auto bytes = parsePlaylistRange(range);
            if (!bytes)
                return failure(bytes.error());
            const qint64 begin = std::max<qint64>(bytes->offset, 0);
            made.range = ByteRange{begin, begin + bytes->length};
        }
        init = std::make_shared<const Resource>(std::move(made));
    }
    state.init = init;
    const auto& key = state.keys.usable();
    // SAMPLE-AES leaves the initialization section in the clear.
    state.initKey = key && key->method == SegmentKey::Method::Aes128 ? key : nullptr;
    return {};
}

Result<void> readWithAttributes(State& state, QByteArrayView name, QByteArrayView value)
{
    const auto tag = Attributes::parse(value, state.variables);
    if (!tag)
        return failure(tag.error());
    if (name == "EXT-X-KEY")
        return state.keys.read(*tag, state.url);
    if (name == "EXT-X-SCTE35") {
        state.markers.scte35(*tag, state.position, state.listing.segments.size());
        return {};
    }
    if (name == "EXT-X-MAP")
        return readMap(state, *tag);
    if (name == "EXT-X-DATERANGE")
        return state.markers.dateRange(*tag);
    if (name == "EXT-X-DEFINE")
        return define(*tag, state.url, &state.imported, state.variables);
    if (name == "EXT-X-START")
        state.listing.startOffset = tag->decimal("TIME-OFFSET");
    else if (const auto back = tag->decimal("HOLD-BACK"); back && *back > 0) // EXT-X-SERVER-CONTROL
        state.listing.holdBack = *back;
    return {};
}

Result<void> readNumber(QByteArrayView value, qint64 most, qint64& number)
{
    const auto parsed = parseNumber(value.trimmed());
    if (!parsed || *parsed > most)
        return bad("not a usable number");
    number = *parsed;
    return {};
}

Result<void> readTag(State& state, QByteArrayView name, QByteArrayView value)
{
    if (name == "EXTINF")
        return readDuration(state, value);
    if (name == "EXT-X-BYTERANGE") {
        const auto range = parsePlaylistRange(value);
        if (!range)
            return failure(range.error());
        state.range = *range;
    } else if (name == "EXT-X-KEY" || name == "EXT-X-MAP" || name == "EXT-X-DATERANGE" || name == "EXT-X-DEFINE"
        || name == "EXT-X-START" || name == "EXT-X-SERVER-CONTROL" || name == "EXT-X-SCTE35")
        return readWithAttributes(state, name, value);
    else if (name == "EXT-X-DISCONTINUITY")
        ++state.discontinuity;
    else if (name == "EXT-X-GAP")
        state.gap = true;
    else if (name == "EXT-X-PROGRAM-DATE-TIME") {
        const auto date = parseDateTime(value);
        if (!date)
            return bad("EXT-X-PROGRAM-DATE-TIME is not a date");
        state.wallClock = *date;
        state.markers.anchor(*date, state.position);
    } else if (name == "EXT-X-CUE-OUT" || name == "EXT-X-CUE-OUT-CONT" || name == "EXT-X-CUE-IN")
        state.markers.cue(name, value, state.position, state.listing.segments.size());
    else if (name == "EXT-X-TARGETDURATION") {
        const auto target = parseDecimal(value.trimmed());
        if (!target || *target < 0 || *target > kMaxDuration)
            return bad("EXT-X-TARGETDURATION is not a usable number");
        state.listing.targetDuration = *target;
    } else if (name == "EXT-X-MEDIA-SEQUENCE")
        return readNumber(value, kMaxSequence, state.sequence);
    else if (name == "EXT-X-DISCONTINUITY-SEQUENCE")
        return readNumber(value, kMaxDiscontinuity, state.discontinuitySequence);
    else if (name == "EXT-X-PLAYLIST-TYPE") {
        state.listing.event = value.trimmed() == "EVENT";
        state.recording = value.trimmed() == "VOD";
    } else if (name == "EXT-X-ENDLIST")
        state.ended = true;
    else if (name == "EXT-X-STREAM-INF" || name == "EXT-X-MEDIA")
        return bad("a playlist of segments can't list other playlists");
    else if (name == "EXT-X-I-FRAMES-ONLY")
        return failure(Code::PlaylistUnsupported, QStringLiteral("it lists single pictures only"));
    else if (name == "EXT-X-SKIP")
        return failure(Code::PlaylistUnsupported, QStringLiteral("it leaves out segments, though nobody asked for that"));
    return {};
}

/// The bytes of the segment that the address `lastAddress` stands for.
Result<std::optional<ByteRange>> takeRange(State& state, bool sameAddress)
{
    if (!state.range) {
        state.lastEnd = -1;
        return std::nullopt;
    }
    const PlaylistRange said = *std::exchange(state.range, std::nullopt);
    if (said.offset < 0 && (!sameAddress || state.lastEnd < 0))
        return bad("the byte range has no offset and none to go on from");
    const qint64 begin = said.offset >= 0 ? said.offset : state.lastEnd;
    // Both are below 2^60; only a chain of ranges without offsets can get here.
    if (begin > kMaxSequence)
        return bad("the byte range is too far");
    state.lastEnd = begin + said.length;
    return ByteRange{begin, state.lastEnd};
}

Result<void> readAddress(State& state, QByteArrayView written)
{
    if (!state.duration)
        return bad("an address without EXTINF before it");
    if (state.listing.segments.size() >= kMaxSegments || state.position > kMaxPosition)
        return failure(Code::PlaylistTooLarge, QStringLiteral("more than %1 segments").arg(kMaxSegments));
    auto address = substituted(written, state.variables);
    if (!address)
        return failure(address.error());
    const bool same = !state.lastUrls.isEmpty() && *address == state.lastAddress;
    if (!same) {
        const QUrl url = resolvedUrl(state.url, *address);
        if (url.isEmpty())
            return bad("not an address");
        state.lastUrls = {url};
        state.lastAddress = std::move(*address);
    }
    const auto range = takeRange(state, same);
    if (!range)
        return failure(range.error());
    if (!state.keys.unknownMethod().isEmpty())
        return failure(Code::EncryptionUnsupported,
            QStringLiteral("the method ") + QString::fromUtf8(state.keys.unknownMethod().left(100)));
    for (const QString& system : state.keys.drm())
        if (!state.listing.drm.contains(system))
            state.listing.drm.append(system);
    Segment segment;
    segment.media = {state.lastUrls, *range};
    segment.init = state.init;
    segment.key = state.keys.usable();
    segment.initKey = state.initKey;
    segment.start = state.position;
    segment.duration = *std::exchange(state.duration, std::nullopt);
    segment.discontinuity = state.discontinuity;
    segment.wallClock = state.wallClock;
    segment.gap = std::exchange(state.gap, false);
    state.position += segment.duration;
    if (state.wallClock)
        *state.wallClock += asTicks(segment.duration);
    state.listing.segments.push_back(std::move(segment));
    return {};
}

Listing finished(State& state)
{
    Listing& listing = state.listing;
    qint64 number = state.sequence;
    double longest = 0;
    for (Segment& segment : listing.segments) {
        segment.number = number++;
        segment.discontinuity += int(state.discontinuitySequence);
        longest = std::max(longest, segment.duration);
    }
    listing.live = !state.ended && !state.recording;
    listing.event = listing.event && listing.live;
    listing.duration = state.position;
    if (listing.targetDuration == 0)
        listing.targetDuration = std::ceil(longest);
    listing.markers = state.markers.finish(listing.segments, state.position);
    return std::move(listing);
}

} // namespace

Result<Listing> parseMedia(QByteArrayView text, const QUrl& url, const Variables& imported)
{
    State state{.url = url, .imported = imported};
    M3u8Lines line(text);
    if (!line.next() || line.name() != "EXTM3U")
        return failure(
            Code::BadPlaylist, atLine(url, std::max(line.number(), 1), QStringLiteral("it does not begin with #EXTM3U")));
    while (line.next()) {
        if (line.isTag() && line.name() == "EXT-X-KEY")
            state.keyLine = line.number();
        const auto read = line.isTag() ? readTag(state, line.name(), line.value()) : readAddress(state, line.value());
        if (read)
            continue;
        // A key that is of no use matters only when something needs it; the fault is the key's.
        const bool keys = read.error().code == Code::EncryptionUnsupported;
        return failure(read.error().code, atLine(url, keys ? state.keyLine : line.number(), read.error().detail));
    }
    if (state.duration)
        return failure(
            Code::BadPlaylist, atLine(url, line.number(), QStringLiteral("the text ends where an address should stand")));
    return finished(state);
}

} // namespace weir
