#include "torrent_subject.h"

#include "bencode.h"
#include "magnet.h"

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

void addTracker(QStringList& trackers, const BencodeValue* value)
{
    if (!value || !value->text())
        return;
    if (const QString url = QString::fromUtf8(*value->text()).trimmed(); !url.isEmpty() && !trackers.contains(url))
        trackers += url;
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
        return failure(Code::MetainfoBad, QStringLiteral("it has no \"info\""));
    const QByteArrayView raw = torrentFile.sliced(info->begin, info->end - info->begin);
    TorrentSubject subject{.name = QString::fromUtf8(info->textAt("name")), .size = sizeOf(*info)};
    if (info->find("pieces"))
        subject.v1 = QCryptographicHash::hash(raw, QCryptographicHash::Sha1);
    if (info->integerAt("meta version", 1) == 2)
        subject.v2 = QCryptographicHash::hash(raw, QCryptographicHash::Sha256);
    if (subject.v1.isEmpty() && subject.v2.isEmpty())
        return failure(Code::MetainfoBad, QStringLiteral("\"info\" has neither \"pieces\" nor \"meta version\" 2"));
    addTracker(subject.trackers, root->find("announce"));
    if (const BencodeValue* tiers = root->find("announce-list"); tiers && tiers->list()) {
        for (const BencodeValue& tier : *tiers->list()) {
            for (const BencodeValue& one : tier.list() ? *tier.list() : std::vector<BencodeValue>())
                addTracker(subject.trackers, &one);
        }
    }
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
