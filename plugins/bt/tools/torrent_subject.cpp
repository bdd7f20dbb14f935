#include "torrent_subject.h"

#include "magnet.h"
#include "metainfo_lists.h"

#include <QCryptographicHash>
#include <QFileInfo>
#include <QRegularExpression>

#include <limits>

namespace weir {

namespace {

qint64 sizeOf(const BencodeValue& info)
{
    const BencodeValue* files = info.find("files");
    if (!files || !files->list())
        return info.integerAt("length", -1);
    qint64 sum = 0;
    for (const BencodeValue& file : *files->list()) {
        const qint64 length = file.integerAt("length", -1);
        if (length < 0 || length > std::numeric_limits<qint64>::max() - sum)
            return -1;
        sum += length;
    }
    return sum;
}

} // namespace

bool isMagnet(const QString& text) { return text.startsWith(QLatin1String("magnet:"), Qt::CaseInsensitive); }

Result<TorrentSubject> torrentSubject(QByteArrayView torrentFile)
{
    const auto root = readBencode(torrentFile);
    if (!root)
        return failure(root.error());
    const BencodeValue* info = root->find("info");
    if (!info || !info->dictionary())
        return failure(Code::TorrentBad, QStringLiteral("it has no \"info\""));
    const QByteArrayView raw = torrentFile.sliced(info->begin, info->end - info->begin);
    TorrentSubject subject{.name = QString::fromUtf8(info->textAt("name")), .size = sizeOf(*info)};
    if (info->find("pieces"))
        subject.v1 = QCryptographicHash::hash(raw, QCryptographicHash::Sha1);
    if (info->integerAt("meta version", 1) == 2)
        subject.v2 = QCryptographicHash::hash(raw, QCryptographicHash::Sha256);
    if (subject.v1.isEmpty() && subject.v2.isEmpty())
        return failure(Code::TorrentBad, QStringLiteral("\"info\" has neither \"pieces\" nor \"meta version\" 2"));
    for (const QStringList& tier : trackerTiers(*root))
        subject.trackers += tier;
    subject.trackers.removeDuplicates();
    return subject;
}

Result<TorrentSubject> findSubject(const QString& text, const HttpOptions& options)
{
    static const QRegularExpression bare(QStringLiteral("^([0-9a-fA-F]{40}|[0-9a-fA-F]{64})$"));
    if (bare.match(text).hasMatch() && !QFileInfo::exists(text)) {
        const QByteArray hash = QByteArray::fromHex(text.toLatin1());
        return hash.size() == 20 ? TorrentSubject{.v1 = hash} : TorrentSubject{.v2 = hash};
    }
    if (isMagnet(text)) {
        const auto magnet = parseMagnet(text.toUtf8());
        if (!magnet)
            return failure(magnet.error());
        return TorrentSubject{magnet->v1, magnet->v2, magnet->name, magnet->length, magnet->trackers};
    }
    const auto bytes = bytesOf(text, kMostTorrentBytes, options);
    return bytes ? torrentSubject(*bytes) : failure(bytes.error());
}

} // namespace weir
