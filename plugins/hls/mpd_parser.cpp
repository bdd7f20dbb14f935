#include "hls/mpd_parser.h"

#include "hls/m3u8_text.h"
#include "hls/mpd_document.h"
#include "hls/mpd_segments.h"
#include "hls/mpd_tracks.h"
#include "hls/stream_text.h"

#include <algorithm>
#include <cmath>

namespace weir {

namespace {

using namespace mpd;

constexpr qsizetype kMaxAlternatives = 8;
constexpr std::size_t kMaxTracks = 200;
constexpr std::size_t kMaxComparisons = 1'000'000; ///< of tracks with representations of all periods
constexpr auto kNever = std::chrono::hours(24);

/// A period with its times on the presentation's clock.
struct Span {
    const Period* period = nullptr;
    double begin = 0, end = -1;
};

/// One representation of one period.
struct Candidate {
    Track track;
    const AdaptationSet* set = nullptr;
    const Representation* representation = nullptr;
};

struct Moment {
    double now = 0, windowBegin = 0; ///< since availabilityStartTime
    bool gone = false;               ///< availabilityEndTime is over
};

QList<QUrl> resolvedBases(const QList<QUrl>& outer, const std::vector<Base>& bases)
{
    if (bases.empty())
        return outer;
    QList<QUrl> urls;
    for (const Base& base : bases)
        for (const QUrl& parent : outer) {
            const QUrl url = resolvedUrl(parent, base.text);
            if (!url.isEmpty() && !urls.contains(url) && urls.size() < kMaxAlternatives)
                urls.append(url);
        }
    return urls;
}

std::vector<Span> spansOf(const Document& document)
{
    std::vector<Span> spans;
    for (const Period& period : document.periods) {
        Span span{&period};
        if (period.start)
            span.begin = *period.start;
        else if (!spans.empty() && spans.back().end >= 0)
            span.begin = spans.back().end;
        else if (!spans.empty())
            continue; // announced early: nobody knows yet when it begins
        if (!spans.empty() && (spans.back().end < 0 || spans.back().end > span.begin))
            spans.back().end = std::max(span.begin, spans.back().begin);
        if (period.duration)
            span.end = span.begin + *period.duration;
        spans.push_back(span);
    }
    if (!spans.empty() && spans.back().end < 0 && document.duration)
        spans.back().end = std::max(*document.duration, spans.back().begin);
    return spans;
}

Moment momentOf(const Document& document, SystemTime now)
{
    const SystemTime start = document.availabilityStart.value_or(SystemTime());
    const bool gone = document.availabilityEnd && *document.availabilityEnd < now;
    now = gone ? *document.availabilityEnd : now;
    // An epoch of 1900 and a moment of 2200 still fit, but not their difference in nanoseconds.
    const auto since =
        std::chrono::duration<double>(now.time_since_epoch()) - std::chrono::duration<double>(start.time_since_epoch());
    return {since.count(), document.windowDepth ? since.count() - *document.windowDepth : 0, gone};
}

std::vector<Candidate> candidatesOf(const Period& period)
{
    std::vector<Candidate> candidates;
    QHash<QString, int> ids;
    for (const AdaptationSet& set : period.sets)
        for (const Representation& representation : set.representations) {
            auto track = trackOf(set, representation);
            if (!track)
                continue;
            track->id = representation.id;
            // Ids must differ within a period; where they don't, their order tells them apart.
            if (const int earlier = ids[representation.id]++)
                track->id += QStringLiteral("#%1").arg(earlier + 1);
            candidates.push_back({std::move(*track), &set, &representation});
        }
    return candidates;
}

const Candidate* nearest(const Track& track, const std::vector<Candidate>& candidates)
{
    const Candidate* best = nullptr;
    std::optional<Distance> least;
    for (const Candidate& each : candidates)
        if (const auto away = distance(track, each.track); away && (!least || *away < *least)) {
            least = away;
            best = &each;
        }
    return best;
}

/// Every representation of the longest period, and what only others have: a short trailer has fewer qualities than the film.
std::vector<Track> tracksOf(const std::vector<Span>& spans, const std::vector<std::vector<Candidate>>& candidates, double now)
{
    const auto length = [&](const Span& span) { return (span.end >= 0 ? span.end : std::max(now, span.begin)) - span.begin; };
    std::vector<std::size_t> order(spans.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        order[i] = i;
    std::stable_sort(
        order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return length(spans[a]) > length(spans[b]); });
    std::vector<Track> tracks;
    QStringList ids;
    for (const std::size_t i : order) {
        const std::size_t before = tracks.size();
        for (const Candidate& each : candidates[i]) {
            const bool there = std::any_of(tracks.begin(), tracks.begin() + std::ptrdiff_t(before),
                [&](const Track& track) { return distance(track, each.track).has_value(); });
            if (there || tracks.size() >= kMaxTracks)
                continue;
            tracks.push_back(each.track);
            if (ids.contains(each.track.id))
                tracks.back().id = QStringLiteral("%1@%2").arg(each.track.id, spans[i].period->id);
            ids.append(tracks.back().id);
        }
    }
    return tracks;
}

/// A delay of availability that is promised for what is still being written helps nobody who wants whole segments.
double availabilityOffset(const Document& document, const Period& period, const Candidate& candidate, const SegmentInfo& info)
{
    double offset = info.complete.value_or(true) ? info.availabilityOffset.value_or(0) : 0;
    for (const auto* bases : {&candidate.representation->bases, &candidate.set->bases, &period.bases, &document.bases})
        if (!bases->empty()) {
            offset += bases->front().complete ? bases->front().availabilityOffset : 0;
            break;
        }
    return offset;
}

struct Building {
    const Document& document;
    const QUrl& url;
    Moment moment;
    Presentation& presentation;
    bool wanted = true; ///< the segments
    std::size_t segments = 0;
};

Result<void> addPeriod(Building& building, const Span& span, int index, const std::vector<Candidate>& candidates)
{
    const Document& document = building.document;
    const QList<QUrl> periodBases = resolvedBases(resolvedBases({building.url}, document.bases), span.period->bases);
    for (Track& track : building.presentation.tracks) {
        const Candidate* candidate = nearest(track, candidates);
        if (!candidate)
            continue;
        const Representation& representation = *candidate->representation;
        for (const QString& system : protectionOf(*candidate->set, representation))
            if (!track.drm.contains(system))
                track.drm.append(system);
        if (!building.wanted)
            continue;
        const SegmentInfo info = inherited(inherited(span.period->segments, candidate->set->segments), representation.segments);
        const Place place{.info = info,
            .bases = resolvedBases(resolvedBases(periodBases, candidate->set->bases), representation.bases),
            .representation = representation.id,
            .bandwidth = representation.bandwidth,
            .begin = span.begin,
            .end = span.end,
            .discontinuity = index,
            .dynamic = document.dynamic,
            .now = building.moment.now,
            .windowBegin = building.moment.windowBegin,
            .availabilityOffset = availabilityOffset(document, *span.period, *candidate, info),
            .line = representation.line,
            .big = track.type != TrackType::Subtitles,
            .matroska = candidate->track.packing == Packing::Matroska};
        if (place.bases.isEmpty())
            return failure(
                Code::BadPlaylist, atLine(building.url, representation.line, QStringLiteral("no BaseURL is an address")));
        const std::size_t before = track.segments.size();
        const auto added = addSegments(place, track, building.presentation.predictable);
        if (!added)
            return failure(added.error().code,
                atLine(building.url, info.line > 0 ? info.line : representation.line, added.error().detail));
        building.segments += track.segments.size() - before;
        if (building.segments > kMaxAllSegments || track.segments.size() > kMaxSegments)
            return failure(
                Code::PlaylistTooLarge, atLine(building.url, representation.line, QStringLiteral("too many segments")));
    }
    for (const Event& event : span.period->events)
        building.presentation.markers.push_back({event.id.isEmpty() ? QString() : event.scheme + u' ' + event.id, event.scheme,
            span.begin + event.start, event.duration, event.text, event.scheme.startsWith(u"urn:scte:scte35"), {}});
    return {};
}

void describe(
    Presentation& presentation, const Document& document, const QUrl& url, const std::vector<Span>& spans, const Moment& moment)
{
    const bool over = (document.duration && !document.updatePeriod && moment.now >= *document.duration) || moment.gone;
    presentation.live = document.dynamic && !over;
    presentation.numbered = !document.dynamic;
    presentation.event = presentation.live && !document.windowDepth;
    presentation.title = document.title;
    presentation.clocks = document.clocks;
    presentation.holdBack = document.presentationDelay.value_or(-1);
    if (document.duration)
        presentation.duration = *document.duration;
    else if (!document.dynamic && !spans.empty() && spans.back().end >= 0)
        presentation.duration = spans.back().end;
    for (const QByteArray& location : document.locations)
        if (const QUrl resolved = resolvedUrl(url, location); !resolved.isEmpty())
            presentation.locations.append(resolved);
}

/// What needs the segments: the longest of them, and how often to look for more.
void measure(Presentation& presentation, const Document& document)
{
    double longest = 0;
    for (Track& track : presentation.tracks) {
        qint64 number = 0;
        for (Segment& segment : track.segments) {
            segment.number = number++;
            longest = std::max(longest, segment.duration);
        }
        for (const QString& system : std::as_const(track.drm))
            if (!presentation.drm.contains(system))
                presentation.drm.append(system);
    }
    presentation.targetDuration = longest > 0 ? longest : document.maxSegmentDuration.value_or(0);
    presentation.predictable = presentation.predictable && presentation.live;
    if (!presentation.live)
        return;
    const double seconds = std::min(document.updatePeriod.value_or(0), std::chrono::duration<double>(kNever).count());
    presentation.reloadAfter = std::chrono::milliseconds(qint64(seconds * 1000));
    // It says that it will not change; the segments follow from the clock.
    if (!document.updatePeriod && presentation.predictable)
        presentation.reloadAfter = kNever;
}

} // namespace

Result<Presentation> parseMpd(QByteArrayView text, const QUrl& url, const MpdWishes& wishes)
{
    const auto document = mpd::read(text, url);
    if (!document)
        return failure(document.error());
    const std::vector<Span> spans = spansOf(*document);
    const Moment moment = momentOf(*document, wishes.now);
    std::vector<std::vector<Candidate>> candidates;
    for (const Span& span : spans)
        candidates.push_back(candidatesOf(*span.period));
    Presentation presentation;
    if (wishes.known.empty()) {
        presentation.tracks = tracksOf(spans, candidates, moment.now);
    } else {
        presentation.tracks.assign(wishes.known.begin(), wishes.known.end());
        for (Track& track : presentation.tracks) {
            track.segments.clear();
            track.indexes.clear();
            track.drm.clear();
        }
    }
    describe(presentation, *document, url, spans, moment);
    if (presentation.tracks.empty() && !document->dynamic)
        return failure(Code::BadPlaylist, atLine(url, 1, QStringLiteral("it has no track")));
    std::size_t comparisons = 0;
    for (const auto& each : candidates)
        comparisons += each.size() * presentation.tracks.size();
    if (comparisons > kMaxComparisons)
        return failure(Code::PlaylistTooLarge, atLine(url, 1, QStringLiteral("too many tracks and periods")));
    Building building{*document, url, moment, presentation, wishes.segments};
    for (std::size_t i = 0; i < spans.size(); ++i)
        if (auto added = addPeriod(building, spans[i], int(i), candidates[i]); !added)
            return failure(added.error());
    measure(presentation, *document);
    return presentation;
}

Listing takeListing(Presentation& presentation, std::size_t track)
{
    Listing listing;
    Track& from = presentation.tracks[track];
    listing.segments = std::move(from.segments);
    listing.markers = presentation.markers;
    listing.live = presentation.live;
    listing.event = presentation.event;
    listing.numbered = presentation.numbered;
    for (const Segment& segment : listing.segments) {
        listing.targetDuration = std::max(listing.targetDuration, segment.duration);
        listing.duration += segment.duration;
    }
    if (listing.targetDuration == 0)
        listing.targetDuration = presentation.targetDuration;
    listing.reloadAfter = presentation.reloadAfter;
    listing.predictable = presentation.predictable;
    listing.startOffset = presentation.startOffset;
    listing.holdBack = presentation.holdBack;
    listing.drm = from.drm;
    return listing;
}

std::optional<std::chrono::system_clock::time_point> serverTime(const ClockSource& source, QByteArrayView body)
{
    return parseDateTime(source.scheme.contains(u"direct") ? QByteArrayView(source.value.toLatin1()) : body);
}

} // namespace weir
