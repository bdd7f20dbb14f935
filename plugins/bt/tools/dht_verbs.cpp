// dht nodes|peers|put|get: the distributed table of peers as a node of its own sees it.

#include "bencode.h"
#include "cli.h"
#include "fetch_bytes.h"
#include "table.h"
#include "table_session.h"
#include "text.h"
#include "tool_verbs.h"
#include "torrent_subject.h"
#include "verb_words.h"

#include <libtorrent/alert_types.hpp>
#include <libtorrent/bencode.hpp>
#include <libtorrent/session.hpp>

#include <QJsonArray>

#include <functional>

namespace weir {

namespace {

using namespace std::chrono_literals;
using Now = std::chrono::steady_clock;

constexpr std::size_t kMostItem = 1000; // bytes, BEP 44
constexpr auto kSettled = 500ms;

QString hex(const lt::sha1_hash& hash) { return QString::fromLatin1(QByteArray(hash.data(), 20).toHex()); }

QString place(const auto& endpoint)
{
    const QString address = QString::fromStdString(endpoint.address().to_string());
    return (endpoint.address().is_v6() ? QStringLiteral("[%1]:%2") : QStringLiteral("%1:%2")).arg(address).arg(endpoint.port());
}

/// One of our nodes: there is one for each address that it listens on.
struct OwnNode {
    lt::sha1_hash id;
    QString address;
    std::vector<lt::dht_routing_bucket> buckets;
    int nodes() const
    {
        int sum = 0;
        for (const lt::dht_routing_bucket& bucket : buckets)
            sum += bucket.num_nodes;
        return sum;
    }
};

class DhtVerbs final : public Verbs {
public:
    explicit DhtVerbs(Cli& cli);

private:
    Result<int> nodes();
    Result<int> peers();
    Result<int> put();
    Result<int> get();
    Result<lt::sha1_hash> hashOf(const std::string& hex) const;
    /// Enters the table: once the answer is there, some node is known. TorrentStuck.
    Result<void> enter();
    /// Until `done` says so of an alert; false: the time is over.
    bool wait(const std::function<bool(const lt::alert&)>& done, Now::time_point until);
    std::vector<OwnNode> ownNodes();
    int printNodes(const std::vector<OwnNode>& own, const std::vector<std::pair<lt::sha1_hash, QString>>& known) const;

