#pragma once
// libavformat's types with owners, and its errors in words. Included by the media side only.

#include <weir/result.h>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavcodec/bsf.h>
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
}

#include <memory>

namespace weir {

struct AvFree {
    void operator()(AVCodecParameters* parameters) const { avcodec_parameters_free(&parameters); }
    void operator()(AVPacket* packet) const { av_packet_free(&packet); }
    void operator()(AVDictionary* options) const { av_dict_free(&options); }
    void operator()(AVBSFContext* filter) const { av_bsf_free(&filter); }
    void operator()(AVIOContext* io) const
    {
        av_freep(&io->buffer);
        avio_context_free(&io);
    }
};
using AvParameters = std::unique_ptr<AVCodecParameters, AvFree>;
using AvPacket = std::unique_ptr<AVPacket, AvFree>;
using AvIo = std::unique_ptr<AVIOContext, AvFree>;
using AvFilter = std::unique_ptr<AVBSFContext, AvFree>;

/// Of both sides' AVIO. Smaller ones cost system calls, larger ones fall out of the processor's cache.
inline constexpr int kAvBuffer = 256 * 1024;

inline QString avText(int averror)
{
    char text[AV_ERROR_MAX_STRING_SIZE] = {};
    av_strerror(averror, text, sizeof text);
    return QString::fromUtf8(text);
}

inline AvParameters copyOf(const AVCodecParameters& from)
{
    AvParameters copy(avcodec_parameters_alloc());
    if (copy && avcodec_parameters_copy(copy.get(), &from) < 0)
        copy.reset();
    return copy;
}

} // namespace weir
