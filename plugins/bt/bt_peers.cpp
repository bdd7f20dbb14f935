#include "bt/bt_peers.h"

#include <libtorrent/alert_types.hpp>
#include <libtorrent/extensions.hpp>
#include <libtorrent/peer_connection_handle.hpp>

#include <algorithm>
#include <span>
#include <utility>

namespace weir {

namespace {

constexpr std::size_t kMostPeers = 4000;
constexpr std::size_t kMostConnections = 8; // of one address
constexpr int kMostMaskedLines = 500;       // with all else they fit into what a log keeps before it has a file
constexpr int kMostFullLines = 10'000;

struct Words {
    int code;
    const char* text;
};

const char* wordsFor(std::span<const Words> table, int code)
{
    const auto found = std::find_if(table.begin(), table.end(), [&](const Words& row) { return row.code == code; });
    return found == table.end() ? nullptr : found->text;
}

const char* engineWords(int code)
{
    static constexpr const char* kEncryption = "encryption: what one wants, the other does not";
    static constexpr const char* kStopped = "the torrent stopped here";
    static constexpr const char* kSilent = "it did not answer in time";
    static constexpr Words kTable[] = {
        {lt::errors::self_connection, "it is this program itself"},
        {lt::errors::duplicate_peer_id, "it is connected already, by another address"},
        {lt::errors::upload_upload_connection, "it has everything, as we have"},
        {lt::errors::uninteresting_upload_peer, "it only gives, and has nothing that is missing"},
        {lt::errors::too_many_connections, "too many connections"},
        {lt::errors::optimistic_disconnect, "its place was needed to try another"},
        {lt::errors::banned_by_ip_filter, "it is on the blocklist"},
        {lt::errors::banned_by_port_filter, "its port is blocked"},
        {lt::errors::port_blocked, "its port is blocked"},
        {lt::errors::peer_banned, "it is banned"},
        {lt::errors::too_many_corrupt_pieces, "it sent wrong pieces"},
        {lt::errors::invalid_info_hash, "it does not have this torrent"},
        {lt::errors::timed_out, kSilent},
        {lt::errors::timed_out_no_handshake, kSilent},
        {lt::errors::timed_out_no_request, "it asked for nothing"},
        {lt::errors::timed_out_no_interest, "neither wanted anything of the other"},
        {lt::errors::timed_out_inactivity, "it said nothing for too long"},
        {lt::errors::no_incoming_encrypted, kEncryption},
        {lt::errors::no_incoming_regular, kEncryption},
        {lt::errors::no_plaintext_mode, kEncryption},
        {lt::errors::unsupported_encryption_mode, kEncryption},
        {lt::errors::unsupported_encryption_mode_selected, kEncryption},
        {lt::errors::invalid_encryption_constant, kEncryption},
        {lt::errors::invalid_encrypt_handshake, kEncryption},
        {lt::errors::sync_hash_not_found, kEncryption},
        {lt::errors::torrent_finished, "it was not needed any more"},
        {lt::errors::torrent_removed, kStopped},
        {lt::errors::torrent_aborted, kStopped},
        {lt::errors::torrent_paused, kStopped},
        {lt::errors::stopping_torrent, kStopped},
        {lt::errors::session_closing, kStopped},
        {lt::errors::session_is_closing, kStopped},
        {lt::errors::destructing_torrent, kStopped},
    };
    return wordsFor(kTable, code);
}

const char* systemWords(int code)
{
    namespace errc = boost::system::errc;
    static constexpr Words kTable[] = {
        {errc::connection_refused, "it refused the connection"},
        {errc::timed_out, "it did not answer in time"},
        {errc::host_unreachable, "there is no way to it"},
        {errc::network_unreachable, "there is no way to it"},
        {errc::address_not_available, "there is no way to it"},
        {errc::connection_reset, "it closed the connection"},
        {errc::broken_pipe, "it closed the connection"},
        {errc::operation_canceled, "the torrent stopped here"},
        {errc::address_in_use, "no port of ours was free to call it from"},
        {errc::permission_denied, "this machine does not let us call it"},
        {errc::operation_not_permitted, "this machine does not let us call it"},
    };
    return wordsFor(kTable, code);
}

bool isOfOneLink(const lt::address& address)
{
    return address.is_v6() ? address.to_v6().is_link_local() : (address.to_v4().to_uint() >> 16) == 0xa9fe; // 169.254
}

QString transport(lt::socket_type_t type)
{
    switch (type) {
    case lt::socket_type_t::utp:
    case lt::socket_type_t::utp_ssl: return QStringLiteral("uTP");
    case lt::socket_type_t::socks5: return QStringLiteral("SOCKS");
    case lt::socket_type_t::http: return QStringLiteral("HTTP proxy");
    default: return QStringLiteral("TCP");
    }
}

QString blockedText(int reason)
{
    switch (reason) {
    case lt::peer_blocked_alert::ip_filter: return partingText(lt::errors::banned_by_ip_filter);
    case lt::peer_blocked_alert::port_filter:
    case lt::peer_blocked_alert::privileged_ports: return partingText(lt::errors::banned_by_port_filter);
    case lt::peer_blocked_alert::utp_disabled: return QStringLiteral("uTP is off");
    case lt::peer_blocked_alert::tcp_disabled: return QStringLiteral("TCP is off");
    default: return QStringLiteral("it came by a way that is not wanted");
    }
}

/// There until the peer has shaken hands, which no alert tells.
class Greeting final : public lt::peer_plugin {
public:
    Greeting(std::shared_ptr<PeerBook> book, const lt::tcp::endpoint& peer) : book_(std::move(book)), peer_(peer) {}
    bool on_handshake(lt::span<const char>) override
    {
        book_->meet(peer_);
        return false;
    }

private:
    const std::shared_ptr<PeerBook> book_;
    const lt::tcp::endpoint peer_;
};

class Listener final : public lt::torrent_plugin {
public:
    explicit Listener(std::shared_ptr<PeerBook> book) : book_(std::move(book)) {}
    void on_add_peer(const lt::tcp::endpoint& peer, lt::peer_source_flags_t from, lt::add_peer_flags_t flags) override
    {
        book_->hear(peer, from, bool(flags & filtered));
    }
    std::shared_ptr<lt::peer_plugin> new_connection(const lt::peer_connection_handle& connection) override
    {
        return connection.type() == lt::connection_type::bittorrent ? std::make_shared<Greeting>(book_, connection.remote())
                                                                    : nullptr;
    }

private:
    const std::shared_ptr<PeerBook> book_;
};

} // namespace

QString maskedAddress(const lt::address& address)
{
    if (address.is_v6() && !address.to_v6().is_v4_mapped()) {
        const auto bytes = address.to_v6().to_bytes();
        return QStringLiteral("%1:%2::x").arg((bytes[0] << 8) | bytes[1], 0, 16).arg((bytes[2] << 8) | bytes[3], 0, 16);
    }
    const auto plain =
        address.is_v4() ? address.to_v4() : boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6());
    return QStringLiteral("%1.%2.x.x").arg(plain.to_bytes()[0]).arg(plain.to_bytes()[1]);
}

