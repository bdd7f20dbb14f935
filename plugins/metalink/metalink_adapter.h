#pragma once
// Metalinks: files on disk, and what another plugin fetched and found to be one. Main thread, but for support().

#include "metalink/machine_memory.h"

#include <weir/adapter.h>
#include <weir/context.h>

namespace weir {

class MetalinkAdapter final : public ProtocolAdapter {
public:
    explicit MetalinkAdapter(Services& services) : services_(services), memory_(services) {}

    int support(const QUrl& url) const override;
    int supportContent(QByteArrayView mime, QByteArrayView first4k) const override;
    QList<DescribedFile> describes(QByteArrayView content, const QUrl& base) const override;
    std::unique_ptr<DownloadTask> createTask(const QUrl& url) override;
    void configureProxy(const ProxyConfig&) override {}

private:
    Services& services_;
    MachineMemory memory_;
};

} // namespace weir
