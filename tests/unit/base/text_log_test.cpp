#include "base/text_log.h"

#include <QDir>
#include <QFileInfo>
#include <QRegularExpression>
#include <QTemporaryDir>

#include <gtest/gtest.h>

#include <thread>

using namespace weir;

namespace {

class TextLogTest : public testing::Test {
protected:
    QByteArray fileText(const char* suffix = "") const
    {
        QFile file(path_ + QLatin1String(suffix));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

    QTemporaryDir folder_;
    const QString path_ = folder_.filePath(QStringLiteral("7.log"));
};

} // namespace

TEST_F(TextLogTest, LinesHaveTimeAndLevel)
{
    TextLog log(path_, 1 << 20);
    log.write(Level::Info, QStringLiteral("started"));
    ASSERT_TRUE(log.flush());
    const QRegularExpression form(QStringLiteral("^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z info started\n$"));
    EXPECT_TRUE(form.match(QString::fromUtf8(fileText())).hasMatch()) << fileText().constData();
}

TEST_F(TextLogTest, NoFileBeforeTheFirstFlush)
{
    {
        TextLog log(path_, 1 << 20);
        log.write(Level::Info, QStringLiteral("a"));
        EXPECT_FALSE(QFileInfo::exists(path_));
    }
    EXPECT_TRUE(fileText().contains(" a\n")) << "the end of its life flushes";
}

TEST_F(TextLogTest, AWarningBringsAllThatLedToIt)
{
    TextLog log(path_, 1 << 20);
    log.write(Level::Info, QStringLiteral("first"));
    log.write(Level::Warning, QStringLiteral("second"));
    EXPECT_TRUE(fileText().contains(" info first\n"));
    EXPECT_TRUE(fileText().contains(" warning second\n"));
    log.write(Level::Info, QStringLiteral("third"));
    EXPECT_TRUE(fileText().contains(" info third\n")) << "from now on at once";
}

TEST_F(TextLogTest, BelowTheLevelNothingIsFormatted)
{
    TextLog log(path_, 1 << 20);
    int formatted = 0;
    const auto text = [&] {
        ++formatted;
        return QStringLiteral("x");
    };
    log.write(Level::Debug, text);
    EXPECT_EQ(formatted, 0);
    log.setLevel(Level::Debug);
    log.write(Level::Debug, text);
    EXPECT_EQ(formatted, 1);
}

TEST_F(TextLogTest, TheFileIsPrivate)
{
    TextLog log(path_, 1 << 20);
    log.write(Level::Error, QStringLiteral("x"));
    const auto others = QFile::ReadGroup | QFile::WriteGroup | QFile::ReadOther | QFile::WriteOther;
    EXPECT_FALSE(QFile::permissions(path_) & others);
}

TEST_F(TextLogTest, SecretsAreMasked)
{
    TextLog log(path_, 1 << 20);
    log.write(Level::Error, QStringLiteral("https://u:C4NARY@h/?token=C4NARY\nCookie: C4NARY"));
    EXPECT_FALSE(fileText().contains("C4NARY")) << fileText().constData();
}

TEST_F(TextLogTest, NoTextCanForgeALineOrMoveACursor)
{
    TextLog log(path_, 1 << 20);
    log.write(Level::Error, QStringLiteral("a\n2026-11-21T22:48:01.123Z info forged\r\x1b[2J\n\n"));
    const QList<QByteArray> lines = fileText().split('\n');
    ASSERT_EQ(lines.size(), 3) << fileText().constData();
    EXPECT_EQ(lines[1], "    2026-11-21T22:48:01.123Z info forged\\x1b[2J");
}

TEST_F(TextLogTest, AppendsToWhatIsThere)
{
    for (const char* text : {"one", "two"})
        TextLog(path_, 1 << 20).write(Level::Info, QString::fromLatin1(text));
    EXPECT_EQ(fileText().count('\n'), 2);
}

TEST_F(TextLogTest, RotatesAtTheCapAndKeepsOne)
{
    TextLog log(path_, 4000);
    for (int i = 0; i < 200; ++i)
        log.write(Level::Warning, QStringLiteral("line %1 ").arg(i) + QString(60, u'x'));
    EXPECT_LE(fileText().size(), 4000);
    EXPECT_LE(fileText(".1").size(), 4000);
    EXPECT_GT(fileText(".1").size(), 2000);
    EXPECT_TRUE(fileText().contains("line 199 "));
    EXPECT_FALSE(QFileInfo::exists(path_ + QStringLiteral(".2")));
    EXPECT_FALSE(QFile::permissions(path_) & QFile::ReadOther);
}

TEST_F(TextLogTest, TheRingDropsTheOldestAndSaysSo)
{
    TextLog log(path_, 1 << 20);
    for (int i = 0; i < 2000; ++i)
        log.write(Level::Info, QStringLiteral("line %1 ").arg(i) + QString(60, u'x'));
    ASSERT_TRUE(log.flush());
    const QByteArray text = fileText();
    EXPECT_FALSE(text.contains(" line 0 "));
    EXPECT_TRUE(text.contains(" line 1999 "));
    EXPECT_TRUE(text.contains("earlier lines were dropped"));
    EXPECT_LE(text.size(), 66 * 1024);
}

TEST_F(TextLogTest, AHugeLineIsCut)
{
    TextLog log(path_, 1 << 20);
    log.write(Level::Error, QString(1 << 20, u'a'));
    EXPECT_LT(fileText().size(), 20'000);
    EXPECT_TRUE(fileText().endsWith("[cut]\n"));
}

TEST_F(TextLogTest, WhatCannotBeWrittenStaysInMemory)
{
    const QString inMissingFolder = folder_.filePath(QStringLiteral("later/7.log"));
    TextLog log(inMissingFolder, 1 << 20);
    log.write(Level::Error, QStringLiteral("x"));
    const auto flushed = log.flush();
    ASSERT_FALSE(flushed);
    EXPECT_EQ(flushed.error().code, Code::DiskError);
    EXPECT_TRUE(flushed.error().detail.contains(inMissingFolder));
    ASSERT_TRUE(QDir(folder_.path()).mkdir(QStringLiteral("later")));
    ASSERT_TRUE(log.flush());
    EXPECT_EQ(readLog(inMissingFolder, 10).value().count('\n'), 1);
}

TEST_F(TextLogTest, ManyThreadsLoseNoLine)
{
    TextLog log(path_, 1 << 20);
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([&, t] {
                for (int i = 0; i < 100; ++i)
                    log.write(
                        i % 10 == 0 ? Level::Warning : Level::Info, QStringLiteral("thread %1 line %2 end").arg(t).arg(i));
            });
    }
    ASSERT_TRUE(log.flush());
    EXPECT_EQ(fileText().count('\n'), 400);
    EXPECT_EQ(fileText().count(" end\n"), 400);
}

TEST_F(TextLogTest, ReadLogGivesTheLastLines)
{
    {
        TextLog log(path_, 400);
        for (int i = 0; i < 8; ++i)
            log.write(Level::Warning, QStringLiteral("line %1 ").arg(i) + QString(60, u'x'));
    }
    EXPECT_EQ(readLog(path_, 1).value().count('\n'), 1);
    EXPECT_TRUE(readLog(path_, 1).value().contains("line 7 "));
    EXPECT_TRUE(readLog(path_, 5).value().contains("line 3 ")) << "from the older file too";
    EXPECT_FALSE(readLog(path_, 5).value().contains("line 2 "));
    EXPECT_EQ(readLog(path_, 0).value(), "");
    EXPECT_EQ(readLog(folder_.filePath(QStringLiteral("none")), 1).error().code, Code::LogUnreadable);
}

TEST(LogLevel, NamesBothWays)
{
    for (const Level level : {Level::Debug, Level::Info, Level::Warning, Level::Error})
        EXPECT_EQ(levelFromText(QString::fromLatin1(toString(level))), level);
    EXPECT_FALSE(levelFromText(u"loud"));
}
