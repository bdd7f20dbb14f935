#pragma once
// What a tracker knows, for people and for programs. Pure; any thread.

#include "swarm_table.h"

#include <QJsonObject>

namespace weir {

/// {"torrents": [{"hash", "seeds", "leechers", "completed", "peers": [...]}], "counters": {...}}
QJsonObject swarmJson(const SwarmTable& table, const std::map<QByteArray, qint64>& counters, TimePoint now);
QString swarmLines(const SwarmTable& table, const std::map<QByteArray, qint64>& counters, TimePoint now);

} // namespace weir
