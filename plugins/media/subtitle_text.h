#pragma once
// The cues of one subtitle segment in whatever form it came: WebVTT, TTML, either of them in fragments of MP4. Pure; any
// thread.

#include "media/track_kind.h"
#include "media/webvtt.h"

#include <weir/result.h>

namespace weir {

struct SubtitleText {
    std::vector<Cue> cues;
    std::optional<WebVtt::Map> map;
};

/// `init`: the init segment's bytes, if there is one. Errors: SegmentDamaged.
Result<SubtitleText> subtitleText(Packing packing, QByteArrayView init, QByteArrayView segment);

} // namespace weir
