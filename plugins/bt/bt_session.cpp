#include "bt/bt_session.h"

#include "bt/bt_errors.h"
#include "bt/bt_settings.h"

#include <libtorrent/alert_types.hpp>
#include <libtorrent/bdecode.hpp>
#include <libtorrent/ip_filter.hpp>
#include <libtorrent/read_resume_data.hpp>
#include <libtorrent/session_params.hpp>

#include <QFile>
#include <QSaveFile>

#include <algorithm>

namespace weir {

using namespace std::chrono_literals;
using Now = std::chrono::steady_clock;

namespace {

constexpr auto kTick = 250ms;
constexpr auto kJoinPatience = 10s;
constexpr auto kLatePatience = 2s;
constexpr auto kQuietAfter = 30s;
constexpr auto kLonelyTooLong = 5s;
constexpr auto kUtpFor = 30min;
constexpr auto kKeepNodesEvery = 5min;
constexpr auto kListPatience = 10s;
constexpr auto kListenAgainEvery = 5s;
constexpr int kMostNamedPorts = 16;

// Addresses of this machine and its neighbours are left out of the limits by default.
void limitEverybody(lt::session& session)
{
    const auto all = 1u << std::uint32_t(lt::session::global_peer_class_id);
    lt::ip_filter filter;
    filter.add_rule(lt::make_address("0.0.0.0"), lt::make_address("255.255.255.255"), all);
    filter.add_rule(lt::make_address("::"), lt::make_address("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), all);
    session.set_peer_class_filter(filter);
}

bool keepsNodes(const QJsonObject& section) { return section.value(QLatin1String("dht.keep")).toBool(); }

PortRange wantedPorts(const QJsonObject& section) { return portRange(section.value(QLatin1String("ports")).toString()); }

QString portsText(PortRange range)
{
    return range.count() == 1 ? QStringLiteral("port %1").arg(range.first)
                              : QStringLiteral("ports %1-%2").arg(range.first).arg(range.last);
}

Checkup blocklistCheckup(const Blocklist::State& list)
{
    Checkup finding{.name = QStringLiteral("blocklist")};
    if (list.error) {
        finding.ok = false;
        finding.detail = describe(*list.error);
        finding.remedy =
            QStringLiteral("Mend bt.blocklist; until then %1")
                .arg(list.ranges < 0 ? QStringLiteral("nobody is left out") : QStringLiteral("the earlier list holds"));
    } else if (list.ranges < 0) {
        finding.detail = QStringLiteral("it is being read");
    } else {
        finding.detail = QStringLiteral("%1 ranges of addresses, %2 lines that are none").arg(list.ranges).arg(list.strange);
    }
    return finding;
}

} // namespace

BtSession::BtSession(Services& services)
    : services_(services),
      lists_(services),
      blocklist_(services, [this](const lt::ip_filter& filter) { session_->set_ip_filter(filter); })
{}

BtSession::~BtSession() = default;

void BtSession::configure(const ProxyConfig& proxy)
{
    const std::lock_guard lock(mutex_);
    proxy_ = proxy;
    proxyChanged_ = true;
}

// With the mutex.
Result<void> BtSession::open()
{
    if (session_)
        return unusable_ ? failure(*unusable_) : Result<void>();
    applied_ = services_.settings();
    auto settings = sessionSettings(applied_, proxy_, need_);
    if (!settings)
        return failure(settings.error());
    proxyChanged_ = false;
    lt::session_params params;
    QFile kept(nodesFile());
    if (keepsNodes(applied_) && kept.size() < (1 << 20) && kept.open(QIODevice::ReadOnly)) {
        const QByteArray bytes = kept.readAll();
        lt::error_code damaged;
        const lt::bdecode_node all = lt::bdecode(lt::span<const char>(bytes.constData(), bytes.size()), damaged);
        if (!damaged && all.type() == lt::bdecode_node::dict_t)
            params = lt::read_session_params(all, lt::session_handle::save_dht_state);
    }
    params.settings = std::move(*settings);
    session_ = std::make_unique<lt::session>(std::move(params));
    limitEverybody(*session_);
    keepOrForgetNodes(applied_);
    blocklist_.follow(applied_.value(QLatin1String("blocklist")).toString());
    thread_ = std::jthread([this](std::stop_token stop) { serve(stop); });
    return {};
}

Result<std::shared_ptr<Swarm>> BtSession::join(lt::add_torrent_params params, std::stop_token stop)
{
    const auto swarm = std::make_shared<Swarm>();
    const QJsonObject section = services_.settings();
    const TorrentLimits limits = torrentLimits(section);
    swarm->apply(limits);
    params.storage_mode = storageMode(section);
    params.max_connections = limits.connections;
    params.max_uploads = limits.uploads;
    params.extensions.push_back(listener(swarm->peers()));
    {
        const std::lock_guard lock(mutex_);
        if (auto ok = open(); !ok)
            return failure(ok.error());
    }
    blocklist_.await(stop, kListPatience);
    {
        const std::lock_guard lock(mutex_);
        swarms_[swarm.get()] = swarm;
        params.userdata = lt::client_data_t(swarm.get());
        session_->async_add_torrent(std::move(params));
    }
    const auto isAnswer = [](const Swarm::Facts& facts) { return facts.added || facts.error; };
    bool answered = swarm->wait(stop, Now::now() + kJoinPatience, isAnswer);
    // Who is stopped at once may come back at once: what was not taken out by then would seem to be another's.
    if (!answered && stop.stop_requested())
        answered = swarm->wait({}, Now::now() + kLatePatience, isAnswer);
    const auto error = swarm->facts().error;
    if (answered && !error)
        return swarm;
    part(*swarm);
    const std::lock_guard lock(mutex_);
    swarms_.erase(swarm.get());
    if (error)
        return failure(*error);
    return failure(stop.stop_requested() ? Code::Cancelled : Code::TorrentStuck);
}

void BtSession::part(const Swarm& swarm)
{
    const lt::torrent_handle handle = swarm.handle();
    const std::lock_guard lock(mutex_);
    if (session_ && handle.is_valid())
        session_->remove_torrent(handle);
}

std::shared_ptr<Swarm> BtSession::find(const lt::torrent_handle& handle, const Swarm* known)
{
    const Swarm* const wanted = known ? known : handle.userdata().get<Swarm>();
    const std::lock_guard lock(mutex_);
    const auto found = swarms_.find(wanted);
    return found == swarms_.end() ? nullptr : found->second;
}

void BtSession::serve(std::stop_token stop)
{
    while (!stop.stop_requested()) {
        session_->wait_for_alert(kTick);
        std::vector<lt::alert*> alerts;
        session_->pop_alerts(&alerts);
        dispatch(alerts);
        if (Now::now() >= nextTick_)
            tick();
    }
}

void BtSession::dispatch(const std::vector<lt::alert*>& alerts)
{
    for (const lt::alert* alert : alerts) {
        if (const auto* update = lt::alert_cast<lt::state_update_alert>(alert)) {
            for (const lt::torrent_status& status : update->status)
                if (const auto swarm = find(status.handle, nullptr))
                    swarm->take(status);
        } else if (const auto* removed = lt::alert_cast<lt::torrent_removed_alert>(alert)) {
            if (const auto swarm = find({}, removed->userdata.get<Swarm>())) {
                swarm->take(*alert);
                const std::lock_guard lock(mutex_);
                swarms_.erase(swarm.get());
            }
        } else if (const auto* added = lt::alert_cast<lt::add_torrent_alert>(alert)) {
            if (const auto swarm = find({}, added->params.userdata.get<Swarm>()))
                swarm->take(*alert);
            else if (added->handle.is_valid() && !added->error)
                session_->remove_torrent(added->handle); // who wanted it has gone
        } else if (const auto* torrent = dynamic_cast<const lt::torrent_alert*>(alert)) {
            if (const auto swarm = find(torrent->handle, nullptr))
                swarm->take(*alert);
            lists_.hear(*alert);
            if (lt::alert_cast<lt::state_changed_alert>(alert))
                nextTick_ = {}; // who feeds it waits for just that
        } else {
            takeOwn(*alert);
        }
    }
}

void BtSession::takeOwn(const lt::alert& alert)
{
    if (const auto* open = lt::alert_cast<lt::listen_succeeded_alert>(&alert)) {
        const std::lock_guard lock(mutex_);
        openPorts_.insert(open->port);
        closed_.erase(open->address.is_v4());
        listening_ = true;
    } else if (const auto* failed = lt::alert_cast<lt::listen_failed_alert>(&alert)) {
        const Error why{Code::SwarmNotListening,
            portsText(wantedPorts(services_.settings())) + QStringLiteral(": ")
                + QString::fromStdString(failed->error.message()),
            failed->error.value(), {}};
        const std::lock_guard lock(mutex_);
        if (closed_.insert_or_assign(failed->address.is_v4(), why).second)
            services_.log(Level::Warning, describe(why));
    }
}

// With the mutex. Of two families of addresses IPv6 is missing on many machines.
std::optional<Error> BtSession::notListening() const
{
    if (const auto why = closed_.find(true); why != closed_.end())
        return why->second;
    const auto why = closed_.find(false);
    return listening_ || why == closed_.end() ? std::nullopt : std::optional(why->second);
}

// Whoever has the port may end.
void BtSession::listenAgain(Now::time_point now)
{
    if (now < listenAgainAt_)
        return;
    listenAgainAt_ = now + kListenAgainEvery;
    const std::lock_guard lock(mutex_);
    if (notListening()) {
        session_->reopen_network_sockets();
    } else if (!listening_ && session_->is_listening()) {
        // Sockets that fit other settings too are kept, and nothing is said of them.
        openPorts_.insert(session_->listen_port());
        listening_ = true;
    }
}

QList<Checkup> BtSession::examine() const
{
    const Blocklist::State list = blocklist_.state();
    const std::lock_guard lock(mutex_);
    if (!session_)
        return {};
    Checkup ports{.name = QStringLiteral("ports for peers")};
    if (const auto problem = notListening()) {
        ports.ok = false;
        ports.detail = describe(*problem);
        ports.remedy = QString::fromUtf8(errorRow(problem->code).hint);
        const PortRange range = wantedPorts(services_.settings());
        for (int port = range.first; port <= range.last && ports.taken.size() < kMostNamedPorts; ++port)
            ports.taken.append(quint16(port));
    } else {
        QStringList open;
        for (const int port : openPorts_)
            open.append(QString::number(port));
        ports.detail = open.isEmpty() ? QStringLiteral("none is open") : open.join(QLatin1String(", "));
    }
    QList<Checkup> findings{ports};
    if (!list.where.isEmpty())
        findings.append(blocklistCheckup(list));
    return findings;
}

void BtSession::tick()
{
    const auto now = Now::now();
    nextTick_ = now + kTick;
    std::vector<std::shared_ptr<Swarm>> swarms;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [key, swarm] : swarms_)
            swarms.push_back(swarm);
    }
    emptySince_ = swarms.empty() ? emptySince_ : now;
    lookForLonely(swarms, now);
    listenAgain(now);
    applySettings();
    if (!swarms.empty())
        session_->post_torrent_updates();
    for (const auto& swarm : swarms)
        swarm->tick();
    if (now >= keepAt_ && keepsNodes(applied_))
        keepNodes();
}

void BtSession::lookForLonely(const std::vector<std::shared_ptr<Swarm>>& swarms, Now::time_point now)
{
    if (std::none_of(swarms.begin(), swarms.end(), [](const auto& swarm) { return swarm->reachesNobody(); }))
        lonelySince_.reset();
    else if (!lonelySince_)
        lonelySince_ = now;
    if (lonelySince_ && now - *lonelySince_ >= kLonelyTooLong)
        utpUntil_ = now + kUtpFor;
}

SessionNeed BtSession::needNow(Now::time_point now) const
{
    return {.quiet = now - emptySince_ > kQuietAfter, .utpOut = now < utpUntil_};
}

void BtSession::applySettings()
{
    const QJsonObject section = services_.settings();
    const SessionNeed need = needNow(Now::now());
    ProxyConfig proxy;
    bool changed = false;
    {
        const std::lock_guard lock(mutex_);
        changed = std::exchange(proxyChanged_, false);
        proxy = proxy_;
    }
    if (changed || section != applied_ || need != need_) {
        auto settings = sessionSettings(section, proxy, need);
        {
            const std::lock_guard lock(mutex_);
            unusable_ = settings ? std::nullopt : std::optional(settings.error());
        }
        if (section != applied_)
            applyToTorrents(section);
        // Nothing may leave by another way than the one that is wanted.
        if (settings) {
            session_->apply_settings(std::move(*settings));
            session_->resume();
        } else {
            session_->pause();
        }
        {
            const std::lock_guard lock(mutex_);
            applied_ = section;
        }
        need_ = need;
    }
    const qint64 own = section.value(QLatin1String("up")).toInteger(), all = services_.totalUpRate().rate();
    const qint64 up = own > 0 && all > 0 ? std::min(own, all) : std::max(own, all);
    if (up != appliedUp_) {
        lt::settings_pack pack;
        pack.set_int(lt::settings_pack::upload_rate_limit, int(std::min<qint64>(up, std::numeric_limits<int>::max())));
        session_->apply_settings(std::move(pack));
        appliedUp_ = up;
    }
}

void BtSession::applyToTorrents(const QJsonObject& section)
{
    const TorrentLimits limits = torrentLimits(section);
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [key, swarm] : swarms_)
            swarm->apply(limits);
        if (section.value(QLatin1String("ports")) != applied_.value(QLatin1String("ports"))) {
            openPorts_.clear();
            closed_.clear();
            listening_ = false;
        }
    }
    blocklist_.follow(section.value(QLatin1String("blocklist")).toString());
    keepOrForgetNodes(section);
}

QString BtSession::nodesFile() const { return services_.stateDirectory() + QStringLiteral("/nodes"); }

void BtSession::keepOrForgetNodes(const QJsonObject& section)
{
    keepAt_ = Now::now() + kKeepNodesEvery;
    if (!keepsNodes(section))
        QFile::remove(nodesFile());
}

// The table of nodes, so that the next start needs no bootstrap.
void BtSession::keepNodes()
{
    keepAt_ = Now::now() + kKeepNodesEvery;
    const auto bytes = lt::write_session_params_buf(
        session_->session_state(lt::session_handle::save_dht_state), lt::session_handle::save_dht_state);
    QSaveFile file(nodesFile());
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes.data(), qint64(bytes.size())) < 0 || !file.commit())
        services_.log(Level::Warning, QStringLiteral("the table of nodes can't be kept: %1").arg(file.errorString()));
}

} // namespace weir
