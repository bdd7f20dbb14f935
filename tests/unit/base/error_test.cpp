#include "base/error_docs.h"

#include <weir/error.h>

#include <QSet>

#include <gtest/gtest.h>

using namespace weir;

TEST(ErrorRows, NumbersAreUniqueAndAscending)
{
    int last = -1;
    for (const ErrorRow& row : errorRows()) {
        EXPECT_GT(int(row.code), last) << row.name;
        last = int(row.code);
    }
    EXPECT_GE(errorRows().size(), 200u);
}

TEST(ErrorRows, NamesAreUnique)
{
    QSet<QString> names;
    for (const ErrorRow& row : errorRows())
        names.insert(QString::fromLatin1(row.name).toLower());
    EXPECT_EQ(std::size_t(names.size()), errorRows().size());
}

TEST(ErrorRows, EveryRowHasASentenceWithoutFullStop)
{
    for (const ErrorRow& row : errorRows()) {
        const QString text = QString::fromUtf8(row.text);
        EXPECT_GT(text.size(), 5) << row.name;
        const bool nameFirst = text.startsWith(QLatin1String("libcurl")) || text.startsWith(QLatin1String("session.hello"));
        EXPECT_TRUE(text.front().isUpper() || nameFirst) << row.name;
        EXPECT_FALSE(text.endsWith(u'.')) << row.name;
    }
}

TEST(ErrorRows, WhoeverWaitsForTheUserTellsWhatToDo)
{
    for (const ErrorRow& row : errorRows())
        EXPECT_TRUE(row.retry != Retry::AfterUser || *row.hint) << row.name;
}

TEST(ErrorRows, ExitStatusesFitAProcess)
{
    for (const ErrorRow& row : errorRows()) {
        EXPECT_EQ(row.exitStatus == 0, row.code == Code::Ok) << row.name;
        EXPECT_LT(row.exitStatus, 126) << row.name;
    }
}

TEST(ErrorRows, HttpStatusesAreTwoThousandAndTheStatus)
{
    EXPECT_EQ(int(Code::HttpNotFound), 2404);
    EXPECT_EQ(errorRow(Code(2000 + 503)).code, Code::HttpUnavailable);
}

TEST(FindErrorRow, ByNameOrNumber)
{
    ASSERT_TRUE(findErrorRow(u"httpnotFOUND"));
    EXPECT_EQ(findErrorRow(u"httpnotFOUND")->code, Code::HttpNotFound);
    EXPECT_EQ(findErrorRow(u" 2404 "), findErrorRow(2404));
    for (const ErrorRow& row : errorRows()) {
        EXPECT_EQ(findErrorRow(QString::fromLatin1(row.name)), &row);
        EXPECT_EQ(findErrorRow(int(row.code)), &row);
        EXPECT_EQ(&errorRow(row.code), &row);
    }
}

TEST(FindErrorRow, NothingForWhatIsUnknown)
{
    for (const char* text : {"", "HttpNotFoun", "-1", "99", "65536", "99999999999999999999", "2404x"})
        EXPECT_EQ(findErrorRow(QString::fromLatin1(text)), nullptr) << text;
    EXPECT_EQ(findErrorRow(-1), nullptr);
    EXPECT_EQ(findErrorRow(70'000), nullptr);
}

TEST(ErrorRow, AnUnknownCodeIsAFaultOfOurs) { EXPECT_EQ(errorRow(Code(59'999)).code, Code::Internal); }

TEST(Describe, SaysWhatWhereAndTheForeignNumber)
{
    EXPECT_EQ(describe({Code::HttpNotFound, QStringLiteral("https://host/a.iso"), 404}),
        QStringLiteral("The server has no such file: https://host/a.iso (404)"));
    EXPECT_EQ(describe({Code::DiskFull, {}}), QString::fromLatin1(errorRow(Code::DiskFull).text));
    EXPECT_EQ(describe({Code::DiskIo, QStringLiteral("100%1 sure")}),
        QStringLiteral("The disk reported an input/output error: 100%1 sure"));
}

TEST(ToString, NamesEveryCategoryAndRetry)
{
    EXPECT_STREQ(toString(Category::General), "General");
    EXPECT_STREQ(toString(Category::Tls), "Tls");
    EXPECT_STREQ(toString(Category::Host), "Host");
    EXPECT_STREQ(toString(Retry::Never), "never");
    EXPECT_STREQ(toString(Retry::AfterUser), "afterUser");
}

TEST(ErrorsMarkdown, HasARowForEveryError)
{
    const QString text = errorsMarkdown();
    for (const ErrorRow& row : errorRows())
        EXPECT_EQ(text.count(QStringLiteral("| %1 | `%2` |").arg(int(row.code)).arg(QLatin1String(row.name))), 1) << row.name;
    EXPECT_EQ(text.count(QLatin1String("\n## Http\n")), 1);
    for (const QString& line : text.split(u'\n').filter(QLatin1String("|")))
        EXPECT_EQ(QString(line).remove(QLatin1String("\\|")).count(u'|'), 7) << line.toStdString();
}
