#pragma once
// http and https. All bytes go through the host's curl engine; the task is the segmented one. Main thread, but for support().

#include <weir/adapter.h>
#include <weir/fetch.h>

namespace weir {

class HttpAdapter final : public ProtocolAdapter {
public:
    explicit HttpAdapter(Services& services);

    int support(const QUrl& url) const override;
    std::unique_ptr<DownloadTask> createTask(const QUrl& url) override;
    void configureProxy(const ProxyConfig& proxy) override;
    RangeFetcher* fetcher() override { return fetcher_.get(); }

private:
    Services& services_;
    std::unique_ptr<RangeFetcher> fetcher_;
};

} // namespace weir
