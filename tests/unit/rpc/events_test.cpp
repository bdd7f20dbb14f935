#include "support/rpc_world.h"

#include <QJsonArray>
#include <QJsonDocument>

#include <gtest/gtest.h>

using namespace weir;
using namespace weir::test;

namespace {

constexpr qint64 kFirst = 1000;

/// Tasks as a map; the queue's place.
class EventStream : public ::testing::Test {
protected:
    struct Fake {
        int state = 0, done = 0;
        bool browser = false;
    };

    Events::Source source()
    {
        return {[this](TaskId id) -> std::optional<Events::Source::Row> {
                    const auto it = tasks.find(id);
                    if (it == tasks.end())
                        return std::nullopt;
                    return Events::Source::Row{quint64(it->second.state), it->second.browser, true};
                },
            [this](TaskId id, QByteArray& out) {
                const Fake& task = tasks.at(id);
                out += "{\"id\":" + QByteArray::number(id) + ",\"state\":" + QByteArray::number(task.state)
                    + ",\"done\":" + QByteArray::number(task.done) + ",\"pad\":\"" + QByteArray(padding, 'p') + "\"}";
            },
            [this] {
                std::vector<TaskId> ids;
                for (const auto& [id, task] : tasks)
                    ids.push_back(id);
                return ids;
            }};
    }
    QJsonObject subscribe(Session& session, std::optional<qint64> since = {}, QSet<TaskId> only = {})
    {
        QJsonObject result;
        events.subscribe(session, since, std::move(only), [&](const Result<Answer>& answer) {
            result = answer->json.isEmpty() ? answer->value : QJsonDocument::fromJson(answer->json).object();
        });
        return result;
    }
    void setState(TaskId id, int state)
    {
        tasks[id].state = state;
        events.changed({id}, {});
    }
    void setDone(TaskId id, int done)
    {
        tasks[id].done = done;
        events.changed({id}, {});
    }
    /// "1:2" for "task 1 in state 2", in the order told.
    static QStringList states(const FakeWire& wire, TaskId of = 0)
    {
        QStringList told;
        for (std::size_t i = 0; i < wire.written.size(); ++i)
            for (const QJsonValue task : wire.at(i)[u"params"][u"tasks"].toArray())
                if (of == 0 || task[u"id"].toInt() == of)
                    told.append(QStringLiteral("%1:%2").arg(task[u"id"].toInt()).arg(task[u"state"].toInt()));
        return told;
    }

