#include "rtsp/live_input.h"
#include "rtsp/live_recording_state.h"

#include <QJsonObject>

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(LiveRecordingState, ComesBackAsItWas)
{
    LiveRecordingState state{
        .name = "cam", .container = "mkv", .folder = "cam.mkv.spool", .spool = QByteArray("\0\xff index", 8)};
    state.hasVideo = false;
    state.complete = true;
    state.clock = 12.5;
    state.number = 7;
    state.connections = 3;
    state.lastAt = 1'700'000'000'123;
    state.brokenBy = "the server is gone";
    state.gaps = {QJsonObject{{"start", 1.5}, {"end", 2.5}}};
    const auto again = LiveRecordingState::fromBytes(state.toBytes());
    ASSERT_TRUE(again);
    EXPECT_EQ(again->toBytes(), state.toBytes());
    EXPECT_EQ(again->spool, state.spool);
    EXPECT_EQ(again->lastAt, state.lastAt);
    EXPECT_TRUE(again->complete && !again->hasVideo);
}

TEST(LiveRecordingState, NonsenseIsNoState)
{
    EXPECT_FALSE(LiveRecordingState::fromBytes({}));
    EXPECT_FALSE(LiveRecordingState::fromBytes("{\"version\": 99}"));
    EXPECT_FALSE(LiveRecordingState::fromBytes("\xff\x00[]"));
}

TEST(LiveHole, OutagesAreHolesUnlessTheyAreLong)
{
    EXPECT_EQ(liveHole(1000, 3500).missing, 2.5);
    EXPECT_EQ(liveHole(1000, 3500).hole, 2.5);
    EXPECT_EQ(liveHole(0, 3'600'000).missing, 3600);
    EXPECT_EQ(liveHole(0, 3'600'000).hole, 0);
    EXPECT_EQ(liveHole(5000, 1000).missing, 0) << "the clock was set back";
}

TEST(LiveError, HasTheCodesOfTheCatalogueAndNoPassword)
{
    const QUrl url("rtsp://me:s3cret@host/cam?token=hidden");
    const auto codeOf = [&](int averror) { return liveError(averror, url, false).code; };
    EXPECT_EQ(codeOf(AVERROR_HTTP_UNAUTHORIZED), Code::LoginRefused);
    EXPECT_EQ(codeOf(AVERROR_HTTP_NOT_FOUND), Code::RemoteFileMissing);
    EXPECT_EQ(codeOf(AVERROR(ECONNREFUSED)), Code::ConnectRefused);
    EXPECT_EQ(codeOf(AVERROR_INVALIDDATA), Code::WeirdReply);
    EXPECT_EQ(liveError(AVERROR_EXIT, url, true).code, Code::Stalled);
    const QString detail = liveError(AVERROR(EIO), url, false).detail;
    EXPECT_FALSE(detail.contains("s3cret") || detail.contains("hidden")) << detail.toStdString();
    EXPECT_TRUE(detail.contains("rtsp://host/cam"));
}

} // namespace
} // namespace weir
