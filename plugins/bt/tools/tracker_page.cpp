#include "tracker_page.h"

#include "bencode_view.h"
#include "table.h"
#include "text.h"

#include <QJsonArray>

namespace weir {

namespace {

qint64 secondsSince(TimePoint then, TimePoint now)
{
    return std::chrono::duration_cast<std::chrono::seconds>(now - then).count();
}

QString endpoint(const PeerAddress& peer)
{
    const QString address = peer.address.toString();
    return (address.contains(u':') ? u'[' + address + u']' : address) + u':' + QString::number(peer.port);
}

/// Clients name themselves in the first 8 bytes ("-qB4520-"); the rest is noise.
QString client(const QByteArray& id)
{
    const QByteArray name = id.first(std::min<qsizetype>(id.size(), 8));
    return isPlainText(name) ? printable(QString::fromUtf8(name)) : QString::fromLatin1(name.toHex());
}

} // namespace

QJsonObject swarmJson(const SwarmTable& table, const std::map<QByteArray, qint64>& counters, TimePoint now)
{
    QJsonArray torrents;
    for (const auto& [hash, swarm] : table.swarms()) {
        QJsonArray peers;
        for (const auto& [key, peer] : swarm.peers)
            peers += QJsonObject{{QStringLiteral("address"), peer.at.address.toString()},
                {QStringLiteral("port"), peer.at.port}, {QStringLiteral("id"), QString::fromLatin1(peer.at.id.toHex())},
                {QStringLiteral("client"), client(peer.at.id)}, {QStringLiteral("left"), peer.left},
                {QStringLiteral("uploaded"), peer.uploaded}, {QStringLiteral("downloaded"), peer.downloaded},
                {QStringLiteral("event"), QLatin1String(toString(peer.event))},
                {QStringLiteral("age"), secondsSince(peer.seen, now)},
                {QStringLiteral("known"), secondsSince(peer.first, now)}};
        const SwarmCounts counts = swarm.counts();
        torrents += QJsonObject{{QStringLiteral("hash"), QString::fromLatin1(hash.toHex())},
            {QStringLiteral("seeds"), counts.seeds}, {QStringLiteral("leechers"), counts.leechers},
            {QStringLiteral("completed"), counts.completed}, {QStringLiteral("peers"), peers}};
    }
    QJsonObject numbers;
    for (const auto& [name, count] : counters)
        numbers.insert(QString::fromUtf8(name), count);
    return {{QStringLiteral("torrents"), torrents}, {QStringLiteral("interval"), qint64(table.limits().interval.count())},
        {QStringLiteral("counters"), numbers}};
}

QString swarmLines(const SwarmTable& table, const std::map<QByteArray, qint64>& counters, TimePoint now)
{
    QString out = countText(qint64(table.swarms().size()), QStringLiteral("torrent")) + u'\n';
    for (const auto& [hash, swarm] : table.swarms()) {
        const SwarmCounts counts = swarm.counts();
        out += QStringLiteral("\n%1  %2, %3, completed %4\n")
                   .arg(QString::fromLatin1(hash.toHex()), countText(counts.seeds, QStringLiteral("seed")),
                       countText(counts.leechers, QStringLiteral("leecher")))
                   .arg(counts.completed);
        Table peers({{QStringLiteral("PEER")}, {QStringLiteral("LEFT"), true}, {QStringLiteral("UP"), true},
            {QStringLiteral("DOWN"), true}, {QStringLiteral("EVENT")}, {QStringLiteral("AGE"), true},
            {QStringLiteral("CLIENT")}});
        for (const auto& [key, peer] : swarm.peers)
            peers.add({endpoint(peer.at), sizeText(peer.left), sizeText(peer.uploaded), sizeText(peer.downloaded),
                QLatin1String(toString(peer.event)), clockText(secondsSince(peer.seen, now)), client(peer.at.id)});
        if (!peers.empty())
            out += peers.lines().join(u'\n') + u'\n';
    }
    out += u'\n';
    for (const auto& [name, count] : counters)
        out += QStringLiteral("%1  %2\n").arg(count, 8).arg(printable(QString::fromUtf8(name)));
    return out;
}

} // namespace weir
