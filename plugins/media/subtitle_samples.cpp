#include "media/subtitle_samples.h"

#include "media/mp4_boxes.h"

#include <utility>

namespace weir {

namespace {

constexpr std::size_t kMostSamples = 200'000;

struct TrackFacts {
    QByteArray format;
    double timescale = 0;
    quint32 duration = 0, size = 0; ///< of samples that say nothing themselves
};

TrackFacts factsOf(QByteArrayView init)
{
    TrackFacts facts;
    const auto media = findBox(init, {"moov", "trak", "mdia"});
    if (!media)
        return facts;
    if (const auto header = findBox(*media, "mdhd"); header && !header->isEmpty())
        facts.timescale = bigEndian<quint32>(*header, (*header)[0] == 1 ? 20 : 12);
    if (const auto entries = findBox(*media, {"minf", "stbl", "stsd"}); entries && entries->size() >= 16)
        facts.format = entries->sliced(12, 4).toByteArray();
    if (const auto defaults = findBox(init, {"moov", "mvex", "trex"})) {
        facts.duration = bigEndian<quint32>(*defaults, 12);
        facts.size = bigEndian<quint32>(*defaults, 16);
    }
    return facts;
}

/// Walks the fields of a box that flags say are there.
class Fields {
public:
    Fields(QByteArrayView box, qsizetype at) : box_(box), at_(at), flags_(bigEndian<quint32>(box, 0) & 0xffffff) {}
    quint32 next() { return bigEndian<quint32>(box_, std::exchange(at_, at_ + 4)); }
    quint32 nextIf(quint32 flag, quint32 otherwise) { return flags_ & flag ? next() : otherwise; }
    void skipIf(quint32 flag, qsizetype size) { at_ += flags_ & flag ? size : 0; }

private:
    QByteArrayView box_;
    qsizetype at_;
    quint32 flags_;
};

} // namespace

Result<SubtitleSamples> subtitleSamples(QByteArrayView init, QByteArrayView segment)
{
    const TrackFacts facts = factsOf(init.isEmpty() ? segment : init);
    if (facts.timescale <= 0)
        return failure(Code::SegmentDamaged, QStringLiteral("no track of subtitles in the init segment"));
    SubtitleSamples result{facts.format, {}};
    QByteArrayView rest = segment;
    while (!rest.isEmpty()) {
        const qsizetype fragmentAt = segment.size() - rest.size();
        const auto box = nextBox(rest);
        if (!box)
            return failure(Code::SegmentDamaged, QStringLiteral("a box is cut off at byte %1").arg(fragmentAt));
        if (box->type != "moof")
            continue;
        const auto fragment = findBox(box->body, "traf");
        const auto header = fragment ? findBox(*fragment, "tfhd") : std::nullopt;
        if (!header)
            continue;
        Fields defaults(*header, 8);
        defaults.skipIf(0x1, 8);
        defaults.skipIf(0x2, 4);
        const quint32 duration = defaults.nextIf(0x8, facts.duration), size = defaults.nextIf(0x10, facts.size);
        double time = 0;
        if (const auto decode = findBox(*fragment, "tfdt"); decode && !decode->isEmpty())
            time = (*decode)[0] == 1 ? double(bigEndian<quint64>(*decode, 4)) : double(bigEndian<quint32>(*decode, 4));
        qint64 dataAt = fragmentAt;
        QByteArrayView runs = *fragment;
        while (const auto run = nextBox(runs)) {
            if (run->type != "trun")
                continue;
            Fields fields(run->body, 8);
            const quint32 count = bigEndian<quint32>(run->body, 4);
            if (bigEndian<quint32>(run->body, 0) & 0x1)
                dataAt = fragmentAt + qint32(fields.next());
            fields.skipIf(0x4, 4);
            for (quint32 i = 0; i < count && result.samples.size() < kMostSamples; ++i) {
                const quint32 sampleDuration = fields.nextIf(0x100, duration), sampleSize = fields.nextIf(0x200, size);
                fields.skipIf(0x400, 4);
                fields.skipIf(0x800, 4);
                if (dataAt < 0 || dataAt > segment.size() || sampleSize > quint64(segment.size() - dataAt))
                    return failure(Code::SegmentDamaged, QStringLiteral("sample %1 lies outside of the segment").arg(i));
                result.samples.push_back(
                    {time / facts.timescale, (time + sampleDuration) / facts.timescale, segment.sliced(dataAt, sampleSize)});
                time += sampleDuration;
                dataAt += sampleSize;
            }
        }
    }
    return result;
}

} // namespace weir
