#include "unit/media/remux_lab.h"

namespace weir {
namespace {

TEST_F(RemuxTest, SegmentsThatAreNoMediaAreAnError)
{
    makeSpool(1);
    const QByteArray garbage(100'000, 'g');
    ASSERT_TRUE(
        spool_->append(0, {.packing = Packing::Fmp4, .duration = 2}, {garbage.constData(), std::size_t(garbage.size())}));
    spool_->finish();
    const auto report = remux(*spool_, {.tracks = {both()}}, files(), {});
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, Code::MediaUnreadable);
}

TEST_F(RemuxTest, OneDamagedSegmentCostsItselfAlone)
{
    makeSpool(1);
    Made made = lab::made(Recipe{.seconds = 10, .fmp4 = true});
    made.segments[2].bytes.fill('\xee');
    lab::spoolUp(*spool_, 0, made);
    spool_->finish();
    const auto report = remux(*spool_, {.tracks = {both()}, .duration = 10}, files(), {});
    ASSERT_TRUE(report) << qPrintable(describe(report.error()));
    EXPECT_TRUE(notices(*report).find("damaged") != std::string::npos) << notices(*report);
    EXPECT_EQ(lab::probe(first()).first("video")->packets, 200);
    EXPECT_EQ(lab::decodeErrors(first()), QString());
}

TEST_F(RemuxTest, ASegmentThatWasCutDoesNotEatTheNext)
{
    makeSpool(1);
    Made made = lab::made(Recipe{.seconds = 10, .fmp4 = true});
    made.segments[2].bytes.chop(made.segments[2].bytes.size() / 3);
    lab::spoolUp(*spool_, 0, made);
    spool_->finish();
    const auto report = remux(*spool_, {.tracks = {both()}, .duration = 10}, files(), {});
    ASSERT_TRUE(report) << qPrintable(describe(report.error()));
    EXPECT_TRUE(notices(*report).find("segment 2") != std::string::npos) << notices(*report);
    EXPECT_GE(lab::probe(first()).first("video")->packets, 225);
    EXPECT_NEAR(lab::packetTimes(first(), "v:0").back().second, 10, 0.2);
    const auto source = countSource(*spool_, {.tracks = {both()}}, {});
    OutputFile* const file = outputs_.front().get();
    EXPECT_EQ(verifyMedia(*source, *report, {&file, 1}).error().code, Code::MediaIncomplete);
}

TEST_F(RemuxTest, RandomBytesInASegmentNeverCrash)
{
    quint32 random = 1;
    for (const bool fmp4 : {false, true})
        for (int round = 0; round < 12; ++round) {
            Made made = lab::made(Recipe{.seconds = 4, .fmp4 = fmp4});
            for (int i = 0; i < 200; ++i) {
                random = random * 1664525 + 1013904223;
                QByteArray& bytes = made.segments[random >> 8 & 1].bytes;
                random = random * 1664525 + 1013904223;
                bytes[qsizetype(random % quint32(round % 2 ? bytes.size() : 2000))] = char(random >> 24);
            }
            makeSpool(1);
            lab::spoolUp(*spool_, 0, made);
            spool_->finish();
            (void)remux(*spool_, {.tracks = {both()}, .duration = 4}, files(), {});
            const auto counted = countSource(*spool_, {.tracks = {both()}}, {});
            EXPECT_TRUE(counted);
        }
}

} // namespace
} // namespace weir
