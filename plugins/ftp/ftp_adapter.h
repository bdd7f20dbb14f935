#pragma once
// ftp, ftps (TLS from the first byte), ftpes (TLS by AUTH) and sftp. All bytes go through the host's curl engine. A file is
// fetched by the segmented task, a folder (a path that ends with /) by FolderTask. Main thread, but for support().

#include <weir/adapter.h>
#include <weir/fetch.h>

namespace weir {

class FtpAdapter final : public ProtocolAdapter {
public:
    explicit FtpAdapter(Services& services);

    int support(const QUrl& url) const override;
    std::unique_ptr<DownloadTask> createTask(const QUrl& url) override;
    void configureProxy(const ProxyConfig& proxy) override;
    RangeFetcher* fetcher() override { return fetcher_.get(); }

private:
    Services& services_;
    std::unique_ptr<RangeFetcher> fetcher_;
};

} // namespace weir
