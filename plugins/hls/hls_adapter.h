#pragma once
// Streams: HLS playlists and DASH manifests behind any URL that another plugin can fetch. Main thread, but for support().

#include <weir/adapter.h>

namespace weir {

class HlsAdapter final : public ProtocolAdapter {
public:
    explicit HlsAdapter(Services& services);

    int support(const QUrl& url) const override;
    int supportContent(QByteArrayView mime, QByteArrayView first4k) const override;
    std::unique_ptr<DownloadTask> createTask(const QUrl& url) override;
    /// Every byte goes through the adapters of other schemes, which were told themselves.
    void configureProxy(const ProxyConfig&) override {}

private:
    Services& services_;
};

} // namespace weir
