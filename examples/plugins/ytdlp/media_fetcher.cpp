#include "media_fetcher.h"

#include <algorithm>
#include <thread>

using namespace weir;
using namespace std::chrono_literals;

namespace {

// Addresses that are made for one viewer run out.
constexpr auto kKeepPage = 5min;
constexpr std::size_t kMostKept = 1000;

const QString kPage = QStringLiteral("ytdlp"), kMedia = QStringLiteral("ytdlp+");

bool isHttp(const QUrl& url)
{
    return url.isValid() && !url.host().isEmpty()
        && (url.scheme() == QLatin1String("http") || url.scheme() == QLatin1String("https"));
}

QUrl asMedia(QUrl url)
{
    if (isHttp(url))
        url.setScheme(kMedia + url.scheme());
    return url;
}

QString serverOf(const QUrl& url)
{
    return url.toString(QUrl::RemovePath | QUrl::RemoveQuery | QUrl::RemoveFragment | QUrl::RemoveUserInfo);
}

/// The headers of the user come first.
std::shared_ptr<const RequestContext> withHeaders(const std::shared_ptr<const RequestContext>& own, const Headers& more)
{
    auto context = own ? std::make_shared<RequestContext>(*own) : std::make_shared<RequestContext>();
    for (const auto& [name, value] : more) {
        if (name.toLower() == "user-agent") {
            if (context->userAgent.isEmpty())
                context->userAgent = QString::fromUtf8(value);
        } else if (headerValue(context->headers, name).isNull()) {
            context->headers.append({name, value});
        }
    }
    return context;
}

bool hasRunOut(Code code) { return code == Code::HttpForbidden || code == Code::HttpGone || code == Code::HttpNotFound; }

} // namespace

QUrl pageOf(const QUrl& url)
{
    if (url.scheme() != kPage)
        return {};
    const QUrl page(url.toString(QUrl::FullyEncoded).mid(kPage.size() + 1));
    return isHttp(page) ? page : QUrl();
}

QUrl mediaOf(const QUrl& url)
{
    if (!url.scheme().startsWith(kMedia))
        return {};
    QUrl media = url;
    media.setScheme(url.scheme().mid(kMedia.size()));
    return isHttp(media) ? media : QUrl();
}

/// Passes everything on; what the media refer to shall come through us again.
struct MediaFetcher::Fetch final : FetchSink {
    quint64 id = 0, inner = 0;
    RangeFetcher* fetcher = nullptr;
    FetchRequest request;
    FetchSink* sink = nullptr;
    std::function<void(FetchDone)> done;
    std::stop_source stop;
    QString fileName;

    FetchHead renamed(FetchHead head) const
    {
        head.finalUrl = asMedia(head.finalUrl);
        if (!fileName.isEmpty())
            head.fileName = fileName;
        return head;
    }
    Result<void> begin(const FetchHead& head) override { return sink->begin(renamed(head)); }
    Result<void> bytes(qint64 offset, std::span<const char> data) override { return sink->bytes(offset, data); }
    Result<void> flush() override { return sink->flush(); }
    Result<void> end() override { return sink->end(); }
    quint64 device() const override { return sink->device(); }
};

quint64 MediaFetcher::start(FetchRequest request, FetchSink& sink, std::function<void(FetchDone)> done)
{
    auto fetch = std::make_shared<Fetch>();
    fetch->request = std::move(request);
    fetch->sink = &sink;
    fetch->done = std::move(done);
    const std::lock_guard lock(mutex_);
    fetch->id = ++lastId_;
    running_.emplace(fetch->id, fetch);
    std::thread([this, fetch] { run(fetch); }).detach();
    return fetch->id;
}

void MediaFetcher::cancel(quint64 id)
{
    const std::lock_guard lock(mutex_);
    const auto found = running_.find(id);
    if (found == running_.end())
        return;
    found->second->stop.request_stop();
    changed_.notify_all();
    if (found->second->inner != 0)
        found->second->fetcher->cancel(found->second->inner);
}

void MediaFetcher::configureProxy(const ProxyConfig& proxy)
{
    const std::lock_guard lock(mutex_);
    proxy_ = proxy;
}

