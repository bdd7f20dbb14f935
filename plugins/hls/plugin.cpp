#include "hls/hls_adapter.h"

#include <weir/plugin.h>

WEIR_PLUGIN(weir::HlsAdapter, "hls", "1.0", "",
    "application/vnd.apple.mpegurl,application/x-mpegurl,audio/mpegurl,audio/x-mpegurl,application/mpegurl,"
    "application/dash+xml,video/vnd.mpeg.dash.mpd",
    "#EXTM3U\n<MPD\n<?xml")
