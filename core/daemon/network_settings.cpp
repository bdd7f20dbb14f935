#include "daemon/network_settings.h"

#include <QJsonArray>

namespace weir {

ProxyConfig proxyFromSettings(const Settings& settings)
{
    ProxyConfig proxy;
    proxy.url = QUrl(settings.text(QStringLiteral("network.proxy")), QUrl::StrictMode);
    proxy.user = proxy.url.userName(QUrl::FullyDecoded);
    proxy.password = proxy.url.password(QUrl::FullyDecoded);
    proxy.url.setUserInfo({});
    const QJsonArray bypass = settings.value(QStringLiteral("network.noProxy")).toArray();
    for (const QJsonValue host : bypass)
        proxy.bypass.append(host.toString());
    proxy.bindTo = settings.text(QStringLiteral("network.bindTo"));
    return proxy;
}

} // namespace weir
