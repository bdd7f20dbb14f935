#include "bt/bt_adapter.h"

#include "bt/bt_source.h"
#include "bt/bt_task.h"

namespace weir {

namespace {
constexpr int kSurely = 100;
}

int BtAdapter::support(const QUrl& url) const
{
    const bool torrent = url.isLocalFile() && url.path().endsWith(QLatin1String(".torrent"), Qt::CaseInsensitive);
    return torrent || url.scheme() == QLatin1String("magnet") ? kSurely : 0;
}

int BtAdapter::supportContent(QByteArrayView mime, QByteArrayView first4k) const
{
    const bool named = mime == "application/x-bittorrent" && first4k.startsWith('d');
    return named || opensLikeTorrent(first4k) ? kSurely : 0;
}

std::unique_ptr<DownloadTask> BtAdapter::createTask(const QUrl&) { return std::make_unique<BtTask>(session_); }

} // namespace weir
