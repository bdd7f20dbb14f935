// tracker scrape and announce; serve is in tracker_serve_verb.cpp.

#include "cli.h"
#include "one_of.h"
#include "reachable.h"
#include "table.h"
#include "text.h"
#include "tool_verbs.h"
#include "torrent_subject.h"
#include "tracker_client.h"
#include "tracker_serve_verb.h"
#include "verb_words.h"

#include <QJsonArray>
#include <QJsonObject>
#include <QNetworkInterface>
#include <QRandomGenerator>

#include <atomic>
#include <thread>

namespace weir {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMostAtOnce = 32;
constexpr quint16 kClientPort = 6881;

/// One word for what became of a question.
QString resultClass(const Error& error)
{
    switch (error.code) {
    case Code::DnsFailed:
    case Code::DnsTimeout: return QStringLiteral("unresolved");
    case Code::ConnectRefused: return QStringLiteral("refused");
    case Code::ConnectTimeout:
    case Code::Stalled: return QStringLiteral("timeout");
    default: return QStringLiteral("error");
    }
}

/// A path like /annouce makes trackers answer anything but what is wrong.
QString misspelling(const QUrl& tracker)
{
    const QString last = tracker.path().section(u'/', -1);
    if (tracker.scheme() == QLatin1String("udp") || last.startsWith(QLatin1String("announce")))
        return {};
    return nearest(last, {QStringLiteral("announce")}).isEmpty()
        ? QString()
        : QStringLiteral("the address ends with \"%1\": is \"announce\" meant?").arg(last);
}

/// 20 bytes: as typed, with %XX for others; our own kind if nothing is typed.
Result<QByteArray> peerId(const std::string& typed)
{
    const QByteArray id = QByteArray::fromPercentEncoding(QByteArray::fromStdString(typed));
    if (!typed.empty() && id.size() != kPeerIdBytes)
        return failure(Code::BadOption, QStringLiteral("--peer-id must make 20 bytes, not %1").arg(id.size()));
    if (!typed.empty())
        return id;
    QByteArray own("-WE0100-");
    while (own.size() < kPeerIdBytes)
        own += char('a' + QRandomGenerator::system()->bounded(26));
    return own;
}

QString endpoint(const PeerAddress& peer)
{
    const QString address = peer.address.toString();
    return (address.contains(u':') ? u'[' + address + u']' : address) + u':' + QString::number(peer.port);
}

struct Scraped {
    QUrl tracker;
    Result<ScrapeReply> reply = failure(Code::Cancelled);
    double seconds = 0;
};

class TrackerVerbs final : public Verbs {
public:
    explicit TrackerVerbs(Cli& cli);

private:
    Result<int> scrape();
    Result<int> announce();

    void aboutTorrent(CLI::App& verb);
    /// Which trackers are asked about what.
    struct Question {
        TorrentSubject subject;
        QList<QUrl> trackers;
    };
    Result<Question> question() const;
    Result<QList<QUrl>> trackers(const TorrentSubject& subject) const;
    HttpOptions http() const;
    Result<AnnounceRequest> request(const TorrentSubject& subject) const;
    Result<void> announceOne(const QUrl& tracker, const AnnounceRequest& request, QJsonArray& all);
    QJsonArray peersJson(const AnnounceReply& reply, const AnnounceRequest& request) const;
    void printReply(const AnnounceReply& reply, const QJsonArray& peers) const;

