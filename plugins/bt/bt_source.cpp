#include "bt/bt_source.h"

#include "bt/bt_errors.h"

#include <weir/memory_sink.h>

#include <libtorrent/bdecode.hpp>
#include <libtorrent/magnet_uri.hpp>
#include <libtorrent/torrent_info.hpp>

#include <QFile>
#include <QJsonArray>

namespace weir {

namespace {

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

Result<QByteArray> fetch(TaskContext& ctx)
{
    const QUrl url = ctx.spec().url;
    RangeFetcher* const fetcher = ctx.services().fetcherFor(url);
    if (!fetcher)
        return failure(Code::NoFetcher, url.scheme());
    MemorySink sink(kMostTorrentBytes);
    FetchGroup group(ctx.services().clock(), ctx.stop());
    group.start(*fetcher, {.url = url, .context = ctx.spec().request, .rate = &ctx.rate()}, sink);
    while (group.running() > 0 && !ctx.stop().stop_requested()) {
        const auto done = group.next(std::chrono::seconds(1));
        if (!done)
            continue;
        if (!done->head)
            return failure(done->head.error().code == Code::FileTooBigForLimit
                    ? Error{Code::TorrentTooBig, url.toDisplayString(QUrl::RemoveUserInfo | QUrl::RemoveQuery)}
                    : done->head.error());
        return sink.take();
    }
    return failure(Code::Cancelled);
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
    const auto bytes = spec.url.isLocalFile() ? readFile(spec.url.toLocalFile()) : fetch(ctx);
    if (!bytes)
        return failure(bytes.error());
    return parseTorrent(*bytes);
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
        add(section.value(QLatin1String("trackers")), 200);
}

} // namespace weir
