#pragma once
// The settings network.* as what the network parts take. Pure.

#include "config/settings.h"

#include <weir/fetch.h>

namespace weir {

/// network.proxy and network.noProxy; user and password are taken out of the address.
ProxyConfig proxyFromSettings(const Settings& settings);

} // namespace weir
