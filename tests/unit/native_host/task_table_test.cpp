#include "task_query.h"
#include "task_table_view.h"

#include "fake_terminal.h"
#include "test_paths.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonObject>

#include <gtest/gtest.h>

#include <algorithm>

namespace weir {
namespace {

using test::FakeTerminal;

TaskView task(qint64 id, const char* name, const char* state, QJsonObject more)
{
    more.insert(QStringLiteral("id"), id);
    more.insert(QStringLiteral("name"), QString::fromUtf8(name));
    more.insert(QStringLiteral("state"), QLatin1String(state));
    return TaskView(more);
}

std::vector<TaskView> some()
{
    const QJsonObject hold{{QStringLiteral("owner"), QStringLiteral("user")}};
    const QJsonObject lost{
        {QStringLiteral("code"), QStringLiteral("HttpNotFound")}, {QStringLiteral("message"), QStringLiteral("No such file")}};
    return {
        task(1, "ubuntu.iso", "running",
            {{QStringLiteral("size"), 4194304}, {QStringLiteral("done"), 1048576}, {QStringLiteral("rateDown"), 524288},
                {QStringLiteral("rateUp"), 1024}, {QStringLiteral("eta"), 6}, {QStringLiteral("connections"), 8},
                {QStringLiteral("kind"), QStringLiteral("bt")}, {QStringLiteral("uploaded"), 0},
                {QStringLiteral("created"), QStringLiteral("2024-05-01T10:00:00Z")}}),
        task(2, "debian.iso", "sharing",
            {{QStringLiteral("size"), 2097152}, {QStringLiteral("done"), 2097152}, {QStringLiteral("uploaded"), 5242880},
                {QStringLiteral("rateUp"), 2048}, {QStringLiteral("connections"), 3},
                {QStringLiteral("kind"), QStringLiteral("bt")},
                {QStringLiteral("created"), QStringLiteral("2024-04-01T10:00:00Z")}}),
        task(3, "live.ts", "running",
            {{QStringLiteral("size"), QJsonValue()}, {QStringLiteral("done"), 5000}, {QStringLiteral("rateDown"), 1000},
                {QStringLiteral("kind"), QStringLiteral("hls")}}),
        task(4, "Ubuntu-server.iso", "waiting",
            {{QStringLiteral("size"), 1048576}, {QStringLiteral("done"), 0}, {QStringLiteral("holds"), QJsonArray{hold}},
                {QStringLiteral("kind"), QStringLiteral("http")}}),
        task(5, "gone.bin", "failed",
            {{QStringLiteral("size"), 100}, {QStringLiteral("done"), 10}, {QStringLiteral("error"), lost},
                {QStringLiteral("kind"), QStringLiteral("http")}}),
    };
}

QStringList table(const char* columns, const std::vector<TaskView>& tasks = some(), int width = 0)
{
    FakeTerminal style(100, 20);
    style.colour = false;
    return taskTable(tasks, *taskColumnList(QLatin1String(columns)), SumLine::Yes, width, style);
}

TEST(TaskTable, AClassicListWithItsSums)
{
    EXPECT_EQ(table("id,done,have,eta,up,down,ratio,state,name").join(u'\n').toStdString(),
        " ID      DONE      HAVE   ETA          UP        DOWN  RATIO  STATE    NAME\n"
        "  1       25%  1.00 MiB  0:06  1.00 KiB/s   512 KiB/s   0.00  running  ubuntu.iso\n"
        "  2      100%  2.00 MiB        2.00 KiB/s       0 B/s   2.50  sharing  debian.iso\n"
        "  3  4.88 KiB  4.88 KiB             0 B/s  0.98 KiB/s         running  live.ts\n"
        "  4        0%       0 B             0 B/s       0 B/s   0.00  paused   Ubuntu-server.iso\n"
        "  5       10%      10 B             0 B/s       0 B/s   0.00  failed   gone.bin\n"
        "Sum       42%  3.00 MiB        3.00 KiB/s   513 KiB/s   0.71           5 tasks");
}

TEST(TaskTable, TheUsualOne)
{
    FakeTerminal style(100, 20);
    style.colour = false;
    EXPECT_EQ(taskTable(some(), usualTaskColumns(), SumLine::Yes, 100, style).join(u'\n').toStdString(),
        " ID  STATE    NAME                   SIZE      DONE        RATE     LEFT  CONN\n"
        "  1  running  ubuntu.iso         4.00 MiB       25%   512 KiB/s     0:06     8\n"
        "  2  sharing  debian.iso         2.00 MiB      100%  2.00 KiB/s              3\n"
        "  3  running  live.ts                      4.88 KiB  0.98 KiB/s\n"
        "  4  paused   Ubuntu-server.iso  1.00 MiB        0%\n"
        "  5  failed   gone.bin              100 B       10%  No such file\n"
        "Sum           5 tasks            7.00 MiB       42%   513 KiB/s");
}

TEST(TaskTable, ANarrowTerminalKeepsWhatComesFirst)
{
    for (int width = 30; width <= 120; ++width) {
        FakeTerminal style(width, 20);
        style.colour = false;
        const QStringList lines = taskTable(some(), usualTaskColumns(), SumLine::Yes, width, style);
        for (const QString& line : lines)
            EXPECT_LE(displayWidth(line), width) << line.toStdString();
        EXPECT_TRUE(lines[1].contains(QStringLiteral("running"))) << width;
    }
}

TEST(TaskTable, OnlyTheStateHasItsColour)
{
    FakeTerminal style(100, 20);
    const std::vector<TaskView> tasks{task(1, "running-man.mkv", "running", {{QStringLiteral("done"), 1}})};
    EXPECT_EQ(taskTable(tasks, *taskColumnList(QStringLiteral("name,state")), SumLine::Yes, 0, style)[1],
        u"running-man.mkv  \x1b[32mrunning\x1b[0m");
}

TEST(TaskTable, OneTaskHasNoSums)
{
    EXPECT_EQ(table("id,size", {some()[0]}), (QStringList{QStringLiteral("ID      SIZE"), QStringLiteral(" 1  4.00 MiB")}));
}

TEST(TaskTable, SumsBeyondAnyNumberAreNoOverflow)
{
    const std::vector<TaskView> vast(
        20, task(1, "a", "done", {{QStringLiteral("size"), 9.2e18}, {QStringLiteral("done"), 9.2e18}}));
    EXPECT_TRUE(table("id,size,have,left", vast).back().contains(QStringLiteral("EiB")));
}

QString sorted(const char* order)
{
    const auto less = TaskOrder::parse(QLatin1String(order));
    if (!less)
        return describe(less.error());
    std::vector<TaskView> tasks = some();
    std::stable_sort(tasks.begin(), tasks.end(), *less);
    QString ids;
    for (const TaskView& one : tasks)
        ids += QString::number(one.id);
    return ids;
}

TEST(TaskOrder, ByOneColumnOrSeveralAndTheUnknownLast)
{
    EXPECT_EQ(sorted("size"), u"54213");
    EXPECT_EQ(sorted("-size"), u"12453");
    EXPECT_EQ(sorted("name"), u"25341");
    EXPECT_EQ(sorted("kind,-have"), u"21354");
    EXPECT_EQ(sorted("eta"), u"12345");
    EXPECT_TRUE(sorted("sise").contains(QStringLiteral("did you mean \"size\""))) << sorted("sise").toStdString();
    EXPECT_TRUE(sorted("").contains(QStringLiteral("no column")));
}

QString filtered(const char* text)
{
    const auto filter = TaskFilter::parse(QLatin1String(text));
    if (!filter)
        return describe(filter.error());
    QString ids;
    for (const TaskView& one : some())
        ids += filter->matches(one) ? QString::number(one.id) : QString();
    return ids;
}

TEST(TaskFilter, ComparesAsTheColumnIsTyped)
{
    const std::pair<const char*, const char*> cases[] = {{"name~UBUNTU", "14"}, {"name!~ubuntu", "235"},
        {"name=debian.iso", "2"}, {"size>1M", "12"}, {"size>=1M", "124"}, {"size<1M", "5"}, {"size<=1048576", "45"},
        {"size=", "3"}, {"size!=", "1245"}, {"ratio<1", "145"}, {"ratio>=2.5", "2"}, {"done>50%", "2"}, {"done=25", "1"},
        {"down>500K", "1"}, {"eta<1m", "1"}, {"eta<1:00", "1"}, {"state=paused", "4"}, {"state!=running", "245"},
        {"error=", "1234"}, {"error~found", "5"}, {"kind=bt", "12"}, {"added>2024-04-15", "1"}, {"added<2024-04-15", "2"},
        {"added>-1h", ""}, {"id = 3", "3"}, {"conn>0", "12"}};
    for (const auto& [text, ids] : cases)
        EXPECT_EQ(filtered(text).toStdString(), ids) << text;
}

TEST(TaskFilter, WhatIsNoConditionIsRefusedWithTheReason)
{
    const std::pair<const char*, const char*> cases[] = {{"", "such as"}, {"name", "such as"}, {">5", "such as"},
        {"nme~x", "did you mean"}, {"size~5", "columns of words"}, {"name<b", "columns of numbers"}, {"size>many", "many"},
        {"size>", "missing"}, {"ratio>x", "not a number"}, {"eta<soon", "soon"}, {"added>never", "never"},
        {"name~", "missing"}};
    for (const auto& [text, why] : cases)
        EXPECT_TRUE(filtered(text).contains(QLatin1String(why))) << text << ": " << filtered(text).toStdString();
}

TEST(TaskColumns, EveryOneIsDocumented)
{
    QFile file(QStringLiteral(WEIR_SOURCE_DIR "/docs/list.md"));
    ASSERT_TRUE(file.open(QIODevice::ReadOnly));
    const QString text = QString::fromUtf8(file.readAll());
    for (const TaskColumn& column : taskColumns()) {
        const QString row = QStringLiteral("| `%1` | %2 |").arg(QLatin1String(column.name), QString::fromUtf8(column.help));
        EXPECT_TRUE(text.contains(row)) << "docs/list.md misses: " << row.toStdString();
    }
}

} // namespace
} // namespace weir
