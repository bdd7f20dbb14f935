#include "hls/mpd_segments.h"

#include "hls/segment_template.h"
#include "hls/stream_text.h"

#include <algorithm>
#include <cmath>

namespace weir::mpd {

namespace {

constexpr qint64 kMaxMediaTime = qint64(1) << 61;
constexpr qint64 kGuess = 64 << 10;
constexpr qint64 kFarIndex = 4 << 20;
/// A part of a segment's duration: what is less than that is rounding.
constexpr double kRounding = 1e-6;

tl::unexpected<Error> bad(const char* reason) { return failure(Code::BadPlaylist, QString::fromLatin1(reason)); }
tl::unexpected<Error> tooMany()
{
    return failure(Code::PlaylistTooLarge, QStringLiteral("more than %1 segments").arg(kMaxSegments));
}

/// One representation's numbers with their defaults.
struct Scale {
    explicit Scale(const SegmentInfo& info)
        : timescale(info.timescale.value_or(1)),
          offset(info.timeOffset.value_or(0)),
          startNumber(info.startNumber.value_or(1))
    {}
    double seconds(qint64 ticks) const { return double(ticks) / double(timescale); }
    qint64 timescale, offset, startNumber;
};

/// When a segment plays, in the media's own ticks.
struct Slot {
    qint64 number = 0, time = 0, duration = 0;
};

/// The ticks of a period, if it has an end.
qint64 ticksOf(const Place& place, const Scale& scale)
{
    return qint64(std::clamp((place.end - place.begin) * double(scale.timescale), 0.0, 1e18));
}

/// How many segments of that many ticks lie between two moments; too many are as many as can be refused.
qint64 countOf(double seconds, double duration, double (*round)(double))
{
    return seconds <= 0 || duration <= 0 ? 0 : qint64(std::clamp(round(seconds / duration), 0.0, 1e15));
}
double roundedUp(double count) { return std::ceil(count - kRounding); }
double roundedDown(double count) { return std::floor(count + kRounding); }

Result<void> addRun(const Place& place, const Scale& scale, const Run& run, const Run* following, qint64& time, qint64& number,
    std::vector<Slot>& slots, bool& predictable)
{
    time = run.time.value_or(time);
    const double start = place.begin + scale.seconds(time - scale.offset), each = scale.seconds(run.duration);
    qint64 count = run.repeat + 1;
    qint64 skip = 0;
    if (run.repeat < 0 && following && following->time) {
        count = *following->time <= time ? 0 : (*following->time - time + run.duration - 1) / run.duration;
    } else if (run.repeat < 0) {
        count = place.end >= 0 ? countOf(place.end - start, each, roundedUp) : std::numeric_limits<qint64>::max();
        if (place.dynamic) {
            predictable = true;
            count = std::min(count, countOf(place.now + place.availabilityOffset - start, each, roundedDown));
            skip = std::min(count, countOf(place.windowBegin - start, each, roundedDown));
        }
        if (count == std::numeric_limits<qint64>::max())
            return bad("a run without an end (r=\"-1\") in a period without one");
    }
    if (count - skip > qint64(kMaxSegments - slots.size()))
        return tooMany();
    if (count > (kMaxMediaTime - time) / run.duration || number > kMaxMediaTime - count)
        return bad("a time beyond all bounds");
    for (qint64 i = skip; i < count; ++i)
        slots.push_back({number + i, time + i * run.duration, run.duration});
    time += count * run.duration;
    number += count;
    return {};
}

Result<std::vector<Slot>> timelineSlots(const Place& place, const Scale& scale, bool& predictable)
{
    const std::vector<Run>& runs = *place.info.timeline;
    std::vector<Slot> slots;
    qint64 time = 0, number = scale.startNumber;
    for (std::size_t i = 0; i < runs.size(); ++i) {
        const auto added =
            addRun(place, scale, runs[i], i + 1 < runs.size() ? &runs[i + 1] : nullptr, time, number, slots, predictable);
        if (!added)
            return failure(added.error());
    }
    return slots;
}

/// Segments of one length, numbered through.
Result<std::vector<Slot>> evenSlots(const Place& place, const Scale& scale, bool& predictable)
{
    const qint64 ticks = *place.info.duration;
    const double each = scale.seconds(ticks);
    if (ticks == 0)
        return bad("the segments' duration is 0");
    const qint64 whole =
        place.end >= 0 ? countOf(place.end - place.begin, each, roundedUp) : std::numeric_limits<qint64>::max();
    qint64 first = 0, count = whole;
    if (place.dynamic) {
        predictable = true;
        count = std::min(whole, countOf(place.now + place.availabilityOffset - place.begin, each, roundedDown));
        first = std::min(count, countOf(place.windowBegin - place.begin, each, roundedDown));
        // A stream that has run for years and says nothing of a window.
        first = std::max(first, count - qint64(kMaxSegments) / 5);
    }
    if (count == std::numeric_limits<qint64>::max())
        return bad("neither the period nor the presentation has a duration");
    if (count - first > qint64(kMaxSegments))
        return tooMany();
    if (count > kMaxMediaTime / ticks || scale.startNumber > kMaxMediaTime - count)
        return bad("a time beyond all bounds");
    std::vector<Slot> slots;
    slots.reserve(std::size_t(count - first));
    for (qint64 i = first; i < count; ++i)
        slots.push_back({scale.startNumber + i, scale.offset + i * ticks, ticks});
    return slots;
}

QList<QUrl> resolvedAll(const Place& place, const QByteArray& text)
{
    if (text.isEmpty())
        return place.bases;
    QList<QUrl> urls;
    for (const QUrl& base : place.bases)
        if (const QUrl url = resolvedUrl(base, text); !url.isEmpty())
            urls.append(url);
    return urls;
}

Result<std::shared_ptr<const Resource>> initializationOf(const Place& place)
{
    Resource made;
    if (place.info.initialization) {
        const auto address = SegmentTemplate::parse(*place.info.initialization, place.representation.toUtf8(), place.bandwidth);
        if (!address)
            return failure(address.error());
        if (address->varies())
            return bad("the initialization's address has a number or time in it");
        made.urls = resolvedAll(place, address->filled(0, 0));
    } else if (place.info.initializationUrl) {
        made = {resolvedAll(place, place.info.initializationUrl->source), place.info.initializationUrl->range};
    } else if (place.info.kind == SegmentInfo::Kind::Base && place.info.indexRange && place.info.indexRange->begin > 0) {
        made = {place.bases, ByteRange{0, place.info.indexRange->begin}};
    } else {
        return std::shared_ptr<const Resource>();
    }
    if (made.urls.isEmpty())
        return bad("the initialization's address is not one");
    return std::make_shared<const Resource>(std::move(made));
}

/// A segment of the track in this period; false: it lies outside of the period. `listed`: it is there by name, even if the
/// durations are rounded so that it seems to begin at the period's end.
bool appendSlot(const Place& place, const Scale& scale, const Slot& slot, Resource media,
    const std::shared_ptr<const Resource>& init, Track& track, bool listed = false)
{
    Segment segment;
    segment.start = place.begin + scale.seconds(slot.time - scale.offset);
    segment.duration = scale.seconds(slot.duration);
    const double margin = segment.duration * kRounding;
    if (segment.start + segment.duration <= place.begin + margin
        || (place.end >= 0 && !listed && segment.start >= place.end - margin))
        return false;
    if (place.end >= 0)
        segment.duration = std::clamp(place.end - segment.start, 0.0, segment.duration);
    segment.media = std::move(media);
    segment.init = init;
    segment.discontinuity = place.discontinuity;
    segment.timeShift = place.begin - scale.seconds(scale.offset);
    track.segments.push_back(std::move(segment));
    return true;
}

Result<void> addTemplate(const Place& place, const std::shared_ptr<const Resource>& init, Track& track, bool& predictable)
{
    const Scale scale(place.info);
    if (!place.info.media)
        return bad("SegmentTemplate without media");
    const auto address = SegmentTemplate::parse(*place.info.media, place.representation.toUtf8(), place.bandwidth);
    if (!address)
        return failure(address.error());
    Result<std::vector<Slot>> slots;
    if (place.info.timeline)
        slots = timelineSlots(place, scale, predictable);
    else if (place.info.duration)
        slots = evenSlots(place, scale, predictable);
    else // one segment that is as long as the period
        slots = std::vector<Slot>{{scale.startNumber, scale.offset, ticksOf(place, scale)}};
    if (!slots)
        return failure(slots.error());
    if (slots->size() > 1 && !address->varies())
        return bad("the segments' address has neither a number nor a time in it");
    for (const Slot& slot : *slots) {
        if (place.info.endNumber && slot.number > *place.info.endNumber)
            break;
        Resource media{resolvedAll(place, address->filled(slot.number, slot.time)), std::nullopt};
        if (media.urls.isEmpty())
            return bad("the segments' address is not one");
        appendSlot(place, scale, slot, std::move(media), init, track);
    }
    return {};
}

Result<void> addList(const Place& place, const std::shared_ptr<const Resource>& init, Track& track, bool& predictable)
{
    const Scale scale(place.info);
    if (!place.info.list)
        return bad("SegmentList without SegmentURL");
    const std::vector<Url>& list = *place.info.list;
    if (list.size() > kMaxSegments)
        return tooMany();
    std::vector<Slot> slots;
    if (place.info.timeline) {
        auto timed = timelineSlots(place, scale, predictable);
        if (!timed)
            return failure(timed.error());
        slots = std::move(*timed);
    } else {
        const qint64 ticks = place.info.duration.value_or(ticksOf(place, scale));
        if (!place.info.duration && list.size() > 1)
            return bad("SegmentList without a duration");
        // In a live list the first one's number tells how many were there before it.
        const qint64 before = place.dynamic ? scale.startNumber - 1 : 0;
        if (ticks > 0 && before + qint64(list.size()) > (kMaxMediaTime - scale.offset) / ticks)
            return bad("a time beyond all bounds");
        for (qint64 i = 0; i < qint64(list.size()); ++i)
            slots.push_back({scale.startNumber + i, scale.offset + (before + i) * ticks, ticks});
    }
    for (std::size_t i = 0; i < std::min(slots.size(), list.size()); ++i) {
        Resource media{resolvedAll(place, list[i].source), list[i].range};
        if (media.urls.isEmpty())
            return bad("a segment's address is not one");
        appendSlot(place, scale, slots[i], std::move(media), init, track, true);
    }
    return {};
}

/// A file that is one representation: an index tells where its segments are, or it is one segment itself.
void addFile(const Place& place, const std::shared_ptr<const Resource>& init, Track& track)
{
    const Scale scale(place.info);
    PendingIndex index{.media = place.bases,
        .init = init,
        .periodStart = place.begin,
        .periodEnd = place.end,
        .timeShift = place.begin - scale.seconds(scale.offset),
        .discontinuity = place.discontinuity};
    index.index.urls = place.bases;
    const auto& range = place.info.indexRange;
    // Cues point into a Segment element whose place is told at the file's beginning.
    const bool far = place.matroska && range && (range->end < 0 || range->end > kFarIndex);
    if (range && !far) {
        index.index.range = place.matroska ? ByteRange{0, range->end} : *range;
    } else if (place.big && !place.matroska) {
        index.index.range = ByteRange{0, kGuess};
        index.guessed = true;
    } else {
        Segment segment;
        segment.media.urls = place.bases;
        segment.start = place.begin;
        segment.duration = place.end >= 0 ? place.end - place.begin : 0;
        segment.discontinuity = place.discontinuity;
        segment.timeShift = index.timeShift;
        track.segments.push_back(std::move(segment));
        return;
    }
    track.indexes.push_back(std::move(index));
}

} // namespace

Result<void> addSegments(const Place& place, Track& track, bool& predictable)
{
    const auto init = initializationOf(place);
    if (!init)
        return failure(init.error());
    switch (place.info.kind) {
    case SegmentInfo::Kind::Template: return addTemplate(place, *init, track, predictable);
    case SegmentInfo::Kind::List: return addList(place, *init, track, predictable);
    default: addFile(place, *init, track); return {};
    }
}

} // namespace weir::mpd
