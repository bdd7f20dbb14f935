#include "bencode.h"
#include "bencode_view.h"

#include <QJsonArray>
#include <QJsonObject>

#include <gtest/gtest.h>

#include <limits>

namespace weir {
namespace {

QString faultOf(const QByteArray& bytes, const BencodeCaps& caps = {})
{
    const auto value = readBencode(bytes, caps);
    EXPECT_FALSE(value) << bytes.toStdString();
    return value ? QString() : value.error().detail;
}

TEST(Bencode, ReadsAllFourKinds)
{
    const QByteArray bytes("d4:listli-7e0:e6:numberi9223372036854775807e4:textd1:ai0eee");
    const auto root = readBencode(bytes);
    ASSERT_TRUE(root) << root.error().detail.toStdString();
    EXPECT_EQ(root->integerAt("number", 0), std::numeric_limits<qint64>::max());
    const auto* list = root->find("list")->list();
    ASSERT_TRUE(list && list->size() == 2);
    EXPECT_EQ(*list->front().integer(), -7);
    EXPECT_TRUE(list->back().text()->isEmpty());
    const BencodeValue* inner = root->find("text");
    EXPECT_EQ(bytes.mid(inner->begin, inner->end - inner->begin), "d1:ai0ee");
    EXPECT_EQ(*readBencode("i-9223372036854775808e")->integer(), std::numeric_limits<qint64>::min());
}

TEST(Bencode, EveryFaultNamesItsByte)
{
    const std::pair<const char*, const char*> cases[] = {{"", "byte 0: the data ends"},
        {"i12", "byte 3: the integer of byte 0"}, {"ie", "byte 0: an integer without digits"},
        {"i-e", "byte 0: an integer without"}, {"i-0e", "byte 0: minus zero"}, {"i03e", "byte 1: a number begins with 0"},
        {"i9223372036854775808e", "byte 0: the number is too large"},
        {"i99999999999999999999999e", "byte 1: the number is too large"}, {"5:abc", "byte 0: a string of 5 bytes, but only 3"},
        {"18446744073709551615:a", "byte 0: a string of 18446744073709551615"}, {"3abc", "byte 1: a colon"},
        {"01:a", "byte 0: a number begins with 0"}, {"li1e", "byte 4: the list of byte 0"}, {"d1:a", "byte 4: the data ends"},
        {"di1ei2ee", "byte 1: no value begins with \"i\""}, {"x", "byte 0: no value begins with \"x\""},
        {"\xff", "byte 0: no value begins with 0xff"}, {"i1ei2e", "byte 3: 3 more bytes"},
        {"d1:ai1e", "byte 7: the dictionary"}};
    for (const auto& [bytes, wanted] : cases)
        EXPECT_TRUE(faultOf(bytes).startsWith(QLatin1String(wanted))) << bytes << " -> " << faultOf(bytes).toStdString();
}

TEST(Bencode, CapsHold)
{
    EXPECT_TRUE(readBencode(QByteArray(100, 'l') + QByteArray(100, 'e')));
    EXPECT_TRUE(faultOf(QByteArray(1'000'000, 'l')).contains(QLatin1String("nested more than 100 deep")));
    EXPECT_TRUE(
        faultOf('l' + QByteArray("i0e").repeated(200) + 'e', {.values = 100}).contains(QLatin1String("more than 100 values")));
    EXPECT_TRUE(faultOf("100:", {.bytes = 3}).contains(QLatin1String("at most 3")));
}

TEST(Bencode, DisorderIsToldButRead)
{
    BencodeRemarks remarks;
    const auto root = readBencode("d1:bi1e1:ai2e1:ai3ee", {}, &remarks);
    ASSERT_TRUE(root);
    EXPECT_EQ(root->integerAt("a", 0), 2) << "the first counts";
    EXPECT_EQ(remarks, (QStringList{QStringLiteral("byte 7: keys are not in order"), QStringLiteral("byte 13: a key twice")}));
}

TEST(Bencode, WritesWhatItReads)
{
    const QByteArray made = bencodedDictionary({{"b", bencoded(-3)}, {"a", bencodedList({bencoded("x"), bencoded("")})}});
    EXPECT_EQ(made, "d1:al1:x0:e1:bi-3ee");
    EXPECT_TRUE(readBencode(made));
}

TEST(BencodeView, BinaryIsHexAndNothingReachesTheTerminal)
{
    const QByteArray bytes("d2:\x00\xff"
                           "i1e4:name5:\x1b[31m3:raw3:\xff\x00\x01"
                           "4:text5:h\xc3\xa9!\ne",
        45);
    const auto root = readBencode(bytes);
    ASSERT_TRUE(root) << root.error().detail.toStdString();
    const QJsonObject json = bencodeJson(*root).toObject();
    EXPECT_EQ(json[QStringLiteral("hex:00ff")].toInt(), 1);
    EXPECT_EQ(json[QStringLiteral("raw")].toObject()[QStringLiteral("hex")].toString(), QStringLiteral("ff0001"));
    EXPECT_EQ(json[QStringLiteral("text")].toString(), QStringLiteral("h\u00e9!\n"));
    const QString lines = bencodeLines(*root, 2);
    EXPECT_TRUE(lines.contains(QStringLiteral("raw: 3 bytes: ff00...")));
    EXPECT_FALSE(lines.contains(u'\x1b'));
}

} // namespace
} // namespace weir
