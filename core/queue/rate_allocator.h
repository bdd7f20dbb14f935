#pragma once
// Divides a limit among running tasks: weighted max-min of what each can use. Pure; the queue asks every 250 ms while a limit
// is set and tells the leaf buckets.

#include <QtGlobal>

#include <span>
#include <vector>

namespace weir {

struct RateShare {
    double weight = 1;
    qint64 demand = 0; ///< bytes a second that it could use
};

/// Bytes a second for each. Nobody gets more than its demand, what one leaves the others share by weight; what nobody asks for
/// is spread as headroom, so that a task that speeds up is not held back until the next round. `total` > 0.
std::vector<qint64> allocateRates(qint64 total, std::span<const RateShare> shares);

/// low 1, normal 2, high 4.
double priorityWeight(int priority);

/// What a task could use, from what it used: one that used up its allotment could use more than anybody knows.
qint64 estimateDemand(qint64 measured, qint64 allotted, qint64 ownLimit);

} // namespace weir
