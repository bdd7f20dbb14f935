#include <weir/gzip.h>

#include "support/gzip.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

constexpr qint64 kPlenty = 1 << 20;

Code codeOf(const Result<QByteArray>& result) { return result ? Code::Ok : result.error().code; }

TEST(Gzip, IsUnpackedAllMembersOfIt)
{
    const QByteArray packed = test::gzip("first, ") + test::gzip("second");
    EXPECT_TRUE(isGzip(packed));
    EXPECT_EQ(gunzip(packed, kPlenty).value(), "first, second");
    EXPECT_EQ(gunzip(test::gzip({}), kPlenty).value(), "");
}

TEST(Gzip, ThatIsDamagedOrTooLargeIsRefused)
{
    const QByteArray packed = test::gzip(QByteArray(1000, 'x'));
    EXPECT_FALSE(isGzip("x"));
    EXPECT_EQ(codeOf(gunzip("x", kPlenty)), Code::BadContentEncoding);
    EXPECT_EQ(codeOf(gunzip(packed.chopped(3), kPlenty)), Code::BadContentEncoding);
    QByteArray wrong = packed;
    wrong[packed.size() / 2] = 'y';
    EXPECT_EQ(codeOf(gunzip(wrong, kPlenty)), Code::BadContentEncoding);
    EXPECT_EQ(codeOf(gunzip(packed, 999)), Code::FileTooBigForLimit);
}

} // namespace
} // namespace weir
