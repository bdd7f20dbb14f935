#pragma once
// The one libtorrent session, made for the first torrent, and the thread that passes on what it says. Any thread; the adapter
// owns it and it lives as long as the program.

#include "bt/bt_blocklist.h"
#include "bt/bt_settings.h"
#include "bt/bt_swarm.h"
#include "bt/tracker_lists.h"

#include <weir/adapter.h>
#include <weir/context.h>

#include <libtorrent/session.hpp>

#include <set>
#include <thread>
#include <unordered_map>

namespace weir {

class BtSession {
public:
    explicit BtSession(Services& services);
    ~BtSession();

    /// For everything from now on. What can't go that way is not sent: join() says so.
    void configure(const ProxyConfig& proxy);
    /// Adds a torrent. TorrentDuplicate, TorrentStuck, SwarmProxyUnusable and what libtorrent finds wrong.
    Result<std::shared_ptr<Swarm>> join(lt::add_torrent_params params, std::stop_token stop);
    /// Takes it out; its files stay. Once Facts::removed is said, nothing writes to them any more.
    void part(const Swarm& swarm);
    bool listening() const { return listening_; }
    /// Ports and blocklist; empty before the first torrent.
    QList<Checkup> examine() const;
    Services& services() { return services_; }
    TrackerLists& trackerLists() { return lists_; }

private:
    Result<void> open();
    void serve(std::stop_token stop);
    void dispatch(const std::vector<lt::alert*>& alerts);
    void takeOwn(const lt::alert& alert);
    void tick();
    std::optional<Error> notListening() const;
    void listenAgain(std::chrono::steady_clock::time_point now);
    void applySettings();
    void applyToTorrents(const QJsonObject& section);
    SessionNeed needNow(std::chrono::steady_clock::time_point now) const;
    void lookForLonely(const std::vector<std::shared_ptr<Swarm>>& swarms, std::chrono::steady_clock::time_point now);
    std::shared_ptr<Swarm> find(const lt::torrent_handle& handle, const Swarm* known);
    QString nodesFile() const;
    void keepNodes();
    void keepOrForgetNodes(const QJsonObject& section);

    Services& services_;
    TrackerLists lists_;
    mutable std::mutex mutex_; ///< guards what follows
    ProxyConfig proxy_;
    bool proxyChanged_ = false;
    std::unordered_map<const Swarm*, std::shared_ptr<Swarm>> swarms_;
    std::unique_ptr<lt::session> session_;
    std::optional<Error> unusable_;
    std::set<int> openPorts_;
    std::map<bool, Error> closed_; ///< why no port is open, of IPv6 and (true) of IPv4

    std::atomic<bool> listening_{false};
    QJsonObject applied_; ///< the session's thread
    qint64 appliedUp_ = -1;
    SessionNeed need_;
    std::chrono::steady_clock::time_point nextTick_{}, emptySince_{}, keepAt_{}, listenAgainAt_{};
    std::optional<std::chrono::steady_clock::time_point> lonelySince_; ///< a torrent that reaches none of its peers
    std::chrono::steady_clock::time_point utpUntil_{};
    Blocklist blocklist_;
    std::jthread thread_; ///< last: it uses what is above
};

} // namespace weir
