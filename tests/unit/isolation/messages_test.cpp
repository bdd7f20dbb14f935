#include "isolation/messages.h"

#include <QCborArray>
#include <QJsonArray>

#include <gtest/gtest.h>

namespace weir {
namespace {

/// As it arrives at the other side.
QCborMap sent(const QCborMap& map)
{
    const auto read = decodeMessage(encodeMessage(map));
    return read ? *read : QCborMap();
}

TEST(Messages, ATaskIsTheSameAtTheOtherSide)
{
    auto request = std::make_shared<RequestContext>();
    request->method = "POST";
    request->body = QByteArray("a\0b", 3);
    request->headers = {{"X-Key", "value"}, {"Accept", "*/*"}};
    request->auth = {"user", "pass:word", "token", false};
    request->proxy = {QUrl("socks5h://proxy:1080"), "pu", "pp", {"a.example", ".b"}, "eth0"};
    request->tls = {"ca", "cert", "key", true};
    request->userAgent = "me";
    request->cookies = std::make_shared<CookieJar>();
    request->cookies->set({"a\tb"});
    TaskSpec spec;
    spec.id = 7;
    spec.url = QUrl("x://h/a%20b?c=%2F");
    spec.mirrors = {QUrl("y://m/")};
    spec.request = request;
    spec.mime = "text/plain";
    spec.directory = "/d";
    spec.name = "n";
    spec.digests = {{"sha-256", QByteArray("\x00\xff", 2)}};
    spec.connections = 4;
    spec.weights = {2, 0, 0.5};
    spec.options = {{"ask", true}, {"list", QJsonArray{1, 2}}};
    spec.prefetched = Prefetched{QUrl("z://p/"), {{"A", "b"}}, "body", DescribedFile{}};
    spec.prefetched->describes->name = "of it";

    const TaskSpec got = taskSpecFrom(sent(toCbor(spec)));
    EXPECT_EQ(got.id, spec.id);
    EXPECT_EQ(got.url, spec.url);
    EXPECT_EQ(got.mirrors, spec.mirrors);
    EXPECT_EQ(got.directory, spec.directory);
    EXPECT_EQ(got.digests, spec.digests);
    EXPECT_EQ(got.connections, 4);
    EXPECT_EQ(got.weights.bandwidth, 2);
    EXPECT_EQ(got.weights.latency, 0);
    EXPECT_EQ(got.weights.success, 0.5);
    EXPECT_EQ(got.options, spec.options);
    EXPECT_EQ(got.prefetched->body, "body");
    EXPECT_EQ(got.prefetched->headers, spec.prefetched->headers);
    EXPECT_EQ(got.prefetched->describes->name, "of it");
    EXPECT_EQ(got.request->method, "POST");
    EXPECT_EQ(got.request->body, request->body);
    EXPECT_EQ(got.request->headers, request->headers);
    EXPECT_EQ(got.request->auth.password, "pass:word");
    EXPECT_EQ(got.request->auth.bearer, "token");
    EXPECT_FALSE(got.request->auth.netrc);
    EXPECT_EQ(got.request->proxy.url, request->proxy.url);
    EXPECT_EQ(got.request->proxy.bypass, request->proxy.bypass);
    EXPECT_TRUE(got.request->tls.insecure);
    EXPECT_EQ(got.request->cookies->lines(), request->cookies->lines());
}

TEST(Messages, ErrorsKeepTheirRowAndTime)
{
    const auto at = std::chrono::system_clock::time_point(std::chrono::milliseconds(1'700'000'000'123));
    const Error error{Code::HttpTooManyRequests, "host", 429, at};
    const auto got = outcomeFrom(sent(toCbor(Result<void>(failure(error)))));
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error(), error);
    EXPECT_TRUE(outcomeFrom(sent(toCbor(Result<void>()))));
    // Nobody can bring in an error that nobody knows, nor a success that is one.
    EXPECT_EQ(errorFrom(fields({{"code", 9999}})).code, Code::PluginContract);
    EXPECT_EQ(errorFrom(fields({{"code", 0}})).code, Code::PluginContract);
    EXPECT_FALSE(errorFrom(fields({{"code", 429 + 2000}, {"notBefore", std::numeric_limits<qint64>::max()}})).notBefore);
}

TEST(Messages, ActivityAndOffersAreTheSame)
{
    Activity activity;
    activity.phase = "peers";
    activity.done = 5;
    activity.sources = {{QUrl("a://b/"), 0.5, 100, 1, 2}};
    activity.files = {{"f", 10, 5}};
    activity.details = {{"seeds", 3}};
    const Activity got = activityFrom(sent(toCbor(activity)));
    EXPECT_EQ(got.phase, activity.phase);
    EXPECT_EQ(got.done, 5);
    EXPECT_EQ(got.total, -1);
    EXPECT_EQ(got.sources.value(0).url, activity.sources[0].url);
    EXPECT_EQ(got.sources.value(0).connections, 2);
    EXPECT_EQ(got.files.value(0).done, 5);
    EXPECT_EQ(got.details, activity.details);

    TaskInfo info;
    info.name = "n";
    info.files = {{"a/b", 4}, {"c", -1}};
    info.variants = {{"1080p", "de", 5'000'000, "avc1"}};
    const TaskInfo offer = taskInfoFrom(sent(toCbor(info)));
    EXPECT_EQ(offer.files.value(0).path, "a/b");
    EXPECT_EQ(offer.files.value(1).size, -1);
    EXPECT_EQ(offer.variants.value(0).codecs, "avc1");
    EXPECT_EQ(choiceFrom(sent(toCbor(Choice{"n", {1, 2}, {0}}))).files, (QList<int>{1, 2}));
}

TEST(Messages, WhatIsDescribedIsTheSame)
{
    DescribedFile file;
    file.name = "film.mkv";
    file.size = 1'000'000'000'000;
    file.digests = {{"sha-256", QByteArray("\x00\xff", 2)}};
    file.pieces = {"sha-1", 1 << 20, {"one", "two"}};
    file.sources = {QUrl("a://b/c%20d")};
    const auto got = describedFilesFrom(sent(toCbor(QList<DescribedFile>{file, {}})));
    ASSERT_EQ(got.size(), 2);
    EXPECT_EQ(got[0].name, file.name);
    EXPECT_EQ(got[0].size, file.size);
    EXPECT_EQ(got[0].digests, file.digests);
    EXPECT_EQ(got[0].pieces.algorithm, "sha-1");
    EXPECT_EQ(got[0].pieces.length, 1 << 20);
    EXPECT_EQ(got[0].pieces.digests, file.pieces.digests);
    EXPECT_EQ(got[0].sources, file.sources);
    EXPECT_EQ(got[1].size, -1);
    EXPECT_TRUE(describedFilesFrom({}).isEmpty());
}

TEST(Messages, WhatNobodyHonestSendsIsRefused)
{
    EXPECT_FALSE(decodeMessage(""));
    EXPECT_FALSE(decodeMessage("\xff\xff"));
    EXPECT_FALSE(decodeMessage(QCborValue(5).toCbor()));
    QByteArray deep("\xa1\x61x", 3);
    deep += QByteArray(10'000, '\x81') + '\x01'; // arrays in arrays
    EXPECT_EQ(decodeMessage(deep).error().code, Code::PluginAnswerBad);
    QByteArray many("\xa1\x61x\x9a\x00\x1e\x84\x80", 8); // two million elements
    many += QByteArray(2'000'000, '\x01');
    EXPECT_EQ(decodeMessage(many).error().code, Code::PluginAnswerBad);
    EXPECT_FALSE(decodeMessage(encodeMessage(fields({{"a", 1}})).chopped(1)));
    // Kinds that do not fit become what means nothing.
    EXPECT_EQ(taskInfoFrom(fields({{"size", "big"}, {"files", 3}})).size, -1);
    EXPECT_EQ(taskInfoFrom(fields({{"size", -5}})).size, -1);
}

} // namespace
} // namespace weir