QString sourceText(lt::peer_source_flags_t from)
{
    static constexpr std::pair<lt::peer_source_flags_t, const char*> kNames[] = {{lt::peer_info::tracker, "tracker"},
        {lt::peer_info::dht, "DHT"}, {lt::peer_info::pex, "PEX"}, {lt::peer_info::lsd, "LSD"},
        {lt::peer_info::resume_data, "known before"}, {lt::peer_info::incoming, "it called"}};
    QStringList names;
    for (const auto& [flag, name] : kNames)
        if (from & flag)
            names.append(QLatin1String(name));
    return names.isEmpty() ? QStringLiteral("unknown") : names.join(QLatin1String(", "));
}

QString partingText(const lt::error_code& error)
{
    if (error == boost::asio::error::eof)
        return QStringLiteral("it closed the connection");
    const bool engine = error.category() == lt::libtorrent_category();
    const char* words = nullptr;
    if (engine)
        words = engineWords(error.value());
    else if (error.category() == boost::system::system_category() || error.category() == boost::system::generic_category())
        words = systemWords(error.value());
    return words ? QLatin1String(words) : QString::fromStdString(error.message()).left(100);
}

void PeerBook::setLog(PeerLog log)
{
    const std::lock_guard lock(mutex_);
    log_ = log;
}

// With the mutex. Null: there are too many already.
PeerBook::Peer* PeerBook::find(const lt::tcp::endpoint& peer)
{
    auto found = peers_.find(peer.address());
    if (found == peers_.end()) {
        if (peers_.size() >= kMostPeers)
            return nullptr;
        found = peers_.emplace(peer.address(), Peer{.number = int(peers_.size()) + 1}).first;
    }
    return &found->second;
}

bool PeerBook::knows(const lt::tcp::endpoint& peer) const
{
    const std::lock_guard lock(mutex_);
    return peers_.contains(peer.address());
}

void PeerBook::hear(const lt::tcp::endpoint& at, lt::peer_source_flags_t from, bool filtered)
{
    const std::lock_guard lock(mutex_);
    Peer* const peer = find(at);
    if (!peer)
        return;
    peer->from |= from;
    if (!filtered)
        return;
    // The engine leaves these out as well, and says no more.
    peer->why = isOfOneLink(at.address()) ? QStringLiteral("its address is of one link only")
                                          : partingText(lt::errors::banned_by_ip_filter);
    say(at, *peer, QStringLiteral("not used: ") + peer->why);
}

