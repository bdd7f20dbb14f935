#include "bt/bt_adapter.h"

#include <weir/plugin.h>

WEIR_PLUGIN(weir::BtAdapter, "bt", "1.0", "magnet,file", "application/x-bittorrent",
    "d8:announce\nd13:announce-list\nd4:info\nd10:created by\nd7:comment\nd13:creation date\nd8:encoding\nd5:nodes\n"
    "d9:httpseeds\nd8:url-list\nd12:piece layers")
