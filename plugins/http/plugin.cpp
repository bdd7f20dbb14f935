#include "http/http_adapter.h"

#include <weir/plugin.h>

WEIR_PLUGIN(weir::HttpAdapter, "http", "1.0", "http,https", "", "")
