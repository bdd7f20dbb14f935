#include "plugin_host/plugin_world.h"

namespace weir {

PluginWorld::PluginWorld(
    std::vector<PluginRecord> plugins, const QString& stateRoot, std::function<void(Level, const QString&)> log)
    : host(curl, buffers, totalRate, totalUpRate, steadyClock(), stateRoot, std::move(log)),
      registry(std::move(plugins), [this](const QString& plugin) { return std::make_unique<PluginServices>(host, plugin); })
{
    host.registry = &registry;
}

} // namespace weir
