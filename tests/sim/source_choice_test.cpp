// Choosing among sources, compared: at random, by turns, by the sum as it is often written (bytes a second, 1 / seconds and a
// share, added as they are), and by ours. Prints the table of docs/benchmarks.md:
//     build/release/bin/weir-sim --gtest_filter='SourceChoice.*'
#include "sim/source_worlds.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>

namespace weir::test {
namespace {

constexpr double kSeconds = 400;
constexpr quint64 kSeeds = 5;
constexpr double MB = 1e6;
const Units kOtherUnits{.bytes = 8, .seconds = 1024}; // bits, and about a thousandth of a second; exact in a double

int ours(const std::vector<const SourceRecord*>& records, const std::vector<int>& connections, double random)
{
    return chooseSource(scores(records), connections, std::vector<char>(records.size(), true), random);
}

int atRandom(const std::vector<const SourceRecord*>& records, const std::vector<int>&, double random)
{
    return int(random * double(records.size()));
}

Policy byTurns()
{
    return [next = 0](const std::vector<const SourceRecord*>& records, const std::vector<int>&, double) mutable {
        return next++ % int(records.size());
    };
}

/// The sum as it is often written: bytes a second, 1 / seconds and a share, added as they are. Terms that nobody knows yet are
/// as good as the best.
std::vector<double> rawScores(const std::vector<const SourceRecord*>& records)
{
    double fastest = 0, nearest = 0;
    for (const SourceRecord* record : records) {
        fastest = std::max(fastest, record->bandwidth());
        nearest = std::max(nearest, record->latency() > 0 ? 1 / record->latency() : 0);
    }
    std::vector<double> values;
    for (const SourceRecord* record : records)
        values.push_back(0.4 * (record->measured() ? record->bandwidth() : fastest)
            + 0.3 * (record->latency() > 0 ? 1 / record->latency() : nearest) + 0.3 * record->success());
    return values;
}

/// Whoever has the highest.
int asWritten(const std::vector<const SourceRecord*>& records, const std::vector<int>&, double)
{
    const std::vector<double> values = rawScores(records);
    return int(std::max_element(values.begin(), values.end()) - values.begin());
}

/// Our choice by those scores.
int notNormalised(const std::vector<const SourceRecord*>& records, const std::vector<int>& connections, double random)
{
    return chooseSource(rawScores(records), connections, std::vector<char>(records.size(), true), random);
}

const char* const kFlips = "lines, and the fastest has an eighth every other 20 s";

std::vector<World> worlds()
{
    const auto lines = [](std::initializer_list<double> rates) {
        std::vector<ModelSource> all;
        for (const double rate : rates)
            all.push_back({.connection = rate * MB, .line = rate * MB});
        return all;
    };
    World flips{kFlips, lines({8, 4, 2})};
    flips.sources[0].slow = 1.0 / 8;
    World cappedFlips{"connections of 8, 4 and 2 MB/s, the first flips likewise", {{8 * MB}, {4 * MB}, {2 * MB}}};
    cappedFlips.sources[0].slow = 1.0 / 8;
    World far{"lines of 4 MB/s; the first bytes after 0.02, 0.1, 0.5 and 1.5 s", lines({4, 4, 4, 4}), 2};
    for (std::size_t i = 0; i < 4; ++i)
        far.sources[i].latency = std::array{0.02, 0.1, 0.5, 1.5}[i];
    World fails{"connections of 8, 6 and 4 MB/s; the first fails 9 of 10 times", {{8 * MB}, {6 * MB}, {4 * MB}}};
    fails.sources[0].failures = 0.9;
    World lies{"connections of 8, 6 and 4 MB/s; of the first every other block is wrong", {{8 * MB}, {6 * MB}, {4 * MB}}};
    lies.sources[0].lies = 0.5;
    World capped{"connections of 8, 2, 1 and 0.5 MB/s", {{8 * MB}, {2 * MB}, {1 * MB}, {0.5 * MB}}};
    capped.simple = fails.simple = lies.simple = true;
    return {{"four lines of 4 MB/s", lines({4, 4, 4, 4})}, {"lines of 8, 4, 2 and 1 MB/s", lines({8, 4, 2, 1})}, capped, far,
        fails, lies, flips, cappedFlips};
}

double share(const World& world, const std::function<Policy()>& policy)
{
    double sum = 0;
    for (quint64 seed = 1; seed <= kSeeds; ++seed)
        sum += brought(world, policy(), kSeconds, seed);
    return sum / kSeeds / possible(world, kSeconds);
}

TEST(SourceChoice, IsComparedWithOthers)
{
    std::printf("| %% of what is possible | at random | by turns | as written | not normalised | weir |\n"
                "|---|--:|--:|--:|--:|--:|\n");
    for (const World& world : worlds()) {
        SCOPED_TRACE(world.name);
        const double others[]{share(world, [] { return Policy(atRandom); }), share(world, byTurns),
            share(world, [] { return Policy(asWritten); })};
        const double half = share(world, [] { return Policy(notNormalised); });
        const double own = share(world, [] { return Policy(ours); });
        std::printf("| %s | %.0f | %.0f | %.0f | %.0f | %.0f |\n", world.name.c_str(), 100 * others[0], 100 * others[1],
            100 * others[2], 100 * half, 100 * own);
        EXPECT_GE(own, others[0]);
        EXPECT_GE(own, others[1]);
        // Ours pays there for spreading and for looking whether anything has changed.
        if (!world.simple) {
            EXPECT_GE(own, others[2]);
        }
        EXPECT_LE(own, 1.01) << "more than is possible";
        if (world.name == kFlips) {
            EXPECT_GE(own, 0.9);
        }
    }
}

TEST(SourceChoice, DoesNotDependOnUnits)
{
    const auto inUnits = [](const World& world, Units units) { return brought(world, ours, kSeconds, 1, units); };
    for (const World& world : worlds())
        EXPECT_EQ(inUnits(world, {}), inUnits(world, kOtherUnits)) << world.name;
}

} // namespace
} // namespace weir::test
