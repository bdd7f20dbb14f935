#include "torrent_fetch_verb.h"

#include "bt/bt_errors.h"
#include "bt/bt_settings.h"
#include "bt/bt_source.h"
#include "cli.h"
#include "text.h"
#include "torrent_summary.h"
#include "verb_words.h"

#include <libtorrent/alert_types.hpp>
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
    Result<std::shared_ptr<const lt::torrent_info>> describe(lt::session& session, const lt::add_torrent_params& magnet) const;

    Cli& cli_;
    std::string magnet_, target_, proxy_, ports_ = "6881-6999";
    std::vector<std::string> nodes_{"dht.libtorrent.org:25401"}, trackers_;
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
    verb->add_option("--node", nodes_, "Enter the table of peers (DHT) here; again for more")
        ->type_name("HOST:PORT")
        ->allow_extra_args(false);
    verb->add_flag("--no-dht", noDht_, "Trackers and the peers in the link only");
    verb->add_option("--ports", ports_, "Listen on one of these")->type_name("A-B");
    verb->add_option("--proxy", proxy_, "socks5 or http: everything goes through it or not at all")->type_name("URL");
    verb->add_option("--timeout", timeout_, "In seconds")->check(CLI::Range(1.0, 86'400.0))->type_name("N");
}

Result<lt::session_params> FetchVerb::engine() const
{
    QJsonArray nodes;
    for (const std::string& node : nodes_)
        nodes.append(text(node));
    ProxyConfig proxy{.url = QUrl(text(proxy_))};
    proxy.user = proxy.url.userName();
    proxy.password = proxy.url.password();
    auto settings = sessionSettings(
        {{QStringLiteral("dht.enabled"), !noDht_}, {QStringLiteral("dht.bootstrap"), nodes},
            {QStringLiteral("ports"), text(ports_)}, {QStringLiteral("lsd"), false}, {QStringLiteral("portMapping"), false}},
        proxy, {.quiet = false, .utpOut = true});
    if (!settings)
        return failure(settings.error());
    lt::session_params params;
    params.settings = std::move(*settings);
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
    // Only the description: nothing is written there.
    params->save_path = QDir::tempPath().toStdString();
    params->flags |= lt::torrent_flags::upload_mode | lt::torrent_flags::default_dont_download;
    params->flags &= ~(lt::torrent_flags::paused | lt::torrent_flags::auto_managed);
    return params;
}

Result<std::shared_ptr<const lt::torrent_info>> FetchVerb::describe(
    lt::session& session, const lt::add_torrent_params& magnet) const
{
    const auto until = Now::now() + std::chrono::milliseconds(qint64(timeout_ * 1000));
    lt::add_torrent_params asked = magnet;
    takeWebSeeds(asked); // they have no description
    session.async_add_torrent(std::move(asked));
    while (Now::now() < until) {
        session.wait_for_alert(std::chrono::duration_cast<lt::time_duration>(until - Now::now()));
        std::vector<lt::alert*> alerts;
        session.pop_alerts(&alerts);
        for (const lt::alert* alert : alerts) {
            if (const auto* added = lt::alert_cast<lt::add_torrent_alert>(alert); added && added->error)
                return failure(torrentError(added->error));
            if (const auto* known = lt::alert_cast<lt::metadata_received_alert>(alert))
                return known->handle.torrent_file();
        }
    }
    return failure(
        Code::TorrentStuck, QStringLiteral("no peer gave the description within %1").arg(clockText(qint64(timeout_))));
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
    const auto info = describe(session, *magnet);
    if (!info)
        return failure(info.error());
    magnet->ti = std::make_shared<lt::torrent_info>(**info);
    const std::vector<char> file = lt::write_torrent_file_buf(*magnet, lt::write_flags::allow_missing_piece_layer);
    const QByteArrayView bytes(file.data(), qsizetype(file.size()));
    // The layers of hashes of version 2 come only with the data, and nobody takes a torrent without them.
    if (const auto readable = parseTorrent(bytes); !readable)
        return failure(Code::TorrentBad,
            QStringLiteral("version 2 can't be rebuilt from a magnet link alone: %1").arg(readable.error().detail));
    const auto summary = summarize(bytes);
    if (!summary)
        return failure(summary.error());
    const QString target =
        target_.empty() ? QString(summary->name).replace(u'/', u'_') + QStringLiteral(".torrent") : text(target_);
    if (target_.empty() && QFileInfo::exists(target))
        return failure(Code::DiskFileExists, target);
    if (const auto written = writeWhole(target, bytes.toByteArray()); !written)
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
