#pragma once
// Whether peers can be connected to, all tried at once. Blocking, at most 5 seconds; the thread of a QCoreApplication.

#include "tracker_messages.h"

namespace weir {

/// One answer for each peer, in their order.
QList<bool> reachable(const QList<PeerAddress>& peers);

} // namespace weir
