#include "task_sections.h"

#include "table.h"
#include "text.h"

#include <QJsonArray>

#include <algorithm>

namespace weir {

namespace {

QString text(const QJsonValue& row, const char* key) { return printable(row[QLatin1String(key)].toString()); }
qint64 number(const QJsonValue& row, const char* key) { return qint64(row[QLatin1String(key)].toDouble()); }
/// Empty: nobody said.
QString count(const QJsonValue& row, const char* key)
{
    return row[QLatin1String(key)].isDouble() ? QString::number(number(row, key)) : QString();
}

QString percent(double share) { return QStringLiteral("%1%").arg(share >= 1 ? 100 : std::clamp(int(share * 100), 0, 99)); }

/// Those that are known and not connected, and why.
QStringList otherPeerLines(const QJsonObject& task)
{
    const QJsonValue swarm = task.value(QLatin1String("peersKnown"));
    const QJsonArray others = swarm[QLatin1String("others")].toArray();
    if (others.isEmpty())
        return {};
    QStringList lines{QString(),
        QStringLiteral("%1, %2 connected; the others:")
            .arg(countText(number(swarm, "known"), QStringLiteral("known peer")))
            .arg(number(swarm, "connected"))};
    for (const QJsonValue& other : others)
        lines += QStringLiteral("%1  %2").arg(number(other, "peers"), 6).arg(text(other, "reason"));
    return lines;
}

QStringList section(const Table& table, const Output& style)
{
    if (table.empty())
        return {};
    return QStringList{QString()} + table.lines(style.width(), style.unicode);
}

} // namespace

QStringList fileLines(const QJsonObject& task, const Output& style)
{
    Table table({{QStringLiteral("FILE"), false, Column::Give::Middle}, {QStringLiteral("SIZE"), true},
        {QStringLiteral("DONE"), true}});
    const QJsonArray files = task.value(QLatin1String("files")).toArray();
    for (const QJsonValue& file : files) {
        const QJsonValue size = file[QLatin1String("size")];
        table.add({text(file, "path"), size.isDouble() && size.toDouble() >= 0 ? sizeText(number(file, "size")) : QString(),
            sizeText(number(file, "done"))});
    }
    return section(table, style);
}

QStringList sourceLines(const QJsonObject& task, const Output& style)
{
    Table table({{QStringLiteral("SOURCE"), false, Column::Give::Middle}, {QStringLiteral("SCORE"), true},
        {QStringLiteral("RATE"), true}, {QStringLiteral("ERRORS"), true}});
    const QJsonArray sources = task.value(QLatin1String("sources")).toArray();
    for (const QJsonValue& source : sources)
        table.add({text(source, "url"), QString::number(source[QLatin1String("score")].toDouble(), 'f', 2),
            rateText(number(source, "rate")), QString::number(number(source, "errors"))});
    return section(table, style);
}

QStringList trackerLines(const QJsonObject& task, const Output& style)
{
    Table table({{QStringLiteral("TRACKER"), false, Column::Give::Middle}, {QStringLiteral("STATE")},
        {QStringLiteral("PEERS"), true}, {QStringLiteral("SEEDS"), true}, {QStringLiteral("LEECHERS"), true},
        {QStringLiteral("NEXT"), true}, {QStringLiteral("MESSAGE"), false, Column::Give::End}});
    const QJsonArray trackers = task.value(QLatin1String("trackers")).toArray();
    for (const QJsonValue& tracker : trackers)
        table.add({text(tracker, "url"), text(tracker, "state"), QString::number(number(tracker, "peers")),
            count(tracker, "seeds"), count(tracker, "leechers"),
            tracker[QLatin1String("nextAnnounce")].isDouble() ? clockText(number(tracker, "nextAnnounce")) : QString(),
            text(tracker, "message")});
    return section(table, style);
}

QStringList peerLines(const QJsonObject& task, const Output& style)
{
    Table table({{QStringLiteral("PEER")}, {QStringLiteral("CLIENT"), false, Column::Give::End}, {QStringLiteral("HAS"), true},
        {QStringLiteral("DOWN"), true}, {QStringLiteral("UP"), true}, {QStringLiteral("BY")}, {QStringLiteral("FROM")}});
    const QJsonArray peers = task.value(QLatin1String("peers")).toArray();
    for (const QJsonValue& peer : peers) {
        const QString address = text(peer, "address");
        const QString host = address.contains(u':') ? u'[' + address + u']' : address;
        const bool hidden = peer[QLatin1String("encrypted")].toBool();
        table.add({host + u':' + QString::number(number(peer, "port")), text(peer, "client"),
            percent(peer[QLatin1String("progress")].toDouble()), rateText(number(peer, "rateDown")),
            rateText(number(peer, "rateUp")), text(peer, "transport") + (hidden ? QStringLiteral(", encrypted") : QString()),
            text(peer, "from")});
    }
    return section(table, style) + otherPeerLines(task);
}

QStringList pieceLines(const QJsonObject& task, const Output& style)
{
    const QJsonValue pieces = task.value(QLatin1String("pieces"));
    if (number(pieces, "count") <= 0)
        return {};
    QStringList lines{QString(),
        QStringLiteral("%1 of %2, %3 each")
            .arg(number(pieces, "have"))
            .arg(countText(number(pieces, "count"), QStringLiteral("piece")), sizeText(number(pieces, "size")))};
    const QString map = text(pieces, "map");
    const int width = style.width() > 0 ? style.width() : 64;
    for (qsizetype at = 0; at < map.size(); at += width)
        lines += map.mid(at, width);
    return lines;
}

} // namespace weir
