#include "hls/subtitle_text.h"

namespace weir {

Result<SubtitleText> subtitleText(Packing packing, QByteArrayView init, QByteArrayView segment)
{
    Q_UNUSED(init)
    if (packing == Packing::WebVtt || packing == Packing::Unknown) {
        auto vtt = parseWebVtt(segment);
        if (!vtt)
            return failure(vtt.error());
        return SubtitleText{std::move(vtt->cues), vtt->map};
    }
    return failure(Code::SegmentDamaged, QStringLiteral("subtitles in an unknown form"));
}

} // namespace weir
