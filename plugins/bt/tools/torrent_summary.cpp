#include "torrent_summary.h"

#include "metainfo_lists.h"

#include <libtorrent/torrent_info.hpp>

#include <QDateTime>
#include <QJsonArray>

namespace weir {

namespace {

template <class Hash> QByteArray bytesOf(const Hash& hash) { return QByteArray(hash.data(), qsizetype(hash.size())); }

TorrentSummary summaryOf(const lt::torrent_info& info, const BencodeValue& root)
{
    TorrentSummary out;
    out.v1 = info.info_hashes().has_v1() ? bytesOf(info.info_hashes().v1) : QByteArray();
    out.v2 = info.info_hashes().has_v2() ? bytesOf(info.info_hashes().v2) : QByteArray();
    out.name = QString::fromStdString(info.name());
    out.comment = QString::fromStdString(info.comment());
    out.creator = QString::fromStdString(info.creator());
    out.date = qint64(info.creation_date());
    out.pieceSize = info.piece_length();
    out.pieces = info.num_pieces();
    out.isPrivate = info.priv();
    out.metadataSize = qint64(info.info_section().size());
    // libtorrent shuffles the trackers of a tier.
    out.tiers = trackerTiers(root);
    out.webSeeds = webSeeds(root);
    const lt::file_storage& files = info.files();
    for (const lt::file_index_t index : files.file_range()) {
        if (files.pad_file_at(index))
            continue;
        out.files.append({QString::fromStdString(files.file_path(index)), files.file_size(index)});
        out.size += files.file_size(index);
    }
    if (const BencodeValue* dictionary = root.find("info"))
        out.source = QString::fromUtf8(dictionary->textAt("source"));
    return out;
}

QJsonArray strings(const QStringList& list) { return QJsonArray::fromStringList(list); }

QJsonValue hexOrNull(const QByteArray& hash)
{
    return hash.isEmpty() ? QJsonValue() : QJsonValue(QString::fromLatin1(hash.toHex()));
}

} // namespace

Magnet TorrentSummary::magnet() const
{
    Magnet out{.v1 = v1, .v2 = v2, .name = name, .length = size, .webSeeds = webSeeds};
    for (const QStringList& tier : tiers)
        for (const QString& url : tier)
            if (!out.trackers.contains(url))
                out.trackers += url;
    return out;
}

Result<TorrentSummary> summarize(QByteArrayView torrentFile)
{
    // Our own reader first: it tells the byte at which a file is broken.
    const auto root = readBencode(torrentFile);
    if (!root)
        return failure(root.error());
    lt::load_torrent_limits limits;
    limits.max_buffer_size = 64 << 20;
    try {
        const lt::torrent_info info({torrentFile.data(), std::ptrdiff_t(torrentFile.size())}, limits, lt::from_span);
        return summaryOf(info, *root);
    } catch (const std::exception& fault) {
        return failure(Code::TorrentBad, QString::fromUtf8(fault.what()));
    }
}

QJsonObject toJson(const TorrentSummary& torrent)
{
    QJsonArray tiers, files;
    for (const QStringList& tier : torrent.tiers)
        tiers += strings(tier);
    for (const auto& file : torrent.files)
        files += QJsonObject{{QStringLiteral("path"), file.path}, {QStringLiteral("size"), file.size}};
    return {{QStringLiteral("name"), torrent.name}, {QStringLiteral("format"), QLatin1String(torrent.format())},
        {QStringLiteral("hash"), hexOrNull(torrent.v1.isEmpty() ? torrent.v2 : torrent.v1)},
        {QStringLiteral("hashV1"), hexOrNull(torrent.v1)}, {QStringLiteral("hashV2"), hexOrNull(torrent.v2)},
        {QStringLiteral("size"), torrent.size}, {QStringLiteral("pieceSize"), torrent.pieceSize},
        {QStringLiteral("pieces"), torrent.pieces}, {QStringLiteral("metadataSize"), torrent.metadataSize},
        {QStringLiteral("private"), torrent.isPrivate}, {QStringLiteral("comment"), torrent.comment},
        {QStringLiteral("creator"), torrent.creator}, {QStringLiteral("source"), torrent.source},
        {QStringLiteral("created"),
            torrent.date > 0 ? QJsonValue(QDateTime::fromSecsSinceEpoch(torrent.date, Qt::UTC).toString(Qt::ISODate))
                             : QJsonValue()},
        {QStringLiteral("trackers"), tiers}, {QStringLiteral("webSeeds"), strings(torrent.webSeeds)},
        {QStringLiteral("files"), files}, {QStringLiteral("magnet"), QString::fromLatin1(magnetLink(torrent.magnet()))}};
}

QJsonObject toJson(const Magnet& magnet)
{
    QJsonArray others;
    for (const auto& [key, value] : magnet.others)
        others +=
            QJsonObject{{QStringLiteral("key"), QString::fromUtf8(key)}, {QStringLiteral("value"), QString::fromUtf8(value)}};
    return {{QStringLiteral("name"), magnet.name},
        {QStringLiteral("hash"), hexOrNull(magnet.v1.isEmpty() ? magnet.v2 : magnet.v1)},
        {QStringLiteral("hashV1"), hexOrNull(magnet.v1)}, {QStringLiteral("hashV2"), hexOrNull(magnet.v2)},
        {QStringLiteral("size"), magnet.length < 0 ? QJsonValue() : QJsonValue(magnet.length)},
        {QStringLiteral("trackers"), strings(magnet.trackers)}, {QStringLiteral("webSeeds"), strings(magnet.webSeeds)},
        {QStringLiteral("peers"), strings(magnet.peers)}, {QStringLiteral("files"), magnet.selection},
        {QStringLiteral("others"), others}, {QStringLiteral("magnet"), QString::fromLatin1(magnetLink(magnet))}};
}

} // namespace weir
