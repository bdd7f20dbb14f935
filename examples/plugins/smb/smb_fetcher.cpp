#include "smb_fetcher.h"

#include "smb_file.h"

#include <thread>
#include <vector>

using namespace weir;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t kAtOnce = 256 << 10;
constexpr auto kFlushEvery = 1s;

using Steady = std::chrono::steady_clock;

} // namespace

/// One fetch. Whoever holds `mutex` may use the sink; the first to end it calls `done`, and nobody uses the sink afterwards.
struct SmbFetcher::Fetch {
    quint64 id = 0;
    FetchRequest request;
    FetchSink* sink = nullptr;
    std::function<void(FetchDone)> done;
    std::mutex mutex;
    std::condition_variable_any changed;
    std::stop_source stop;
    bool began = false, ended = false;
    qint64 bytes = 0;
    Steady::time_point started = Steady::now();
    std::chrono::microseconds firstByte{0};

    void end(Result<FetchHead> head)
    {
        const std::lock_guard lock(mutex);
        if (std::exchange(ended, true))
            return;
        if (began)
            if (auto flushed = sink->end(); !flushed && head)
                head = tl::unexpected(flushed.error());
        done({.id = id, .head = std::move(head), .bytes = bytes, .firstByte = firstByte, .newConnection = true});
    }
    /// False: it has been cancelled.
    template <class Use> Result<void> withSink(Use use)
    {
        const std::lock_guard lock(mutex);
        return ended ? failure(Code::Cancelled) : use(*sink);
    }
    /// Until the limit allows the next bytes.
    void waitForRate()
    {
        std::unique_lock lock(mutex);
        while (!ended && request.rate && !stop.stop_requested()) {
            const auto wait = request.rate->wait(Steady::now());
            if (wait.count() <= 0)
                return;
            changed.wait_for(lock, stop.get_token(), wait, [] { return false; });
        }
    }
};

quint64 SmbFetcher::start(FetchRequest request, FetchSink& sink, std::function<void(FetchDone)> done)
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

void SmbFetcher::cancel(quint64 id)
{
    std::shared_ptr<Fetch> fetch;
    {
        const std::lock_guard lock(mutex_);
        if (const auto found = running_.find(id); found != running_.end())
            fetch = found->second;
    }
    if (!fetch)
        return;
    fetch->stop.request_stop();
    // The call that it is in may last; another thread, since the caller may hold what `done` wants.
    std::thread([fetch] { fetch->end(failure(Code::Cancelled)); }).detach();
}

void SmbFetcher::configureProxy(const ProxyConfig& proxy)
{
    const std::lock_guard lock(mutex_);
    proxy_ = proxy;
}

void SmbFetcher::run(const std::shared_ptr<Fetch>& fetch)
{
    auto head = transfer(*fetch);
    {
        const std::lock_guard lock(mutex_);
        running_.erase(fetch->id);
    }
    fetch->end(std::move(head));
}

/// libsmbclient knows no proxy, and connections of its own would tell who asks.
Result<void> SmbFetcher::mayConnect(const FetchRequest& request) const
{
    ProxyConfig proxy;
    {
        const std::lock_guard lock(mutex_);
        proxy = proxy_;
    }
    QString bindTo = proxy.bindTo;
    if (request.context) {
        if (!request.context->proxy.url.isEmpty())
            proxy = request.context->proxy;
        if (!request.context->bindTo.isEmpty())
            bindTo = request.context->bindTo;
    }
    const QString host = request.url.host();
    if (goesThrough(proxy, host))
        return failure(Code::ProxyImpossible, QStringLiteral("smb://") + host);
    if (!bindTo.isEmpty())
        return failure(Code::AddressUnusable, QStringLiteral("smb://%1 can't be reached from %2 only").arg(host, bindTo));
    return {};
}

Result<FetchHead> SmbFetcher::transfer(Fetch& fetch)
{
    const FetchRequest& request = fetch.request;
    if (auto ok = mayConnect(request); !ok)
        return tl::unexpected(ok.error());
    auto file = SmbFile::open(request.url, request.context ? request.context->auth : Credentials());
    if (!file)
        return tl::unexpected(file.error());
    const auto facts = (*file)->facts();
    if (!facts)
        return tl::unexpected(facts.error());

    FetchHead head;
    head.finalUrl = request.url;
    head.totalSize = facts->size;
    head.ranged = request.range.has_value();
    head.offset = request.range ? request.range->begin : 0;
    head.rangesOffered = true;
    head.validator = "date:" + QByteArray::number(facts->modified);
    const QString what = request.url.toDisplayString(QUrl::RemoveUserInfo);
    if (!request.validator.isEmpty() && request.validator != head.validator)
        return failure(Code::ValidatorChanged, what);
    if (request.expectedSize >= 0 && request.expectedSize != head.totalSize)
        return failure(Code::SizeChanged, what);
    if (head.offset > head.totalSize)
        return failure(Code::RangeUnsatisfiable, what);
    const qint64 end = request.range && request.range->end >= 0 ? std::min(request.range->end, head.totalSize) : head.totalSize;
    if (auto ok = (*file)->seek(head.offset); !ok)
        return tl::unexpected(ok.error());
    auto ok = fetch.withSink([&](FetchSink& sink) {
        fetch.began = true;
        return sink.begin(head);
    });

    std::vector<char> buffer(kAtOnce);
    auto flushed = Steady::now();
    for (qint64 at = head.offset; ok && at < end;) {
        fetch.waitForRate();
        const auto got = (*file)->read(std::span(buffer).first(std::size_t(std::min<qint64>(end - at, qint64(kAtOnce)))));
        if (!got)
            return tl::unexpected(got.error());
        if (*got == 0)
            return failure(Code::ConnectionClosed, what + QStringLiteral(" ends early"));
        ok = fetch.withSink([&](FetchSink& sink) -> Result<void> {
            if (fetch.bytes == 0)
                fetch.firstByte = std::chrono::duration_cast<std::chrono::microseconds>(Steady::now() - fetch.started);
            if (request.rate)
                request.rate->charge(qint64(*got), Steady::now());
            if (auto taken = sink.bytes(at, {buffer.data(), *got}); !taken)
                return taken;
            fetch.bytes += qint64(*got);
            if (Steady::now() - flushed < kFlushEvery)
                return {};
            flushed = Steady::now();
            return sink.flush();
        });
        at += qint64(*got);
    }
    return ok ? Result<FetchHead>(std::move(head)) : tl::unexpected(ok.error());
}
