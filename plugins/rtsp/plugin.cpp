#include "rtsp/rtsp_adapter.h"

#include <weir/plugin.h>

WEIR_PLUGIN(weir::RtspAdapter, "rtsp", "1.0", "rtsp,rtsps,rtmp", "", "")
