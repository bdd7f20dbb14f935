#pragma once
// What plugins live in outside the daemon, in a worker or under the contract kit: an engine, buffers, buckets and a registry of
// its own. Main thread, unless the parts say otherwise. Adapters are never destroyed, so it lives until the program ends.

#include "net/curl_engine.h"
#include "plugin_host/registry.h"
#include "plugin_host/services.h"
#include "transfer/buffer_pool.h"

namespace weir {

class PluginWorld {
public:
    PluginWorld(std::vector<PluginRecord> plugins, const QString& stateRoot, std::function<void(Level, const QString&)> log);

    CurlEngine curl{{}};
    BufferPool buffers;
    RateBucket totalRate, totalUpRate;
    HostParts host;
    Registry registry;
};

} // namespace weir
