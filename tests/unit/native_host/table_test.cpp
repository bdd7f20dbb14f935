#include "table.h"
#include "text.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

Table sample()
{
    Table table({{QStringLiteral("ID"), true}, {QStringLiteral("NAME"), false, Column::Give::Middle}, {QStringLiteral("EMPTY")},
        {QStringLiteral("WHY"), false, Column::Give::End}});
    table.add({QStringLiteral("7"), QStringLiteral("日本語"), QString(), QStringLiteral("No space left on the volume")});
    table.add({QStringLiteral("12"), QStringLiteral("a-name-that-is-rather-long.iso"), QString(), QString()});
    return table;
}

TEST(CliTable, ColumnsAreAlignedAndEmptyOnesLeftOut)
{
    const QStringList lines = sample().lines();
    ASSERT_EQ(lines.size(), 3);
    EXPECT_EQ(lines[0], QStringLiteral("ID  NAME                            WHY"));
    EXPECT_EQ(lines[1], QStringLiteral(" 7  日本語                          No space left on the volume"));
    EXPECT_EQ(lines[2], QStringLiteral("12  a-name-that-is-rather-long.iso"));
}

TEST(CliTable, NothingIsWiderThanTheTerminal)
{
    for (int width = 10; width < 80; ++width) {
        const QStringList lines = sample().lines(width);
        for (const QString& line : lines)
            EXPECT_LE(displayWidth(line), std::max(width, 18)) << width << ": " << line.toStdString();
    }
}

TEST(CliTable, FactsStandBelowEachOtherWithoutEmptyOnes)
{
    struct Plain : Output {
        void write(const QString&) override {}
    } plain;
    const QStringList lines = factLines({{QStringLiteral("id"), QStringLiteral("7")}, {QStringLiteral("longer"), QString()},
                                            {QStringLiteral("kind"), QStringLiteral("http")}},
        plain);
    EXPECT_EQ(lines, (QStringList{QStringLiteral("  id    7"), QStringLiteral("  kind  http")}));
}

} // namespace
} // namespace weir
