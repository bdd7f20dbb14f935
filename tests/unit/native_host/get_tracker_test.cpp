#include "get_tracker.h"

#include <QJsonArray>

#include <gtest/gtest.h>

namespace weir {
namespace {

struct Recorder final : Reporter {
    QStringList events;
    void event(GetEvent what, const Tracked& task, qint64) override
    {
        events += QStringLiteral("%1 %2").arg(task.view.id).arg(QLatin1String(toString(what)));
    }
    void tick(const std::vector<const Tracked*>&, qint64) override {}
    void note(const QString&) override {}
    void finish(const std::vector<const Tracked*>&, qint64, qint64) override {}
};

QJsonObject task(qint64 id, const char* state, QJsonObject more = {})
{
    more.insert(QStringLiteral("id"), id);
    more.insert(QStringLiteral("state"), QLatin1String(state));
    return more;
}

QJsonObject error(int number)
{
    return {{QStringLiteral("error"),
        QJsonObject{{QStringLiteral("number"), number}, {QStringLiteral("message"), QStringLiteral("x")}}}};
}
QJsonObject hold(const char* owner)
{
    return {{QStringLiteral("holds"),
        QJsonArray{
            QJsonObject{{QStringLiteral("owner"), QLatin1String(owner)}, {QStringLiteral("reason"), QStringLiteral("why")}}}}};
}
QJsonObject bytes(qint64 done, qint64 size = 1000) { return {{QStringLiteral("done"), done}, {QStringLiteral("size"), size}}; }

QStringList words(std::initializer_list<const char*> list)
{
    QStringList out;
    for (const char* one : list)
        out += QLatin1String(one);
    return out;
}

TEST(GetTracker, TellsTheWholeStoryInOrder)
{
    Recorder said;
    GetTracker tracker({7}, {}, said);
    tracker.update(task(7, "waiting"), 0);
    tracker.update(task(7, "running"), 10);
    tracker.update(task(7, "running", bytes(100)), 20);
    tracker.update(task(7, "running", bytes(300)), 300);
    EXPECT_FALSE(tracker.finished());
    tracker.update(task(7, "done", bytes(1000)), 400);
    EXPECT_TRUE(tracker.finished());
    EXPECT_EQ(tracker.exitStatus(), 0);
    EXPECT_EQ(said.events, words({"7 added", "7 described", "7 progress", "7 done"}));
}

TEST(GetTracker, ATaskThatWasDoneAtOnceIsStillAddedAndDescribed)
{
    Recorder said;
    GetTracker tracker({1}, {}, said);
    tracker.update(task(1, "done", bytes(1000)), 0);
    EXPECT_EQ(said.events, words({"1 added", "1 described", "1 done"}));
}

TEST(GetTracker, ProgressIsNotToldMoreOftenThanAsked)
{
    Recorder said;
    GetTracker tracker({1}, {.progressEvery = 10'000, .progressStep = 0.25}, said);
    for (int i = 0; i <= 100; ++i)
        tracker.update(task(1, "running", bytes(i * 10)), i);
    EXPECT_EQ(said.events.count(QStringLiteral("1 progress")), 4);
}

TEST(GetTracker, TheWorstResultIsTheExitStatus)
{
    Recorder said;
    GetTracker tracker({1, 2, 3, 4}, {}, said);
    tracker.update(task(1, "done"), 0);
    tracker.update(task(2, "failed", error(2404)), 0);
    tracker.update(task(3, "failed", error(1300)), 0);
    tracker.update(task(4, "waiting"), 0);
    EXPECT_FALSE(tracker.finished());
    tracker.removed(4, 0);
    EXPECT_TRUE(tracker.finished());
    EXPECT_EQ(tracker.exitStatus(), 9);
    EXPECT_EQ(said.events.last(), u"4 failed");
    EXPECT_EQ(worse(31, 0), 31);
    EXPECT_EQ(worse(31, 3), 3);
    EXPECT_EQ(worse(0, 0), 0);
}

TEST(GetTracker, AHeldTaskIsToldOnceAndWaitedFor)
{
    Recorder said;
    GetTracker tracker({1}, {}, said);
    tracker.update(task(1, "waiting", hold("disk-full")), 0);
    tracker.update(task(1, "waiting", hold("disk-full")), 1);
    EXPECT_FALSE(tracker.finished());
    tracker.update(task(1, "running", {{QStringLiteral("holds"), QJsonArray()}}), 2);
    tracker.update(task(1, "waiting", hold("disk-full")), 3);
    EXPECT_EQ(said.events, words({"1 added", "1 held", "1 held"}));
}

TEST(GetTracker, WithoutWaitingAHoldEndsItWithItsStatus)
{
    Recorder said;
    GetTracker disk({1}, {.waitForHolds = false}, said);
    disk.update(task(1, "waiting", hold("disk-full")), 0);
    EXPECT_TRUE(disk.finished());
    EXPECT_EQ(disk.exitStatus(), 9);
    GetTracker user({1}, {.waitForHolds = false}, said);
    user.update(task(1, "waiting", hold("user")), 0);
    EXPECT_EQ(user.exitStatus(), 31);
}

TEST(GetTracker, AChoiceEndsItOnlyWithoutAsk)
{
    Recorder said;
    GetTracker ends({1}, {.waitForHolds = false}, said);
    ends.update(task(1, "choosing"), 0);
    EXPECT_TRUE(ends.finished());
    EXPECT_EQ(ends.exitStatus(), 28);
    GetTracker waits({1}, {.waitForHolds = false, .waitForChoice = true}, said);
    waits.update(task(1, "choosing"), 0);
    EXPECT_FALSE(waits.finished());
    EXPECT_EQ(said.events, words({"1 added", "1 choosing", "1 added", "1 choosing"}));
}

TEST(GetTracker, ChangesWithoutAllMembersKeepTheRest)
{
    Recorder said;
    GetTracker tracker({1}, {}, said);
    tracker.update(task(1, "running", {{QStringLiteral("name"), QStringLiteral("a.iso")}, {QStringLiteral("size"), 10}}), 0);
    tracker.update(task(1, "done"), 1);
    EXPECT_EQ(tracker.all().front()->view.name, u"a.iso");
    EXPECT_EQ(tracker.all().front()->raw[QLatin1String("size")], QJsonValue(10));
}

TEST(GetTracker, StrangersAreNotOurs)
{
    Recorder said;
    GetTracker tracker({1}, {}, said);
    tracker.update(task(2, "done"), 0);
    tracker.removed(3, 0);
    EXPECT_TRUE(said.events.isEmpty());
    EXPECT_EQ(tracker.open(), QList<qint64>{1});
}

} // namespace
} // namespace weir
