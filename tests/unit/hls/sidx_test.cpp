#include "hls/sidx.h"

#include <QtEndian>

#include <gtest/gtest.h>

#include <bit>

namespace weir {
namespace {

template <class T> QByteArray big(T value)
{
    QByteArray bytes(sizeof(T), '\0');
    qToBigEndian(value, bytes.data());
    return bytes;
}
QByteArray box(const char* type, const QByteArray& content)
{
    return big<quint32>(quint32(content.size() + 8)) + type + content;
}

struct Reference {
    quint32 size, duration;
    bool index = false;
};
QByteArray sidx(
    std::initializer_list<Reference> references, quint32 timescale = 10, quint32 earliest = 0, quint32 firstOffset = 0)
{
    QByteArray content = big<quint32>(0) + big<quint32>(1) + big<quint32>(timescale) + big<quint32>(earliest)
        + big<quint32>(firstOffset) + big<quint16>(0) + big<quint16>(quint16(references.size()));
    for (const Reference& each : references)
        content +=
            big<quint32>(each.size | (each.index ? 0x80000000u : 0)) + big<quint32>(each.duration) + big<quint32>(0x90000000u);
    return box("sidx", content);
}

PendingIndex pending(ByteRange range, bool guessed = false)
{
    PendingIndex index;
    index.media = {QUrl("http://host/v.mp4")};
    index.index = {index.media, range};
    index.guessed = guessed;
    index.periodStart = 100;
    index.periodEnd = 1000;
    index.timeShift = 95;
    index.discontinuity = 2;
    return index;
}

TEST(Sidx, SegmentsFollowTheIndex)
{
    const QByteArray bytes = sidx({{1000, 40}, {2000, 40}, {500, 10}}, 10, 50, 16);
    const auto indexed = segmentsFromIndex(bytes, pending({800, 800 + bytes.size()}));
    ASSERT_TRUE(indexed);
    ASSERT_EQ(indexed->segments.size(), 3u);
    const qint64 first = 800 + bytes.size() + 16;
    EXPECT_EQ(indexed->segments[0].media.range, (ByteRange{first, first + 1000}));
    EXPECT_EQ(indexed->segments[2].media.range, (ByteRange{first + 3000, first + 3500}));
    EXPECT_EQ(indexed->segments[0].start, 100) << "5 s in the media, shifted by 95";
    EXPECT_EQ(indexed->segments[2].start, 108);
    EXPECT_EQ(indexed->segments[2].duration, 1);
    EXPECT_EQ(indexed->segments[0].discontinuity, 2);
    EXPECT_EQ(indexed->segments[0].timeShift, 95);
    EXPECT_EQ(indexed->segments[0].init->range, (ByteRange{0, 800})) << "all that stands before the index";
    EXPECT_TRUE(indexed->further.empty());
}

TEST(Sidx, VersionOneHasLongNumbers)
{
    const QByteArray content = big<quint32>(0x01000000) + big<quint32>(1) + big<quint32>(1) + big<quint64>(5)
        + big<quint64>(quint64(1) << 33) + big<quint16>(0) + big<quint16>(1) + big<quint32>(10) + big<quint32>(4)
        + big<quint32>(0);
    const QByteArray bytes = box("sidx", content);
    const auto indexed = segmentsFromIndex(bytes, pending({0, bytes.size()}));
    ASSERT_TRUE(indexed);
    EXPECT_EQ(indexed->segments.at(0).media.range->begin, bytes.size() + (qint64(1) << 33));
}

TEST(Sidx, AGuessFindsTheIndexBehindOtherBoxes)
{
    const QByteArray head = box("ftyp", "isom") + box("moov", QByteArray(100, 'm'));
    const auto indexed = segmentsFromIndex(head + sidx({{10, 10}}, 10, 50) + QByteArray(50, '\0'), pending({0, 65536}, true));
    ASSERT_TRUE(indexed);
    ASSERT_EQ(indexed->segments.size(), 1u);
    EXPECT_EQ(indexed->segments[0].init->range, (ByteRange{0, head.size()}));
    const auto none =
        segmentsFromIndex(head + big<quint32>(0x10000000) + "mdat" + QByteArray(100, 'x'), pending({0, 65536}, true));
    ASSERT_TRUE(none);
    ASSERT_EQ(none->segments.size(), 1u) << "the file is one segment";
    EXPECT_FALSE(none->segments[0].media.range);
    EXPECT_EQ(none->segments[0].start, 100);
    EXPECT_EQ(none->segments[0].duration, 900);
}

TEST(Sidx, LevelsAreFollowedInOrder)
{
    Track track;
    const QByteArray top = sidx({{1000, 40, true}, {1000, 40, true}}, 10, 50);
    track.indexes = {pending({800, 800 + top.size()})};
    ASSERT_TRUE(addIndexed(track, top));
    ASSERT_EQ(track.indexes.size(), 2u);
    EXPECT_TRUE(track.segments.empty());
    const qint64 first = 800 + top.size();
    EXPECT_EQ(track.indexes[0].index.range, (ByteRange{first, first + 1000}));
    ASSERT_TRUE(addIndexed(track, sidx({{400, 20}, {400, 20}}, 10, 90)));
    ASSERT_TRUE(addIndexed(track, sidx({{400, 20}, {400, 20}}, 10, 50)));
    EXPECT_TRUE(track.indexes.empty());
    ASSERT_EQ(track.segments.size(), 4u);
    for (int i = 0; i < 4; ++i) {
        EXPECT_EQ(track.segments[std::size_t(i)].number, i);
        EXPECT_EQ(track.segments[std::size_t(i)].start, 100 + 2 * i);
    }
}

TEST(Sidx, WhatIsTooShortIsAskedForAgainOnce)
{
    const QByteArray bytes = sidx({{10, 10}, {10, 10}});
    const auto indexed = segmentsFromIndex(bytes.first(40), pending({100, 140}));
    ASSERT_TRUE(indexed);
    ASSERT_EQ(indexed->further.size(), 1u);
    EXPECT_EQ(indexed->further[0].index.range, (ByteRange{100, 100 + bytes.size()}));
    const auto again = segmentsFromIndex(bytes.first(40), indexed->further[0]);
    ASSERT_FALSE(again) << "the server gives no more";
    EXPECT_EQ(again.error().code, Code::BadPlaylist);
    EXPECT_TRUE(again.error().detail.contains("http://host/v.mp4: it is cut off")) << again.error().detail.toStdString();
}

TEST(Sidx, AnIndexThatLeadsToItselfEnds)
{
    Track track;
    const QByteArray loop = sidx({{100, 10, true}});
    track.indexes = {pending({0, loop.size()})};
    Result<void> added;
    int rounds = 0;
    while (added && !track.indexes.empty() && rounds < 100) {
        added = addIndexed(track, loop);
        ++rounds;
    }
    EXPECT_FALSE(added);
    EXPECT_LT(rounds, 20);
}

TEST(Sidx, Nonsense)
{
    const auto detail = [](const QByteArray& bytes) {
        const auto indexed = segmentsFromIndex(bytes, pending({0, bytes.size()}));
        return indexed ? QString("nothing wrong") : indexed.error().detail.section(": ", -1);
    };
    EXPECT_EQ(detail(""), "there is none");
    EXPECT_EQ(detail("<html>not found</html>"), "there is none");
    EXPECT_EQ(detail(sidx({{1, 1}}, 0)), "it makes no sense");
    EXPECT_EQ(detail(box("sidx", QByteArray(4, '\0'))), "it makes no sense");
    QByteArray lies = sidx({{1, 1}});
    lies[31] = 9; // more references than there are
    EXPECT_EQ(detail(lies), "it is cut off");
}

// ---- Matroska

/// An element with a size of eight bytes.
QByteArray ebml(const QByteArray& id, const QByteArray& content)
{
    return id + big<quint64>(quint64(content.size()) | (quint64(1) << 56)) + content;
}

TEST(Cues, ClustersAreSegments)
{
    const auto cue = [](quint16 time, quint32 cluster) {
        return ebml("\xbb", ebml("\xb3", big(time)) + ebml("\xb7", ebml("\xf7", big<quint8>(1)) + ebml("\xf1", big(cluster))));
    };
    const QByteArray info = ebml("\x15\x49\xa9\x66",
        ebml("\x2a\xd7\xb1", big<quint32>(1'000'000)) + ebml("\x44\x89", big(std::bit_cast<quint64>(10000.0))));
    const QByteArray inside =
        info + ebml("\x16\x54\xae\x6b", "tracks") + ebml("\x1c\x53\xbb\x6b", cue(0, 500) + cue(2500, 500) + cue(5000, 9000));
    const QByteArray head = ebml("\x1a\x45\xdf\xa3", "webm");
    const QByteArray segmentHead =
        QByteArray("\x18\x53\x80\x67") + QByteArray("\x01\xff\xff\xff\xff\xff\xff\xff"); // unknown size
    PendingIndex index = pending({0, 1000});
    const auto indexed = segmentsFromIndex(head + segmentHead + inside, index);
    ASSERT_TRUE(indexed) << indexed.error().detail.toStdString();
    ASSERT_EQ(indexed->segments.size(), 2u);
    const qint64 data = head.size() + segmentHead.size();
    EXPECT_EQ(indexed->segments[0].media.range, (ByteRange{data + 500, data + 9000}));
    EXPECT_EQ(indexed->segments[1].media.range, (ByteRange{data + 9000, -1})) << "to the end of the file";
    EXPECT_EQ(indexed->segments[0].init->range->begin, 0);
    EXPECT_EQ(indexed->segments[1].start, 100);
    EXPECT_EQ(indexed->segments[1].duration, 5);
    EXPECT_FALSE(segmentsFromIndex(head + segmentHead + info, index));
}

} // namespace
} // namespace weir