void MediaFetcher::run(const std::shared_ptr<Fetch>& fetch)
{
    auto media = mediaFor(*fetch);
    if (media)
        forward(fetch, *media);
    else
        end(fetch, {.id = fetch->id, .head = tl::unexpected(std::move(media.error()))});
}

Result<PageMedia> MediaFetcher::mediaFor(Fetch& fetch)
{
    if (const QUrl direct = mediaOf(fetch.request.url); direct.isValid()) {
        const std::lock_guard lock(mutex_);
        const auto known = headers_.find(serverOf(direct));
        return PageMedia{direct, known == headers_.end() ? Headers() : known->second, {}};
    }
    const QString key = fetch.request.url.toString(QUrl::FullyEncoded);
    std::unique_lock lock(mutex_);
    if (!changed_.wait(lock, fetch.stop.get_token(), [&] { return !pages_[key].asked; }))
        return failure(Code::Cancelled);
    Page& page = pages_[key];
    if (page.media && std::chrono::steady_clock::now() - page.found < kKeepPage)
        return *page.media;
    page.asked = true;
    lock.unlock();
    auto media = ask(fetch);
    lock.lock();
    if (pages_.size() > kMostKept)
        std::erase_if(pages_, [&](const auto& kept) { return !kept.second.asked; });
    if (headers_.size() > kMostKept)
        headers_.clear();
    Page& asked = pages_[key];
    asked = {false, media ? std::optional(*media) : std::nullopt, std::chrono::steady_clock::now()};
    if (media)
        headers_[serverOf(media->url)] = media->headers;
    changed_.notify_all();
    return media;
}

Result<PageMedia> MediaFetcher::ask(const Fetch& fetch)
{
    static const RequestContext kPlain;
    const RequestContext& context = fetch.request.context ? *fetch.request.context : kPlain;
    ProxyConfig proxy = context.proxy;
    QString bindTo = context.bindTo;
    {
        const std::lock_guard lock(mutex_);
        if (proxy.url.isEmpty())
            proxy = proxy_;
        if (bindTo.isEmpty())
            bindTo = proxy_.bindTo;
    }
    if (!bindTo.isEmpty())
        return failure(Code::AddressUnusable, QStringLiteral("yt-dlp can't be bound to %1").arg(bindTo));
    return findMedia(pageOf(fetch.request.url), proxy, context.tls.insecure, fetch.stop.get_token());
}

void MediaFetcher::forward(const std::shared_ptr<Fetch>& fetch, const PageMedia& media)
{
    FetchRequest request = fetch->request;
    request.url = media.url;
    request.context = withHeaders(request.context, media.headers);
    fetch->fileName = media.fileName;
    fetch->fetcher = services_.fetcherFor(media.url);
    if (!fetch->fetcher)
        return end(fetch, {.id = fetch->id, .head = failure(Code::NoFetcher, media.url.toDisplayString(QUrl::RemoveQuery))});
    // Under the lock, so that no cancel() falls between the two.
    const std::lock_guard lock(mutex_);
    if (fetch->stop.stop_requested()) {
        std::thread([this, fetch] { end(fetch, {.id = fetch->id, .head = failure(Code::Cancelled)}); }).detach();
        return;
    }
    fetch->inner = fetch->fetcher->start(std::move(request), *fetch, [this, fetch](FetchDone done) {
        // On a thread of its own: a fetch that ends within start() would meet the lock.
        std::thread([this, fetch, done = std::move(done)]() mutable { end(fetch, std::move(done)); }).detach();
    });
}

void MediaFetcher::end(const std::shared_ptr<Fetch>& fetch, FetchDone done)
{
    {
        const std::lock_guard lock(mutex_);
        running_.erase(fetch->id);
        if (!done.head && hasRunOut(done.head.error().code))
            pages_.erase(fetch->request.url.toString(QUrl::FullyEncoded));
    }
    done.id = fetch->id;
    if (done.head)
        *done.head = fetch->renamed(std::move(*done.head));
    fetch->done(std::move(done));
}
