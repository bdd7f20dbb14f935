#include "transfer/description.h"

#include "base/digest.h"

#include <weir/memory_sink.h>

#include <QRandomGenerator>

#include <algorithm>

namespace weir {

using namespace std::chrono_literals;

namespace {

constexpr qint64 kWorthIt = 1 << 20;
constexpr qint64 kMostBytes = 4 << 20, kLargestSample = 16 << 20;
constexpr int kMostSamples = 3;
constexpr auto kPatience = 3s;

/// One description on its way.
struct Candidate {
    QUrl url;
    bool named = false;
    MemorySink sink{kMostBytes};
    quint64 id = 0;
    std::optional<FetchHead> head;
};

std::shared_ptr<const RequestContext> contextFor(const QUrl& url, const TaskSpec& spec)
{
    const bool same = url.scheme() == spec.url.scheme() && url.host() == spec.url.host() && url.port() == spec.url.port();
    return same ? spec.request : spec.request->withoutSecrets();
}

/// Until all have ended or the time is up.
void await(FetchGroup& group, TaskContext& ctx, TimePoint until, const std::function<void(FetchDone&)>& take)
{
    Clock& clock = ctx.services().clock();
    while (group.running() > 0 && clock.now() < until && !ctx.stop().stop_requested())
        if (auto done = group.next(std::chrono::duration_cast<std::chrono::milliseconds>(until - clock.now()) + 1ms))
            take(*done);
}

/// One piece, taken at random: who made up the others can't know which.
bool pieceFits(TaskContext& ctx, const DescribedFile& said, TimePoint until)
{
    const auto& pieces = said.pieces;
    const QUrl& url = ctx.spec().url;
    RangeFetcher* const fetcher = ctx.services().fetcherFor(url);
    if (!fetcher || pieces.length <= 0 || pieces.length > kLargestSample || digestAlgorithm(pieces.algorithm).isEmpty()
        || pieces.digests.size() != (said.size + pieces.length - 1) / pieces.length)
        return false;
    const qint64 index = QRandomGenerator::system()->bounded(qint64(pieces.digests.size()));
    const ByteRange range{index * pieces.length, std::min(said.size, (index + 1) * pieces.length)};
    MemorySink sink(range.size());
    FetchGroup group(ctx.services().clock(), ctx.stop());
    group.start(*fetcher,
        {.url = url, .range = range, .context = ctx.spec().request, .expectedSize = said.size, .rate = &ctx.rate()}, sink);
    bool came = false;
    await(group, ctx, until, [&](FetchDone& done) { came = done.head.has_value(); });
    if (!came || sink.offset() != range.begin || sink.bytes().size() != range.size())
        return false;
    Hasher hasher(pieces.algorithm);
    hasher.add({sink.bytes().constData(), std::size_t(sink.bytes().size())});
    return hasher.matches({pieces.algorithm, pieces.digests[index]});
}

/// A mere look, or a task that was handed over too often, stays where it is.
bool mayGoToOther(TaskContext& ctx)
{
    return ctx.belongsToOther("application/metalink4+xml", "<metalink")
        || ctx.belongsToOther("application/x-bittorrent", "d8:announce");
}

bool isTorrent(QByteArrayView content) { return content.startsWith('d'); }

bool sharesDigest(const DescribedFile& a, const DescribedFile& b)
{
    return std::any_of(
        a.digests.begin(), a.digests.end(), [&](const ExpectedDigest& digest) { return b.digests.contains(digest); });
}

std::vector<std::unique_ptr<Candidate>> fetchAll(TaskContext& ctx, const FetchHead& head, TimePoint until)
{
    std::vector<std::unique_ptr<Candidate>> all;
    FetchGroup group(ctx.services().clock(), ctx.stop());
    const auto want = [&](const QUrl& url, bool named) {
        RangeFetcher* const fetcher = ctx.services().fetcherFor(url);
        const bool known = std::any_of(all.begin(), all.end(), [&](const auto& each) { return each->url == url; });
        if (!fetcher || known)
            return;
        Candidate& one = *all.emplace_back(std::make_unique<Candidate>());
        one.url = url;
        one.named = named;
        one.id = group.start(*fetcher, {.url = url, .context = contextFor(url, ctx.spec()), .rate = &ctx.rate()}, one.sink);
    };
    for (const QUrl& url : head.descriptions)
        want(url, true);
    if (ctx.spec().lookBeside)
        for (const QUrl& url : namesBeside(ctx.spec().url))
            want(url, false);
    await(group, ctx, until, [&](FetchDone& done) {
        for (const auto& each : all)
            if (each->id == done.id && done.head)
                each->head = std::move(*done.head);
    });
    return all;
}

} // namespace

QList<QUrl> namesBeside(const QUrl& link)
{
    QList<QUrl> urls;
    if (link.path().isEmpty() || link.path().endsWith(u'/') || link.hasQuery())
        return urls;
    for (const char* suffix : {".meta4", ".torrent"}) {
        QUrl url = link.adjusted(QUrl::RemoveFragment | QUrl::RemoveUserInfo);
        if (url.path().endsWith(QLatin1StringView(suffix)))
            return {};
        url.setPath(url.path(QUrl::FullyEncoded) + QLatin1StringView(suffix), QUrl::TolerantMode);
        urls.append(url);
    }
    return urls;
}

bool mayBeSame(const DescribedFile& said, const DescribedFile& known)
{
    if (said.size < 0 || said.size != known.size)
        return false;
    for (const ExpectedDigest& one : said.digests)
        for (const ExpectedDigest& other : known.digests)
            if (one.algorithm == other.algorithm && one.value != other.value)
                return false;
    return true;
}

std::optional<Prefetched> findDescription(TaskContext& ctx, const FetchHead& head)
{
    const TaskSpec& spec = ctx.spec();
    // What the user told of pieces is better than what strangers tell.
    if (head.totalSize < kWorthIt || !head.rangesOffered || (head.descriptions.isEmpty() && !spec.lookBeside)
        || spec.options.contains(QLatin1StringView("pieces")) || !mayGoToOther(ctx))
        return std::nullopt;
    DescribedFile known{.size = head.totalSize,
        .digests = spec.digests + head.digests,
        .sources = QList<QUrl>{spec.url} + spec.mirrors + head.mirrors};
    const TimePoint until = ctx.services().clock().now() + kPatience;
    int samples = 0;
    for (const auto& candidate : fetchAll(ctx, head, until)) {
        if (!candidate->head || candidate->head->mime == "text/html")
            continue;
        // Who gave a link did not ask for a swarm, which would take part of his line and tell others of him.
        if (isTorrent(candidate->sink.bytes()) && !spec.lookBeside)
            continue;
        const auto& reply = *candidate->head;
        for (const DescribedFile& said : ctx.describedBy(reply.mime, candidate->sink.bytes(), reply.finalUrl)) {
            if (!mayBeSame(said, known))
                continue;
            const bool proven = candidate->named || sharesDigest(said, known);
            if (!proven && (samples++ >= kMostSamples || !pieceFits(ctx, said, until)))
                continue;
            ctx.log(Level::Info,
                QStringLiteral("%1 describes it")
                    .arg(reply.finalUrl.toDisplayString(QUrl::RemoveUserInfo | QUrl::RemoveQuery)));
            return Prefetched{reply.finalUrl, reply.headers, candidate->sink.take(), known};
        }
    }
    return std::nullopt;
}

} // namespace weir
