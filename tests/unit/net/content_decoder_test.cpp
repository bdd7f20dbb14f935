#include "net/content_decoder.h"

#include "support/gzip.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

QByteArray sample() { return QByteArray(100'000, 'a') + QByteArray("the end"); }

/// Fed in pieces of `step` bytes.
Result<QByteArray> decoded(const QByteArray& coded, qsizetype step, bool& whole)
{
    ContentDecoder decoder;
    QByteArray plain;
    for (qsizetype at = 0; at < coded.size(); at += step) {
        const QByteArray piece = coded.mid(at, step);
        const auto fed = decoder.decode({piece.data(), std::size_t(piece.size())}, [&](std::span<const char> data) {
            plain.append(data.data(), qsizetype(data.size()));
            return Result<void>();
        });
        if (!fed)
            return tl::unexpected(fed.error());
    }
    whole = decoder.whole();
    return plain;
}

TEST(ContentDecoder, UndoesGzipWhateverThePieces)
{
    const QByteArray coded = test::gzip(sample());
    for (const qsizetype step : {1, 7, 1000, 1'000'000}) {
        bool whole = false;
        EXPECT_EQ(decoded(coded, step, whole).value(), sample());
        EXPECT_TRUE(whole);
    }
}

TEST(ContentDecoder, KnowsThatAStreamIsCut)
{
    const QByteArray coded = test::gzip(sample());
    for (const qsizetype missing : {1, 4, 8, 50'000}) {
        bool whole = true;
        ASSERT_TRUE(decoded(coded.chopped(missing), 4096, whole));
        EXPECT_FALSE(whole) << missing << " bytes are missing";
    }
}

TEST(ContentDecoder, RefusesAWrongCheckSum)
{
    QByteArray coded = test::gzip(sample());
    coded[coded.size() - 6] = char(coded[coded.size() - 6] ^ 1);
    bool whole = false;
    EXPECT_EQ(decoded(coded, 4096, whole).error().code, Code::BadContentEncoding);
}

TEST(ContentDecoder, TakesZlibRawDeflateAndStreamsInARow)
{
    const QByteArray zlib = qCompress(sample()).mid(4); // Qt puts the length in front
    bool whole = false;
    EXPECT_EQ(decoded(zlib, 100, whole).value(), sample());
    EXPECT_TRUE(whole);
    EXPECT_EQ(decoded(zlib.mid(2).chopped(4), 100, whole).value(), sample());
    EXPECT_TRUE(whole);
    EXPECT_EQ(decoded(test::gzip("one ") + test::gzip("two"), 5, whole).value(), "one two");
    EXPECT_TRUE(whole);
}

TEST(ContentDecoder, RefusesWhatIsNoCoding)
{
    bool whole = false;
    EXPECT_FALSE(decoded("\x1f\x8b this is not gzip at all", 100, whole));
}

TEST(ContentDecoder, GivesTheTakersErrorBack)
{
    ContentDecoder decoder;
    const QByteArray coded = test::gzip(sample());
    const auto fed = decoder.decode(
        {coded.data(), std::size_t(coded.size())}, [](std::span<const char>) { return Result<void>(failure(Code::DiskFull)); });
    EXPECT_EQ(fed.error().code, Code::DiskFull);
}

} // namespace
} // namespace weir
