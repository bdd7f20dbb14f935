#include "bt/bt_settings.h"

#include <libtorrent/address.hpp>
#include <libtorrent/alert.hpp>
#include <libtorrent/fingerprint.hpp>
#include <libtorrent/torrent_flags.hpp>

#include <QJsonArray>

namespace weir {

namespace {

bool isAddress(const QString& host)
{
    lt::error_code error;
    lt::make_address(QString(host).remove(u'[').remove(u']').toStdString(), error);
    return !error;
}

// Behind a proxy without names: the engine itself would ask for their addresses.
QString entrances(const QJsonValue& list, bool proxied)
{
    QStringList nodes;
    for (const QJsonValue& item : list.toArray())
        if (const QString node = item.toString(); !proxied || isAddress(node.section(u':', 0, -2)))
            nodes.append(node);
    return nodes.join(u',');
}

void setPorts(lt::settings_pack& pack, PortRange range, const QString& bindTo)
{
    const auto on = [&](const QString& where) { return where + u':' + QString::number(range.first); };
    QString listen = on(QStringLiteral("0.0.0.0")) + u',' + on(QStringLiteral("[::]"));
    if (!bindTo.isEmpty())
        listen = on(bindTo.contains(u':') ? u'[' + bindTo + u']' : bindTo);
    pack.set_str(lt::settings_pack::listen_interfaces, listen.toStdString());
    pack.set_str(lt::settings_pack::outgoing_interfaces, bindTo.toStdString());
    pack.set_int(lt::settings_pack::max_retry_port_bind, std::max(0, range.count() - 1));
    // Whoever opened a range in a firewall wants no other port.
    pack.set_bool(lt::settings_pack::listen_system_port_fallback, false);
}

void setCallingPorts(lt::settings_pack& pack, PortRange range)
{
    pack.set_int(lt::settings_pack::outgoing_port, range.first);
    pack.set_int(lt::settings_pack::num_outgoing_ports, range.count());
}

int orUnlimited(const QJsonObject& section, const char* key, int fallback)
{
    const int number = section.value(QLatin1String(key)).toInt(fallback);
    return number > 0 ? number : -1;
}

void setEncryption(lt::settings_pack& pack, const QString& wish)
{
    const int policy = wish == u"require" ? lt::settings_pack::pe_forced
        : wish == u"off"                  ? lt::settings_pack::pe_disabled
                                          : lt::settings_pack::pe_enabled;
    pack.set_int(lt::settings_pack::in_enc_policy, policy);
    pack.set_int(lt::settings_pack::out_enc_policy, policy);
    pack.set_int(lt::settings_pack::allowed_enc_level, lt::settings_pack::pe_both);
}

void setWays(lt::settings_pack& pack, const QJsonObject& section, SessionNeed need, bool proxied, bool udp)
{
    const auto on = [&](const char* key) { return !need.quiet && section.value(QLatin1String(key)).toBool(true); };
    pack.set_bool(lt::settings_pack::enable_dht, on("dht.enabled") && udp);
    pack.set_str(lt::settings_pack::dht_bootstrap_nodes,
        entrances(section.value(QLatin1String("dht.bootstrap")), proxied).toStdString());
    // Multicast and routers are asked by this machine itself: behind a proxy that would tell who it is.
    pack.set_bool(lt::settings_pack::enable_lsd, on("lsd") && !proxied);
    pack.set_bool(lt::settings_pack::enable_upnp, on("portMapping") && !proxied);
    pack.set_bool(lt::settings_pack::enable_natpmp, on("portMapping") && !proxied);
    pack.set_bool(lt::settings_pack::enable_outgoing_utp, on("utp") && udp && need.utpOut);
    // Whom TCP did not reach is not left alone for a minute before uTP is tried.
    pack.set_int(lt::settings_pack::min_reconnect_time, need.utpOut ? 5 : 60);
    pack.set_bool(lt::settings_pack::enable_incoming_utp, on("utp") && udp);
}

Result<bool> setProxy(lt::settings_pack& pack, const ProxyConfig& proxy)
{
    if (proxy.url.isEmpty())
        return true;
    const QString scheme = proxy.url.scheme();
    const bool secret = !proxy.user.isEmpty();
    const bool socks = scheme == u"socks5" || scheme == u"socks5h";
    // socks4 can't carry names, and the engine can't speak TLS to a proxy: both would go around it.
    if (!socks && scheme != u"http")
        return failure(Code::SwarmProxyUnusable, scheme + u':');
    const int type = socks ? (secret ? lt::settings_pack::socks5_pw : lt::settings_pack::socks5)
                           : (secret ? lt::settings_pack::http_pw : lt::settings_pack::http);
    pack.set_int(lt::settings_pack::proxy_type, type);
    pack.set_str(lt::settings_pack::proxy_hostname, proxy.url.host().toStdString());
    pack.set_int(lt::settings_pack::proxy_port, proxy.url.port(socks ? 1080 : 8080));
    pack.set_str(lt::settings_pack::proxy_username, proxy.user.toStdString());
    pack.set_str(lt::settings_pack::proxy_password, proxy.password.toStdString());
    pack.set_bool(lt::settings_pack::proxy_hostnames, true);
    pack.set_bool(lt::settings_pack::proxy_peer_connections, true);
    pack.set_bool(lt::settings_pack::proxy_tracker_connections, true);
    return socks;
}

} // namespace

Result<lt::settings_pack> sessionSettings(const QJsonObject& section, const ProxyConfig& proxy, SessionNeed need)
{
    lt::settings_pack pack;
    pack.set_int(lt::settings_pack::proxy_type, lt::settings_pack::none);
    const auto udp = setProxy(pack, proxy);
    if (!udp)
        return failure(udp.error());
    setPorts(pack, portRange(section.value(QLatin1String("ports")).toString(QStringLiteral("6881-6999"))), proxy.bindTo);
    setCallingPorts(pack, portRange(section.value(QLatin1String("outgoingPorts")).toString()));
    setEncryption(pack, section.value(QLatin1String("encryption")).toString());
    setWays(pack, section, need, !proxy.url.isEmpty(), *udp);
    pack.set_int(lt::settings_pack::alert_mask,
        int(std::uint32_t(lt::alert_category::error | lt::alert_category::status | lt::alert_category::storage
            | lt::alert_category::tracker | lt::alert_category::piece_progress | lt::alert_category::connect
            | lt::alert_category::peer | lt::alert_category::ip_block)));
    pack.set_int(lt::settings_pack::alert_queue_size, 10'000);
    pack.set_str(lt::settings_pack::user_agent, "weir/1");
    pack.set_str(lt::settings_pack::peer_fingerprint, lt::generate_fingerprint("WR", 0, 1, 0, 0));
    pack.set_int(lt::settings_pack::connections_limit, section.value(QLatin1String("connections")).toInt(200));
    pack.set_bool(lt::settings_pack::announce_to_all_tiers, true);
    pack.set_int(lt::settings_pack::unchoke_slots_limit, orUnlimited(section, "uploadSlots", 20));
    // The list is of peers; a tracker is somebody whom the user or the torrent named.
    pack.set_bool(lt::settings_pack::apply_ip_filter_to_trackers, false);
    pack.set_int(lt::settings_pack::stop_tracker_timeout, 1);
    return pack;
}

PortRange portRange(const QString& text) { return {text.section(u'-', 0, 0).toInt(), text.section(u'-', -1).toInt()}; }

TorrentLimits torrentLimits(const QJsonObject& section)
{
    const QString log = section.value(QLatin1String("logPeers")).toString();
    constexpr int kFewest = 2; // that the engine takes
    const int connections = orUnlimited(section, "connectionsPerTorrent", 0);
    return {.connections = connections > 0 ? std::max(kFewest, connections) : connections,
        .uploads = orUnlimited(section, "uploadSlotsPerTorrent", 0),
        .log = log == u"off" ? PeerLog::Off
            : log == u"full" ? PeerLog::Full
                             : PeerLog::Masked};
}

lt::storage_mode_t storageMode(const QJsonObject& section)
{
    return section.value(QLatin1String("preallocate")).toBool() ? lt::storage_mode_allocate : lt::storage_mode_sparse;
}

lt::torrent_flags_t forbiddenWays(const QJsonObject& section)
{
    lt::torrent_flags_t flags{};
    if (!section.value(QLatin1String("pex")).toBool(true))
        flags |= lt::torrent_flags::disable_pex;
    if (!section.value(QLatin1String("lsd")).toBool(true))
        flags |= lt::torrent_flags::disable_lsd;
    if (!section.value(QLatin1String("dht.enabled")).toBool(true))
        flags |= lt::torrent_flags::disable_dht;
    return flags;
}

ShareLimits shareLimits(const QJsonObject& section, const QJsonObject& options)
{
    ShareLimits limits;
    if (const QJsonValue ratio = section.value(QLatin1String("seedRatio")); !ratio.isNull())
        limits.ratio = ratio.toDouble(1);
    const auto setting = [&](const char* key) -> std::optional<std::chrono::seconds> {
        const qint64 ms = section.value(QLatin1String(key)).toInteger();
        return ms > 0 ? std::optional(std::chrono::seconds((ms + 999) / 1000)) : std::nullopt;
    };
    limits.time = setting("seedTime");
    limits.idle = setting("seedIdle");
    if (options.contains(QLatin1String("seedRatio")))
        limits.ratio = options.value(QLatin1String("seedRatio")).toDouble();
    if (options.contains(QLatin1String("seedTime")))
        limits.time = std::chrono::seconds(qint64(options.value(QLatin1String("seedTime")).toDouble()));
    return limits;
}

bool sharedEnough(const Shared& shared, const ShareLimits& limits)
{
    if (limits.ratio && double(shared.sent) >= *limits.ratio * double(shared.size))
        return true;
    return (limits.time && shared.time >= *limits.time) || (limits.idle && shared.idle >= *limits.idle);
}

QString maskedTracker(const QString& url)
{
    const QUrl whole(url);
    const QString port = whole.port() > 0 ? QStringLiteral(":%1").arg(whole.port()) : QString();
    return QStringLiteral("%1://%2%3").arg(whole.scheme(), whole.host(), port);
}

} // namespace weir
