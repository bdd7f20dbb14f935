#include "task_sections.h"

#include <QJsonArray>

#include <gtest/gtest.h>

using namespace weir;

namespace {

struct Plain final : Output {
    void write(const QString&) override {}
};

QJsonObject swarm()
{
    return {{"trackers",
                QJsonArray{QJsonObject{{"url", "http://t.example:80"}, {"state", "refused"}, {"peers", 0}, {"seeds", 12},
                    {"leechers", QJsonValue()}, {"nextAnnounce", 65}, {"message", "go\x1b[31m"}}}},
        {"peers",
            QJsonArray{QJsonObject{{"address", "::1"}, {"port", 6881}, {"client", "other 1"}, {"progress", 0.999},
                {"rateDown", 1024}, {"rateUp", 0}, {"transport", "tcp"}, {"encrypted", true}, {"from", "tracker, PEX"}}}},
        {"peersKnown",
            QJsonObject{{"known", 4}, {"connected", 1},
                {"others", QJsonArray{QJsonObject{{"reason", "it refused\x1b[31m"}, {"peers", 3}}}}}},
        {"pieces", QJsonObject{{"count", 3}, {"size", 65536}, {"have", 1}, {"map", "#.."}}}};
}

TEST(TaskSections, WhatIsNotThereHasNoLine)
{
    const Plain style;
    for (const auto section : {fileLines, sourceLines, trackerLines, peerLines, pieceLines})
        EXPECT_TRUE(section({}, style).isEmpty());
}

TEST(TaskSections, TrackersWithWhatTheySaid)
{
    const QStringList lines = trackerLines(swarm(), Plain());
    ASSERT_EQ(lines.size(), 3);
    EXPECT_TRUE(lines[2].contains("http://t.example:80") && lines[2].contains("refused"));
    EXPECT_TRUE(lines[2].contains("12") && lines[2].contains("1:05")) << lines[2].toStdString();
    EXPECT_FALSE(lines[2].contains(QChar(0x1b)));
}

TEST(TaskSections, Peers)
{
    const QStringList lines = peerLines(swarm(), Plain());
    ASSERT_EQ(lines.size(), 6);
    EXPECT_TRUE(lines[2].contains("[::1]:6881") && lines[2].contains("99%") && lines[2].contains("tcp, encrypted"))
        << lines[2].toStdString();
    EXPECT_TRUE(lines[2].contains("tracker, PEX"));
    EXPECT_EQ(lines[4], "4 known peers, 1 connected; the others:");
    EXPECT_TRUE(lines[5].startsWith("     3  it refused")) << lines[5].toStdString();
    EXPECT_FALSE(lines[5].contains(QChar(0x1b)));
}

TEST(TaskSections, PiecesAndTheirMap)
{
    EXPECT_EQ(pieceLines(swarm(), Plain()), (QStringList{"", "1 of 3 pieces, 64.0 KiB each", "#.."}));
}

} // namespace
