#include "config/settings.h"

#include "base/quantity.h"

#include <QJsonArray>
#include <QLocale>

#include <algorithm>
#include <iterator>
#include <string_view>

namespace weir {

namespace {

using enum SettingType;

/// In the order of their keys.
constexpr SettingRow kRows[] = {
    {"bt.blocklist", Text, "", "",
        "File or http(s) address with a list of addresses (P2P, DAT or CIDR) that are no peers; read again when it changes, "
        "from the web once a day."},
    {"bt.checkRate", Rate, "0", "", "Bytes a second that are read to check what lies there already; 0: no limit."},
    {"bt.connections", Integer, "200", "2..10000", "Connections to peers, all torrents together."},
    {"bt.connectionsPerTorrent", Integer, "0", "0..10000",
        "Connections to peers of one torrent; 0: only bt.connections counts."},
    {"bt.dht.bootstrap", List, "dht.libtorrent.org:25401, router.bittorrent.com:6881, dht.transmissionbt.com:6881", "",
        "Nodes (host:port) through which the distributed table of peers is entered."},
    {"bt.dht.enabled", Bool, "true", "", "Find peers through the distributed table (DHT)."},
    {"bt.dht.keep", Bool, "false", "",
        "Keep the distributed table over a restart: entered sooner, but addresses of others stay on disk."},
    {"bt.encryption", Choice, "allow", "allow|require|off", "Obfuscated connections to peers."},
    {"bt.logPeers", Choice, "masked", "off|masked|full",
        "What a torrent's log says of each peer; masked: the first half of its address at most."},
    {"bt.lsd", Bool, "true", "", "Find peers in the local network (LSD)."},
    {"bt.outgoingPorts", PortRange, "", "",
        "Ports of ours from which peers are called over TCP; empty: any. uTP, the DHT and UDP trackers use bt.ports."},
    {"bt.pex", Bool, "true", "", "Let peers name other peers (PEX)."},
    {"bt.portMapping", Bool, "true", "", "Ask the router to let peers in (UPnP, NAT-PMP)."},
    {"bt.ports", PortRange, "6881-6999", "",
        "Ports for peers: the first free one is used, for TCP and UDP, and none but these."},
    {"bt.preallocate", Bool, "false", "", "Reserve the space of a torrent's files when the first byte comes."},
    {"bt.seedIdle", Duration, "0", "", "Sharing ends after so long without a peer that takes anything; 0: no limit."},
    {"bt.seedRatio", Number, "1", "0..1000000",
        "Sharing ends when so many times the size was sent; 0: do not share, empty: no limit."},
    {"bt.seedTime", Duration, "0", "", "Sharing ends after so long; 0: no limit."},
    {"bt.trackerLists", List, "", "",
        "Lists of public trackers that others keep, one tracker a line: addresses (http, https) or paths of files. Used for "
        "torrents that are known not to be private."},
    {"bt.trackers", List, "", "", "Trackers for every torrent that is not private, besides its own."},
    {"bt.up", Rate, "0", "", "Bytes a second that all torrents together may send; 0: only limits.up counts."},
    {"bt.uploadSlots", Integer, "20", "0..10000", "Peers that are given something at the same time; 0: all."},
    {"bt.uploadSlotsPerTorrent", Integer, "0", "0..10000",
        "Peers of one torrent that are given something at the same time; 0: only bt.uploadSlots counts."},
    {"bt.utp", Bool, "true", "", "Connections over UDP that give way to others (uTP)."},
    {"connections.perHost", Integer, "16", "1..256", "Connections to one host at the same time, all tasks together."},
    {"connections.perTask", Integer, "0", "0..256", "Connections of one task; 0: as many as pay."},
    {"connections.total", Integer, "64", "1..1024", "Connections at the same time, all tasks together."},
    {"daemon.idleExit", Duration, "0", "", "The daemon ends after so long without a task or client; 0: never."},
    {"daemon.stopTimeout", Duration, "5s", "0..10m", "How long a stop waits for running tasks before it cuts them off."},
    {"downloads.dir", Text, "", "", "Folder for downloads; empty: the current folder of the command."},
    {"downloads.ifExists", Choice, "rename", "rename|resume|overwrite|skip", "What to do when a file of that name is there."},
    {"downloads.lookBeside", Bool, "false", "",
        "Look beside links for metalinks, torrents and checksums, and use what is proven to fit."},
    {"downloads.umask", Choice, "inherit", "inherit|000|002|007|022|027|077",
        "Permissions that new files don't get, in octal; inherit: as the daemon was started. A plugin's own process keeps what "
        "it "
        "began with."},
    {"ftp.active", Bool, "false", "", "FTP servers open the data connections; false: we do, as firewalls like it."},
    {"history.keepDays", Integer, "0", "0..36500", "Days that ended tasks stay in the history; 0: for ever."},
    {"limits.down", Rate, "0", "", "Bytes a second that all downloads together may take; 0: no limit."},
    {"limits.up", Rate, "0", "", "Bytes a second that all uploads together may take; 0: no limit."},
    {"log.level", Choice, "info", "debug|info|warning|error", "The least important line that goes into the logs."},
    {"metalink.pin", Text, "", "",
        "The only version that is taken of what trusted keys have signed, an older one too; empty: any that is not older."},
    {"metalink.trustedKeys", List, "", "",
        "Public keys of minisign: only metalinks that one of them has signed are taken; empty: all are."},
    {"network.bindTo", Text, "", "", "Interface or source address for all connections; empty: any."},
    {"network.connectTimeout", Duration, "20s", "100ms..1h", "How long a connection may take to be made."},
    {"network.http3", Bool, "true", "",
        "Small requests that share a connection use HTTP/3 where the server offers it and the installed libcurl can. Ranges of "
        "large files have TCP connections of their own."},
    {"network.noProxy", List, "", "", "Hosts, domains (.example.org) and addresses that are asked without the proxy."},
    {"network.proxy", Text, "", "", "Proxy for everything, scheme://[user:password@]host:port; empty: none."},
    {"network.stallTimeout", Duration, "30s", "100ms..1d", "A connection that brings no byte for so long is given up."},
    {"network.userAgent", Text, "", "", "What to call ourselves to servers; empty: weir and its version."},
    {"plugins.inProcess", List, "", "",
        "Plugins of others that run inside the daemon, not in processes of their own; after a restart of the daemon."},
    {"queue.running", Integer, "256", "1..256", "Tasks that run at the same time."},
    {"retry.attempts", Integer, "5", "0..1000", "Failures in a row after which a task stands still."},
    {"retry.base", Duration, "1s", "", "Longest wait before the first retry; it doubles with every failure."},
    {"retry.cap", Duration, "5m", "", "Longest wait before any retry."},
    {"rtsp.transport", Choice, "tcp", "tcp|udp", "How RTSP servers are to send; where they refuse, the other way is tried."},
    {"sources.bandwidth", Number, "0.4", "0..1000",
        "How much bandwidth counts in the score of a source, beside the other two."},
    {"sources.latency", Number, "0.3", "0..1000", "How much a quick answer counts in the score of a source."},
    {"sources.success", Number, "0.3", "0..1000",
        "How much the share of requests that went well counts in the score of a source."},
    {"sync.bytes", Size, "32M", "64K..64G", "New data of a file after which it is made durable."},
    {"sync.interval", Duration, "5s", "10ms..1h", "Time after which new data is made durable."},
    {"tls.caFile", Text, "", "", "PEM file of certificate authorities; empty: the system's."},
    {"transfer.buffers", Size, "64M", "1M..64G", "Memory for all receive buffers together."},
    {"transfer.preallocate", Choice, "auto", "auto|none|full",
        "Whether space is reserved before the first byte; auto: where that is cheap."},
};
static_assert(std::is_sorted(std::begin(kRows), std::end(kRows),
    [](const SettingRow& a, const SettingRow& b) { return std::string_view(a.key) < std::string_view(b.key); }));

/// What plugins keep is theirs: any key below "plugin.NAME.", any value.
constexpr SettingRow kPluginRow{"plugin.NAME.KEY", Text, "", "", "A plugin's own setting."};

QString quoted(const QString& text) { return QLatin1Char('"') + text.left(100) + QLatin1Char('"'); }

tl::unexpected<Error> unfit(const SettingRow& row, const QString& text, const QString& expected)
{
    const QString key = QString::fromLatin1(row.key);
    return failure(Code::BadSetting, QStringLiteral("%1 = %2: expected %3").arg(key, quoted(text), expected));
}

/// Levenshtein's distance, without regard to case.
qsizetype editDistance(QStringView a, QStringView b)
{
    std::vector<qsizetype> row(std::size_t(b.size()) + 1);
    for (std::size_t i = 0; i < row.size(); ++i)
        row[i] = qsizetype(i);
    for (qsizetype i = 0; i < a.size(); ++i) {
        qsizetype diagonal = row[0];
        row[0] = i + 1;
        for (qsizetype j = 0; j < b.size(); ++j) {
            const qsizetype above = row[std::size_t(j) + 1];
            const qsizetype change = diagonal + (a[i].toLower() == b[j].toLower() ? 0 : 1);
            row[std::size_t(j) + 1] = std::min({above + 1, row[std::size_t(j)] + 1, change});
            diagonal = above;
        }
    }
    return row.back();
}

const char* nearestKey(QStringView key)
{
    // Whoever leaves the group out means the last part.
    const auto distance = [&](const SettingRow& row) {
        const QString full = QString::fromLatin1(row.key);
        return editDistance(key, key.contains(u'.') ? full : full.section(u'.', 1));
    };
    return std::min_element(std::begin(kRows), std::end(kRows), [&](const SettingRow& a, const SettingRow& b) {
        return distance(a) < distance(b);
    })->key;
}

Result<QJsonValue> parseBool(const SettingRow& row, const QString& text)
{
    const QString lower = text.trimmed().toLower();
    if (lower == u"true" || lower == u"yes" || lower == u"on" || lower == u"1")
        return QJsonValue(true);
    if (lower == u"false" || lower == u"no" || lower == u"off" || lower == u"0")
        return QJsonValue(false);
    return unfit(row, text, QStringLiteral("true or false"));
}

/// A number by its type's own notation; nullopt: it is none.
std::optional<qint64> numberOf(SettingType type, const QString& text)
{
    if (type == Integer) {
        bool ok = false;
        const qint64 value = text.trimmed().toLongLong(&ok);
        return ok ? std::optional(value) : std::nullopt;
    }
    if (type == Duration) {
        const auto duration = parseDuration(text);
        return duration ? std::optional<qint64>(duration->count()) : std::nullopt;
    }
    const auto bytes = parseBytes(text);
    return bytes ? std::optional(*bytes) : std::nullopt;
}

Result<QJsonValue> parseNumber(const SettingRow& row, const QString& text)
{
    QString expected = row.type == Integer ? QStringLiteral("a whole number")
        : row.type == Duration             ? QStringLiteral("a time with its unit, as 500ms, 5s or 2m")
                                           : QStringLiteral("a number with K, M, G or T, or 0");
    const auto value = numberOf(row.type, text);
    bool fits = value.has_value();
    if (const QStringList bounds = QString::fromLatin1(row.choices).split(QLatin1StringView("..")); bounds.size() == 2) {
        expected += QStringLiteral(" from %1 to %2").arg(bounds[0], bounds[1]);
        fits = fits && *value >= numberOf(row.type, bounds[0]) && *value <= numberOf(row.type, bounds[1]);
    }
    return fits ? Result<QJsonValue>(QJsonValue(*value)) : unfit(row, text, expected);
}

Result<QJsonValue> parseReal(const SettingRow& row, const QString& text)
{
    if (text.trimmed().isEmpty())
        return QJsonValue(QJsonValue::Null);
    bool ok = false;
    const double value = text.trimmed().toDouble(&ok);
    const QStringList bounds = QString::fromLatin1(row.choices).split(QLatin1StringView(".."));
    if (!ok || !(value >= bounds.first().toDouble() && value <= bounds.last().toDouble()))
        return unfit(row, text, QStringLiteral("a number from %1 to %2, or nothing").arg(bounds.first(), bounds.last()));
    return QJsonValue(value);
}

Result<QJsonValue> parseText(const SettingRow& row, const QString& text)
{
    // A line break in a user agent would be another header.
    if (std::any_of(text.begin(), text.end(), [](QChar c) { return c.category() == QChar::Other_Control; }))
        return unfit(row, text, QStringLiteral("text without control characters"));
    return QJsonValue(text);
}

Result<QJsonValue> parseList(const SettingRow& row, const QString& text)
{
    QJsonArray items;
    for (const QString& part : text.split(u',')) {
        if (const auto item = parseText(row, part.trimmed()); !item)
            return item;
        if (!part.trimmed().isEmpty())
            items.append(part.trimmed());
    }
    return QJsonValue(items);
}

Result<QJsonValue> parseChoice(const SettingRow& row, const QString& text)
{
    const QStringList choices = QString::fromLatin1(row.choices).split(u'|');
    if (!choices.contains(text.trimmed()))
        return unfit(row, text, QStringLiteral("one of ") + choices.join(QLatin1StringView(", ")));
    return QJsonValue(text.trimmed());
}

Result<QJsonValue> parsePorts(const SettingRow& row, const QString& text)
{
    if (text.trimmed().isEmpty() && !*row.fallback)
        return QJsonValue(QString());
    const QStringList ends = text.trimmed().split(u'-');
    bool firstOk = false, lastOk = false;
    const ushort first = ends.first().toUShort(&firstOk), last = ends.last().toUShort(&lastOk);
    if (ends.size() > 2 || !firstOk || !lastOk || first == 0 || last < first)
        return unfit(row, text, QStringLiteral("a port or a range of ports, as 6881-6889"));
    return QJsonValue(first == last ? QString::number(first) : QStringLiteral("%1-%2").arg(first).arg(last));
}

} // namespace

std::span<const SettingRow> settingRows() { return kRows; }

Result<const SettingRow*> settingRow(const QString& key)
{
    const auto row =
        std::find_if(std::begin(kRows), std::end(kRows), [&](const SettingRow& r) { return key == QLatin1StringView(r.key); });
    if (row != std::end(kRows))
        return &*row;
    if (isPluginKey(key))
        return &kPluginRow;
    const QString shown = key.left(100);
    return failure(
        Code::UnknownSetting, QStringLiteral("%1; the nearest is %2").arg(quoted(shown), QLatin1StringView(nearestKey(shown))));
}

bool isPluginKey(QStringView key)
{
    if (key.size() > 200 || !key.startsWith(QLatin1StringView("plugin.")))
        return false;
    const auto parts = key.split(u'.');
    return parts.size() >= 3 && std::none_of(parts.begin(), parts.end(), [](QStringView part) { return part.isEmpty(); });
}

Result<QJsonValue> parseSetting(const SettingRow& row, const QString& text)
{
    switch (row.type) {
    case Bool: return parseBool(row, text);
    case Number: return parseReal(row, text);
    case Text: return parseText(row, text);
    case List: return parseList(row, text);
    case Choice: return parseChoice(row, text);
    case PortRange: return parsePorts(row, text);
    case Integer:
    case Rate:
    case Size:
    case Duration: break;
    }
    return parseNumber(row, text);
}

QString settingText(const SettingRow& row, const QJsonValue& value)
{
    switch (row.type) {
    case Bool: return value.toBool() ? QStringLiteral("true") : QStringLiteral("false");
    case Integer: return QString::number(value.toInteger());
    case Number: return value.isDouble() ? QString::number(value.toDouble(), 'g', QLocale::FloatingPointShortest) : QString();
    case Rate:
    case Size: return bytesText(value.toInteger());
    case Duration: return durationText(std::chrono::milliseconds(value.toInteger()));
    case List: {
        QStringList items;
        for (const QJsonValue& item : value.toArray())
            items.append(item.toString());
        return items.join(QLatin1StringView(", "));
    }
    case Text:
    case Choice:
    case PortRange: break;
    }
    return value.toString();
}

const char* toString(SettingType type)
{
    static constexpr const char* kNames[] = {
        "bool", "integer", "rate", "size", "duration", "number", "text", "list", "choice", "ports"};
    return kNames[std::min<std::size_t>(std::size_t(type), std::size(kNames) - 1)];
}

} // namespace weir
