#include "ftp/ftp_adapter.h"

#include "ftp/folder_task.h"
#include "ftp/ftp_profile.h"

#include <weir/segmented_task.h>

namespace weir {

FtpAdapter::FtpAdapter(Services& services)
    : services_(services),
      fetcher_(makeCurlFetcher(services.curl(),
          ftpProfile(services.settings().value(QLatin1String("active")).toBool() ? FtpMode::Active : FtpMode::Passive)))
{}

// What libcurl was built without is still ours: the fetch then says what is missing, which "no plugin" would not.
int FtpAdapter::support(const QUrl& url) const
{
    const bool ours = ftpProfile(FtpMode::Passive).schemes.contains(url.scheme());
    return ours && !url.host().isEmpty() ? 50 : 0;
}

std::unique_ptr<DownloadTask> FtpAdapter::createTask(const QUrl& url)
{
    if (isFolder(url))
        return std::make_unique<FolderTask>();
    return makeSegmentedTask();
}

void FtpAdapter::configureProxy(const ProxyConfig& proxy) { setCurlProxy(services_.curl(), proxy); }

} // namespace weir
