#pragma once
// Samples of a fragment of MP4 by our own reading: libavformat 5.1 does not know subtitles there. Pure; any thread.

#include <weir/result.h>

#include <QByteArray>

#include <vector>

namespace weir {

struct SubtitleSample {
    double start = 0, end = 0; ///< on the media's clock
    QByteArrayView bytes;      ///< lies in the segment
};
struct SubtitleSamples {
    QByteArray format; ///< "wvtt", "stpp" ...
    std::vector<SubtitleSample> samples;
};

/// Of the only or first track. Errors: SegmentDamaged.
Result<SubtitleSamples> subtitleSamples(QByteArrayView init, QByteArrayView segment);

} // namespace weir
