#include "net/curl_engine.h"

#include "net/curl_shard.h"

#include <map>
#include <system_error>

namespace weir {

namespace {

constexpr int kShardBits = 16; ///< of an id: which shard runs it

const std::shared_ptr<const RequestContext>& plainContext()
{
    static const auto context = std::make_shared<const RequestContext>();
    return context;
}

} // namespace

struct CurlEngine::Private {
    explicit Private(Config config) : config(std::make_shared<const Config>(std::move(config))) {}
    /// Which thread writes: its device, and whether its servers may hold it up.
    using Lane = std::pair<quint64, bool>;
    Result<std::size_t> shardFor(Lane lane);

    CurlShare share;
    mutable std::mutex mutex; ///< guards the rest
    std::shared_ptr<const Config> config;
    std::map<Lane, std::size_t> byLane;
    std::vector<std::unique_ptr<CurlShard>> shards; ///< none is removed before the end
    quint64 lastId = 0;
};

Result<std::size_t> CurlEngine::Private::shardFor(Lane lane)
{
    if (const auto found = byLane.find(lane); found != byLane.end())
        return found->second;
    auto poller = Poller::create();
    if (!poller)
        return tl::unexpected(poller.error());
    try {
        shards.push_back(std::make_unique<CurlShard>(share, config->maxIdleConnections, std::move(*poller)));
    } catch (const std::system_error& error) {
        return failure(Code::OutOfMemory, QStringLiteral("start a network thread: %1").arg(QLatin1String(error.what())),
            error.code().value());
    }
    byLane.emplace(lane, shards.size() - 1);
    return shards.size() - 1;
}

CurlEngine::CurlEngine(Config config) : d_(std::make_unique<Private>(std::move(config))) {}

CurlEngine::~CurlEngine()
{
    // A completion may still call start() or cancel(): those look at the list, so it stays as it is while the shards end.
    for (const auto& shard : d_->shards)
        shard->stop();
}

void CurlEngine::configure(Config config)
{
    const std::lock_guard lock(d_->mutex);
    d_->config = std::make_shared<const Config>(std::move(config));
    for (const auto& shard : d_->shards)
        shard->keepIdle(d_->config->maxIdleConnections);
}

void CurlEngine::configureProxy(const ProxyConfig& proxy)
{
    const std::lock_guard lock(d_->mutex);
    Config changed = *d_->config;
    changed.proxy = proxy;
    d_->config = std::make_shared<const Config>(std::move(changed));
}

quint64 CurlEngine::start(
    const CurlProfile& profile, FetchRequest request, FetchSink& sink, std::function<void(FetchDone)> done)
{
    if (!request.context)
        request.context = plainContext();
    CurlOrder order{0, profile, std::move(request), &sink, std::move(done), {}};
    const quint64 device = sink.device();
    Result<std::size_t> index = 0;
    CurlShard* shard = nullptr;
    {
        const std::lock_guard lock(d_->mutex);
        index = d_->shardFor({device, profile.holdsThread});
        order.config = d_->config;
        if (order.request.stallTimeout.count() == 0)
            order.request.stallTimeout = order.config->stallTimeout;
        if (order.request.connectTimeout.count() == 0)
            order.request.connectTimeout = order.config->connectTimeout;
        order.id = (++d_->lastId << kShardBits) | index.value_or(0);
        shard = index ? d_->shards[*index].get() : nullptr;
    }
    const quint64 id = order.id;
    if (!shard)
        order.done({.id = id, .head = tl::unexpected(index.error())});
    else if (!shard->submit(order))
        order.done({.id = id, .head = failure(Code::Cancelled)});
    return id;
}

void CurlEngine::cancel(quint64 id)
{
    CurlShard* shard = nullptr;
    {
        const std::lock_guard lock(d_->mutex);
        const std::size_t index = id & ((1U << kShardBits) - 1);
        if (index < d_->shards.size())
            shard = d_->shards[index].get();
    }
    if (shard)
        shard->cancel(id);
}

CurlEngine::Statistics CurlEngine::statistics() const
{
    const std::lock_guard lock(d_->mutex);
    Statistics sum{.shards = int(d_->shards.size())};
    for (const auto& shard : d_->shards) {
        sum.transfers += shard->transfers();
        sum.connectionsMade += shard->connectionsMade();
    }
    return sum;
}

} // namespace weir
