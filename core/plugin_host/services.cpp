#include "plugin_host/services.h"

#include "platform/paths.h"
#include "plugin_host/registry.h"

namespace weir {

void HostParts::setSettings(const QString& plugin, QJsonObject section)
{
    const std::lock_guard lock(mutex_);
    settings_.insert(plugin, std::move(section));
}

QJsonObject HostParts::settings(const QString& plugin) const
{
    const std::lock_guard lock(mutex_);
    return settings_.value(plugin);
}

RangeFetcher* PluginServices::fetcherFor(const QUrl& url) { return host_.registry ? host_.registry->fetcherFor(url) : nullptr; }

QString PluginServices::stateDirectory() const
{
    const QString path = plugin_.isEmpty() ? host_.stateRoot : host_.stateRoot + u'/' + plugin_;
    if (const auto made = makePrivateDirectory(path); !made && host_.log)
        host_.log(Level::Error, describe(made.error()));
    return path;
}

void PluginServices::log(Level level, const QString& text)
{
    if (host_.log)
        host_.log(level, plugin_.isEmpty() ? text : QStringLiteral("%1: %2").arg(plugin_, text));
}

} // namespace weir
