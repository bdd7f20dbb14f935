// smb://host/share/folder/file for weir, by Samba's client library. A file is one segmented task; only its bytes come from
// here.

#include "smb_fetcher.h"

#include <weir/plugin.h>

namespace {

using namespace weir;

class SmbAdapter final : public ProtocolAdapter {
public:
    explicit SmbAdapter(Services&) {}

    int support(const QUrl& url) const override
    {
        // A share at least, and a file in it.
        const bool isFile = url.path().count(u'/') >= 2 && !url.path().endsWith(u'/');
        return url.scheme() == QLatin1String("smb") && !url.host().isEmpty() && isFile ? 100 : 0;
    }
    std::unique_ptr<DownloadTask> createTask(const QUrl&) override { return makeSegmentedTask(); }
    void configureProxy(const ProxyConfig& proxy) override { fetcher_.configureProxy(proxy); }
    RangeFetcher* fetcher() override { return &fetcher_; }

private:
    SmbFetcher fetcher_;
};

} // namespace

WEIR_PLUGIN(SmbAdapter, "smb", "1.0", "smb", "", "")
