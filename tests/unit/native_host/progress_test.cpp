#include "progress.h"

#include "fake_terminal.h"
#include "progress_screen.h"
#include "task_table_view.h"
#include "watch.h"

#include <QJsonArray>

#include <gtest/gtest.h>

namespace weir {
namespace {

using test::FakeTerminal;

QJsonObject running(qint64 id, const QString& name, qint64 size, qint64 done)
{
    QJsonObject task{{QStringLiteral("id"), id}, {QStringLiteral("name"), name},
        {QStringLiteral("state"), QStringLiteral("running")}, {QStringLiteral("done"), done},
        {QStringLiteral("rateDown"), 13002342}, {QStringLiteral("eta"), 19}, {QStringLiteral("connections"), 8}};
    task.insert(QStringLiteral("size"), size < 0 ? QJsonValue(QJsonValue::Null) : QJsonValue(size));
    return task;
}

QJsonObject held(qint64 id)
{
    QJsonObject task = running(id, QStringLiteral("stuck.bin"), 100, 1);
    task.insert(QStringLiteral("state"), QStringLiteral("waiting"));
    task.insert(QStringLiteral("holds"),
        QJsonArray{QJsonObject{{QStringLiteral("owner"), QStringLiteral("disk-full")},
            {QStringLiteral("reason"), QStringLiteral("No space left in /mnt")}}});
    return task;
}

QString lineFor(const QJsonObject& task, int width)
{
    const TaskView view(task);
    return progressLines({&view}, {.width = width}).value(0);
}

TEST(ProgressLine, ShowsEverythingWhenThereIsRoom)
{
    const QString line = lineFor(running(1, QStringLiteral("debian.iso"), 658505728, 409000000), 100);
    for (const char* part : {"debian.iso", "62%", "390/628 MiB", "12.4 MiB/s", "0:19", "8×"})
        EXPECT_TRUE(line.contains(QString::fromUtf8(part))) << part << " in " << line.toStdString();
    EXPECT_TRUE(line.contains(QStringLiteral("━━━")));
    EXPECT_LE(displayWidth(line), 100);
}

TEST(ProgressLine, DropsColumnsInsteadOfWrapping)
{
    const QJsonObject task = running(1, QStringLiteral("日本語のファイル名がとても長い場合の表示🎬.mkv"), 658505728, 409000000);
    for (int width = 1; width <= 200; ++width)
        EXPECT_LE(displayWidth(lineFor(task, width)), std::max(width, 7)) << width;
    EXPECT_TRUE(lineFor(task, 30).contains(QStringLiteral("62%")));
    EXPECT_FALSE(lineFor(task, 50).contains(QStringLiteral("×")));
}

TEST(ProgressLine, ColumnsOfSeveralTasksStandBelowEachOther)
{
    const TaskView a(running(1, QStringLiteral("a"), 1000, 10)),
        b(running(2, QStringLiteral("日本.iso"), qint64(5) << 30, qint64(4) << 30));
    const QStringList lines = progressLines({&a, &b}, {.width = 90});
    EXPECT_EQ(displayWidth(lines[0].left(lines[0].indexOf(u'%'))), displayWidth(lines[1].left(lines[1].indexOf(u'%'))));
}

TEST(ProgressLine, NeverSaysHundredPercentBeforeTheEnd)
{
    EXPECT_TRUE(lineFor(running(1, QStringLiteral("a"), 1000000, 999999), 80).contains(QStringLiteral("99%")));
}

TEST(ProgressLine, UnknownSizeHasNoPercentButAMovingBlock)
{
    const TaskView view(running(1, QStringLiteral("stream"), -1, 5000));
    const QString first = progressLines({&view}, {.width = 80, .tick = 1}).value(0),
                  second = progressLines({&view}, {.width = 80, .tick = 2}).value(0);
    EXPECT_FALSE(first.contains(u'%'));
    EXPECT_NE(first, second);
    EXPECT_EQ(displayWidth(first), displayWidth(second));
}

TEST(ProgressLine, SaysWhyNothingFlows)
{
    EXPECT_TRUE(lineFor(held(3), 80).contains(QStringLiteral("No space left in /mnt")));
    QJsonObject choosing = running(9, QStringLiteral("film"), 1, 0);
    choosing.insert(QStringLiteral("state"), QStringLiteral("choosing"));
    EXPECT_TRUE(lineFor(choosing, 80).contains(QStringLiteral("weir choose 9")));
}

TEST(ProgressLine, WithoutUnicodeThereIsOnlyAscii)
{
    const TaskView view(running(1, QStringLiteral("plain-name-which-is-long-enough-to-be-cut-somewhere.bin"), 1000, 500));
    const QString line = progressLines({&view}, {.width = 70, .unicode = false}).value(0);
    for (const QChar c : line)
        EXPECT_LT(c.unicode(), 128) << line.toStdString();
    EXPECT_TRUE(line.contains(QStringLiteral("####")));
}

TEST(ProgressTotal, CountsEveryTaskOnce)
{
    ProgressTotals totals;
    totals.add(TaskView(running(1, QStringLiteral("a"), 1000, 250)));
    totals.add(TaskView(held(2)));
    EXPECT_EQ(totals.all(), 2);
    EXPECT_EQ(totals.size, 1100);
    EXPECT_EQ(countsText(totals), u"1 running, 1 held");
    EXPECT_TRUE(totalLine(totals, {.width = 100}).contains(QStringLiteral("12.4 MiB/s")));
    EXPECT_LE(displayWidth(totalLine(totals, {.width = 20})), 20);
}

TEST(ProgressScreen, RedrawsInPlaceAndKeepsWhatStays)
{
    FakeTerminal terminal(40, 10);
    {
        ProgressScreen screen(terminal);
        screen.draw({}, {QStringLiteral("one 10%"), QStringLiteral("two 20%")});
        EXPECT_FALSE(terminal.cursorShown);
        screen.draw({QStringLiteral("done one")}, {QStringLiteral("two 30%")});
        EXPECT_EQ(terminal.lines(), (QStringList{QStringLiteral("done one"), QStringLiteral("two 30%")}));
        EXPECT_EQ(terminal.writes, 2);
    }
    EXPECT_EQ(terminal.lines(), QStringList{QStringLiteral("done one")});
    EXPECT_TRUE(terminal.cursorShown);
}

TEST(ProgressScreen, ANarrowerTerminalLosesNoLineAndLeavesNoRest)
{
    FakeTerminal terminal(60, 20);
    ProgressScreen screen(terminal);
    screen.draw({QStringLiteral("kept")}, {QString(50, u'x'), QString(50, u'y')});
    terminal.resize(30);
    screen.draw({}, {QString(20, u'x'), QString(20, u'y')});
    EXPECT_EQ(terminal.lines(), (QStringList{QStringLiteral("kept"), QString(20, u'x'), QString(20, u'y')}));
    terminal.resize(60);
    screen.draw({}, {QString(40, u'x')});
    EXPECT_EQ(terminal.lines(), (QStringList{QStringLiteral("kept"), QString(40, u'x')}));
}

TEST(ProgressScreen, ColourSequencesTakeNoColumns)
{
    FakeTerminal terminal(40, 10);
    EXPECT_EQ(paintedWidth(terminal.paint(Colour::Green, QStringLiteral("日本"))), 4);
    terminal.colour = false;
    EXPECT_EQ(terminal.paint(Colour::Green, QStringLiteral("x")), u"x");
}

TEST(TaskTable, AHeldTaskTellsWhyAndARunningOneItsRate)
{
    FakeTerminal style(100, 20);
    style.colour = false;
    const std::vector<TaskView> tasks{
        TaskView(running(1, QStringLiteral("debian.iso"), 658505728, 409000000)), TaskView(held(2))};
    const QStringList lines = taskTable(tasks, usualTaskColumns(), SumLine::No, 100, style);
    ASSERT_EQ(lines.size(), 3);
    EXPECT_TRUE(lines[1].contains(QStringLiteral("12.4 MiB/s"))) << lines[1].toStdString();
    EXPECT_TRUE(lines[2].contains(QStringLiteral("held"))) << lines[2].toStdString();
    EXPECT_TRUE(lines[2].contains(QStringLiteral("No space left in /mnt"))) << lines[2].toStdString();
}

TEST(WatchPicture, FitsTheTerminalAndScrollsOnlyAsFarAsThereAreTasks)
{
    FakeTerminal style(60, 10);
    std::vector<TaskView> tasks;
    for (int id = 1; id <= 50; ++id)
        tasks.emplace_back(running(id, QStringLiteral("file %1").arg(id), 1000, 10));
    int top = 1000;
    const QStringList lines = watchPicture(tasks, usualTaskColumns(), 60, 10, top, style);
    EXPECT_EQ(lines.size(), 10);
    EXPECT_EQ(top, 43);
    for (const QString& line : lines)
        EXPECT_LE(paintedWidth(line), 60) << line.toStdString();
    EXPECT_TRUE(lines[8].contains(QStringLiteral("file 50"))) << lines.join(u'\n').toStdString();
    top = -5;
    EXPECT_TRUE(watchPicture(tasks, usualTaskColumns(), 60, 10, top, style)[2].contains(QStringLiteral("file 1")));
    EXPECT_EQ(top, 0);
}

} // namespace
} // namespace weir
