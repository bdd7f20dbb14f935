#include "support/content.h"

#include <gtest/gtest.h>

namespace weir::test {
namespace {

TEST(Content, AnySliceAgreesWithItsBytes)
{
    for (const qint64 offset : {0ll, 1ll, 7ll, 8ll, 13ll, (1ll << 40) + 3})
        for (const qint64 size : {0, 1, 7, 8, 9, 100}) {
            const QByteArray slice = content(5, offset, size);
            for (qint64 i = 0; i < size; ++i)
                ASSERT_EQ(slice[i], contentByte(5, offset + i)) << offset << '+' << i;
        }
}

TEST(Content, OtherSeedsAndOffsetsGiveOtherBytes)
{
    EXPECT_NE(content(1, 0, 64), content(2, 0, 64));
    EXPECT_NE(content(1, 0, 64), content(1, 64, 64));
    EXPECT_NE(content(1, 0, 64), content(1, 4ll << 30, 64));
}

TEST(Content, OneWrongByteIsSeen)
{
    QByteArray bytes = content(9, 1000, 100'000);
    EXPECT_TRUE(isContent(9, 1000, {bytes.data(), 100'000}));
    bytes[77'777] = static_cast<char>(bytes[77'777] ^ 1);
    EXPECT_FALSE(isContent(9, 1000, {bytes.data(), 100'000}));
}

} // namespace
} // namespace weir::test
