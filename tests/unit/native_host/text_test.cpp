#include "text.h"

#include <QDateTime>

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(CliText, SizesHaveThreeDigits)
{
    EXPECT_EQ(sizeText(0), u"0 B");
    EXPECT_EQ(sizeText(999), u"999 B");
    EXPECT_EQ(sizeText(1000), u"0.98 KiB");
    EXPECT_EQ(sizeText(1536), u"1.50 KiB");
    EXPECT_EQ(sizeText(658505728), u"628 MiB");
    EXPECT_EQ(sizeText(qint64(1) << 40), u"1.00 TiB");
    EXPECT_EQ(sizePairText(409000000, 658505728), u"390/628 MiB");
    EXPECT_EQ(sizePairText(10, -1), u"10 B");
    EXPECT_EQ(rateText(13002342), u"12.4 MiB/s");
}

TEST(CliText, TimesReadAsPeopleSayThem)
{
    EXPECT_EQ(clockText(19), u"0:19");
    EXPECT_EQ(clockText(3723), u"1:02:03");
    EXPECT_EQ(clockText(86400 * 3 + 3600 * 4), u"3d 4h");
    EXPECT_EQ(clockText(qint64(400) * 86400), u">1y");
    EXPECT_EQ(clockText(-1), u"");
    EXPECT_EQ(spanText(0.012), u"12 ms");
    EXPECT_EQ(spanText(0.84), u"0.8 s");
    EXPECT_EQ(spanText(123), u"2 min 3 s");
    EXPECT_EQ(spanText(7200), u"2 h");
    EXPECT_EQ(countText(1, QStringLiteral("task")), u"1 task");
    EXPECT_EQ(countText(12000, QStringLiteral("task")), u"12,000 tasks");
}

TEST(CliText, ForeignTextCannotMoveTheCursorOrTurnTheLine)
{
    EXPECT_EQ(printable(u"a\x1b[31mb\rc\nd"), QStringLiteral("a\uFFFD[31mb\uFFFDc d"));
    EXPECT_EQ(printable(u"\u202Egpj.exe"), QStringLiteral("\uFFFDgpj.exe"));
    EXPECT_EQ(printable(u"\u009b2J"), QStringLiteral("\uFFFD2J"));
    EXPECT_EQ(printable(QString(QChar(0xd800)) + u'x'), QStringLiteral("\uFFFDx"));
    EXPECT_EQ(printable(u"日本 🎬 é"), QStringLiteral("日本 🎬 é"));
}

TEST(CliText, WidthCountsColumnsNotCharacters)
{
    EXPECT_EQ(displayWidth(u"abc"), 3);
    EXPECT_EQ(displayWidth(u"日本"), 4);
    EXPECT_EQ(displayWidth(u"🎬"), 2);
    EXPECT_EQ(displayWidth(u"e\u0301"), 1);
    EXPECT_EQ(displayWidth(u"❤\uFE0F"), 2);
    EXPECT_EQ(displayWidth(u"한글"), 4);
    EXPECT_EQ(displayWidth(u"ﬁ→"), 2);
}

TEST(CliText, ElisionKeepsTheEndAndNeverExceedsTheWidth)
{
    EXPECT_EQ(elided(QStringLiteral("Some.Series.S01E07.mkv"), 14), QStringLiteral("Some.Ser…7.mkv"));
    EXPECT_EQ(elided(QStringLiteral("abc"), 3), u"abc");
    EXPECT_EQ(elided(QStringLiteral("abcdef"), 1), QStringLiteral("…"));
    EXPECT_EQ(elided(QStringLiteral("abcdef"), 0), u"");
    EXPECT_EQ(elided(QStringLiteral("abcdefgh"), 5, false), u"abc~h");
    const QString mixed = QStringLiteral("日本語e\u0301🎬ファイル名.mkv");
    for (int width = 0; width < 30; ++width) {
        EXPECT_LE(displayWidth(elided(mixed, width)), width);
        EXPECT_LE(displayWidth(shortened(mixed, width)), width);
    }
    EXPECT_EQ(shortened(QStringLiteral("No space left"), 9), QStringLiteral("No space…"));
}

TEST(CliText, TimesAsTyped)
{
    const std::pair<const char*, double> good[] = {
        {"90", 90}, {"90s", 90}, {"1h30m", 5400}, {"1:30", 90}, {"1:02:03.5", 3723.5}, {"2d", 172800}, {"0", 0}, {"5min", 300}};
    for (const auto& [text, seconds] : good) {
        const auto time = parseTime(QString::fromLatin1(text));
        ASSERT_TRUE(time) << text;
        EXPECT_DOUBLE_EQ(*time, seconds) << text;
    }
    for (const char* text : {"", "abc", "1:2:3:4", "-5", "1h30x", ":30"}) {
        const auto time = parseTime(QString::fromLatin1(text));
        ASSERT_FALSE(time) << text;
        EXPECT_EQ(time.error().code, Code::BadTime);
    }
}

TEST(CliText, MomentsAsTyped)
{
    EXPECT_EQ(parseMoment(QStringLiteral("2024-05-01T10:00:00Z")).value(), u"2024-05-01T10:00:00Z");
    const QDateTime soon = QDateTime::fromString(parseMoment(QStringLiteral("+2h")).value(), Qt::ISODate);
    EXPECT_LE(std::abs(QDateTime::currentDateTimeUtc().secsTo(soon) - 7200), 60);
    const QDateTime clock = QDateTime::fromString(parseMoment(QStringLiteral("8:00")).value(), Qt::ISODate);
    EXPECT_GT(clock, QDateTime::currentDateTimeUtc().addSecs(-60));
    EXPECT_EQ(parseMoment(QStringLiteral("tomorrow")).error().code, Code::BadTime);
    EXPECT_EQ(parseMoment(QStringLiteral("+x")).error().code, Code::BadTime);
}

TEST(CliText, NumberLists)
{
    EXPECT_EQ(parseNumberList(QStringLiteral("1,3-5")).value(), (QList<int>{1, 3, 4, 5}));
    EXPECT_EQ(parseNumberList(QStringLiteral("5, 1-2,2")).value(), (QList<int>{1, 2, 5}));
    for (const char* bad : {"", "0", "5-3", "a", "1-", "1,,2", "1-9999999", "-1"})
        EXPECT_EQ(parseNumberList(QString::fromLatin1(bad)).error().code, Code::BadOption) << bad;
}

TEST(CliText, TheNearestWordIsFoundAndNothingFarIs)
{
    const QStringList verbs{
        QStringLiteral("get"), QStringLiteral("list"), QStringLiteral("pause"), QStringLiteral("completion")};
    EXPECT_EQ(nearest(QStringLiteral("gte"), verbs), u"get");
    EXPECT_EQ(nearest(QStringLiteral("puase"), verbs), u"pause");
    EXPECT_EQ(nearest(QStringLiteral("compl"), verbs), u"completion");
    EXPECT_EQ(nearest(QStringLiteral("zebra"), verbs), u"");
    EXPECT_EQ(nearest(QString(), verbs), u"");
}

} // namespace
} // namespace weir
