#include "media/subtitle_text.h"

#include "media/mp4_boxes.h"
#include "media/subtitle_samples.h"
#include "media/ttml.h"

#include <algorithm>
#include <cmath>

namespace weir {

namespace {

constexpr double kTouching = 0.002;

/// A cue that goes on over a sample's end stands in the next one again.
void addOrExtend(std::vector<Cue>& cues, std::size_t from, Cue cue)
{
    for (std::size_t i = cues.size(); i > from; --i) {
        Cue& before = cues[i - 1];
        if (std::abs(before.end - cue.start) < kTouching && before.text == cue.text && before.id == cue.id) {
            before.end = cue.end;
            return;
        }
    }
    cues.push_back(std::move(cue));
}

/// ISO 14496-30: boxes "vttc" with the parts of a cue in boxes of their own.
std::vector<Cue> cuesOfWvtt(const SubtitleSamples& media)
{
    std::vector<Cue> cues;
    for (const SubtitleSample& sample : media.samples) {
        const std::size_t recent = cues.size() > 8 ? cues.size() - 8 : 0;
        QByteArrayView boxes = sample.bytes;
        while (const auto box = nextBox(boxes)) {
            const auto text = box->type == "vttc" ? findBox(box->body, "payl") : std::nullopt;
            if (!text || text->isEmpty() || sample.end <= sample.start)
                continue;
            const auto part = [&](const char* type) {
                const auto found = findBox(box->body, type);
                return found ? found->toByteArray().simplified() : QByteArray();
            };
            QByteArray lines = text->toByteArray();
            lines.replace("\r\n", "\n").replace("\n\n", "\n"); // an empty line would end the cue
            addOrExtend(cues, recent, {sample.start, sample.end, part("iden"), part("sttg"), lines});
        }
    }
    return cues;
}

Result<std::vector<Cue>> cuesOfStpp(const SubtitleSamples& media)
{
    std::vector<Cue> cues;
    for (const SubtitleSample& sample : media.samples) {
        if (sample.bytes.trimmed().isEmpty())
            continue;
        auto found = parseTtml(sample.bytes);
        if (!found)
            return found;
        // Every document says only what is seen while its sample lasts.
        for (Cue& cue : *found) {
            cue.start = std::max(cue.start, sample.start);
            cue.end = std::min(cue.end, sample.end);
            if (cue.end > cue.start)
                cues.push_back(std::move(cue));
        }
    }
    return cues;
}

} // namespace

Result<SubtitleText> subtitleText(Packing packing, QByteArrayView init, QByteArrayView segment)
{
    if (packing == Packing::WebVtt || packing == Packing::Unknown) {
        auto vtt = parseWebVtt(segment);
        if (!vtt)
            return failure(vtt.error());
        return SubtitleText{std::move(vtt->cues), vtt->map};
    }
    if (packing == Packing::Ttml) {
        auto cues = parseTtml(segment);
        return cues ? Result<SubtitleText>(SubtitleText{std::move(*cues), {}}) : failure(cues.error());
    }
    if (packing != Packing::Fmp4)
        return failure(Code::SegmentDamaged, QStringLiteral("subtitles in an unknown form"));
    const auto media = subtitleSamples(init, segment);
    if (!media)
        return failure(media.error());
    if (media->format == "wvtt")
        return SubtitleText{cuesOfWvtt(*media), {}};
    if (media->format != "stpp")
        return failure(
            Code::SegmentDamaged, QStringLiteral("subtitles of kind \"%1\"").arg(QString::fromLatin1(media->format)));
    auto cues = cuesOfStpp(*media);
    return cues ? Result<SubtitleText>(SubtitleText{std::move(*cues), {}}) : failure(cues.error());
}

} // namespace weir
