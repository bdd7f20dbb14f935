#pragma once
// Metalinks: files on disk, and what another plugin fetched and found to be one. Main thread, but for support().

#include <weir/adapter.h>

namespace weir {

class MetalinkAdapter final : public ProtocolAdapter {
public:
    explicit MetalinkAdapter(Services&) {}

    int support(const QUrl& url) const override;
    int supportContent(QByteArrayView mime, QByteArrayView first4k) const override;
    QList<DescribedFile> describes(QByteArrayView content, const QUrl& base) const override;
    std::unique_ptr<DownloadTask> createTask(const QUrl& url) override;
    void configureProxy(const ProxyConfig&) override {}
};

} // namespace weir
