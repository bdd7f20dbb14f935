#include "media_lab.h"

#include <gtest/gtest.h>

#include <thread>

namespace weir {
namespace {

using lab::Content;
using lab::Recipe;

class RemuxTest : public ::testing::Test {
protected:
    void makeSpool(int tracks)
    {
        auto spool = Spool::open(folder_.filePath(QStringLiteral("a.spool")), tracks, {});
        ASSERT_TRUE(spool) << qPrintable(describe(spool.error()));
        spool_ = std::move(*spool);
    }
    QString partPath(int part) const { return folder_.filePath(QStringLiteral("part%1").arg(part)); }
    RemuxFiles files()
    {
        RemuxFiles files;
        files.media = [this](int part, Container container) -> Result<OutputFile*> {
            outputs_.push_back(lab::output(partPath(part) + u'.' + extensionOf(container)));
            return outputs_.back().get();
        };
        return files;
    }
    RemuxReport mustRemux(const RemuxPlan& plan)
    {
        spool_->finish();
        auto report = remux(*spool_, plan, files(), {});
        EXPECT_TRUE(report) << qPrintable(describe(report.error()));
        for (const auto& output : outputs_)
            EXPECT_TRUE(output->complete()) << "a byte of the file was never written";
        return report ? *report : RemuxReport{};
    }
    QString first() const { return outputs_.front()->partPath(); }
    static std::string notices(const RemuxReport& report) { return report.notices.join(u'\n').toStdString(); }

    QTemporaryDir folder_;
    std::unique_ptr<Spool> spool_;
    std::vector<std::unique_ptr<OutputFile>> outputs_;
};

RemuxTrack both() { return {.type = TrackType::Video, .withSound = true}; }

bool indexIsInFront(const QString& path)
{
    const QByteArray bytes = lab::fileBytes(path);
    return bytes.indexOf("moov") > 0 && bytes.indexOf("moov") < bytes.indexOf("mdat");
}

TEST_F(RemuxTest, TransportStreamBecomesMp4WithItsIndexInFront)
{
    makeSpool(1);
    lab::spoolUp(*spool_, 0, lab::made(Recipe{}));
    const auto report = mustRemux({.tracks = {both()}, .duration = 6});
    const auto probe = lab::probe(first());
    ASSERT_EQ(probe.streams.size(), 2u);
    EXPECT_EQ(probe.first("video")->packets, 150);
    EXPECT_EQ(probe.first("audio")->packets, 283);
    EXPECT_NEAR(probe.duration, 6, 0.05);
    EXPECT_NEAR(probe.start, 0, 0.001);
    EXPECT_TRUE(indexIsInFront(first()));
    EXPECT_TRUE(report.parts.front().indexInFront);
    EXPECT_EQ(lab::decodeErrors(first()), QString());
    EXPECT_TRUE(report.notices.isEmpty()) << notices(report);
    ASSERT_EQ(report.streams.size(), 2u);
    EXPECT_EQ(report.streams[0].packetsRead, 150);
    EXPECT_EQ(report.streams[0].packetsWritten, 150);
    EXPECT_EQ(report.streams[1].packetsWritten, 283);
}

} // namespace
} // namespace weir
