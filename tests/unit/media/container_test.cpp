#include "media/container.h"
#include "media/domain_place.h"
#include "media/parameter_sets.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

QStringList list(std::initializer_list<const char*> codecs)
{
    QStringList list;
    for (const char* codec : codecs)
        list.append(QString::fromLatin1(codec));
    return list;
}

TEST(Container, TheWishedOneIfItFits)
{
    EXPECT_EQ(fittingContainer(list({"avc1.64001f", "mp4a.40.2"}), Container::Mp4), Container::Mp4);
    EXPECT_EQ(fittingContainer(list({"hvc1.2.4.L123", "ec-3"}), Container::FragmentedMp4), Container::FragmentedMp4);
    EXPECT_EQ(fittingContainer(list({"av01.0.05M.08", "opus"}), Container::Mp4), Container::Mp4);
    EXPECT_EQ(fittingContainer(list({"vp09.00.10.08", "vorbis"}), Container::Mp4), Container::Mkv);
    EXPECT_EQ(fittingContainer(list({"vp8", "mp4a.40.2"}), Container::Mp4), Container::Mkv);
    EXPECT_EQ(fittingContainer(list({"vp09.00.10.08", "mp4a.40.2"}), Container::Ts), Container::Mkv);
    EXPECT_EQ(fittingContainer(list({"avc1.64001f", "wvtt", "xyz9"}), Container::Ts), Container::Ts)
        << "unknown: media will tell";
    EXPECT_EQ(fittingContainer(QStringList(), Container::Mp4), Container::Mp4);
}

TEST(Container, WhatWeSayAMuxerHoldsItTakes)
{
    for (const Container container : {Container::Mp4, Container::FragmentedMp4, Container::Mkv, Container::Ts})
        for (const AVCodecID codec : {AV_CODEC_ID_H264, AV_CODEC_ID_HEVC, AV_CODEC_ID_AV1, AV_CODEC_ID_VP9, AV_CODEC_ID_AAC,
                 AV_CODEC_ID_AC3, AV_CODEC_ID_EAC3, AV_CODEC_ID_MP3, AV_CODEC_ID_OPUS, AV_CODEC_ID_FLAC, AV_CODEC_ID_MOV_TEXT,
                 AV_CODEC_ID_WEBVTT, AV_CODEC_ID_VP8, AV_CODEC_ID_VORBIS}) {
            const auto* muxer = av_guess_format(muxerOf(container), nullptr, nullptr);
            ASSERT_TRUE(muxer);
            if (holds(container, codec) && container != Container::Ts) // mpegts has no list
                EXPECT_EQ(avformat_query_codec(muxer, codec, FF_COMPLIANCE_NORMAL), 1) << avcodec_get_name(codec);
        }
}

TEST(DomainPlace, TheEarliestOfAllBecomesZero)
{
    const StreamEdge edges[] = {{9.96, 10.04, {}, 0}, {10.0, 10.0, {}, 0}};
    EXPECT_DOUBLE_EQ(placeDomain(edges, {}, {}), -10);
}

TEST(DomainPlace, NoStreamGoesBackAndAllKeepTheirDistance)
{
    const StreamEdge edges[] = {{100, 100.08, 6.0, 0}, {100.02, 100.02, 6.03, 0}};
    EXPECT_NEAR(placeDomain(edges, {}, 6.03), 6.03 - 100.02, 1e-9);
    const StreamEdge gap[] = {{100, 100, 6.0, 4}, {100, 100, 10.0, 0}};
    EXPECT_NEAR(placeDomain(gap, {}, 10), -90, 1e-9) << "what one track misses it does not miss twice";
    const StreamEdge fresh[] = {{50, 50, {}, 0}};
    EXPECT_NEAR(placeDomain(fresh, {}, 7), -43, 1e-9);
}

TEST(DomainPlace, TheManifestsOwnTimesAreOnlyExceeded)
{
    const StreamEdge fits[] = {{20, 20, 10.0, 0}};
    EXPECT_DOUBLE_EQ(placeDomain(fits, -5, 10), -5);
    const StreamEdge overlaps[] = {{20, 20, 16.0, 0}};
    EXPECT_DOUBLE_EQ(placeDomain(overlaps, -5, 16), -4);
    EXPECT_DOUBLE_EQ(placeDomain({}, -5, 16), -5);
}

AvParameters withExtradata(AVCodecID codec, const char* hex)
{
    AvParameters parameters(avcodec_parameters_alloc());
    const QByteArray bytes = QByteArray::fromHex(hex);
    parameters->codec_type = AVMEDIA_TYPE_VIDEO;
    parameters->codec_id = codec;
    parameters->extradata = static_cast<uint8_t*>(av_mallocz(std::size_t(bytes.size()) + AV_INPUT_BUFFER_PADDING_SIZE));
    std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(parameters->extradata));
    parameters->extradata_size = int(bytes.size());
    return parameters;
}

TEST(ParameterSets, GoInBandAsTheyStandInTheHeader)
{
    const auto avc = withExtradata(AV_CODEC_ID_H264, "0164001fffe1000367640101000268ee");
    EXPECT_TRUE(hasLengths(*avc));
    EXPECT_EQ(inBandSets(*avc).toHex(),
        "00000003676401"
        "0000000268ee");
    const auto hevc = withExtradata(AV_CODEC_ID_HEVC,
        "0101600000009000000000005df000fcfdf8f800000f"
        "02"
        "2000010002"
        "4001"
        "2100010003"
        "420101");
    EXPECT_EQ(inBandSets(*hevc).toHex(),
        "000000024001"
        "00000003420101");
}

TEST(ParameterSets, CutHeadersGiveNothing)
{
    const QByteArray whole = "0164001fffe1000367640101000268ee";
    for (qsizetype size = 0; size < whole.size(); size += 2) {
        const QByteArray cut = whole.first(size);
        EXPECT_TRUE(inBandSets(*withExtradata(AV_CODEC_ID_H264, cut.constData())).isEmpty()) << size;
        EXPECT_TRUE(inBandSets(*withExtradata(AV_CODEC_ID_HEVC, cut.constData())).isEmpty()) << size;
    }
    const auto startCodes = withExtradata(AV_CODEC_ID_H264, "0000000167640100000168ee");
    EXPECT_FALSE(hasLengths(*startCodes));
    EXPECT_TRUE(inBandSets(*startCodes).isEmpty());
}

} // namespace
} // namespace weir
