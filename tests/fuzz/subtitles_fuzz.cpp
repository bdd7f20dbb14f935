// builds with: plugins/media/mp4_boxes.cpp
// builds with: plugins/media/subtitle_samples.cpp
// builds with: plugins/media/subtitle_text.cpp
// builds with: plugins/media/ttml.cpp
// builds with: plugins/media/webvtt.cpp
// Any bytes as subtitles in every packing: times make sense, what is written is read again as the same, and cues that are made
// flat don't overlap.

#include "check.h"

#include "media/subtitle_text.h"

#include <algorithm>
#include <cmath>

using namespace weir;

namespace {

void checkCues(const std::vector<Cue>& cues)
{
    CueFlattener flattener;
    for (const Cue& cue : cues) {
        WEIR_CHECK(std::isfinite(cue.start) && std::isfinite(cue.end));
        WEIR_CHECK(!cue.id.contains('\n') && !cue.settings.contains('\n'));
        (void)plainText(cue.text);
    }
    auto sorted = cues;
    std::stable_sort(sorted.begin(), sorted.end(), [](const Cue& a, const Cue& b) { return a.start < b.start; });
    for (const Cue& cue : sorted)
        flattener.add(cue);
    double end = -1e9;
    for (const Cue& moment : flattener.flatten(1e18)) {
        WEIR_CHECK(moment.start >= end && moment.end > moment.start);
        end = moment.end;
    }
}

/// What the writer writes, the reader reads, as many cues in the same order.
void checkRoundTrip(const std::vector<Cue>& cues)
{
    QByteArray text = webVttHeader();
    std::size_t written = 0;
    for (const Cue& cue : cues) {
        if (cue.start < 0 || cue.end - cue.start < 0.002 || cue.end > 1e6 || cue.text.trimmed().isEmpty())
            continue;
        text += toWebVtt(cue);
        ++written;
    }
    const auto again = parseWebVtt(text);
    WEIR_CHECK(again && again->cues.size() == written);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const char* data, std::size_t size)
{
    const QByteArrayView all(data, qsizetype(size));
    for (const Packing packing : {Packing::WebVtt, Packing::Ttml, Packing::Fmp4}) {
        const qsizetype header = packing == Packing::Fmp4 ? all.size() / 2 : 0;
        if (const auto text = subtitleText(packing, all.first(header), all.sliced(header))) {
            checkCues(text->cues);
            if (packing == Packing::WebVtt)
                checkRoundTrip(text->cues);
        }
    }
    return 0;
}
