#include "queue/rate_allocator.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace weir {

namespace {

constexpr qint64 kUnbounded = std::numeric_limits<qint64>::max() / 4;
constexpr qint64 kFloor = 32 << 10; // what a task that measured nothing yet may begin with

} // namespace

std::vector<qint64> allocateRates(qint64 total, std::span<const RateShare> shares)
{
    std::vector<qint64> result(shares.size(), 0);
    std::vector<std::size_t> order(shares.size());
    std::iota(order.begin(), order.end(), 0);
    // By demand per weight: each either takes all it wants, or it and all after it share the rest by weight.
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return double(shares[a].demand) / shares[a].weight < double(shares[b].demand) / shares[b].weight;
    });
    double weights = 0;
    for (const RateShare& share : shares)
        weights += share.weight;
    const double allWeights = weights;
    double rest = double(total);
    for (const std::size_t index : order) {
        const double fair = rest * shares[index].weight / weights;
        const double given = std::min(fair, double(shares[index].demand));
        result[index] = qint64(given);
        rest -= given;
        weights -= shares[index].weight;
    }
    if (rest >= 1)
        for (std::size_t i = 0; i < shares.size(); ++i)
            result[i] += qint64(rest * shares[i].weight / allWeights);
    // 0 would mean "no limit" to a bucket.
    for (qint64& rate : result)
        rate = std::max<qint64>(rate, 1);
    return result;
}

double priorityWeight(int priority) { return priority > 0 ? 4 : priority < 0 ? 1 : 2; }

qint64 estimateDemand(qint64 measured, qint64 allotted, qint64 ownLimit)
{
    const qint64 most = ownLimit > 0 ? ownLimit : kUnbounded;
    if (allotted <= 0 || measured >= allotted - allotted / 10)
        return most;
    return std::min(most, std::max(measured + measured / 4, kFloor));
}

} // namespace weir
