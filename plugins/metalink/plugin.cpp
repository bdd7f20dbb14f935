#include "metalink/metalink_adapter.h"

#include <weir/plugin.h>

WEIR_PLUGIN(weir::MetalinkAdapter, "metalink", "1.0", "file,metalink+http,metalink+https",
    "application/metalink4+xml,application/metalink+xml", "<metalink\n<?xml")
