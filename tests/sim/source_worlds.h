#pragma once
// Sources of one file for a client with few connections, in virtual time: each has a bandwidth, a delay, a share of requests
// that fail and of blocks that are wrong, and may change its speed. What a policy brings there, and what the best possible
// would. Deterministic for a seed; one thread.

#include <weir/source_score.h>

#include <functional>
#include <random>
#include <string>

namespace weir::test {

struct ModelSource {
    double connection = 0; ///< bytes a second of one connection
    double line = 0;       ///< and of all together; 0: as many times that as there are
    double latency = 0.03; ///< seconds until the first byte
    double failures = 0;   ///< of requests, halfway
    double lies = 0;       ///< of blocks
    double slow = 1;       ///< every other period it has this share of its speed
    double period = 20;    ///< seconds
};

struct World {
    std::string name;
    std::vector<ModelSource> sources;
    int connections = 4;
    bool simple = false; ///< connections don't share a line, and nothing changes: who looks fastest is always right
};

/// In what units a record is told what was seen: 1 is bytes and seconds.
struct Units {
    double bytes = 1, seconds = 1;
};

/// What is asked next. `connections`: those of each source now. `random` in [0, 1).
using Policy =
    std::function<int(const std::vector<const SourceRecord*>& records, const std::vector<int>& connections, double random)>;

/// Right bytes in so many seconds.
double brought(const World& world, const Policy& policy, double seconds, quint64 seed, Units units = {});
/// The most that any choice could bring on average: knows every speed at every moment, and changes its mind for nothing.
double possible(const World& world, double seconds);

} // namespace weir::test
