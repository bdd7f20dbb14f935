#include "transfer/identity.h"
#include "transfer/source_error.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

Consequence of(Code code, FetchCircumstances circumstances = {}) { return consequence(Error{code, {}}, circumstances); }

TEST(Consequence, AChangedFileStopsTheTaskButOnlyDropsAMirror)
{
    for (Code code : {Code::ValidatorChanged, Code::SizeChanged, Code::ContentChanged}) {
        EXPECT_EQ(of(code), Consequence::FailTask);
        EXPECT_EQ(of(code, {.primary = false, .onlySource = false}), Consequence::DropSource);
    }
}

TEST(Consequence, DiskTroubleIsNeverTheSourcesFault)
{
    EXPECT_EQ(of(Code::DiskFull, {.primary = false, .onlySource = false}), Consequence::FailTask);
}

TEST(Consequence, AnIgnoredRangeIsAskedOnceMoreWithoutCondition)
{
    EXPECT_EQ(of(Code::RangeIgnored, {.conditional = true}), Consequence::WithoutCondition);
    EXPECT_EQ(of(Code::RangeIgnored, {.conditional = false}), Consequence::WholeOnly);
}

TEST(Consequence, RefusalsBesideARunningLaneKeepIt)
{
    EXPECT_EQ(of(Code::HttpForbidden, {.othersRunning = true}), Consequence::NoMoreLanes);
    EXPECT_EQ(of(Code::HttpForbidden), Consequence::FailTask);
    EXPECT_EQ(of(Code::HttpForbidden, {.primary = false, .onlySource = false}), Consequence::DropSource);
}

TEST(Consequence, BusyServersAreAskedLater)
{
    EXPECT_EQ(of(Code::HttpTooManyRequests, {.othersRunning = true}), Consequence::Busy);
    EXPECT_EQ(of(Code::HttpUnavailable), Consequence::Busy);
}

TEST(Consequence, NetworkTroubleIsTriedAgain)
{
    for (Code code : {Code::ConnectionReset, Code::Stalled, Code::ConnectionClosed, Code::HttpServerError})
        EXPECT_EQ(of(code), Consequence::Again);
}

FetchHead html(const char* name = "")
{
    FetchHead head;
    head.mime = "text/html";
    head.fileName = QString::fromUtf8(name);
    return head;
}

TEST(PageInsteadOfFile, IsRecognisedByTheAddress)
{
    EXPECT_TRUE(isPageInsteadOfFile(html(), QUrl("http://h/a/debian.iso"), {}));
    EXPECT_TRUE(isPageInsteadOfFile(html(), QUrl("http://h/a/film.mp4?token=1"), {}));
    EXPECT_FALSE(isPageInsteadOfFile(html(), QUrl("http://h/a/index.html"), {}));
    EXPECT_FALSE(isPageInsteadOfFile(html(), QUrl("http://h/a/show.php"), {}));
    EXPECT_FALSE(isPageInsteadOfFile(html(), QUrl("http://h/"), {}));
    EXPECT_FALSE(isPageInsteadOfFile(html(), QUrl("http://h/v1.2"), {})) << "a version is no file type";
}

TEST(PageInsteadOfFile, AnEarlierReplyDecides)
{
    EXPECT_TRUE(isPageInsteadOfFile(html(), QUrl("http://h/get"), "video/mp4"));
    EXPECT_FALSE(isPageInsteadOfFile(html(), QUrl("http://h/a.iso"), "text/html"));
}

TEST(Identity, SurvivesItsBytes)
{
    Identity identity;
    identity.name = QString::fromUtf8("Füße 🎬.mp4");
    identity.size = 5'000'000'000;
    identity.validator = "\"a\\\"b\"";
    identity.conditional = false;
    identity.digests = {{"sha-256", QByteArray::fromHex("00ff")}};
    const Identity again = Identity::fromBytes(identity.toBytes());
    EXPECT_EQ(again.name, identity.name);
    EXPECT_EQ(again.size, identity.size);
    EXPECT_EQ(again.validator, identity.validator);
    EXPECT_EQ(again.conditional, false);
    EXPECT_EQ(again.digests, identity.digests);
    EXPECT_TRUE(again.resumable());
    EXPECT_FALSE(Identity::fromBytes("{").known());
}

} // namespace
} // namespace weir
