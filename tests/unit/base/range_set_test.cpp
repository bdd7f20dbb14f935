#include <weir/range_set.h>

#include <gtest/gtest.h>

#include <bitset>
#include <limits>
#include <random>

using namespace weir;

namespace {

constexpr int kBits = 200;
using Bitmap = std::bitset<kBits>;

RangeSet fromBitmap(const Bitmap& bits)
{
    RangeSet set;
    for (int i = 0; i < kBits; ++i)
        if (bits[std::size_t(i)])
            set.add({i, i + 1});
    return set;
}

void expectSame(const RangeSet& set, const Bitmap& bits)
{
    ASSERT_EQ(set.bytes(), qint64(bits.count()));
    for (int i = 0; i < kBits; ++i)
        ASSERT_EQ(set.contains({i, i + 1}), bits[std::size_t(i)]) << i;
    for (std::size_t i = 1; i < set.ranges().size(); ++i)
        ASSERT_GT(set.ranges()[i].begin, set.ranges()[i - 1].end);
    ASSERT_EQ(set, fromBitmap(bits));
}

void expectSameQuestions(const RangeSet& set, const Bitmap& bits, ByteRange range)
{
    Bitmap mask;
    for (qint64 i = range.begin; i < range.end; ++i)
        mask.set(std::size_t(i));
    ASSERT_EQ(set.contains(range), (bits & mask) == mask);
    ASSERT_EQ(set.intersects(range), (bits & mask).any());
    ASSERT_EQ(set.bytesIn(range), qint64((bits & mask).count()));
    qint64 gap = range.begin;
    while (gap < kBits && bits[std::size_t(gap)])
        ++gap;
    ASSERT_EQ(set.firstGap(range.begin), gap);
    Bitmap missing;
    for (qint64 i = 0; i < range.end; ++i)
        missing.set(std::size_t(i), !bits[std::size_t(i)]);
    ASSERT_EQ(set.gaps(range.end), fromBitmap(missing));
}

} // namespace

TEST(RangeSet, BehavesLikeABitmap)
{
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random(seed);
    std::uniform_int_distribution<int> at(0, kBits), kind(0, 9);
    for (int round = 0; round < 200; ++round) {
        RangeSet set;
        Bitmap bits;
        for (int step = 0; step < 60; ++step) {
            const int a = at(random), b = at(random);
            const ByteRange range{
                std::min(a, b), kind(random) < 7 ? std::min(std::max(a, b), std::min(a, b) + 12) : std::max(a, b)};
            const bool adds = kind(random) < 6;
            adds ? set.add(range) : set.remove(range);
            for (qint64 i = range.begin; i < range.end; ++i)
                bits.set(std::size_t(i), adds);
            ASSERT_NO_FATAL_FAILURE(expectSame(set, bits)) << "step " << step;
            ASSERT_NO_FATAL_FAILURE(expectSameQuestions(set, bits, range));
            const auto back = RangeSet::fromBytes(set.toBytes());
            ASSERT_TRUE(back && *back == set);
        }
        RangeSet other{{3, 9}, {50, 60}, {90, 91}}, both = set;
        both.add(other);
        for (const ByteRange& range : other.ranges())
            for (qint64 i = range.begin; i < range.end; ++i)
                bits.set(std::size_t(i));
        ASSERT_NO_FATAL_FAILURE(expectSame(both, bits));
    }
}

TEST(RangeSet, TouchingRangesAreOne)
{
    RangeSet set{{0, 4}, {8, 12}};
    set.add({4, 8});
    EXPECT_EQ(set.ranges(), (std::vector<ByteRange>{{0, 12}}));
}

TEST(RangeSet, EmptyAndOpenRangesChangeNothing)
{
    RangeSet set{{0, 4}};
    set.add({7, 7});
    set.add({9, 2});
    set.add({5, -1});
    set.remove({2, 2});
    set.remove({1, -1});
    EXPECT_EQ(set, (RangeSet{{0, 4}}));
}

TEST(RangeSet, RemovingTheMiddleLeavesBothEnds)
{
    RangeSet set{{0, 10}};
    set.remove({3, 5});
    EXPECT_EQ(set, (RangeSet{{0, 3}, {5, 10}}));
}

TEST(RangeSet, HoldsTheLargestFile)
{
    constexpr qint64 max = std::numeric_limits<qint64>::max();
    const RangeSet set{{0, 1}, {max - 1, max}};
    EXPECT_EQ(RangeSet::fromBytes(set.toBytes()).value(), set);
    EXPECT_EQ(set.gaps(max).bytes(), max - 2);
}

TEST(RangeSet, BytesAreGapsAndLengths)
{
    EXPECT_EQ((RangeSet{{0, 3}, {131, 132}}).toBytes(), QByteArray("\x00\x03\x80\x01\x01", 5));
    EXPECT_EQ(RangeSet().toBytes(), QByteArray());
}

TEST(RangeSetFromBytes, RefusesWhatToBytesNeverWrites)
{
    const auto refused = [](QByteArray bytes) {
        const auto set = RangeSet::fromBytes(bytes);
        return !set && set.error().code == Code::RangesMalformed;
    };
    EXPECT_TRUE(refused(QByteArray("\x00", 1))) << "a gap without a length";
    EXPECT_TRUE(refused(QByteArray("\x00\x80", 2))) << "cut off";
    EXPECT_TRUE(refused(QByteArray("\x00\x00", 2))) << "no bytes";
    EXPECT_TRUE(refused(QByteArray("\x00\x01\x00\x01", 4))) << "touching";
    EXPECT_TRUE(refused(QByteArray("\x80\x00\x01", 3))) << "overlong zero";
    EXPECT_TRUE(refused(QByteArray("\x00\x81\x00", 3))) << "overlong one";
    EXPECT_TRUE(refused(QByteArray("\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11))) << "more than 63 bits";
    EXPECT_TRUE(refused(QByteArray("\x01\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 10))) << "ends beyond the largest file";
    EXPECT_TRUE(refused(QByteArray(1000, '\xff')));
}
