#include "queue/choice.h"
#include "queue/task_json.h"
#include "queue/why.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <gtest/gtest.h>

namespace weir {

namespace {

constexpr qint64 kNow = 1'800'000'000'000;

QString sentence(const WhyFacts& facts) { return explainWhy(facts).value(QLatin1String("sentence")).toString(); }

QStringList partsOf(const WhyFacts& facts)
{
    QStringList parts;
    for (const QJsonValue& part : explainWhy(facts).value(QLatin1String("parts")).toArray())
        parts.append(part.toObject().value(QLatin1String("what")).toString());
    return parts;
}

} // namespace

TEST(Why, AHoldNamesItsOwnerReasonAndEnd)
{
    WhyFacts facts{.now = kNow};
    facts.holds = {
        {QStringLiteral("task"), QStringLiteral("1"), QStringLiteral("user"), QStringLiteral("lunch"), kNow + 60'000}};
    EXPECT_TRUE(sentence(facts).startsWith(QStringLiteral("It is held by user: lunch. It goes on at ")))
        << qPrintable(sentence(facts));
}

TEST(Why, AMoveComesBeforeWhatItStopped)
{
    WhyFacts facts{.now = kNow, .moving = QStringLiteral("Its files get to /big.")};
    EXPECT_EQ(sentence(facts), QStringLiteral("Its files get to /big."));
    facts.state = State::Done;
    EXPECT_EQ(partsOf(facts), (QStringList{QStringLiteral("moving"), QStringLiteral("done")}));
}

TEST(Why, ABackOffNamesTimeAndFailuresAndTheError)
{
    WhyFacts facts{
        .error = {Code::ConnectRefused, QStringLiteral("http://h/a")}, .attempts = 2, .notBefore = kNow + 5'000, .now = kNow};
    EXPECT_TRUE(sentence(facts).contains(QStringLiteral("after 2 failures")));
    EXPECT_EQ(partsOf(facts), (QStringList{QStringLiteral("retry"), QStringLiteral("error")}));
}

TEST(Why, LimitsAreTold)
{
    EXPECT_EQ(
        partsOf({.now = kNow, .host = QStringLiteral("h:80"), .hostFull = true}), QStringList{QStringLiteral("connections")});
    EXPECT_TRUE(sentence({.now = kNow, .programFull = true, .ahead = 3}).contains(QStringLiteral("3 tasks come before it")));
    EXPECT_EQ(partsOf({.now = kNow, .hostNotBefore = kNow + 1}), QStringList{QStringLiteral("host")});
    EXPECT_EQ(partsOf({.now = kNow, .started = false}), QStringList{QStringLiteral("queue")});
    EXPECT_EQ(sentence({.now = kNow}), QStringLiteral("It is about to start."));
}

TEST(Why, ASlowTaskNamesTheLimitThatHoldsIt)
{
    WhyFacts facts{.state = State::Running, .now = kNow, .rateDown = 99'000, .totalLimit = 100'000};
    EXPECT_EQ(partsOf(facts), (QStringList{QStringLiteral("limit"), QStringLiteral("running")}));
    facts.rateDown = 10'000;
    EXPECT_EQ(partsOf(facts), QStringList{QStringLiteral("running")});
    facts.finishing = true;
    EXPECT_EQ(partsOf(facts).first(), QStringLiteral("finishing"));
}

TEST(Why, EveryStateHasASentence)
{
    for (const State state : {State::Waiting, State::Running, State::Sharing, State::Choosing, State::Done, State::Failed})
        EXPECT_FALSE(sentence({.state = state, .error = {Code::HttpNotFound, {}}, .now = kNow}).isEmpty());
    EXPECT_TRUE(sentence({.state = State::Failed, .error = {Code::HttpNotFound, {}}, .now = kNow})
                    .contains(QStringLiteral("weir relink")));
}

namespace {

QJsonObject taskJson(const Task& task, const LiveState* live, bool details = false)
{
    QByteArray bytes;
    JsonWriter writer(bytes);
    writer.beginObject();
    writeMembers(writer, task, live, {});
    if (details)
        writeDetailMembers(writer, task, live);
    writer.endObject();
    QJsonParseError error;
    const QJsonObject json = QJsonDocument::fromJson(bytes, &error).object();
    EXPECT_EQ(error.error, QJsonParseError::NoError) << bytes.toStdString();
    return json;
}

} // namespace

TEST(TaskJson, HasTheFieldsOfTheInterface)
{
    Task task;
    task.id = 7;
    task.url = QStringLiteral("https://h/dir/a%20b.iso");
    task.directory = QStringLiteral("/d");
    task.created = 1'763'765'281'000;
    const QJsonObject json = taskJson(task, nullptr);
    for (const char* key : {"id", "url", "kind", "state", "name", "directory", "path", "size", "done", "verified", "rateDown",
             "rateUp", "uploaded", "connections", "eta", "phase", "holds", "error", "created", "finished"})
        EXPECT_TRUE(json.contains(QLatin1String(key))) << key;
    EXPECT_EQ(json.value(QLatin1String("name")).toString(), QStringLiteral("a b.iso"));
    EXPECT_TRUE(json.value(QLatin1String("size")).isNull());
    EXPECT_TRUE(json.value(QLatin1String("error")).isNull());
    EXPECT_TRUE(json.value(QLatin1String("finished")).isNull());
    EXPECT_EQ(json.value(QLatin1String("created")).toString(), QStringLiteral("2025-11-21T22:48:01Z"));
}

TEST(TaskJson, ARunningTaskHasRateAndEta)
{
    Task task;
    task.state = State::Running;
    task.size = 1'000;
    task.done = 400;
    LiveState live;
    live.rateDown = 100;
    live.connections = 3;
    live.files = {{QStringLiteral("/d/a"), 1'000, 400}};
    live.activity.sources = {{QUrl(QStringLiteral("http://u:p@h/a")), 0.5, 100, 1, 3}};
    const QJsonObject json = taskJson(task, &live, true);
    EXPECT_EQ(json.value(QLatin1String("eta")).toInt(), 6);
    EXPECT_EQ(json.value(QLatin1String("connections")).toInt(), 3);
    EXPECT_EQ(json.value(QLatin1String("files")).toArray().size(), 1);
    EXPECT_EQ(json.value(QLatin1String("sources")).toArray().first().toObject().value(QLatin1String("url")).toString(),
        QStringLiteral("http://h/a"));
}

TEST(TaskJson, AFailureCarriesItsRow)
{
    Task task;
    task.state = State::Failed;
    task.errorCode = quint16(Code::HttpNotFound);
    task.errorDetail = QStringLiteral("http://h/a");
    const QJsonObject error = taskJson(task, nullptr).value(QLatin1String("error")).toObject();
    EXPECT_EQ(error.value(QLatin1String("code")).toString(), QStringLiteral("HttpNotFound"));
    EXPECT_EQ(error.value(QLatin1String("number")).toInt(), 2404);
    EXPECT_EQ(error.value(QLatin1String("exit")).toInt(), 3);
}

TEST(Choice, NumbersCountFromOneAndRangesWork)
{
    EXPECT_EQ(*readNumbers(QStringLiteral("1,3-5,3"), 5), (QList<int>{0, 2, 3, 4}));
    for (const char* bad : {"0", "6", "3-2", "x", "1-2-3", "-1"})
        EXPECT_FALSE(readNumbers(QString::fromLatin1(bad), 5)) << bad;
}

TEST(Choice, IsCheckedAgainstTheOffer)
{
    const QJsonObject offer = offerOf(
        {.files = {{QStringLiteral("a"), 1}, {QStringLiteral("b"), 2}}, .variants = {{QStringLiteral("1080p"), {}, 1}}});
    const auto good =
        readChoice({{QStringLiteral("files"), QJsonArray{2}}, {QStringLiteral("variants"), QJsonArray{1}}}, offer);
    ASSERT_TRUE(good);
    EXPECT_EQ(good->files, QList<int>{1});
    EXPECT_EQ(good->variants, QList<int>{0});
    EXPECT_EQ(readChoice({{QStringLiteral("variants"), QJsonArray{2}}}, offer).error().code, Code::BadChoice);
    EXPECT_EQ(readChoice({{QStringLiteral("files"), 7}}, offer).error().code, Code::BadChoice);
}

} // namespace weir
