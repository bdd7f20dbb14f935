#include "hls/stream_source.h"

#include "hls/m3u8_parser.h"
#include "hls/mpd_parser.h"
#include "hls/sidx.h"

namespace weir {

using namespace std::chrono_literals;

namespace {

constexpr qint64 kMostText = 32 << 20;
constexpr qint64 kMostIndex = 16 << 20;

bool isManifest(QByteArrayView text)
{
    if (text.startsWith("\xef\xbb\xbf"))
        text = text.sliced(3);
    return text.trimmed().startsWith('<');
}

Result<void> refuseDrm(const QStringList& systems, const QUrl& url)
{
    if (systems.isEmpty())
        return {};
    return failure(Code::DrmProtected, QStringLiteral("%1: %2").arg(systems.join(QStringLiteral(", ")), url.toDisplayString()));
}

} // namespace

Result<ResourceFetches::Fetched> fetchOne(TaskContext& ctx, ResourceFetches::Wish wish)
{
    ResourceFetches fetches(ctx);
    const QString what = wish.resource.urls.front().toDisplayString();
    fetches.want(std::move(wish));
    while (!ctx.stop().stop_requested()) {
        auto fetched = fetches.next(1s);
        if (!fetched)
            continue;
        if (!fetched->bytes)
            return tl::unexpected(fetched->bytes.error());
        return std::move(*fetched);
    }
    return failure(Code::Cancelled, what);
}

Result<StreamSource> StreamSource::open(TaskContext& ctx)
{
    StreamSource source;
    if (const auto& had = ctx.spec().prefetched) {
        if (auto ok = source.parse(had->body, had->finalUrl); !ok)
            return tl::unexpected(ok.error());
        return source;
    }
    auto fetched = fetchOne(ctx, {.resource = {{ctx.spec().url}, {}}, .most = kMostText, .attempts = 3});
    if (!fetched)
        return tl::unexpected(fetched.error());
    if (auto ok = source.parse(*fetched->bytes, fetched->finalUrl); !ok)
        return tl::unexpected(ok.error());
    return source;
}

Result<void> StreamSource::parse(const QByteArray& text, const QUrl& url)
{
    url_ = url;
    if (isManifest(text)) {
        auto manifest = parseMpd(text, url, {.now = std::chrono::system_clock::now(), .segments = false});
        if (!manifest)
            return tl::unexpected(manifest.error());
        presentation_ = std::move(*manifest);
        manifest_ = std::make_shared<Manifest>(Manifest{text, url, {}, {}});
        return {};
    }
    if (isMaster(text)) {
        auto master = parseMaster(text, url);
        if (!master)
            return tl::unexpected(master.error());
        presentation_ = std::move(*master);
        return {};
    }
    auto listing = parseMedia(text, url);
    if (!listing)
        return tl::unexpected(listing.error());
    Track track;
    track.id = QStringLiteral("media");
    track.carriesAudio = true;
    track.playlists = {url};
    presentation_.tracks = {track};
    presentation_.live = listing->live;
    presentation_.event = listing->event;
    presentation_.duration = listing->live ? -1 : listing->duration;
    presentation_.drm = listing->drm;
    only_ = std::move(*listing);
    return {};
}

Result<std::vector<Listing>> StreamSource::listings(TaskContext& ctx, const QList<int>& chosen)
{
    if (only_) {
        if (auto ok = refuseDrm(only_->drm, url_); !ok)
            return tl::unexpected(ok.error());
        return std::vector<Listing>{*only_};
    }
    return manifest_ ? manifestListings(ctx, chosen) : playlistListings(ctx, chosen);
}

Result<std::vector<Listing>> StreamSource::playlistListings(TaskContext& ctx, const QList<int>& chosen) const
{
    std::vector<Listing> all;
    ResourceFetches fetches(ctx);
    std::vector<quint64> ids;
    for (const int index : chosen)
        ids.push_back(fetches.want({.resource = {presentation_.tracks[index].playlists, {}}, .most = kMostText}));
    all.resize(ids.size());
    while (fetches.pending() > 0) {
        if (ctx.stop().stop_requested())
            return failure(Code::Cancelled);
        auto fetched = fetches.next(1s);
        if (!fetched)
            continue;
        if (!fetched->bytes)
            return tl::unexpected(fetched->bytes.error());
        auto listing = parseMedia(*fetched->bytes, fetched->finalUrl, presentation_.variables);
        if (!listing)
            return tl::unexpected(listing.error());
        if (auto ok = refuseDrm(listing->drm, fetched->finalUrl); !ok)
            return tl::unexpected(ok.error());
        all[std::find(ids.begin(), ids.end(), fetched->id) - ids.begin()] = std::move(*listing);
    }
    return all;
}

Result<std::vector<Listing>> StreamSource::Manifest::listings() const
{
    auto parsed = parseMpd(text, url, {.now = std::chrono::system_clock::now() + serverAhead, .known = known});
    if (!parsed)
        return tl::unexpected(parsed.error());
    std::vector<Listing> all;
    for (std::size_t track = 0; track < parsed->tracks.size(); ++track)
        all.push_back(takeListing(*parsed, track));
    return all;
}

/// What is available follows from the server's clock; this machine's may be minutes off.
void StreamSource::askServersClock(TaskContext& ctx)
{
    for (const ClockSource& source : presentation_.clocks) {
        QByteArray body;
        if (!source.scheme.contains(QLatin1String("direct"))) {
            const auto fetched =
                fetchOne(ctx, {.resource = {{manifest_->url.resolved(QUrl(source.value))}, {}}, .most = 4096, .attempts = 1});
            if (!fetched)
                continue;
            body = *fetched->bytes;
        }
        if (const auto time = serverTime(source, body)) {
            manifest_->serverAhead =
                std::chrono::duration_cast<std::chrono::milliseconds>(*time - std::chrono::system_clock::now());
            return;
        }
    }
}

Result<std::vector<Listing>> StreamSource::manifestListings(TaskContext& ctx, const QList<int>& chosen)
{
    if (presentation_.live)
        askServersClock(ctx);
    manifest_->known.clear();
    for (const int index : chosen)
        manifest_->known.push_back(presentation_.tracks[index]);
    auto parsed = parseMpd(manifest_->text, manifest_->url,
        {.now = std::chrono::system_clock::now() + manifest_->serverAhead, .known = manifest_->known});
    if (!parsed)
        return tl::unexpected(parsed.error());
    std::vector<Listing> all;
    for (std::size_t place = 0; place < parsed->tracks.size(); ++place) {
        Track& track = parsed->tracks[place];
        while (!track.indexes.empty()) {
            auto index = fetchOne(ctx, {.resource = track.indexes.back().index, .most = kMostIndex, .attempts = 3});
            if (!index)
                return tl::unexpected(index.error());
            if (auto ok = addIndexed(track, *index->bytes); !ok)
                return tl::unexpected(ok.error());
        }
        all.push_back(takeListing(*parsed, place));
    }
    return all;
}

Capture::Elsewhere StreamSource::elsewhere(int track) const
{
    if (manifest_)
        return {};
    return {
        presentation_.tracks[track].playlists, [variables = presentation_.variables](const ResourceFetches::Fetched& fetched) {
            return parseMedia(*fetched.bytes, fetched.finalUrl, variables);
        }};
}

std::vector<Capture::Reload> StreamSource::reloads(const QList<int>& chosen, std::function<Timeline&(int)> timelineOf) const
{
    std::vector<Capture::Reload> reloads;
    if (manifest_) {
        const auto feed = [timelineOf, manifest = manifest_, count = int(chosen.size())](TimePoint asked) {
            auto listings = manifest->listings();
            for (int place = 0; place < count; ++place) {
                if (listings && std::size_t(place) < listings->size())
                    timelineOf(place).update(std::move((*listings)[std::size_t(place)]), asked);
                else
                    timelineOf(place).reloadFailed(asked);
            }
            return Result<void>();
        };
        Capture::Reload reload;
        reload.urls = presentation_.locations.isEmpty() ? QList<QUrl>{url_} : presentation_.locations;
        for (int place = 0; place < chosen.size(); ++place)
            reload.tracks.push_back(place);
        reload.take = [feed, manifest = manifest_](const ResourceFetches::Fetched& fetched, TimePoint asked) {
            manifest->text = *fetched.bytes;
            manifest->url = fetched.finalUrl;
            return feed(asked);
        };
        reload.failed = [timelineOf, count = int(chosen.size())](TimePoint asked) {
            for (int place = 0; place < count; ++place)
                timelineOf(place).reloadFailed(asked);
        };
        reload.recount = feed;
        return {std::move(reload)};
    }
    for (int place = 0; place < chosen.size(); ++place) {
        Capture::Reload reload;
        reload.urls = presentation_.tracks[chosen[place]].playlists;
        reload.tracks = {place};
        reload.take = [timelineOf, place, variables = presentation_.variables](
                          const ResourceFetches::Fetched& fetched, TimePoint asked) -> Result<void> {
            auto listing = parseMedia(*fetched.bytes, fetched.finalUrl, variables);
            if (!listing) {
                timelineOf(place).reloadFailed(asked); // half a playlist, an error page: the next one will do
                return {};
            }
            if (auto ok = refuseDrm(listing->drm, fetched.finalUrl); !ok)
                return ok;
            timelineOf(place).update(std::move(*listing), asked);
            return {};
        };
        reload.failed = [timelineOf, place](TimePoint asked) { timelineOf(place).reloadFailed(asked); };
        reloads.push_back(std::move(reload));
    }
    return reloads;
}

} // namespace weir
