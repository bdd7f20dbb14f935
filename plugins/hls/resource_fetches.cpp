#include "hls/resource_fetches.h"

#include <algorithm>

namespace weir {

using namespace std::chrono_literals;

namespace {

constexpr std::chrono::milliseconds kFirstPause = 200ms;
constexpr std::chrono::milliseconds kLongestPause = 4000ms;
constexpr int kOutageAfter = 3; // failures in a row
constexpr std::chrono::seconds kOutage = 30s;

std::chrono::milliseconds pauseAfter(int failures)
{
    return std::min(kLongestPause, kFirstPause * (1 << std::clamp(failures - 1, 0, 6)));
}

/// "No" for ever from every address is an answer; more attempts would change nothing.
bool isFinal(const Error& error, const ResourceFetches::Wish& wish, int failures)
{
    const bool everybodyAsked = failures >= wish.resource.urls.size();
    return failures >= wish.attempts || (everybodyAsked && errorRow(error.code).retry == Retry::Never);
}

QString hostOf(const QUrl& url) { return url.host() + u':' + QString::number(url.port()); }

} // namespace

std::shared_ptr<const RequestContext> requestFor(const TaskSpec& spec, const QUrl& url)
{
    const RequestContext& own = *spec.request;
    const bool sameHost = url.host() == spec.url.host() && url.scheme() == spec.url.scheme() && url.port() == spec.url.port();
    if (sameHost && own.method == "GET")
        return spec.request;
    auto request = std::make_shared<RequestContext>(own);
    request->method = "GET";
    request->body.clear();
    if (!sameHost) {
        request->auth = {};
        request->headers.removeIf([](const auto& field) {
            const QByteArray name = field.first.toLower();
            return name == "authorization" || name == "cookie" || name == "proxy-authorization";
        });
    }
    return request;
}

ResourceFetches::ResourceFetches(TaskContext& ctx) : ctx_(ctx), group_(ctx.services().clock(), ctx.stop()) {}

ResourceFetches::~ResourceFetches()
{
    for (const Piece& piece : pieces_)
        if (piece.permit)
            ctx_.releaseConnection(addressOf(piece));
}

quint64 ResourceFetches::want(Wish wish)
{
    Piece piece;
    piece.id = ++lastId_;
    piece.wish = std::move(wish);
    const bool urgent = piece.wish.urgent;
    pieces_.insert(urgent ? pieces_.begin() : pieces_.end(), std::move(piece));
    return lastId_;
}

const QUrl& ResourceFetches::addressOf(const Piece& piece) const
{
    const QList<QUrl>& urls = piece.wish.resource.urls;
    return urls[piece.failures % urls.size()];
}

void ResourceFetches::startWaiting()
{
    const TimePoint now = ctx_.services().clock().now();
    for (Piece& piece : pieces_)
        if (piece.fetch == 0 && piece.notBefore <= now && (piece.wish.urgent || running() < most_) && !start(piece))
            return;
}

std::optional<Error> ResourceFetches::outage(const QUrl& url) const
{
    const auto known = outages_.find(hostOf(url));
    if (known == outages_.end() || ctx_.services().clock().now() >= known->second.until)
        return {};
    return known->second.why;
}

void ResourceFetches::note(const QUrl& url, const Result<FetchHead>& head)
{
    if (head || errorRow(head.error().code).category != Category::Network) {
        outages_.erase(hostOf(url));
        return;
    }
    Outage& outage = outages_[hostOf(url)];
    outage.why = head.error();
    if (++outage.inARow >= kOutageAfter)
        outage.until = ctx_.services().clock().now() + kOutage;
}

bool ResourceFetches::start(Piece& piece)
{
    if (QList<QUrl>& urls = piece.wish.resource.urls; piece.failures == 0 && urls.size() > 1)
        std::stable_partition(urls.begin(), urls.end(), [this](const QUrl& each) { return !outage(each); });
    const QUrl& url = addressOf(piece);
    RangeFetcher* fetcher = ctx_.services().fetcherFor(url);
    if (!fetcher) {
        // Given back as a failure of this piece by the next round.
        piece.failures = piece.wish.attempts;
        return true;
    }
    // The first connection of a task was granted when it was started.
    piece.permit = running() > 0 && ctx_.takeConnection(url);
    if (running() > 0 && !piece.permit)
        return false;
    FetchRequest request;
    request.url = url;
    request.range = piece.wish.resource.range;
    request.context = requestFor(ctx_.spec(), url);
    request.rate = &ctx_.rate();
    request.conditional = false;
    piece.sink = std::make_unique<MemorySink>(piece.wish.most);
    piece.fetch = group_.start(*fetcher, std::move(request), *piece.sink);
    return true;
}

TimePoint ResourceFetches::nextStart() const
{
    TimePoint next = TimePoint::max();
    for (const Piece& piece : pieces_)
        if (piece.fetch == 0)
            next = std::min(next, piece.notBefore);
    return next;
}

std::optional<ResourceFetches::Fetched> ResourceFetches::next(std::chrono::milliseconds atMost)
{
    for (auto piece = pieces_.begin(); piece != pieces_.end(); ++piece) {
        if (piece->fetch != 0 || ctx_.services().fetcherFor(addressOf(*piece)))
            continue;
        const Fetched none{piece->id, failure(Code::NoFetcher, addressOf(*piece).toDisplayString()), {}, {}, {}, -1};
        pieces_.erase(piece);
        return none;
    }
    startWaiting();
    const TimePoint now = ctx_.services().clock().now();
    if (const TimePoint start = nextStart(); start > now && start != TimePoint::max())
        atMost = std::min(atMost, std::chrono::ceil<std::chrono::milliseconds>(start - now));
    if (running() == 0) {
        // Nothing can end: only time, or the task's end.
        std::mutex mutex;
        std::unique_lock lock(mutex);
        std::condition_variable_any never;
        ctx_.services().clock().wait(lock, never, ctx_.stop(), now + atMost, [] { return false; });
        return {};
    }
    auto done = group_.next(atMost);
    return done ? ended(std::move(*done)) : std::nullopt;
}

std::optional<ResourceFetches::Fetched> ResourceFetches::ended(FetchDone done)
{
    const auto piece = std::find_if(pieces_.begin(), pieces_.end(), [&](const Piece& p) { return p.fetch == done.id; });
    if (piece == pieces_.end())
        return {};
    const QUrl url = addressOf(*piece);
    if (std::exchange(piece->permit, false))
        ctx_.releaseConnection(url);
    piece->fetch = 0;
    const auto& range = piece->wish.resource.range;
    if (done.head && range && !done.head->ranged && range->begin > 0)
        done.head = failure(Code::RangeIgnored, url.toDisplayString());
    if (done.head) {
        note(url, done.head);
        QByteArray bytes = piece->sink->take();
        if (range && range->end >= 0 && bytes.size() > range->size())
            bytes.truncate(range->size()); // the whole came although its beginning was asked for
        Fetched fetched{piece->id, std::move(bytes), done.head->finalUrl, done.head->mime, url, done.head->totalSize};
        pieces_.erase(piece);
        return fetched;
    }
    if (done.head.error().code == Code::Cancelled)
        return {};
    note(url, done.head);
    Error error = std::move(done.head.error());
    ++piece->failures;
    ctx_.log(Level::Warning, describe(error));
    if (error.native == 429 || error.native == 503)
        ctx_.hostIsBusy(url, error.notBefore);
    if (isFinal(error, piece->wish, piece->failures)) {
        Fetched failed{piece->id, tl::unexpected(std::move(error)), url, {}, url, -1};
        pieces_.erase(piece);
        return failed;
    }
    const bool another = piece->failures < piece->wish.resource.urls.size();
    piece->notBefore = ctx_.services().clock().now() + (another ? 0ms : pauseAfter(piece->failures));
    piece->sink.reset();
    return {};
}

} // namespace weir
