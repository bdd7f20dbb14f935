#pragma once
// What to start next: a pure function over values. Holds are not known here: held tasks are no candidates.

#include "ledger/records.h"

#include <weir/clock.h>

#include <span>

namespace weir {

struct Candidate {
    TaskId id = 0;
    int priority = 0;
    qint64 position = 0;
    QByteArray host;       ///< connections to one host are limited together; empty: none
    int connections = 1;   ///< that it uses (running) or will want at first (waiting)
    TimePoint notBefore{}; ///< back-off, Retry-After
};

struct Policy {
    int maxConnections = 64, maxPerHost = 16, maxRunning = 256;
    /// Hosts with a limit of their own: learned from 429 and 503 (lower) or from HTTP/2 (higher).
    std::function<int(const QByteArray& host)> perHost;
    std::function<TimePoint(const QByteArray& host)> hostNotBefore;
};

struct Plan {
    std::vector<TaskId> start;
    std::optional<TimePoint> wakeAt; ///< when to plan again although nothing happens
};

/// Higher priority first, then by position; a full host is passed over, not waited for. `waiting` must be in that order
/// already (the queue keeps it so): the scan ends when the program's limits are reached.
Plan plan(std::span<const Candidate> waiting, std::span<const Candidate> running, const Policy& policy, TimePoint now);

} // namespace weir
