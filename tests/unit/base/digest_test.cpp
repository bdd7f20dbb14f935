#include "base/digest.h"

#include <gtest/gtest.h>

using namespace weir;

namespace {

const QByteArray kAbc256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const QByteArray kAbcMd5 = "900150983cd24fb0d6963f7d28e17f72";
const QByteArray kAbcSha1 = "a9993e364706816aba3e25717850c26c9cd0d89d";

std::string parsed(const QByteArray& text)
{
    const auto digest = parseDigest(QString::fromUtf8(text));
    return digest ? toText(*digest).toStdString() : errorRow(digest.error().code).name;
}

QByteArray base64(const QByteArray& hex) { return QByteArray::fromHex(hex).toBase64(); }

std::string fromHeaders(const Headers& headers, bool wholeBody = false)
{
    QStringList texts;
    for (const ExpectedDigest& digest : digestsFromHeaders(headers, wholeBody))
        texts.append(toText(digest));
    return texts.join(u' ').toStdString();
}

std::string fromSums(const QByteArray& sums, const char* name)
{
    const auto digest = digestFromSums(sums, QString::fromUtf8(name));
    return digest ? toText(*digest).toStdString() : errorRow(digest.error().code).name;
}

const std::string kText256 = "sha-256=" + kAbc256.toStdString();

} // namespace

TEST(ParseDigest, AllSpellings)
{
    for (const QByteArray& prefix : QByteArrayList{"sha-256=", "sha256=", "SHA-256:", "Sha_256=", ""})
        EXPECT_EQ(parsed(prefix + kAbc256), kText256) << prefix.constData();
    EXPECT_EQ(parsed(" sha256 = " + kAbc256.toUpper() + " "), kText256);
    EXPECT_EQ(parsed("md5=" + kAbcMd5), "md5=" + kAbcMd5.toStdString());
    EXPECT_EQ(parsed(kAbcMd5), "md5=" + kAbcMd5.toStdString());
    EXPECT_EQ(parsed(kAbcSha1), "sha-1=" + kAbcSha1.toStdString());
    EXPECT_EQ(parsed(QByteArray(96, 'a')).substr(0, 8), "sha-384=");
    EXPECT_EQ(parsed(QByteArray(128, 'a')).substr(0, 8), "sha-512=");
}

TEST(ParseDigest, RefusesTheRest)
{
    for (const QByteArray& text : QByteArrayList{"", "=", "sha-256=", "sha-256=abc", "md5=" + kAbc256, "crc32=12345678",
             "sha-256=" + kAbc256.chopped(1) + "g", kAbc256 + "00", QByteArray(63, 'a'), "sha-256==" + kAbc256})
        EXPECT_EQ(parsed(text), "BadChecksum") << text.constData();
}

TEST(DigestStrength, OrdersTheAlgorithms)
{
    EXPECT_LT(digestStrength("md5"), digestStrength("sha-1"));
    EXPECT_LT(digestStrength("sha-1"), digestStrength("sha-256"));
    EXPECT_LT(digestStrength("sha-384"), digestStrength("SHA512"));
    EXPECT_EQ(digestStrength("crc32c"), 0);
    const QList<ExpectedDigest> list{{"md5", "1"}, {"sha-256", "2"}, {"sha-1", "3"}};
    EXPECT_EQ(strongest(list), &list[1]);
    EXPECT_EQ(strongest({}), nullptr);
}

TEST(ReprDigest, StructuredField)
{
    EXPECT_EQ(fromHeaders({{"Repr-Digest", "sha-256=:" + base64(kAbc256) + ":"}}), kText256);
    EXPECT_EQ(
        fromHeaders({{"repr-digest", "unixsum=30637, sha-256=:" + base64(kAbc256) + ":;q=1;x=\"a,b\", foo=(1 :YQ==:);z, bar"}}),
        kText256);
    EXPECT_EQ(
        fromHeaders({{"Repr-Digest", "md5=:" + base64(kAbcMd5) + ":"}, {"Repr-Digest", "sha-256=:" + base64(kAbc256) + ":"}}),
        "md5=" + kAbcMd5.toStdString() + ' ' + kText256);
    EXPECT_EQ(fromHeaders({{"Repr-Digest", "sha-256=:YQ==:, sha-256=:" + base64(kAbc256) + ":"}}), kText256)
        << "the last of equal keys counts";
}

TEST(ReprDigest, AMalformedFieldIsIgnoredAsAWhole)
{
    const QByteArray good = "sha-256=:" + base64(kAbc256) + ":";
    for (const QByteArray& field :
        QByteArrayList{good + ",", good + " x", "X=1, " + good, good + ", a=:!!:", good + ", a=\"open", good + ", a=(1",
            good + ";", ", " + good, "sha-256=:" + base64(kAbc256), good + ", a=", good + ", a=?2"})
        EXPECT_EQ(fromHeaders({{"Repr-Digest", field}}), "") << field.constData();
    EXPECT_EQ(fromHeaders({{"Repr-Digest", "sha-256=:YWJj:"}}), "") << "of the wrong length";
}