    Cli& cli_;
    std::string subject_, peerId_, event_, key_, address_, proxy_;
    std::vector<std::string> trackers_;
    double timeout_ = 15;
    int port_ = -1, wanted_ = -1;
    qint64 uploaded_ = 0, downloaded_ = 0, left_ = -1;
    bool dry_ = false, register_ = false, long_ = false, withoutIds_ = false, try_ = false;
    std::unique_ptr<Verbs> serve_;
};

TrackerVerbs::TrackerVerbs(Cli& cli) : cli_(cli)
{
    CLI::App* tracker = cli.verb(nullptr, "tracker", "Ask trackers, or be one");
    CLI::App* scrape =
        cli.verb(tracker, "scrape", "How many seeds and leechers each tracker knows of", [this] { return this->scrape(); });
    aboutTorrent(*scrape);

    CLI::App* announce = cli.verb(tracker, "announce",
        "Ask trackers for peers as a client does; nothing stays registered unless told", [this] { return this->announce(); });
    aboutTorrent(*announce);
    announce->add_flag("--dry", dry_, "Print the requests and send nothing");
    announce->add_flag("--register", register_, "Stay registered: without it a \"stopped\" follows at once");
    announce->add_option("--port", port_, "That peers would reach us at")->check(CLI::Range(0, 65535))->type_name("N");
    announce->add_option("--peer-id", peerId_, "20 bytes, with %XX for any")->type_name("TEXT");
    announce->add_option("--uploaded", uploaded_, "Bytes")->check(CLI::NonNegativeNumber)->type_name("N");
    announce->add_option("--downloaded", downloaded_, "Bytes")->check(CLI::NonNegativeNumber)->type_name("N");
    announce->add_option("--left", left_, "Bytes; 0 is a seed")->check(CLI::NonNegativeNumber)->type_name("N");
    announce->add_option("--event", event_, "What has just happened")
        ->check(oneOf({"started", "completed", "stopped"}))
        ->type_name("started|completed|stopped");
    announce->add_option("--numwant", wanted_, "How many peers")->check(CLI::Range(0, 10'000))->type_name("N");
    announce->add_option("--key", key_, "Tells the tracker that it is still us: 8 hex digits")->type_name("HEX");
    announce->add_option("--ip", address_, "Say that we are there")->type_name("ADDRESS");
    announce->add_flag("--no-compact", long_, "Ask for the long form of peers (HTTP)");
    announce->add_flag("--no-peer-id", withoutIds_, "Ask to leave out the peers' ids (HTTP)");
    announce->add_flag("--try", try_, "Try to connect to each peer that is named");
    serve_ = trackerServeVerb(cli, *tracker);
}

void TrackerVerbs::aboutTorrent(CLI::App& verb)
{
    verb.add_option("torrent", subject_, "A torrent file, its http(s) address, a magnet link, or an info-hash")
        ->type_name("FILE|MAGNET|URL|HASH")
        ->required();
    verb.add_option("-t,--tracker", trackers_, "Ask this one, not those of the torrent; again for more")
        ->type_name("URL")
        ->allow_extra_args(false);
    verb.add_option("--timeout", timeout_, "For each tracker, in seconds")->check(CLI::Range(0.1, 600.0))->type_name("N");
    verb.add_option("--proxy", proxy_, "For HTTP trackers; UDP ones are then not asked")->type_name("URL");
}

HttpOptions TrackerVerbs::http() const
{
    HttpOptions options{.timeout = milliseconds(qint64(timeout_ * 1000))};
    options.context.proxy.url = QUrl(text(proxy_));
    return options;
}

Result<TrackerVerbs::Question> TrackerVerbs::question() const
{
    auto subject = findSubject(text(subject_), http());
    if (!subject)
        return failure(subject.error());
    auto urls = trackers(*subject);
    if (!urls)
        return failure(urls.error());
    return Question{std::move(*subject), std::move(*urls)};
}

Result<QList<QUrl>> TrackerVerbs::trackers(const TorrentSubject& subject) const
{
    constexpr qsizetype kMost = 200;
    QStringList names = subject.trackers;
    if (!trackers_.empty())
        names.clear();
    for (const std::string& one : trackers_)
        names += text(one);
    QList<QUrl> urls;
    for (const QString& name : names.first(std::min(names.size(), kMost))) {
        const QUrl url(name);
        const bool udp = url.scheme() == QLatin1String("udp");
        const bool known = udp || url.scheme() == QLatin1String("http") || url.scheme() == QLatin1String("https");
        if (!url.isValid() || url.host().isEmpty() || !known)
            return failure(Code::BadUrl, QStringLiteral("%1 is no tracker that is known here (http, https, udp)").arg(name));
        // What must go through a proxy goes through it or not at all.
        if (!udp || proxy_.empty())
            urls += url;
    }
    if (urls.isEmpty())
        return failure(Code::NoInput, QStringLiteral("no tracker to ask; give one with --tracker"));
    return urls;
}

Result<int> TrackerVerbs::scrape()
{
    const auto asked = question();
    if (!asked)
        return failure(asked.error());
    const QByteArray hash = asked->subject.hash();
    std::vector<Scraped> all;
    for (const QUrl& url : asked->trackers)
        all.emplace_back().tracker = url;
    std::atomic<std::size_t> next = 0;
    {
        std::vector<std::jthread> askers;
        for (std::size_t i = 0; i < std::min(kMostAtOnce, all.size()); ++i)
            askers.emplace_back([&] {
                for (std::size_t mine = next++; mine < all.size(); mine = next++) {
                    const TimePoint began = steadyClock().now();
                    all[mine].reply = scrapeFrom(all[mine].tracker, {hash}, http());
                    all[mine].seconds = std::chrono::duration<double>(steadyClock().now() - began).count();
                }
            });
    }
    Table table({{QStringLiteral("RESULT")}, {QStringLiteral("SEEDS"), true}, {QStringLiteral("LEECHERS"), true},
        {QStringLiteral("COMPLETED"), true}, {QStringLiteral("TIME"), true}, {QStringLiteral("TRACKER")},
        {QStringLiteral("WHY"), false, Column::Give::End}});
    QJsonArray list;
    std::optional<Error> worst;
    bool answered = false;
    for (const Scraped& one : all) {
        const QString tracker = one.tracker.toString();
        QJsonObject row{{QStringLiteral("tracker"), tracker}, {QStringLiteral("time"), one.seconds}};
        const QString time = spanText(one.seconds);
        if (!one.reply) {
            worst = worst ? worst : one.reply.error();
            const QString hint = misspelling(one.tracker);
            const QString why = describe(one.reply.error()) + (hint.isEmpty() ? QString() : QStringLiteral("; ") + hint);
            row.insert(QStringLiteral("result"), resultClass(one.reply.error()));
            row.insert(QStringLiteral("detail"), why);
            table.add({resultClass(one.reply.error()), {}, {}, {}, time, printable(tracker), printable(why)});
        } else if (const auto found = one.reply->find(hash); found == one.reply->end()) {
            answered = true;
            row.insert(QStringLiteral("result"), QStringLiteral("no match"));
            table.add({QStringLiteral("no match"), {}, {}, {}, time, printable(tracker),
                QStringLiteral("it does not know the torrent")});
        } else {
            answered = true;
            const SwarmCounts& counts = found->second;
            row.insert(QStringLiteral("result"), QStringLiteral("counts"));
            row.insert(QStringLiteral("seeds"), counts.seeds);
            row.insert(QStringLiteral("leechers"), counts.leechers);
            row.insert(QStringLiteral("completed"), counts.completed);
            table.add({QStringLiteral("counts"), QString::number(counts.seeds), QString::number(counts.leechers),
                QString::number(counts.completed), time, printable(tracker), {}});
        }
        list += row;
    }
    if (cli_.json()) {
        cli_.printJson(list);
    } else {
        for (const QString& line : table.lines(cli_.out().width(), cli_.out().unicode))
            cli_.out().line(line);
    }
    return answered ? 0 : errorRow(worst->code).exitStatus;
}

Result<AnnounceRequest> TrackerVerbs::request(const TorrentSubject& subject) const
{
    const auto id = peerId(peerId_);
    if (!id)
        return failure(id.error());
    AnnounceRequest out{.hash = subject.hash(),
        .peerId = *id,
        .port = quint16(port_ < 0 ? kClientPort : port_),
        .uploaded = uploaded_,
        .downloaded = downloaded_,
        .left = left_ >= 0 ? left_ : std::max<qint64>(subject.size, 1),
        .wanted = wanted_,
        .compact = !long_,
        .withoutPeerIds = withoutIds_};
    out.event = event_ == "started" ? AnnounceEvent::Started
        : event_ == "completed"     ? AnnounceEvent::Completed
        : event_ == "stopped"       ? AnnounceEvent::Stopped
                                    : AnnounceEvent::None;
    bool fine = true;
    if (!key_.empty())
        out.key = text(key_).toUInt(&fine, 16);
    if (!fine)
        return failure(Code::BadOption, QStringLiteral("--key %1: up to 8 hex digits").arg(text(key_)));
    if (!address_.empty() && !out.address.setAddress(text(address_)))
        return failure(Code::BadOption, QStringLiteral("--ip %1: not an address").arg(text(address_)));
    return out;
}

QJsonArray TrackerVerbs::peersJson(const AnnounceReply& reply, const AnnounceRequest& request) const
{
    const QList<QHostAddress> ours = QNetworkInterface::allAddresses();
    const QList<bool> reached = try_ ? reachable(reply.peers) : QList<bool>();
    QJsonArray out;
    for (qsizetype i = 0; i < reply.peers.size(); ++i) {
        const PeerAddress& peer = reply.peers[i];
        const bool own = peer.port == request.port
            && (peer.address == reply.seenAs || peer.address == request.address || ours.contains(peer.address));
        QJsonObject one{{QStringLiteral("address"), peer.address.toString()}, {QStringLiteral("port"), peer.port},
            {QStringLiteral("own"), own}};
        if (!peer.id.isEmpty())
            one.insert(QStringLiteral("id"), QString::fromLatin1(peer.id.toHex()));
        if (try_)
            one.insert(QStringLiteral("reachable"), bool(reached[i]));
        out += one;
    }
    return out;
}

void TrackerVerbs::printReply(const AnnounceReply& reply, const QJsonArray& peers) const
{
    const auto count = [](qint64 number) { return number < 0 ? QString() : QString::number(number); };
    for (const QString& line : factLines(
             {{QStringLiteral("seeds"), count(reply.seeds)}, {QStringLiteral("leechers"), count(reply.leechers)},
                 {QStringLiteral("completed"), count(reply.completed)}, {QStringLiteral("interval"), clockText(reply.interval)},
                 {QStringLiteral("sees us as"), reply.seenAs.isNull() ? QString() : reply.seenAs.toString()},
                 {QStringLiteral("warning"), printable(reply.warning)},
                 {QStringLiteral("peers"), QString::number(peers.size())}},
             cli_.out()))
        cli_.out().line(line);
    for (qsizetype i = 0; i < peers.size(); ++i) {
        const QJsonObject peer = peers[i].toObject();
        QStringList words{QStringLiteral("    ") + endpoint(reply.peers[i])};
        if (peer.value(QStringLiteral("own")).toBool())
            words += QStringLiteral("(this is us)");
        if (peer.contains(QStringLiteral("reachable")))
            words += peer.value(QStringLiteral("reachable")).toBool() ? QStringLiteral("reachable")
                                                                      : QStringLiteral("not reachable");
        cli_.out().line(words.join(QStringLiteral("  ")));
    }
}

Result<void> TrackerVerbs::announceOne(const QUrl& tracker, const AnnounceRequest& request, QJsonArray& all)
{
    QJsonObject row{
        {QStringLiteral("tracker"), tracker.toString()}, {QStringLiteral("request"), announceAsSent(tracker, request)}};
    if (!cli_.json())
        cli_.out().line(QStringLiteral("> ") + printable(announceAsSent(tracker, request)));
    Result<void> outcome;
    if (!dry_) {
        const auto reply = announceTo(tracker, request, http());
        // Who has announced himself as there is there, whatever the reply was.
        if (!register_ && request.event != AnnounceEvent::Stopped) {
            AnnounceRequest goodbye = request;
            goodbye.event = AnnounceEvent::Stopped;
            goodbye.wanted = 0;
            if (const auto gone = announceTo(tracker, goodbye, http()); !gone && reply)
                cli_.err().line(QStringLiteral("weir: the tracker may still know us: ") + printable(describe(gone.error())));
        }
        if (!reply) {
            Error error = reply.error();
            if (const QString hint = misspelling(tracker); !hint.isEmpty())
                error.detail += (error.detail.isEmpty() ? QString() : QStringLiteral("; ")) + hint;
            row.insert(QStringLiteral("result"), resultClass(error));
            row.insert(QStringLiteral("detail"), describe(error));
            outcome = failure(std::move(error));
        } else {
            const QJsonArray peers = peersJson(*reply, request);
            row.insert(QStringLiteral("result"), QStringLiteral("reply"));
            row.insert(QStringLiteral("interval"), reply->interval);
            row.insert(QStringLiteral("seeds"), reply->seeds < 0 ? QJsonValue() : QJsonValue(reply->seeds));
            row.insert(QStringLiteral("leechers"), reply->leechers < 0 ? QJsonValue() : QJsonValue(reply->leechers));
            row.insert(QStringLiteral("warning"), reply->warning);
            row.insert(QStringLiteral("seenAs"), reply->seenAs.isNull() ? QJsonValue() : QJsonValue(reply->seenAs.toString()));
            row.insert(QStringLiteral("peers"), peers);
            if (!cli_.json())
                printReply(*reply, peers);
        }
    }
    all += row;
    return outcome;
}

Result<int> TrackerVerbs::announce()
{
    const auto asked = question();
    if (!asked)
        return failure(asked.error());
    const auto sent = request(asked->subject);
    if (!sent)
        return failure(sent.error());
    QJsonArray all;
    bool answered = false;
    std::optional<Error> worst;
    for (const QUrl& tracker : asked->trackers) {
        if (const auto one = announceOne(tracker, *sent, all); one)
            answered = true;
        else {
            worst = worst ? worst : one.error();
            if (!cli_.json())
                cli_.printError(one.error());
        }
    }
    if (cli_.json())
        cli_.printJson(all);
    return answered ? 0 : errorRow(worst->code).exitStatus;
}

} // namespace

std::unique_ptr<Verbs> toolVerbs(Cli& cli) { return std::make_unique<TrackerVerbs>(cli); }

} // namespace weir
