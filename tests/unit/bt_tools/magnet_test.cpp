#include "magnet.h"
#include "piece_size.h"

#include <gtest/gtest.h>

#include <random>

namespace weir {
namespace {

const QByteArray kHex1("0123456789abcdef0123456789abcdef01234567");
const QByteArray kHex2("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");

TEST(Magnet, KeepsAllThatItSaid)
{
    const QByteArray link = "magnet:?xt=urn:btih:" + kHex1 + "&xt=urn:btmh:1220" + kHex2
        + "&dn=A+b%20%26c&xl=17&tr=http%3A%2F%2Ft.test%2Fannounce%3Fk%3D1&tr.2=udp://u.test:1&ws=http://w.test/f"
          "&x.pe=[::1]:5&x.pe=10.0.0.1:6&so=0,2,4-6&kt=a+b&xt=urn:sha1:ABC";
    const auto magnet = parseMagnet(link);
    ASSERT_TRUE(magnet) << magnet.error().detail.toStdString();
    EXPECT_EQ(magnet->v1.toHex(), kHex1);
    EXPECT_EQ(magnet->v2.toHex(), kHex2);
    EXPECT_EQ(magnet->name, QStringLiteral("A b &c"));
    EXPECT_EQ(magnet->length, 17);
    EXPECT_EQ(magnet->trackers, (QStringList{QStringLiteral("http://t.test/announce?k=1"), QStringLiteral("udp://u.test:1")}));
    EXPECT_EQ(magnet->webSeeds, QStringList{QStringLiteral("http://w.test/f")});
    EXPECT_EQ(magnet->peers, (QStringList{QStringLiteral("[::1]:5"), QStringLiteral("10.0.0.1:6")}));
    EXPECT_EQ(magnet->selection, QStringLiteral("0,2,4-6"));
    EXPECT_EQ(magnet->others.size(), 2);
    const auto again = parseMagnet(magnetLink(*magnet));
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, *magnet);
}

TEST(Magnet, WhatIsUnknownOrNoTextStaysAsItWas)
{
    const QByteArray link =
        "magnet:?xt=urn:btih:" + kHex1 + "&zz=1&a%26b=c%3Dd&zz=2&flag&empty=&dn=%FF%FE&tr=&xl=many&so=x&=v&zz=1";
    const auto magnet = parseMagnet(link);
    ASSERT_TRUE(magnet);
    const QList<QPair<QByteArray, QByteArray>> others{{"zz", "1"}, {"a&b", "c=d"}, {"zz", "2"}, {"flag", QByteArray()},
        {"empty", ""}, {"dn", "\xff\xfe"}, {"tr", ""}, {"xl", "many"}, {"so", "x"}, {"", "v"}, {"zz", "1"}};
    EXPECT_EQ(magnet->others, others);
    EXPECT_EQ(magnetLink(*magnet), link);
}

TEST(Magnet, AnyMixtureOfParametersComesBack)
{
    std::mt19937 chance(7);
    const auto below = [&](int n) { return int(chance() % unsigned(n)); };
    const QByteArray keys[] = {
        "dn", "xl", "tr", "ws", "x.pe", "so", "xs", "as", "kt", "mt", "x.foo", "tr.7", "ws.1", "xt", "a%20b", ""};
    const QByteArray values[] = {"", "17", "0,2-3", "a+b", "A%20%26%3Db", "http%3A%2F%2Ft.example%2Fannounce%3Fk%3D1",
        "udp://u.example:1", "%00%01", "%ff", "%E2%82%AC", "10.0.0.1:6", "[::1]:5", "urn:sha1:ABC", "urn:btmh:1220" + kHex2,
        "%25"};
    for (int round = 0; round < 5000; ++round) {
        QByteArray link = "magnet:?xt=urn:btih:" + kHex1;
        for (int i = below(12); i > 0; --i)
            link += '&' + keys[below(std::size(keys))] + (below(8) ? '=' + values[below(std::size(values))] : QByteArray());
        const auto magnet = parseMagnet(link);
        ASSERT_TRUE(magnet) << link.toStdString();
        const auto again = parseMagnet(magnetLink(*magnet));
        ASSERT_TRUE(again) << link.toStdString();
        ASSERT_EQ(*again, *magnet) << link.toStdString() << "\n" << magnetLink(*magnet).toStdString();
        ASSERT_EQ(magnetLink(*again), magnetLink(*magnet)) << link.toStdString();
    }
}

TEST(Magnet, OldLinksWriteTheHashInBase32)
{
    const auto magnet = parseMagnet("MAGNET:?xt=urn:btih:ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
    ASSERT_TRUE(magnet);
    EXPECT_EQ(magnet->v1.toHex(), "00443214c74254b635cf84653a56d7c675be77df");
}

TEST(Magnet, WhatIsNoneIsRefused)
{
    for (const QByteArray& link : {QByteArray("http://h/"), QByteArray("magnet:?dn=x"), QByteArray("magnet:?xt=urn:btih:12"),
             QByteArray("magnet:?xt=urn:btmh:1120" + kHex2),
             "magnet:?xt=urn:btih:" + kHex1 + "&xt=urn:btih:" + QByteArray(40, '1'),
             "magnet:?xt=urn:btih:" + kHex1 + QByteArray("&a=b").repeated(2000),
             QByteArray("magnet:?") + QByteArray(70'000, 'a'), QByteArray("magnet:?xt=urn:btih:") + QByteArray(40, 'g')}) {
        const auto magnet = parseMagnet(link);
        ASSERT_FALSE(magnet) << link.left(100).toStdString();
        EXPECT_EQ(magnet.error().code, Code::MagnetBad);
    }
}

TEST(PieceSize, OneToTwoThousandPieces)
{
    const std::pair<qint64, qint64> table[] = {{1, 16 << 10}, {32'000'000, 16 << 10}, {33'000'000, 32 << 10},
        {700LL << 20, 512 << 10}, {1LL << 30, 1 << 20}, {4LL << 30, 4 << 20}, {25LL << 30, 16 << 20}, {1LL << 40, 16 << 20},
        {9'000'000'000'000'000'000, 16 << 20}};
    for (const auto& [size, piece] : table)
        EXPECT_EQ(pieceSizeFor(size), piece) << size;
    for (qint64 size = 40'000'000; size < 30'000'000'000; size += size / 7) {
        const qint64 pieces = pieceCount(size, pieceSizeFor(size));
        EXPECT_TRUE(pieces > 999 && pieces <= 2000) << size << ": " << pieces;
    }
}

TEST(PieceSize, ReadsWhatPeopleType)
{
    EXPECT_EQ(*parsePieceSize(QStringLiteral("64K")), 65536);
    EXPECT_EQ(*parsePieceSize(QStringLiteral("1MiB")), 1 << 20);
    EXPECT_EQ(*parsePieceSize(QStringLiteral("65536")), 65536);
    for (const char* bad : {"", "K", "8K", "100K", "256M", "-64K", "64G", "9999999999M", "64K64"})
        EXPECT_FALSE(parsePieceSize(QString::fromLatin1(bad))) << bad;
}

} // namespace
} // namespace weir