TEST(LegacyDigest, IsReadWhenThereIsNoNewOne)
{
    const QByteArray legacy =
        "SHA-256=" + base64(kAbc256) + ",MD5=" + base64(kAbcMd5) + ",UNIXsum=30637,SHA=" + base64(kAbcSha1);
    EXPECT_EQ(
        fromHeaders({{"Digest", legacy}}), kText256 + " md5=" + kAbcMd5.toStdString() + " sha-1=" + kAbcSha1.toStdString());
    EXPECT_EQ(fromHeaders({{"Digest", legacy}, {"Repr-Digest", "sha-1=:" + base64(kAbcSha1) + ":"}}),
        "sha-1=" + kAbcSha1.toStdString());
    EXPECT_EQ(fromHeaders({{"Digest", "SHA-256=@@@,,=,MD5"}}), "");
}

TEST(ContentMd5, OnlyOfAWholeBody)
{
    const Headers headers{{"Content-MD5", base64(kAbcMd5)}};
    EXPECT_EQ(fromHeaders(headers, true), "md5=" + kAbcMd5.toStdString());
    EXPECT_EQ(fromHeaders(headers, false), "");
    EXPECT_EQ(fromHeaders({{"Content-Digest", "sha-256=:" + base64(kAbc256) + ":"}}, true), "")
        << "of the message, not of the file";
}

TEST(SumsFile, UsualLines)
{
    for (const QByteArray& line :
        QByteArrayList{kAbc256 + "  a.iso", kAbc256 + " *a.iso", kAbc256 + "  ./a.iso\r", "SHA256 (a.iso) = " + kAbc256,
            "SHA2-256(a.iso)= " + kAbc256, kAbc256 + " a.iso", kAbc256 + "\ta.iso", kAbc256 + "  dir/a.iso"}) {
        const QByteArray sums = "# comment\n-----BEGIN PGP SIGNED MESSAGE-----\n" + QByteArray(64, '0') + "  b.iso\n" + line
            + "\n" + QByteArray(64, '1') + "  aa.iso\n";
        EXPECT_EQ(fromSums(sums, "a.iso"), kText256) << line.constData();
    }
}

TEST(SumsFile, NamesWithBlanksAndEscapes)
{
    EXPECT_EQ(fromSums(kAbc256 + "  a b (1).iso", "a b (1).iso"), kText256);
    EXPECT_EQ(fromSums("SHA256 (a (1).iso) = " + kAbc256, "a (1).iso"), kText256);
    EXPECT_EQ(fromSums('\\' + kAbc256 + "  a\\nb\\\\c", "a\nb\\c"), kText256);
    EXPECT_EQ(fromSums(kAbc256 + "  \xc3\xbc.iso", "ü.iso"), kText256);
}

TEST(SumsFile, TheStrongestAndTheExactPathWin)
{
    EXPECT_EQ(fromSums(kAbcMd5 + "  a\n" + kAbc256 + "  a\n" + kAbcSha1 + "  a\n", "a"), kText256);
    EXPECT_EQ(fromSums(QByteArray(128, '0') + "  other/a\n" + kAbc256 + "  a\n", "a"), kText256);
}

TEST(SumsFile, OneLoneDigestBelongsToItsNeighbour)
{
    EXPECT_EQ(fromSums(kAbc256 + "\n", "a"), kText256);
    EXPECT_EQ(fromSums(kAbc256 + "\n" + QByteArray(64, '0') + "\n", "a"), "SumsFileNoEntry");
    EXPECT_EQ(fromSums("", "a"), "SumsFileNoEntry");
    EXPECT_EQ(fromSums("<html>not found</html>", "a"), "SumsFileNoEntry");
}

TEST(Hasher, HashesInPieces)
{
    for (const auto& [algorithm, hex] :
        {std::pair<const char*, QByteArray>{"md5", kAbcMd5}, {"sha-1", kAbcSha1}, {"sha-256", kAbc256}}) {
        Hasher hasher(algorithm);
        hasher.add(std::span("a", 1));
        hasher.add(std::span("bc", 2));
        EXPECT_EQ(hasher.result().toHex(), hex);
        EXPECT_TRUE(hasher.matches({algorithm, QByteArray::fromHex(hex)}));
        EXPECT_FALSE(hasher.matches({algorithm, "x"}));
    }
    EXPECT_EQ(Hasher("sha-384").result().size(), 48);
    EXPECT_EQ(Hasher("sha-512").result().size(), 64);
}