bool PeerBook::take(const lt::alert& alert)
{
    const auto* const about = dynamic_cast<const lt::peer_alert*>(&alert);
    if (!about)
        return false;
    const lt::tcp::endpoint at = about->endpoint;
    if (const auto* met = lt::alert_cast<lt::peer_connect_alert>(&alert)) {
        const std::lock_guard lock(mutex_);
        if (Peer* const peer = find(at)) {
            const bool called = met->direction == lt::peer_connect_alert::direction_t::in;
            if (called)
                peer->from |= lt::peer_info::incoming;
            Connection& over = connectionAt(*peer, at.port());
            over.how =
                QStringLiteral("connected over %1, %2")
                    .arg(transport(met->socket_type), called ? QStringLiteral("it called") : QStringLiteral("we called"));
            connected(at, *peer, over);
        }
    } else if (const auto* gone = lt::alert_cast<lt::peer_disconnected_alert>(&alert)) {
        part(at, partingText(gone->error));
    } else if (const auto* wrong = lt::alert_cast<lt::peer_error_alert>(&alert)) {
        part(at, partingText(wrong->error));
    } else if (lt::alert_cast<lt::peer_ban_alert>(&alert)) {
        part(at, partingText(lt::errors::too_many_corrupt_pieces));
    } else if (const auto* blocked = lt::alert_cast<lt::peer_blocked_alert>(&alert)) {
        // Of one that is new the engine says a moment later who named it: see hear().
        if (knows(at))
            part(at, blockedText(blocked->reason));
    }
    return true;
}

// With the mutex.
PeerBook::Connection& PeerBook::connectionAt(Peer& peer, quint16 port)
{
    const auto found = std::find_if(
        peer.connections.begin(), peer.connections.end(), [&](const Connection& over) { return over.port == port; });
    if (found != peer.connections.end())
        return *found;
    if (peer.connections.size() >= kMostConnections) // of alerts some may have been lost
        peer.connections.erase(peer.connections.begin());
    return peer.connections.emplace_back(Connection{.port = port});
}

// With the mutex. An alert tells of an attempt, and comes later than what was done.
void PeerBook::connected(const lt::tcp::endpoint& at, Peer& peer, Connection& over)
{
    if (!over.shaken || over.how.isEmpty() || std::exchange(over.said, true))
        return;
    peer.why.clear();
    say(at, peer, over.how);
}

void PeerBook::meet(const lt::tcp::endpoint& at)
{
    const std::lock_guard lock(mutex_);
    Peer* const peer = find(at);
    if (!peer)
        return;
    Connection& over = connectionAt(*peer, at.port());
    over.shaken = true;
    connected(at, *peer, over);
}

void PeerBook::part(const lt::tcp::endpoint& at, const QString& why)
{
    const std::lock_guard lock(mutex_);
    Peer* const peer = find(at);
    if (!peer)
        return;
    const bool was = connectionAt(*peer, at.port()).shaken;
    std::erase_if(peer->connections, [&](const Connection& over) { return over.port == at.port(); });
    peer->why = why;
    say(at, *peer, (was ? QStringLiteral("gone: ") : QStringLiteral("not used: ")) + why);
}

// With the mutex. What is tried again and again is said once.
void PeerBook::say(const lt::tcp::endpoint& at, Peer& peer, const QString& what)
{
    const int most = log_ == PeerLog::Full ? kMostFullLines : kMostMaskedLines;
    if (log_ == PeerLog::Off || peer.said == what || said_ > most)
        return;
    peer.said = what;
    if (++said_ > most) {
        lines_.append(QStringLiteral("more is not said here of peers; `weir show ID --peers` counts them"));
        return;
    }
    QString where = maskedAddress(at.address());
    if (log_ == PeerLog::Full) {
        const QString whole = QString::fromStdString(at.address().to_string());
        where = (at.address().is_v6() ? QStringLiteral("[%1]:%2") : QStringLiteral("%1:%2")).arg(whole).arg(at.port());
    }
    lines_.append(QStringLiteral("peer %1 (%2, from %3): %4").arg(peer.number).arg(where, sourceText(peer.from), what));
}

PeerBook::Summary PeerBook::summary() const
{
    const std::lock_guard lock(mutex_);
    Summary sum{.known = int(peers_.size())};
    for (const auto& [address, peer] : peers_) {
        if (std::any_of(peer.connections.begin(), peer.connections.end(), [](const Connection& over) { return over.shaken; }))
            ++sum.connected;
        else
            ++sum.others[peer.why.isEmpty() ? QStringLiteral("not tried yet") : peer.why];
    }
    return sum;
}

QStringList PeerBook::takeLines()
{
    const std::lock_guard lock(mutex_);
    return std::exchange(lines_, {});
}

std::function<std::shared_ptr<lt::torrent_plugin>(const lt::torrent_handle&, lt::client_data_t)> listener(
    std::shared_ptr<PeerBook> book)
{
    return [book = std::move(book)](const lt::torrent_handle&, lt::client_data_t) { return std::make_shared<Listener>(book); };
}

} // namespace weir
