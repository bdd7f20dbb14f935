#include "hls/stream_source.h"

#include "hls/m3u8_parser.h"

namespace weir {

using namespace std::chrono_literals;

namespace {

constexpr qint64 kMostText = 32 << 20;

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

std::vector<Capture::Reload> StreamSource::reloads(const QList<int>& chosen, std::function<Timeline&(int)> timelineOf) const
{
    std::vector<Capture::Reload> reloads;
    for (int place = 0; place < chosen.size(); ++place) {
        Capture::Reload reload;
        reload.urls = presentation_.tracks[chosen[place]].playlists;
        reload.tracks = {place};
        reload.take = [timelineOf, place, variables = presentation_.variables](const ResourceFetches::Fetched& fetched, TimePoint asked) -> Result<void> {
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
