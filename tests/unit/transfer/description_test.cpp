#include "transfer/description.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(Descriptions, LieBesideFilesOnly)
{
    EXPECT_EQ(namesBeside(QUrl("https://h.example/a/f.iso#x")),
        (QList<QUrl>{QUrl("https://h.example/a/f.iso.meta4"), QUrl("https://h.example/a/f.iso.torrent")}));
    EXPECT_EQ(namesBeside(QUrl("https://h.example/a%20b%2Fc"))[0], QUrl("https://h.example/a%20b%2Fc.meta4"));
    for (const char* none : {"https://h.example/", "https://h.example", "https://h.example/get?id=1",
             "https://h.example/f.meta4", "https://h.example/f.torrent"})
        EXPECT_TRUE(namesBeside(QUrl(QString::fromLatin1(none))).isEmpty()) << none;
    EXPECT_TRUE(namesBeside(QUrl("https://user:secret@h.example/f"))[0].userInfo().isEmpty());
}

TEST(Descriptions, NeitherSizeNorDigestMayDiffer)
{
    const ExpectedDigest one{"sha-256", "one"}, other{"sha-256", "other"}, weak{"md5", "weak"};
    EXPECT_TRUE(mayBeSame({.size = 5}, {.size = 5}));
    EXPECT_FALSE(mayBeSame({.size = 5}, {.size = 6}));
    EXPECT_FALSE(mayBeSame({}, {})) << "a size that nobody knows is not the same";
    EXPECT_TRUE(mayBeSame({.size = 5, .digests = {one}}, {.size = 5, .digests = {weak, one}}));
    EXPECT_TRUE(mayBeSame({.size = 5, .digests = {weak}}, {.size = 5, .digests = {one}}));
    EXPECT_FALSE(mayBeSame({.size = 5, .digests = {weak, other}}, {.size = 5, .digests = {one}}));
}

} // namespace
} // namespace weir