    Cli& cli_;
    TableSession options_;
    std::string what_;
    double timeout_ = 60;
    std::unique_ptr<lt::session> session_;
    Now::time_point until_{};
};

DhtVerbs::DhtVerbs(Cli& cli) : cli_(cli)
{
    CLI::App* dht = cli.verb(nullptr, "dht", "The distributed table of peers (DHT): its nodes, peers and small items");
    CLI::App* nodes = cli.verb(dht, "nodes", "Which nodes are met on entering it, by bucket", [this] { return this->nodes(); });
    CLI::App* peers = cli.verb(dht, "peers", "Who has a torrent", [this] { return this->peers(); });
    peers->add_option("torrent", what_, "A torrent file, its address, a magnet link or an info-hash")
        ->type_name("FILE|MAGNET|URL|HASH")
        ->required();
    CLI::App* put =
        cli.verb(dht, "put", "Keep a text there for some hours; its hash is printed", [this] { return this->put(); });
    put->add_option("text", what_, "Up to 1,000 bytes")->type_name("TEXT")->required();
    CLI::App* get = cli.verb(dht, "get", "Ask for what somebody put there", [this] { return this->get(); });
    get->add_option("hash", what_, "As put prints it")->type_name("HASH")->required();
    for (CLI::App* verb : {nodes, peers, put, get}) {
        options_.addOptions(*verb);
        verb->add_option("--timeout", timeout_, "In seconds")->check(CLI::Range(1.0, 86'400.0))->type_name("N");
    }
}

bool DhtVerbs::wait(const std::function<bool(const lt::alert&)>& done, Now::time_point until)
{
    while (Now::now() < until) {
        session_->wait_for_alert(std::chrono::duration_cast<lt::time_duration>(until - Now::now()));
        std::vector<lt::alert*> alerts;
        session_->pop_alerts(&alerts);
        for (const lt::alert* alert : alerts)
            if (done(*alert))
                return true;
    }
    return false;
}

std::vector<OwnNode> DhtVerbs::ownNodes()
{
    std::vector<OwnNode> own;
    session_->post_dht_stats();
    // One answer for each of them, and nobody says how many that are.
    wait(
        [&](const lt::alert& alert) {
            if (const auto* stats = lt::alert_cast<lt::dht_stats_alert>(&alert))
                own.push_back({stats->nid, place(stats->local_endpoint), stats->routing_table});
            return false;
        },
        std::min(until_, Now::now() + 250ms));
    return own;
}

Result<void> DhtVerbs::enter()
{
    auto params = options_.params(true);
    if (!params)
        return failure(params.error());
    params->settings.set_int(lt::settings_pack::alert_mask,
        int(std::uint32_t(lt::alert_category::dht | lt::alert_category::dht_operation | lt::alert_category::error)));
    sayPatience(cli_.err(), timeout_);
    session_ = std::make_unique<lt::session>(std::move(*params));
    until_ = Now::now() + std::chrono::milliseconds(qint64(timeout_ * 1000));
    const auto isIn = [](const lt::alert& alert) { return lt::alert_cast<lt::dht_bootstrap_alert>(&alert) != nullptr; };
    // It says that it has tried, perhaps before it had found its entrance. What counts is who answered, and that no more come.
    int before = 0;
    while (Now::now() < until_) {
        wait(isIn, std::min(until_, Now::now() + kSettled));
        int known = 0;
        for (const OwnNode& node : ownNodes())
            known += node.nodes();
        if (known > 0 && known == before)
            return {};
        before = known;
    }
    return failure(
        Code::TorrentStuck, QStringLiteral("no node of the table answered within %1").arg(clockText(qint64(timeout_))));
}

Result<int> DhtVerbs::nodes()
{
    if (auto in = enter(); !in)
        return failure(in.error());
    const auto own = ownNodes();
    std::vector<std::pair<lt::sha1_hash, QString>> known;
    for (const OwnNode& node : own)
        session_->dht_live_nodes(node.id);
    std::size_t answers = 0;
    wait(
        [&](const lt::alert& alert) {
            if (const auto* live = lt::alert_cast<lt::dht_live_nodes_alert>(&alert)) {
                for (const auto& [id, endpoint] : live->nodes())
                    known.emplace_back(id, place(endpoint));
                ++answers;
            }
            return answers >= own.size();
        },
        until_);
    return printNodes(own, known);
}

int DhtVerbs::printNodes(const std::vector<OwnNode>& own, const std::vector<std::pair<lt::sha1_hash, QString>>& known) const
{
    QJsonArray ids, met;
    Table buckets({{QStringLiteral("OWN ADDRESS")}, {QStringLiteral("BUCKET"), true}, {QStringLiteral("NODES"), true},
        {QStringLiteral("SPARE"), true}});
    for (const OwnNode& node : own) {
        QJsonArray sizes;
        for (std::size_t i = 0; i < node.buckets.size(); ++i) {
            const lt::dht_routing_bucket& bucket = node.buckets[i];
            sizes.append(
                QJsonObject{{QStringLiteral("nodes"), bucket.num_nodes}, {QStringLiteral("spare"), bucket.num_replacements}});
            buckets.add({node.address, QString::number(i), QString::number(bucket.num_nodes),
                QString::number(bucket.num_replacements)});
        }
        ids.append(QJsonObject{{QStringLiteral("id"), hex(node.id)}, {QStringLiteral("address"), node.address},
            {QStringLiteral("buckets"), sizes}});
    }
    Table nodes({{QStringLiteral("ID")}, {QStringLiteral("ADDRESS")}});
    for (const auto& [id, address] : known) {
        met.append(QJsonObject{{QStringLiteral("id"), hex(id)}, {QStringLiteral("address"), address}});
        nodes.add({hex(id), address});
    }
    if (cli_.json()) {
        cli_.printJson(QJsonObject{{QStringLiteral("own"), ids}, {QStringLiteral("nodes"), met}});
        return 0;
    }
    Output& out = cli_.out();
    for (const Table& table : {buckets, nodes}) {
        const QStringList lines = table.lines(out.width(), out.unicode);
        for (const QString& line : lines)
            out.line(line);
    }
    return 0;
}

Result<int> DhtVerbs::peers()
{
    HttpOptions http;
    http.context.proxy.url = QUrl(text(options_.proxy));
    const auto subject = findSubject(text(what_), http);
    if (!subject)
        return failure(subject.error());
    if (auto in = enter(); !in)
        return failure(in.error());
    const QByteArray hash = subject->hash();
    session_->dht_get_peers(lt::sha1_hash(hash.constData()));
    QStringList found;
    // Nodes answer one after the other, and nobody says who is the last.
    constexpr auto kPatience = 5s;
    auto quiet = Now::now() + kPatience;
    while (Now::now() < std::min(until_, quiet))
        wait(
            [&](const lt::alert& alert) {
                const auto* reply = lt::alert_cast<lt::dht_get_peers_reply_alert>(&alert);
                if (!reply)
                    return false;
                for (const auto& peer : reply->peers())
                    if (const QString address = place(peer); !found.contains(address))
                        found.append(address);
                quiet = Now::now() + kPatience;
                return true;
            },
            std::min(until_, quiet));
    if (cli_.json())
        cli_.printJson(QJsonObject{{QStringLiteral("peers"), QJsonArray::fromStringList(found)}});
    else if (found.isEmpty())
        cli_.err().line(QStringLiteral("the table knows nobody who has it"));
    for (const QString& peer : std::as_const(found))
        if (!cli_.json())
            cli_.out().line(peer);
    return 0;
}

Result<int> DhtVerbs::put()
{
    if (what_.empty() || what_.size() > kMostItem)
        return failure(Code::BadOption, QStringLiteral("a text of 1 to 1,000 bytes"));
    if (auto in = enter(); !in)
        return failure(in.error());
    const lt::sha1_hash target = session_->dht_put_item(lt::entry(what_));
    int kept = 0;
    wait(
        [&](const lt::alert& alert) {
            const auto* done = lt::alert_cast<lt::dht_put_alert>(&alert);
            if (done)
                kept = done->num_success;
            return done != nullptr;
        },
        until_);
    if (kept == 0)
        return failure(Code::TorrentStuck, QStringLiteral("no node kept it"));
    if (cli_.json())
        cli_.printJson(QJsonObject{{QStringLiteral("hash"), hex(target)}, {QStringLiteral("nodes"), kept}});
    else
        cli_.out().line(hex(target));
    return 0;
}

Result<lt::sha1_hash> DhtVerbs::hashOf(const std::string& given) const
{
    const QByteArray bytes = QByteArray::fromHex(QByteArray::fromStdString(given));
    if (given.size() != 40 || bytes.size() != 20)
        return failure(Code::BadOption, QStringLiteral("%1: 40 hexadecimal digits are expected").arg(text(given)));
    return lt::sha1_hash(bytes.constData());
}

Result<int> DhtVerbs::get()
{
    const auto target = hashOf(what_);
    if (!target)
        return failure(target.error());
    if (auto in = enter(); !in)
        return failure(in.error());
    session_->dht_get_item(*target);
    std::optional<QByteArray> item;
    wait(
        [&](const lt::alert& alert) {
            const auto* reply = lt::alert_cast<lt::dht_immutable_item_alert>(&alert);
            if (reply && reply->item.type() == lt::entry::string_t)
                item = QByteArray::fromStdString(reply->item.string());
            return reply != nullptr;
        },
        until_);
    if (!item)
        return failure(Code::TorrentStuck, QStringLiteral("the table has nothing under that hash"));
    if (cli_.json())
        cli_.printJson(QJsonObject{{QStringLiteral("text"), QString::fromUtf8(*item)}});
    else
        cli_.out().line(printable(QString::fromUtf8(*item)));
    return 0;
}

} // namespace

std::unique_ptr<Verbs> toolVerbs(Cli& cli) { return std::make_unique<DhtVerbs>(cli); }

} // namespace weir
