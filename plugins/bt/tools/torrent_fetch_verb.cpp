#include "torrent_fetch_verb.h"

#include "bt/bt_errors.h"
#include "bt/bt_source.h"
#include "cli.h"
#include "piece_layers.h"
#include "table_session.h"
#include "text.h"
#include "torrent_summary.h"
#include "verb_words.h"

#include <libtorrent/alert_types.hpp>
#include <libtorrent/peer_info.hpp>
#include <libtorrent/session.hpp>
#include <libtorrent/session_params.hpp>
#include <libtorrent/torrent_info.hpp>
#include <libtorrent/write_resume_data.hpp>

#include <QDir>
#include <QFileInfo>
#include <QJsonArray>

namespace weir {

namespace {

using Now = std::chrono::steady_clock;

class FetchVerb final : public Verbs {
public:
    FetchVerb(Cli& cli, CLI::App& torrent);

private:
    Result<int> fetch();
    Result<lt::session_params> engine() const;
    Result<lt::add_torrent_params> wanted() const;
    /// The torrent file, once peers have said enough. TorrentStuck.
    Result<QByteArray> ask(lt::session& session, const lt::add_torrent_params& magnet) const;

    Cli& cli_;
    TableSession session_;
    std::string magnet_, target_;
    std::vector<std::string> trackers_;
    double timeout_ = 60;
    bool noDht_ = false;
};

FetchVerb::FetchVerb(Cli& cli, CLI::App& torrent) : cli_(cli)
{
    CLI::App* verb =
        cli.verb(&torrent, "fetch", "Ask the peers of a magnet link for its torrent file", [this] { return fetch(); });
    verb->add_option("magnet", magnet_, "In quotes")->type_name("MAGNET")->required();
    verb->add_option("-o,--output", target_, "NAME.torrent without it")->type_name("FILE");
    verb->add_option("-t,--tracker", trackers_, "Ask this one too; again for more")->type_name("URL")->allow_extra_args(false);
    session_.addOptions(*verb);
    verb->add_flag("--no-dht", noDht_, "Trackers and the peers in the link only");
    verb->add_option("--timeout", timeout_, "In seconds")->check(CLI::Range(1.0, 86'400.0))->type_name("N");
}

Result<lt::session_params> FetchVerb::engine() const
{
    auto params = session_.params(!noDht_);
    // A seed is of use as long as hashes are missing, though it will have no data to give us.
    if (params)
        params->settings.set_bool(lt::settings_pack::close_redundant_connections, false);
    return params;
}

Result<lt::add_torrent_params> FetchVerb::wanted() const
{
    auto params = parseMagnet(QUrl(text(magnet_)));
    if (!params)
        return params;
    if (const auto fine = checkTrackers(texts(trackers_)); !fine)
        return failure(fine.error());
    params->trackers.insert(params->trackers.end(), trackers_.begin(), trackers_.end());
    params->tracker_tiers.resize(params->trackers.size(), 0);
    params->file_priorities.clear();
    // Only the description and its hashes: nothing is written there.
    params->save_path = QDir::tempPath().toStdString();
    // Who shares is not told that we want no data: a seed would hang up before it was asked for the hashes.
    params->flags |= lt::torrent_flags::upload_mode | lt::torrent_flags::share_mode | lt::torrent_flags::default_dont_download;
    params->flags &= ~(lt::torrent_flags::paused | lt::torrent_flags::auto_managed);
    return params;
}

/// The .torrent file of what is known; none: hashes of version 2 are missing.
std::optional<QByteArray> torrentFile(const lt::add_torrent_params& known)
{
    try {
        const std::vector<char> file = lt::write_torrent_file_buf(known, {});
        const QByteArrayView bytes(file.data(), qsizetype(file.size()));
        const auto readable = parseTorrent(bytes);
        return readable && layersAreWhole(*readable->ti) ? std::optional(bytes.toByteArray()) : std::nullopt;
    } catch (const std::exception&) {
        return std::nullopt;
    }
}

Result<QByteArray> FetchVerb::ask(lt::session& session, const lt::add_torrent_params& magnet) const
{
    using namespace std::chrono_literals;
    sayPatience(cli_.err(), timeout_);
    const auto until = Now::now() + std::chrono::milliseconds(qint64(timeout_ * 1000));
    lt::add_torrent_params known = magnet, asked = magnet;
    takeWebSeeds(asked); // they have no description
    session.async_add_torrent(asked);
    lt::torrent_handle torrent;
    while (Now::now() < until) {
        // The hashes come one by one, and no alert tells it.
        const Now::duration pause = torrent.is_valid() ? Now::duration(100ms) : until - Now::now();
        session.wait_for_alert(std::min(pause, until - Now::now()));
        std::vector<lt::alert*> alerts;
        session.pop_alerts(&alerts);
        for (const lt::alert* alert : alerts) {
            if (const auto* added = lt::alert_cast<lt::add_torrent_alert>(alert); added && added->error)
                return failure(torrentError(added->error));
            if (const auto* described = lt::alert_cast<lt::metadata_received_alert>(alert)) {
                torrent = described->handle;
                known.ti = std::make_shared<lt::torrent_info>(*torrent.torrent_file());
                // With the hash of version 1 alone it has connections that know nothing of version 2.
                if (known.ti->v2() && !magnet.info_hashes.has_v2()) {
                    std::vector<lt::peer_info> peers;
                    torrent.get_peer_info(peers);
                    for (const lt::peer_info& peer : peers)
                        if (!(peer.flags & lt::peer_info::connecting) && peer.flags & lt::peer_info::local_connection)
                            asked.peers.push_back(peer.ip);
                    session.remove_torrent(torrent);
                    asked.ti = known.ti;
                    asked.info_hashes = known.ti->info_hashes();
                    session.async_add_torrent(asked);
                }
            }
            if (const auto* added = lt::alert_cast<lt::add_torrent_alert>(alert); added && asked.ti)
                torrent = added->handle;
            if (const auto* state = lt::alert_cast<lt::save_resume_data_alert>(alert)) {
                known.merkle_trees = state->params.merkle_trees;
                known.merkle_tree_mask = state->params.merkle_tree_mask;
                if (auto file = torrentFile(known))
                    return *file;
            }
        }
        if (torrent.is_valid())
            torrent.save_resume_data(lt::torrent_handle::save_info_dict);
    }
    return failure(Code::TorrentStuck,
        (known.ti ? QStringLiteral("no peer gave the hashes of version 2 within %1")
                  : QStringLiteral("no peer gave the description within %1"))
            .arg(clockText(qint64(timeout_))));
}

Result<int> FetchVerb::fetch()
{
    auto params = engine();
    if (!params)
        return failure(params.error());
    auto magnet = wanted();
    if (!magnet)
        return failure(magnet.error());
    lt::session session(std::move(*params));
    const auto bytes = ask(session, *magnet);
    if (!bytes)
        return failure(bytes.error());
    const auto summary = summarize(*bytes);
    if (!summary)
        return failure(summary.error());
    const QString target =
        target_.empty() ? QString(summary->name).replace(u'/', u'_') + QStringLiteral(".torrent") : text(target_);
    if (target_.empty() && QFileInfo::exists(target))
        return failure(Code::DiskFileExists, target);
    if (const auto written = writeWhole(target, *bytes); !written)
        return failure(written.error());
    if (cli_.json()) {
        QJsonObject made = toJson(*summary);
        made.insert(QStringLiteral("torrent"), target);
        cli_.printJson(made);
    } else {
        cli_.out().line(printable(target));
    }
    return 0;
}

} // namespace

std::unique_ptr<Verbs> torrentFetchVerb(Cli& cli, CLI::App& torrent) { return std::make_unique<FetchVerb>(cli, torrent); }

} // namespace weir
