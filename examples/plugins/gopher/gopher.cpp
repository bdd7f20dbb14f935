// gopher:// for weir. libcurl speaks the protocol, so all that is left to say is what a reply means. The segmented task does
// the rest: names, retries, limits, checksums.

#include <weir/plugin.h>

namespace {

using namespace weir;

/// There are no options to set, and no header lines to send.
Headers prepare(void*, const FetchRequest&) { return {}; }

/// A gopher server says nothing of a file but its bytes: no size, no date, no place to begin at.
Result<FetchHead> judge(int, const Headers&, const QUrl& finalUrl, const FetchRequest& request)
{
    if (request.range)
        return failure(Code::RangeUnsatisfiable, finalUrl.toDisplayString());
    FetchHead head;
    head.finalUrl = finalUrl;
    return head;
}

class GopherAdapter final : public ProtocolAdapter {
public:
    explicit GopherAdapter(Services& services)
        : services_(services),
          fetcher_(makeCurlFetcher(services.curl(), {{QStringLiteral("gopher")}, &prepare, &judge}))
    {}

    int support(const QUrl& url) const override { return url.scheme() == QLatin1String("gopher") ? 100 : 0; }
    std::unique_ptr<DownloadTask> createTask(const QUrl&) override { return makeSegmentedTask(); }
    void configureProxy(const ProxyConfig& proxy) override { setCurlProxy(services_.curl(), proxy); }
    RangeFetcher* fetcher() override { return fetcher_.get(); }

private:
    Services& services_;
    const std::unique_ptr<RangeFetcher> fetcher_;
};

} // namespace

WEIR_PLUGIN(GopherAdapter, "gopher", "1.0", "gopher", "", "")