    std::map<TaskId, Fake> tasks;
    int padding = 0;
    RpcWorld world;
    Events events{source(), kFirst};
    FakeWire wire;
    std::unique_ptr<Session> session = world.client(wire);
};

TEST_F(EventStream, ASnapshotThenEveryChangeOfState)
{
    tasks[1] = {5, 0, false};
    const auto snapshot = subscribe(*session);
    EXPECT_EQ(snapshot[u"sequence"].toInt(), kFirst);
    EXPECT_EQ(snapshot[u"tasks"].toArray().size(), 1);
    setState(1, 6);
    setState(1, 7);
    setState(2, 1);
    EXPECT_EQ(states(wire), QStringList({"1:6", "1:7", "2:1"}));
    tasks.erase(1);
    events.changed({}, {1});
    EXPECT_EQ(wire.last()[u"params"][u"removed"].toArray(), QJsonArray{1});
    EXPECT_EQ(wire.last()[u"method"].toString(), "events.delta");
}

TEST_F(EventStream, NumbersGrow)
{
    subscribe(*session);
    for (int i = 1; i <= 20; ++i)
        setState(1 + i % 3, i);
    qint64 last = kFirst;
    for (std::size_t i = 0; i < wire.written.size(); ++i) {
        const qint64 sequence = wire.at(i)[u"params"][u"sequence"].toInteger();
        EXPECT_GT(sequence, last);
        last = sequence;
    }
    EXPECT_EQ(last, events.sequence());
}

TEST_F(EventStream, ProgressIsGatheredPerTask)
{
    tasks[1] = {};
    subscribe(*session);
    for (int done = 1; done <= 1000; ++done)
        setDone(1, done);
    EXPECT_TRUE(wire.written.empty());
    events.tellProgress();
    ASSERT_EQ(wire.written.size(), 1u);
    EXPECT_EQ(wire.last()[u"params"][u"tasks"][0][u"done"].toInt(), 1000);
    events.tellProgress();
    EXPECT_EQ(wire.written.size(), 1u);
}

TEST_F(EventStream, NothingRunsWhileNobodyListens)
{
    tasks[1] = {};
    setState(1, 1);
    setDone(1, 5);
    EXPECT_TRUE(events.idle());
    subscribe(*session);
    setDone(1, 6);
    EXPECT_FALSE(events.idle());
    events.tellProgress();
    wire.written.clear();
    events.unsubscribe(*session);
    setState(1, 2);
    EXPECT_TRUE(wire.written.empty());
}

TEST_F(EventStream, WhoComesBackGetsWhatWasMissed)
{
    tasks[1] = {};
    tasks[2] = {};
    const qint64 since = subscribe(*session)[u"sequence"].toInteger();
    setState(1, 1);
    session.reset(); // the connection is lost
    setState(1, 2);
    setState(2, 3);
    FakeWire again;
    const auto other = world.client(again);
    const auto reply = subscribe(*other, since);
    EXPECT_TRUE(reply[u"resumed"].toBool());
    EXPECT_TRUE(reply[u"tasks"].toArray().isEmpty());
    EXPECT_EQ(states(again).mid(0, 3), QStringList({"1:1", "1:2", "2:3"}));
}

TEST_F(EventStream, AnUnknownNumberGivesASnapshot)
{
    tasks[1] = {};
    for (const qint64 since : {qint64(1), kFirst + 100}) {
        const auto reply = subscribe(*session, since);
        EXPECT_FALSE(reply[u"resumed"].toBool());
        EXPECT_EQ(reply[u"tasks"].toArray().size(), 1);
    }
}

TEST_F(EventStream, ASlowClientGetsAllStatesInOrderButNoOldProgress)
{
    tasks[1] = {};
    subscribe(*session);
    wire.stuck = true;
    QStringList expected;
    for (int state = 1; state <= 500; ++state) {
        setState(1, state);
        setDone(1, state);
        events.tellProgress();
        expected.append(QStringLiteral("1:%1").arg(state));
    }
    wire.stuck = false;
    session->drained();
    EXPECT_EQ(states(wire), expected);
    wire.written.clear();
    events.tellProgress();
    EXPECT_EQ(wire.last()[u"params"][u"tasks"][0][u"done"].toInt(), 500);
}

TEST_F(EventStream, OverflowEndsInOneResync)
{
    tasks[1] = {};
    padding = 4000;
    subscribe(*session);
    wire.stuck = true;
    for (int state = 1; state <= 1000; ++state)
        setState(1, state);
    EXPECT_TRUE(session->takesInput());
    wire.stuck = false;
    session->drained();
    ASSERT_EQ(wire.written.size(), 1u);
    EXPECT_EQ(wire.last()[u"method"].toString(), "events.resync");
    setState(1, 2000);
    EXPECT_EQ(wire.written.size(), 1u);
    EXPECT_EQ(subscribe(*session)[u"tasks"][0][u"state"].toInt(), 2000);
    setState(1, 2001);
    EXPECT_EQ(states(wire), QStringList({"1:2001"}));
}

TEST_F(EventStream, OnlyTheTasksThatWereAskedFor)
{
    tasks[1] = {};
    tasks[2] = {};
    EXPECT_EQ(subscribe(*session, {}, {2, 99})[u"tasks"].toArray().size(), 1);
    setState(1, 1);
    setState(2, 1);
    setDone(1, 1);
    events.tellProgress();
    EXPECT_EQ(states(wire), QStringList({"2:1"}));
}

TEST_F(EventStream, ABrowserSeesItsOwn)
{
    tasks[1] = {};
    tasks[2] = {0, 0, true};
    FakeWire window;
    const auto browser = world.client(window, QStringLiteral("browser"));
    const auto snapshot = subscribe(*browser);
    ASSERT_EQ(snapshot[u"tasks"].toArray().size(), 1);
    EXPECT_EQ(snapshot[u"tasks"][0][u"id"].toInt(), 2);
    setState(1, 1);
    setState(2, 1);
    events.changed({}, {1});
    EXPECT_EQ(states(window), QStringList({"2:1"}));
    EXPECT_EQ(window.written.size(), 1u);
}

TEST_F(EventStream, NoMessageToABrowserIsTooLong)
{
    padding = 10'000;
    for (TaskId id = 1; id <= 300; ++id)
        tasks[id] = {0, 0, true};
    FakeWire window;
    const auto browser = world.client(window, QStringLiteral("browser"));
    QByteArray snapshot;
    events.subscribe(*browser, {}, {}, [&](const Result<Answer>& answer) { snapshot = answer->json; });
    EXPECT_LE(snapshot.size(), 1'000'000);
    EXPECT_FALSE(QJsonDocument::fromJson(snapshot)[u"cursor"].toString().isEmpty());
    QList<TaskId> all;
    for (auto& [id, task] : tasks) {
        task.state = 1;
        all.append(id);
    }
    events.changed(all, {});
    EXPECT_EQ(states(window).size(), 300);
    for (const QByteArray& message : window.written)
        EXPECT_LE(message.size(), 1'000'000);
}

} // namespace
