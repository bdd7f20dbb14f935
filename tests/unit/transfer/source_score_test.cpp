#include <weir/source_score.h>

#include <gtest/gtest.h>

namespace weir {
namespace {

using namespace std::chrono_literals;
const TimePoint t0 = TimePoint{} + 1h;

SourceRecord source(double bytesPerSecond, double latency, int good, int bad)
{
    SourceRecord record;
    record.transferred(t0, qint64(bytesPerSecond), 1);
    record.answered(t0, latency);
    for (int i = 0; i < good; ++i)
        record.succeeded(t0);
    for (int i = 0; i < bad; ++i)
        record.failed(t0);
    return record;
}

std::vector<double> scored(std::initializer_list<const SourceRecord*> records)
{
    return scores(std::vector<const SourceRecord*>(records));
}

TEST(SourceScore, IsTheWeightedSumOfNormalisedTerms)
{
    const auto best = source(10e6, 0.01, 9, 0), half = source(5e6, 0.02, 9, 0);
    const auto values = scored({&best, &half});
    EXPECT_NEAR(values[0], 1.0, 1e-6);
    EXPECT_NEAR(values[1], 0.4 * 0.5 + 0.3 * 0.5 + 0.3, 1e-6);
}

TEST(SourceScore, RankingDoesNotDependOnUnits)
{
    const auto a = source(9e6, 0.2, 5, 1), b = source(6e6, 0.05, 5, 0), c = source(1e6, 0.01, 5, 3);
    const auto a2 = source(9e3, 200, 5, 1), b2 = source(6e3, 50, 5, 0), c2 = source(1e3, 10, 5, 3);
    const auto one = scored({&a, &b, &c}), two = scored({&a2, &b2, &c2});
    for (int i = 0; i < 3; ++i)
        EXPECT_NEAR(one[i], two[i], 1e-9);
}

TEST(SourceScore, ALieHalvesIt)
{
    auto honest = source(1e6, 0.01, 5, 0), liar = source(1e6, 0.01, 5, 0);
    liar.lied(t0);
    EXPECT_LT(scored({&honest, &liar})[1], 0.55);
}

TEST(SourceScore, OldTroubleFades)
{
    auto record = source(1e6, 0.01, 2, 6);
    const double before = record.success();
    record.succeeded(t0 + 2min);
    EXPECT_GT(record.success(), before + 0.3);
}

TEST(SourceScore, OneOddTransferIsAnAccidentTwoAreAnotherWorld)
{
    SourceRecord record;
    for (int i = 0; i < 60; ++i)
        record.transferred(t0, 8'000'000, 1);
    record.transferred(t0, 1'000'000, 1);
    EXPECT_GT(record.bandwidth(), 7e6);
    record.transferred(t0, 9'000'000, 1);
    record.transferred(t0, 1'000'000, 1);
    EXPECT_GT(record.bandwidth(), 7e6) << "they were not in a row";
    record.transferred(t0, 1'000'000, 1);
    EXPECT_NEAR(record.bandwidth(), 1e6, 1);
    for (int i = 0; i < 60; ++i)
        record.transferred(t0, 1'000'000, 1);
    record.transferred(t0, 8'000'000, 1);
    record.transferred(t0, 8'000'000, 1);
    EXPECT_NEAR(record.bandwidth(), 8e6, 1);
}

TEST(SourceScore, LostTimeCounts)
{
    auto steady = source(4e6, 0.01, 9, 0), fast = source(8e6, 0.01, 9, 0);
    for (int i = 0; i < 3; ++i)
        fast.transferred(t0, 0, 1);
    EXPECT_NEAR(fast.bandwidth(), 2e6, 1);
    EXPECT_GT(scored({&steady, &fast})[0], scored({&steady, &fast})[1]);
    SourceRecord hopeless;
    hopeless.transferred(t0, 0, 1);
    EXPECT_NEAR(scored({&steady, &hopeless})[1], 0.6, 1e-6) << "it is not unknown";
}

TEST(SourceScore, WeightsCountBesideEachOther)
{
    const auto quick = source(1e6, 0.01, 5, 0), fast = source(4e6, 0.04, 5, 0);
    const std::vector<const SourceRecord*> both{&quick, &fast};
    const auto byLatency = scores(both, {.bandwidth = 0, .latency = 7, .success = 0});
    EXPECT_NEAR(byLatency[0], 1, 1e-9);
    EXPECT_NEAR(byLatency[1], 0.25, 1e-9);
    const auto byBandwidth = scores(both, {.bandwidth = 7, .latency = 0, .success = 0});
    EXPECT_NEAR(byBandwidth[0], 0.25, 1e-9);
    EXPECT_NEAR(byBandwidth[1], 1, 1e-9);
    const auto byNothing = scores(both, {.bandwidth = 0, .latency = 0, .success = 0});
    EXPECT_EQ(byNothing[0], byNothing[1]);
}

TEST(SourceScore, WhoIsGoneScoresNothingAndIsNoMeasure)
{
    const auto gone = source(100e6, 0.001, 5, 0), alive = source(1e6, 0.01, 9, 0);
    const auto values = scored({nullptr, &alive});
    EXPECT_EQ(values[0], 0);
    EXPECT_NEAR(values[1], 1, 1e-6);
    EXPECT_LT(scored({&gone, &alive})[1], 0.5);
}

TEST(SourceScore, UnknownSourcesGetAChance)
{
    const auto known = source(1e6, 0.01, 5, 0);
    const SourceRecord fresh;
    EXPECT_NEAR(scored({&known, &fresh})[1], 1.0, 1e-6);
}

TEST(ChooseSource, SpreadsByScorePerConnection)
{
    const double values[]{1.0, 0.82}; // the second is worth half of the first
    int connections[]{0, 0};
    const char allowed[]{1, 1};
    for (int i = 0; i < 9; ++i)
        ++connections[chooseSource(values, connections, allowed, 0.5)];
    EXPECT_EQ(connections[0], 6);
    EXPECT_EQ(connections[1], 3);
}

TEST(ChooseSource, OneInTwentyExplores)
{
    const double values[]{1.0, 0.01};
    const int connections[]{3, 0};
    const char allowed[]{1, 1};
    EXPECT_EQ(chooseSource(values, connections, allowed, 0.01), 1);
    EXPECT_EQ(chooseSource(values, connections, allowed, 0.06), 0);
}

TEST(ChooseSource, ExploresEachOfThoseThatAreUsedLeast)
{
    const double values[]{1.0, 0.5, 0.5, 0.5};
    const int connections[]{3, 0, 0, 0};
    const char allowed[]{1, 1, 0, 1};
    EXPECT_EQ(chooseSource(values, connections, allowed, 0.0), 1);
    EXPECT_EQ(chooseSource(values, connections, allowed, 0.024), 1);
    EXPECT_EQ(chooseSource(values, connections, allowed, 0.026), 3);
    EXPECT_EQ(chooseSource(values, connections, allowed, 0.0499999999), 3);
}

TEST(ChooseSource, NobodyIsAllowed)
{
    const double values[]{1.0};
    const int connections[]{0};
    const char allowed[]{0};
    EXPECT_EQ(chooseSource(values, connections, allowed, 0.5), -1);
    EXPECT_EQ(chooseSource(values, connections, allowed, 0.01), -1);
}

} // namespace
} // namespace weir
