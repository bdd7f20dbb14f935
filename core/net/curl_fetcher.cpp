#include <weir/curl_fetcher.h>

#include "net/curl_engine.h"

namespace weir {
inline namespace abi1 {

namespace {

class CurlFetcher final : public RangeFetcher {
public:
    CurlFetcher(CurlEngine& engine, CurlProfile profile) : engine_(engine), profile_(std::move(profile)) {}
    quint64 start(FetchRequest request, FetchSink& sink, std::function<void(FetchDone)> done) override
    {
        return engine_.start(profile_, std::move(request), sink, std::move(done));
    }
    void cancel(quint64 id) override { engine_.cancel(id); }

private:
    CurlEngine& engine_;
    const CurlProfile profile_;
};

class StandaloneFetcher final : public RangeFetcher {
public:
    explicit StandaloneFetcher(CurlProfile profile) : engine_({}), profile_(std::move(profile)) {}
    quint64 start(FetchRequest request, FetchSink& sink, std::function<void(FetchDone)> done) override
    {
        return engine_.start(profile_, std::move(request), sink, std::move(done));
    }
    void cancel(quint64 id) override { engine_.cancel(id); }

private:
    CurlEngine engine_;
    const CurlProfile profile_;
};

} // namespace

std::unique_ptr<RangeFetcher> makeCurlFetcher(CurlEngine& engine, CurlProfile profile)
{
    return std::make_unique<CurlFetcher>(engine, std::move(profile));
}

std::unique_ptr<RangeFetcher> makeCurlFetcher(CurlProfile profile)
{
    return std::make_unique<StandaloneFetcher>(std::move(profile));
}

void setCurlProxy(CurlEngine& engine, const ProxyConfig& proxy) { engine.configureProxy(proxy); }

} // namespace abi1
} // namespace weir
