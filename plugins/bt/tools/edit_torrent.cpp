#include "edit_torrent.h"

#include "metainfo_lists.h"

#include <algorithm>

namespace weir {

namespace {

using Tiers = QList<QStringList>;

bool contains(const Tiers& tiers, const QString& url)
{
    for (const QStringList& tier : tiers)
        if (tier.contains(url))
            return true;
    return false;
}

tl::unexpected<Error> absent(const char* what, const QString& url)
{
    return failure(Code::BadOption, QStringLiteral("the torrent has no %1 %2").arg(QLatin1String(what), url));
}

Result<Tiers> edited(Tiers tiers, const TorrentEdit& edit)
{
    for (const QString& url : edit.removeTrackers) {
        if (!contains(tiers, url))
            return absent("tracker", url);
        for (QStringList& tier : tiers)
            tier.removeAll(url);
    }
    for (const auto& [before, after] : edit.replaceTrackers) {
        if (!contains(tiers, before))
            return absent("tracker", before);
        for (QStringList& tier : tiers)
            std::replace(tier.begin(), tier.end(), before, after);
    }
    for (const QString& url : edit.addTrackers)
        if (!contains(tiers, url))
            tiers += QStringList{url};
    tiers.removeAll(QStringList());
    return tiers;
}

QByteArray encodedTexts(const QStringList& list)
{
    QList<QByteArray> out;
    for (const QString& one : list)
        out += bencoded(QByteArrayView(one.toUtf8()));
    return bencodedList(out);
}

using Entries = std::map<QByteArray, QByteArray>;

void setTrackers(Entries& entries, const Tiers& tiers)
{
    entries.erase("announce");
    entries.erase("announce-list");
    if (tiers.isEmpty())
        return;
    entries["announce"] = bencoded(QByteArrayView(tiers.first().first().toUtf8()));
    if (tiers.size() == 1 && tiers.first().size() == 1)
        return;
    QList<QByteArray> list;
    for (const QStringList& tier : tiers)
        list += encodedTexts(tier);
    entries["announce-list"] = bencodedList(list);
}

Result<void> setWebSeeds(Entries& entries, QStringList seeds, const TorrentEdit& edit)
{
    for (const QString& url : edit.removeWebSeeds)
        if (!seeds.removeAll(url))
            return absent("web seed", url);
    for (const QString& url : edit.addWebSeeds)
        if (!seeds.contains(url))
            seeds += url;
    entries.erase("url-list");
    if (!seeds.isEmpty())
        entries["url-list"] = encodedTexts(seeds);
    return {};
}

} // namespace

Result<QByteArray> editTorrent(QByteArrayView torrentFile, const TorrentEdit& edit)
{
    const auto root = readBencode(torrentFile);
    if (!root)
        return failure(root.error());
    if (const BencodeValue* info = root->find("info"); !info || !info->dictionary())
        return failure(Code::TorrentBad, QStringLiteral("it has no \"info\""));
    Entries entries;
    // Of a key that is there twice the first counts, as everywhere.
    for (const BencodeEntry& entry : *root->dictionary())
        entries.emplace(
            entry.key.toByteArray(), torrentFile.sliced(entry.value.begin, entry.value.end - entry.value.begin).toByteArray());
    if (!edit.addTrackers.isEmpty() || !edit.removeTrackers.isEmpty() || !edit.replaceTrackers.isEmpty()) {
        const auto tiers = edited(trackerTiers(*root), edit);
        if (!tiers)
            return failure(tiers.error());
        setTrackers(entries, *tiers);
    }
    if (!edit.addWebSeeds.isEmpty() || !edit.removeWebSeeds.isEmpty()) {
        if (const auto set = setWebSeeds(entries, webSeeds(*root), edit); !set)
            return failure(set.error());
    }
    if (edit.comment) {
        entries.erase("comment");
        if (!edit.comment->isEmpty())
            entries["comment"] = bencoded(QByteArrayView(edit.comment->toUtf8()));
    }
    return bencodedDictionary(entries);
}

} // namespace weir
