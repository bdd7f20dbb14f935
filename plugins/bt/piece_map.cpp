#include "bt/piece_map.h"

#include "bt/bt_place.h"

namespace weir {

namespace {

QUrl urlOfFile(const lt::torrent_info& info, lt::file_index_t file, const QUrl& source)
{
    const bool folder = source.path().endsWith(u'/');
    if (isSingleFile(info) && !folder)
        return source;
    QByteArray path;
    for (const QByteArray& part : QByteArray::fromStdString(info.orig_files().file_path(file)).split('/'))
        path += (path.isEmpty() ? "" : "/") + part.toPercentEncoding();
    QUrl url = source;
    const QString base = source.path(QUrl::FullyEncoded);
    url.setPath(base + (folder ? QString() : QStringLiteral("/")) + QString::fromLatin1(path), QUrl::TolerantMode);
    return url;
}

} // namespace

std::vector<PiecePart> partsOf(const lt::torrent_info& info, lt::piece_index_t piece, const QUrl& source)
{
    std::vector<PiecePart> parts;
    qint64 at = 0;
    for (const lt::file_slice& slice : info.orig_files().map_block(piece, 0, info.piece_size(piece))) {
        if (slice.size > 0 && !info.orig_files().pad_file_at(slice.file_index))
            parts.push_back({urlOfFile(info, slice.file_index, source), {slice.offset, slice.offset + slice.size}, at});
        at += slice.size;
    }
    return parts;
}

} // namespace weir
