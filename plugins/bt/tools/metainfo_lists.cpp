#include "metainfo_lists.h"

namespace weir {

namespace {

QStringList texts(const BencodeValue& list)
{
    QStringList out;
    if (const auto* items = list.list()) {
        for (const BencodeValue& one : *items)
            if (one.text() && !one.text()->isEmpty())
                out += QString::fromUtf8(*one.text());
    }
    return out;
}

} // namespace

QList<QStringList> trackerTiers(const BencodeValue& torrent)
{
    QList<QStringList> tiers;
    if (const BencodeValue* list = torrent.find("announce-list"); list && list->list()) {
        for (const BencodeValue& tier : *list->list())
            tiers += texts(tier);
        tiers.removeAll(QStringList());
    }
    if (tiers.isEmpty() && !torrent.textAt("announce").isEmpty())
        tiers += QStringList{QString::fromUtf8(torrent.textAt("announce"))};
    return tiers;
}

QStringList webSeeds(const BencodeValue& torrent)
{
    const BencodeValue* value = torrent.find("url-list");
    if (!value)
        return {};
    if (const auto* one = value->text())
        return one->isEmpty() ? QStringList() : QStringList{QString::fromUtf8(*one)};
    return texts(*value);
}

} // namespace weir
