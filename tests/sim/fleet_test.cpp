// A thousand machines and one origin, decided by the feeder's own functions. Prints the table of docs/benchmarks.md:
//     build/release/bin/weir-sim --gtest_filter='Fleet.*'
#include "sim/fleet_world.h"

#include <gtest/gtest.h>

#include <cstdio>

namespace weir::test {
namespace {

struct Case {
    const char* name;
    FleetWorld world;
    double copies; ///< at most
};

TEST(Fleet, AThousandMachinesHaveItSoon)
{
    FleetWorld slow, together, dying, twenty, devices;
    slow.line = 0.625e6;
    slow.origin = 2.5e6;
    together.arrivals = 0;
    dying.failures = 0.2;
    twenty.machines = 20;
    twenty.origin = twenty.line;
    devices.machines = 64;
    devices.pieces = 80;
    devices.pieceLength = 256 << 10;
    devices.line = devices.origin = 0.625e6;
    devices.arrivals = 1;
    std::printf("| | seed | machines | copies | mean s | last s | alone from the origin s |\n|---|--:|--:|--:|--:|--:|--:|\n");
    for (const Case& each : {Case{"twenty", twenty, 3}, Case{"sixty-four, slow", devices, 4}, Case{"a thousand", {}, 12},
             Case{"slow lines", slow, 12}, Case{"all at once", together, 12}, Case{"every fifth goes away", dying, 12}})
        for (quint64 seed = 1; seed <= 2; ++seed) {
            const FleetEnd end = simulate(each.world, seed);
            std::printf("| %s | %d | %d | %.2f | %.1f | %.1f | %.0f |\n", each.name, int(seed), each.world.machines, end.copies,
                end.mean, end.last, end.unicast);
            SCOPED_TRACE(std::string(each.name) + ", seed " + std::to_string(seed));
            EXPECT_GE(end.copies, 0.99) << "less than one copy can't be";
            EXPECT_LE(end.copies, each.copies);
            EXPECT_GT(end.last, 0);
            if (each.world.machines >= 64) {
                EXPECT_LE(end.last, end.unicast / 16);
            }
        }
}

} // namespace
} // namespace weir::test
