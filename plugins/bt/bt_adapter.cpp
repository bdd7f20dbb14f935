#include "bt/bt_adapter.h"

#include "bt/bt_place.h"
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

QList<DescribedFile> BtAdapter::describes(QByteArrayView content, const QUrl&) const
{
    const auto torrent = parseTorrent(content);
    if (!torrent || !isSingleFile(*torrent->ti))
        return {};
    const lt::torrent_info& info = *torrent->ti;
    DescribedFile file{.name = QString::fromStdString(info.name()), .size = info.files().file_size(lt::file_index_t(0))};
    if (info.v1()) {
        file.pieces = {.algorithm = "sha-1", .length = info.piece_length(), .digests = {}};
        for (const lt::piece_index_t piece : info.piece_range())
            file.pieces.digests.append(QByteArray(info.hash_for_piece(piece).data(), lt::sha1_hash::size()));
    }
    return {std::move(file)};
}

std::unique_ptr<DownloadTask> BtAdapter::createTask(const QUrl&) { return std::make_unique<BtTask>(session_); }

} // namespace weir
