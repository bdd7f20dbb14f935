#include "http/http_adapter.h"

#include "http/http_profile.h"

#include <weir/segmented_task.h>

namespace weir {

HttpAdapter::HttpAdapter(Services& services) : services_(services), fetcher_(makeCurlFetcher(services.curl(), httpProfile())) {}

int HttpAdapter::support(const QUrl& url) const
{
    const bool ours = url.scheme() == QLatin1String("http") || url.scheme() == QLatin1String("https");
    return ours && !url.host().isEmpty() ? 50 : 0;
}

std::unique_ptr<DownloadTask> HttpAdapter::createTask(const QUrl&) { return makeSegmentedTask(); }

void HttpAdapter::configureProxy(const ProxyConfig& proxy) { setCurlProxy(services_.curl(), proxy); }

} // namespace weir
