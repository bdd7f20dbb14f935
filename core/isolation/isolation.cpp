#include "isolation/isolation.h"

#include <QCborArray>

namespace weir {

namespace {

QString nameOf(const PluginRecord& plugin) { return plugin.descriptor.value(QLatin1String("name")).toString(); }

QCborMap toCbor(const PluginRecord& plugin)
{
    return fields({{"path", plugin.path}, {"modified", plugin.modified}, {"size", plugin.size},
        {"descriptor", QCborMap::fromJsonObject(plugin.descriptor)}});
}

} // namespace

Isolation::~Isolation()
{
    for (const auto& pool : pools_)
        pool->dismissAll();
}

std::vector<std::shared_ptr<WorkerPool>> Isolation::pools() const
{
    const std::lock_guard lock(mutex_);
    return pools_;
}

Result<std::unique_ptr<ProtocolAdapter>> Isolation::adapterOf(const PluginRecord& plugin)
{
    const QString name = nameOf(plugin);
    WorkerPool::Recipe recipe{.program = parts_.program,
        .plugin = name,
        .stateFolder = parts_.host.stateRoot + u'/' + name,
        .usualFolder = parts_.usualFolder,
        .birth = [this, plugin] { return birthOf(plugin); },
        .listener = {[log = parts_.host.log, name](
                         Level level, const QString& text) { log(level, QStringLiteral("%1: %2").arg(name, text)); },
            [faulted = parts_.faulted, name](const Error& fault) { faulted(name, fault); }}};
    const auto pool = std::make_shared<WorkerPool>(std::move(recipe));
    if (const auto first = pool->any(); !first)
        return failure(first.error());
    const std::lock_guard lock(mutex_);
    pools_.push_back(pool);
    return std::make_unique<IsolatedAdapter>(pool);
}

QCborMap Isolation::birthOf(const PluginRecord& plugin)
{
    QCborArray plugins{toCbor(plugin)};
    QStringList names{nameOf(plugin)};
    for (const PluginRecord& own : parts_.own) {
        if (nameOf(own) == nameOf(plugin))
            continue;
        plugins.append(toCbor(own));
        names.append(nameOf(own));
    }
    CurlEngine::Config network;
    {
        const std::lock_guard lock(mutex_);
        network = network_;
    }
    return fields({{"plugin", nameOf(plugin)}, {"plugins", plugins}, {"state", parts_.host.stateRoot},
        {"settings", settingsOf(names)}, {"network", toCbor(network)}});
}

QCborMap Isolation::settingsOf(const QStringList& plugins) const
{
    QCborMap all;
    for (const QString& name : plugins)
        all.insert(name, QCborMap::fromJsonObject(parts_.host.settings(name)));
    return all;
}

void Isolation::setNetwork(const CurlEngine::Config& network)
{
    {
        const std::lock_guard lock(mutex_);
        network_ = network;
    }
    for (const auto& pool : pools())
        pool->tellAll(fields({{"do", "network"}, {"network", toCbor(network)}}));
}

void Isolation::settingsChanged(const QString& plugin)
{
    for (const auto& pool : pools())
        pool->tellAll(fields({{"do", "settings"}, {"settings", settingsOf({plugin})}}));
}

} // namespace weir
