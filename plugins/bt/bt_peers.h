#pragma once
// Whom a torrent heard of, and what became of each: for its log, and for who asks why a peer is not used. The engine's own
// thread tells whom it hears of, the session's thread what alerts say, any thread reads. The swarm owns it together with the
// engine.

#include <QStringList>

#include <libtorrent/add_torrent_params.hpp>
#include <libtorrent/address.hpp>
#include <libtorrent/alert.hpp>
#include <libtorrent/peer_info.hpp>
#include <libtorrent/socket.hpp>

#include <map>
#include <mutex>
#include <vector>

namespace weir {

enum class PeerLog : quint8 { Off, Masked, Full };

/// "203.0.x.x" or "2001:db8::x": of whom there are too many to mean one. Pure.
QString maskedAddress(const lt::address& address);
/// Who named a peer. Pure.
QString sourceText(lt::peer_source_flags_t from);
/// Why a connection is not, or no longer, there. Pure.
QString partingText(const lt::error_code& error);

class PeerBook {
public:
    struct Summary {
        int known = 0, connected = 0;
        std::map<QString, int> others; ///< by why they are not connected
    };

    void setLog(PeerLog log);
    /// `filtered`: the engine took no notice because the blocklist has it.
    void hear(const lt::tcp::endpoint& peer, lt::peer_source_flags_t from, bool filtered);
    /// It has shaken hands over a connection that was noticed, or will be.
    void meet(const lt::tcp::endpoint& peer);
    /// False: the alert is about no peer.
    bool take(const lt::alert& alert);
    Summary summary() const;
    QStringList takeLines(); ///< for the log

private:
    struct Connection {
        quint16 port = 0;
        bool shaken = false, said = false;
        QString how; ///< empty: its alert has not come yet
    };
    struct Peer {
        int number = 0;
        lt::peer_source_flags_t from{};
        std::vector<Connection> connections; ///< two for a moment when both call at once
        QString why;                         ///< it is not connected; empty: not tried yet
        QString said;                        ///< last, in the log
    };

    bool knows(const lt::tcp::endpoint& peer) const;
    Peer* find(const lt::tcp::endpoint& peer);
    Connection& connectionAt(Peer& peer, quint16 port);
    void connected(const lt::tcp::endpoint& at, Peer& peer, Connection& over);
    void part(const lt::tcp::endpoint& peer, const QString& why);
    void say(const lt::tcp::endpoint& at, Peer& peer, const QString& what);

    mutable std::mutex mutex_;
    PeerLog log_ = PeerLog::Masked;
    std::map<lt::address, Peer> peers_; ///< the engine has one connection to an address
    QStringList lines_;
    int said_ = 0;
};

/// What tells `book` whom the engine hears of; for add_torrent_params::extensions.
std::function<std::shared_ptr<lt::torrent_plugin>(const lt::torrent_handle&, lt::client_data_t)> listener(
    std::shared_ptr<PeerBook> book);

} // namespace weir
