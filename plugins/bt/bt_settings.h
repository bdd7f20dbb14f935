#pragma once
// The settings bt.* and the proxy as libtorrent takes them. Pure; any thread.

#include "bt/bt_peers.h"

#include <weir/fetch.h>
#include <weir/result.h>

#include <libtorrent/settings_pack.hpp>
#include <libtorrent/storage_defs.hpp>
#include <libtorrent/torrent_flags.hpp>

#include <QJsonObject>

namespace weir {

/// What the torrents of the session need now.
struct SessionNeed {
    bool quiet = false; ///< no torrent is there, so nothing is told to anybody
    /// uTP is tried outwards: TCP alone reaches nobody. First it is not, because it gives way to everything, and takes a small
    /// part of what TCP takes from the same peer.
    bool utpOut = false;

    bool operator==(const SessionNeed&) const = default;
};
/// `section`: the keys of settings.md below "bt.". SwarmProxyUnusable: what can't be proxied is not sent at all.
Result<lt::settings_pack> sessionSettings(const QJsonObject& section, const ProxyConfig& proxy, SessionNeed need);

/// From the first to the last, both included; {0, 0}: none is named.
struct PortRange {
    int first = 0, last = 0;
    int count() const { return first > 0 ? last - first + 1 : 0; }
};
PortRange portRange(const QString& text);

/// What holds for each torrent by itself.
struct TorrentLimits {
    int connections = -1, uploads = -1; ///< -1: no limit
    PeerLog log = PeerLog::Masked;
    bool operator==(const TorrentLimits&) const = default;
};
TorrentLimits torrentLimits(const QJsonObject& section);
lt::storage_mode_t storageMode(const QJsonObject& section);

/// Which of the ways to find peers a torrent may not use: lt::torrent_flags.
lt::torrent_flags_t forbiddenWays(const QJsonObject& section);

/// When sharing ends; nullopt: it does not because of that.
struct ShareLimits {
    std::optional<double> ratio;
    std::optional<std::chrono::seconds> time, idle;
    bool none() const { return (ratio && *ratio <= 0) || (time && time->count() <= 0); }
};
/// The task's options "seedRatio" and "seedTime" win over the settings. In the settings a time of 0 is no limit.
ShareLimits shareLimits(const QJsonObject& section, const QJsonObject& options);

struct Shared {
    qint64 sent = 0, size = 0;
    std::chrono::seconds time{0}, idle{0};
};
bool sharedEnough(const Shared& shared, const ShareLimits& limits);

/// An address of a tracker as it may be shown: passkeys stand in paths and queries.
QString maskedTracker(const QString& url);

} // namespace weir
