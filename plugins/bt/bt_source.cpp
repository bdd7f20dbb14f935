#include "bt/bt_source.h"

#include "bt/bt_errors.h"

#include <weir/memory_sink.h>

#include <libtorrent/bdecode.hpp>
#include <libtorrent/magnet_uri.hpp>
#include <libtorrent/torrent_info.hpp>

#include <QFile>
#include <QJsonArray>
#include <QUrlQuery>

namespace weir {

namespace {

constexpr int kCommonTier = 200, kListedTier = 201;
constexpr int kDeepest = 100, kMostTokens = 3'000'000;

Result<QByteArray> readFile(const QString& path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return failure(Code::InputUnreadable, QStringLiteral("%1: %2").arg(path, file.errorString()));
    const QByteArray bytes = file.read(kMostTorrentBytes + 1);
    if (bytes.size() > kMostTorrentBytes)
        return failure(Code::TorrentTooBig, path);
    return bytes;
}

Result<QByteArray> fetch(TaskContext& ctx, FetchRequest request)
{
    RangeFetcher* const fetcher = ctx.services().fetcherFor(request.url);
    if (!fetcher)
        return failure(Code::NoFetcher, request.url.scheme());
    MemorySink sink(kMostTorrentBytes);
    FetchGroup group(ctx.services().clock(), ctx.stop());
    group.start(*fetcher, std::move(request), sink);
    while (group.running() > 0 && !ctx.stop().stop_requested())
        if (const auto done = group.next(std::chrono::seconds(1)))
            return done->head ? Result<QByteArray>(sink.take()) : failure(done->head.error());
    return failure(Code::Cancelled);
}

// The address may be that of the file itself, which another adapter found described and handed over; that is lost with the
// program's end, and so whoever the address belongs to begins again.
Result<QByteArray> fetchOwn(TaskContext& ctx)
{
    auto bytes = fetch(ctx, {.url = ctx.spec().url, .context = ctx.spec().request, .rate = &ctx.rate()});
    const bool tooBig = !bytes && bytes.error().code == Code::FileTooBigForLimit;
    if (tooBig || (bytes && !opensLikeTorrent(*bytes)))
        return failure(Code::OtherAdapter, QStringLiteral("it is no torrent"));
    return bytes;
}

bool hasTracker(const lt::add_torrent_params& params, const std::string& url)
{
    if (std::find(params.trackers.begin(), params.trackers.end(), url) != params.trackers.end())
        return true;
    if (!params.ti)
        return false;
    const auto& own = params.ti->trackers();
    return std::any_of(own.begin(), own.end(), [&](const lt::announce_entry& each) { return each.url == url; });
}

} // namespace

bool opensLikeTorrent(QByteArrayView first4k)
{
    for (const char* opening : {"d8:announce", "d13:announce-list", "d4:info", "d10:created by", "d7:comment",
             "d13:creation date", "d8:encoding", "d5:nodes", "d9:httpseeds", "d8:url-list", "d12:piece layers"})
        if (first4k.startsWith(opening))
            return true;
    return false;
}

Result<lt::add_torrent_params> parseTorrent(QByteArrayView bytes)
{
    if (bytes.size() > kMostTorrentBytes)
        return failure(Code::TorrentTooBig);
    lt::error_code error;
    int place = 0;
    const lt::bdecode_node root =
        lt::bdecode(lt::span<const char>(bytes.data(), bytes.size()), error, &place, kDeepest, kMostTokens);
    if (error)
        return failure(Code::TorrentUnreadable,
            QStringLiteral("byte %1: %2").arg(place).arg(QString::fromStdString(error.message())), error.value());
    lt::add_torrent_params params;
    params.ti = std::make_shared<lt::torrent_info>(root, error);
    if (error)
        return failure(Code::TorrentBad, QString::fromStdString(error.message()), error.value());
    if (params.ti->num_files() <= 0 || params.ti->total_size() < 0)
        return failure(Code::TorrentBad, QStringLiteral("it has no files"));
    params.info_hashes = params.ti->info_hashes();
    return params;
}

Result<lt::add_torrent_params> parseMagnet(const QUrl& url)
{
    lt::error_code error;
    lt::add_torrent_params params = lt::parse_magnet_uri(url.toString(QUrl::FullyEncoded).toStdString(), error);
    if (error)
        return failure(Code::MagnetBad, QString::fromStdString(error.message()), error.value());
    return params;
}

Result<lt::add_torrent_params> readSource(TaskContext& ctx)
{
    const TaskSpec& spec = ctx.spec();
    if (spec.url.scheme() == u"magnet")
        return parseMagnet(spec.url);
    if (spec.prefetched)
        return parseTorrent(spec.prefetched->body);
    const auto bytes = spec.url.isLocalFile() ? readFile(spec.url.toLocalFile()) : fetchOwn(ctx);
    if (!bytes)
        return failure(bytes.error());
    return parseTorrent(*bytes);
}

std::optional<lt::add_torrent_params> readExactSource(TaskContext& ctx, const lt::add_torrent_params& magnet)
{
    constexpr qsizetype kMostTried = 2;
    constexpr auto kPatience = std::chrono::seconds(5);
    const QStringList named = QUrlQuery(ctx.spec().url).allQueryItemValues(QStringLiteral("xs"), QUrl::FullyDecoded);
    for (const QString& text : named.first(std::min(kMostTried, named.size()))) {
        const QUrl url(text);
        if (!url.isValid() || url.host().isEmpty())
            continue;
        const auto bytes = fetch(ctx,
            {.url = url,
                .context = ctx.spec().request->withoutSecrets(),
                .rate = &ctx.rate(),
                .stallTimeout = kPatience,
                .connectTimeout = kPatience});
        auto torrent = bytes ? parseTorrent(*bytes) : failure(bytes.error());
        const auto& hashes = magnet.info_hashes;
        if (torrent && (!hashes.has_v1() || torrent->info_hashes.v1 == hashes.v1)
            && (!hashes.has_v2() || torrent->info_hashes.v2 == hashes.v2)) {
            torrent->trackers.insert(torrent->trackers.end(), magnet.trackers.begin(), magnet.trackers.end());
            torrent->tracker_tiers.resize(torrent->trackers.size(), 0);
            torrent->url_seeds = magnet.url_seeds;
            torrent->peers = magnet.peers;
            torrent->file_priorities = magnet.file_priorities;
            return std::move(*torrent);
        }
        ctx.log(Level::Info,
            QStringLiteral("%1: %2").arg(url.toDisplayString(QUrl::RemoveUserInfo | QUrl::RemoveQuery),
                torrent ? QStringLiteral("another torrent than the link's") : describe(torrent.error())));
    }
    return std::nullopt;
}

QStringList takeWebSeeds(lt::add_torrent_params& params)
{
    constexpr qsizetype kMost = 64;
    QStringList urls;
    const auto add = [&](const std::string& url) {
        if (const QString text = QString::fromStdString(url); urls.size() < kMost && !urls.contains(text))
            urls.append(text);
    };
    if (params.ti)
        for (const lt::web_seed_entry& seed : params.ti->web_seeds())
            if (seed.type == lt::web_seed_entry::url_seed)
                add(seed.url);
    for (const std::string& url : params.url_seeds)
        add(url);
    params.url_seeds.clear();
    params.http_seeds.clear();
    params.flags |= lt::torrent_flags::override_web_seeds;
    return urls;
}

void addTrackers(lt::add_torrent_params& params, const QJsonObject& options, const QJsonObject& section)
{
    const auto add = [&](const QJsonValue& list, int tier) {
        for (const QJsonValue& each : list.toArray()) {
            const std::string url = each.toString().toStdString();
            if (hasTracker(params, url))
                continue;
            params.tracker_tiers.resize(params.trackers.size(), 0);
            params.trackers.push_back(url);
            params.tracker_tiers.push_back(tier);
        }
    };
    add(options.value(QLatin1String("trackers")), 0);
    if (!params.ti || !params.ti->priv())
        add(section.value(QLatin1String("trackers")), kCommonTier);
}

void addListedTrackers(lt::add_torrent_params& params, const QStringList& trackers)
{
    params.tracker_tiers.resize(params.trackers.size(), 0);
    for (std::size_t at = params.trackers.size(); at-- > 0;) {
        if (params.tracker_tiers[at] != kListedTier)
            continue;
        params.trackers.erase(params.trackers.begin() + std::ptrdiff_t(at));
        params.tracker_tiers.erase(params.tracker_tiers.begin() + std::ptrdiff_t(at));
    }
    if (!params.ti || params.ti->priv())
        return;
    for (const QString& tracker : trackers) {
        if (const std::string url = tracker.toStdString(); !hasTracker(params, url)) {
            params.trackers.push_back(url);
            params.tracker_tiers.push_back(kListedTier);
        }
    }
}

} // namespace weir
