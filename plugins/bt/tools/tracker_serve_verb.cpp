#include "tracker_serve_verb.h"

#include "cli.h"
#include "interrupts.h"
#include "tracker_server.h"

#include <QCoreApplication>
#include <QJsonArray>
#include <QJsonObject>
#include <QNetworkInterface>
#include <QSocketNotifier>

namespace weir {

namespace {

constexpr quint16 kTrackerPort = 6969;

class ServeVerb final : public Verbs {
public:
    ServeVerb(Cli& cli, CLI::App& tracker);

private:
    Result<int> serve();
    Result<QList<QUrl>> listen(TrackerServer& server) const;

    Cli& cli_;
    std::vector<std::string> bind_;
    int port_ = -1, interval_ = 120;
    std::size_t mostTorrents_ = 10'000, mostPeers_ = 5'000;
    bool noHttp_ = false, noUdp_ = false, believe_ = false;
};

ServeVerb::ServeVerb(Cli& cli, CLI::App& tracker) : cli_(cli)
{
    CLI::App* serve = cli.verb(
        &tracker, "serve", "Be a small tracker for tests and intranets, until Ctrl-C", [this] { return this->serve(); });
    serve->add_option("--bind", bind_, "Listen there, not on loopback; again for more; 0.0.0.0 and :: are everywhere")
        ->type_name("ADDRESS")
        ->allow_extra_args(false);
    serve->add_option("--port", port_, "6969 without it; 0 is any that is free")->check(CLI::Range(0, 65535))->type_name("N");
    serve->add_flag("--no-http", noHttp_, "UDP only");
    serve->add_flag("--no-udp", noUdp_, "HTTP only");
    serve->add_option("--interval", interval_, "Between two announces of a peer, in seconds")
        ->check(CLI::Range(5, 86'400))
        ->type_name("N");
    serve->add_flag("--believe-ip", believe_, "Where a client says it is counts, not where it asks from");
    serve->add_option("--max-torrents", mostTorrents_, "At most")->check(CLI::Range(1, 1'000'000))->type_name("N");
    serve->add_option("--max-peers", mostPeers_, "Of one torrent, at most")->check(CLI::Range(1, 100'000))->type_name("N");
}

Result<QList<QUrl>> ServeVerb::listen(TrackerServer& server) const
{
    const quint16 port = quint16(port_ < 0 ? kTrackerPort : port_);
    QList<QHostAddress> places;
    for (const std::string& one : bind_) {
        const QHostAddress address(QString::fromStdString(one));
        if (address.isNull())
            return failure(Code::BadOption, QStringLiteral("--bind %1: not an address").arg(QString::fromStdString(one)));
        places += address;
    }
    if (bind_.empty()) {
        places = {QHostAddress(QHostAddress::LocalHost)};
        // A machine without IPv6 has no second loopback.
        if (const QHostAddress six(QHostAddress::LocalHostIPv6); QNetworkInterface::allAddresses().contains(six))
            places += six;
    }
    QList<QUrl> urls;
    for (const QHostAddress& place : places) {
        for (const auto protocol : {TrackerServer::Protocol::Http, TrackerServer::Protocol::Udp}) {
            if (protocol == TrackerServer::Protocol::Http ? noHttp_ : noUdp_)
                continue;
            const auto url = server.listen(protocol, place, port);
            if (!url)
                return failure(url.error());
            urls += *url;
        }
    }
    return urls;
}

Result<int> ServeVerb::serve()
{
    if (noHttp_ && noUdp_)
        return failure(Code::BadOption, QStringLiteral("--no-http and --no-udp leave nothing"));
    Interrupts interrupts;
    TrackerServer server({.interval = std::chrono::seconds(interval_),
        .torrents = mostTorrents_,
        .peersEach = mostPeers_,
        .believeAddresses = believe_});
    const auto urls = listen(server);
    if (!urls)
        return failure(urls.error());
    QJsonArray announce;
    QString state;
    for (const QUrl& url : *urls) {
        announce += url.toString();
        if (state.isEmpty() && url.scheme() == QLatin1String("http"))
            state = url.adjusted(QUrl::RemoveFilename).toString();
    }
    if (cli_.json()) {
        cli_.printJson(QJsonObject{{QStringLiteral("announce"), announce},
            {QStringLiteral("state"), state.isEmpty() ? QJsonValue() : QJsonValue(state + QStringLiteral("state.json"))}});
    } else {
        for (const auto& url : announce)
            cli_.out().line(url.toString());
        if (!state.isEmpty())
            cli_.out().line(QStringLiteral("torrents and peers: %1 (%1state.json for programs)").arg(state));
    }
    QSocketNotifier stop(interrupts.descriptor(), QSocketNotifier::Read);
    QObject::connect(&stop, &QSocketNotifier::activated, &stop, [&] {
        if (interrupts.take())
            QCoreApplication::quit();
    });
    QCoreApplication::exec();
    return 0;
}

} // namespace

std::unique_ptr<Verbs> trackerServeVerb(Cli& cli, CLI::App& tracker) { return std::make_unique<ServeVerb>(cli, tracker); }

} // namespace weir
