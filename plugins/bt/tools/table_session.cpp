#include "table_session.h"

#include "bt/bt_settings.h"
#include "terminal.h"
#include "text.h"
#include "verb_words.h"

#include <CLI/CLI.hpp>

#include <QJsonArray>

namespace weir {

void TableSession::addOptions(CLI::App& verb)
{
    verb.add_option("--node", nodes, "Enter the table of peers (DHT) here; again for more")
        ->type_name("HOST:PORT")
        ->allow_extra_args(false);
    verb.add_option("--ports", ports, "Listen on one of these")->type_name("A-B");
    verb.add_option("--proxy", proxy, "socks5 or http: everything goes through it or not at all")->type_name("URL");
}

Result<lt::session_params> TableSession::params(bool table) const
{
    QJsonArray entrances;
    for (const std::string& node : nodes)
        entrances.append(text(node));
    ProxyConfig way{.url = QUrl(text(proxy))};
    way.user = way.url.userName();
    way.password = way.url.password();
    auto settings = sessionSettings(
        {{QStringLiteral("dht.enabled"), table}, {QStringLiteral("dht.bootstrap"), entrances},
            {QStringLiteral("ports"), text(ports)}, {QStringLiteral("lsd"), false}, {QStringLiteral("portMapping"), false}},
        way, {.quiet = false, .utpOut = true});
    if (!settings)
        return failure(settings.error());
    lt::session_params params;
    params.settings = std::move(*settings);
    return params;
}

void sayPatience(Output& err, double seconds)
{
    if (err.terminal)
        err.line(QStringLiteral("asking others, for %1 at most").arg(clockText(qint64(seconds))));
}

} // namespace weir
