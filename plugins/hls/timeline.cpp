#include "hls/timeline.h"

#include <QtEndian>

#include <algorithm>
#include <cmath>

namespace weir {

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr std::size_t kNames = 2000;
constexpr std::size_t kMaxMarkers = 100'000;
constexpr milliseconds kShortest = 500ms, kLongest = 120s;
constexpr milliseconds kNews = 500ms; ///< what ends later than what is known by more than this is new
constexpr double kClose = 0.05;       ///< seconds that two accounts of one moment may differ by

double endOf(const Segment& segment) { return segment.start + segment.duration; }
double middleOf(const Segment& segment) { return segment.start + segment.duration / 2; }

std::chrono::system_clock::duration asTicks(double seconds)
{
    return std::chrono::duration_cast<std::chrono::system_clock::duration>(std::chrono::duration<double>(seconds));
}

std::optional<std::chrono::system_clock::time_point> endClockOf(const Segment& segment)
{
    return segment.wallClock ? std::optional(*segment.wallClock + asTicks(segment.duration)) : std::nullopt;
}

/// Redundant servers differ in host and folder, tokens differ by reload; the file's name and range stay.
std::size_t nameOf(const Segment& segment)
{
    const QString file = segment.media.urls.isEmpty() ? QString() : segment.media.urls.first().fileName();
    return qHash(file, segment.media.range ? std::size_t(segment.media.range->begin) : 0);
}

/// A number that is not the server's own can't be the initialization vector any more.
std::shared_ptr<const SegmentKey> withVector(const std::shared_ptr<const SegmentKey>& key, qint64 number)
{
    if (!key || !key->iv.isEmpty())
        return key;
    SegmentKey made = *key;
    made.iv = QByteArray(16, '\0');
    qToBigEndian(number, made.iv.data() + 8);
    return std::make_shared<const SegmentKey>(std::move(made));
}

} // namespace

Timeline::Timeline(TimelineOptions options) : options_(std::move(options))
{
    if (!options_.after)
        return;
    given_ = options_.after;
    newest_ = given_->number;
    newestEnd_ = given_->end;
    newestDiscontinuity_ = given_->discontinuity;
    newestClock_ = given_->clock;
}

void Timeline::update(Listing listing, TimePoint asked)
{
    failures_ = 0;
    targetDuration_ = listing.targetDuration;
    reloadAfter_ = listing.reloadAfter;
    predictable_ = listing.predictable;
    const bool ended = live_ && !listing.live;
    live_ = live_ && listing.live;
    bool changed = ended;
    if (options_.ads.ads != Ads::Keep)
        markAds(listing, options_.ads.pattern);
    if (!begun_ && !listing.segments.empty())
        begin(listing);
    if (begun_)
        if (const auto place = fit(listing)) {
            refreshWaiting(listing);
            keepMarkers(listing.markers, place->seconds);
            changed = append(listing, *place) || changed;
        }
    if (changed || lastChange_ == TimePoint())
        lastChange_ = asked;
    schedule(asked, changed);
}

void Timeline::begin(Listing& listing)
{
    begun_ = true;
    // A recording that began by times goes on by times, though what was live may be a recording with numbers now.
    numbered_ = options_.after ? options_.after->numbered : listing.numbered;
    std::vector<Segment>& segments = listing.segments;
    if (!listing.live)
        std::erase_if(segments, [this](const Segment& segment) {
            return (options_.from && endOf(segment) <= *options_.from) || (options_.to && segment.start >= *options_.to);
        });
    if (options_.after)
        return;
    if (listing.live)
        segments.erase(segments.begin(), segments.begin() + std::ptrdiff_t(liveStart(listing)));
    if (segments.empty())
        return;
    newest_ = numbered_ ? segments.front().number - 1 : -1;
    newestEnd_ = segments.front().start;
    newestDiscontinuity_ = segments.front().discontinuity;
}

std::size_t Timeline::liveStart(const Listing& listing) const
{
    const std::vector<Segment>& segments = listing.segments;
    const auto first = [&](auto&& isIt) {
        return std::size_t(std::find_if(segments.begin(), segments.end(), isIt) - segments.begin());
    };
    if (options_.fromStart)
        return 0;
    if (options_.beginAt) {
        const std::size_t found =
            first([this](const Segment& segment) { return segment.wallClock && *endClockOf(segment) > *options_.beginAt; });
        if (found < segments.size())
            return found;
    }
    const double begin = segments.front().start, end = endOf(segments.back());
    const double back = listing.holdBack > 0 ? listing.holdBack : 3 * listing.targetDuration;
    double moment = end - back;
    if (options_.beginTime && !listing.numbered)
        moment = *options_.beginTime;
    else if (listing.startOffset)
        moment = *listing.startOffset < 0 ? end + *listing.startOffset : begin + *listing.startOffset;
    // The segment in which the moment lies; never none at all.
    return std::min(first([&](const Segment& segment) { return endOf(segment) > moment + kClose; }), segments.size() - 1);
}

std::optional<Timeline::Fit> Timeline::fit(Listing& listing)
{
    if (listing.segments.empty())
        return std::nullopt;
    auto place = numbered_ ? fitNumbers(listing) : std::optional(fitTimes(listing));
    if (!place)
        return std::nullopt;
    for (Segment& segment : listing.segments) {
        segment.start += place->seconds;
        segment.discontinuity += discontinuityShift_;
    }
    return place;
}

std::optional<Timeline::Fit> Timeline::fitNumbers(Listing& listing)
{
    std::vector<Segment>& segments = listing.segments;
    for (Segment& segment : segments)
        segment.number += numberShift_;
    const Segment &front = segments.front(), &back = segments.back();
    if (back.number < newest_) {
        // One that has ended is not a new beginning: the server shows the whole of what is over.
        if (listing.live && isRestart(listing))
            return restart(listing);
        return std::nullopt;
    }
    behind_ = 0;
    if (front.number <= newest_) {
        const Segment& same = segments[std::size_t(newest_ - front.number)];
        discontinuityShift_ = newestDiscontinuity_ - same.discontinuity;
        return Fit{newestEnd_ - endOf(same), 0};
    }
    // A server that counts no discontinuities begins from 0 in each listing.
    if (front.discontinuity + discontinuityShift_ < newestDiscontinuity_)
        discontinuityShift_ = newestDiscontinuity_ - front.discontinuity;
    const qint64 lost = front.number - newest_ - 1;
    double away = double(lost) * listing.targetDuration;
    if (lost > 0 && newestClock_ && front.wallClock && *front.wallClock > *newestClock_)
        away = std::chrono::duration<double>(*front.wallClock - *newestClock_).count();
    return Fit{newestEnd_ + away - front.start, lost};
}

/// Times of a manifest stay what they are; only periods may have been taken away.
Timeline::Fit Timeline::fitTimes(const Listing& listing)
{
    const std::vector<Segment>& segments = listing.segments;
    const auto same = std::find_if(segments.begin(), segments.end(), [this](const Segment& segment) {
        return std::abs(endOf(segment) - newestEnd_) < std::max(kClose, segment.duration / 4);
    });
    const Segment& front = segments.front();
    if (same != segments.end())
        discontinuityShift_ = newestDiscontinuity_ - same->discontinuity;
    else if (front.discontinuity + discontinuityShift_ < newestDiscontinuity_)
        discontinuityShift_ = newestDiscontinuity_ - front.discontinuity;
    const double away = front.start - newestEnd_;
    const bool lost = front.duration > 0 && away > std::max(kClose, front.duration / 2);
    return {0, lost ? std::max<qint64>(1, std::llround(std::min(away / front.duration, 1e9))) : 0};
}

/// The listing ends before what is known. A server that lags behind another catches up by itself in as many segments as it is
/// behind; one that counts anew does not.
bool Timeline::isRestart(const Listing& listing)
{
    const Segment& back = listing.segments.back();
    if (behind_ == 0 || back.number < behindFrom_) {
        behind_ = 0;
        behindFrom_ = back.number;
    }
    ++behind_;
    const bool dated = back.wallClock && newestClock_;
    if (dated && *endClockOf(back) <= *newestClock_ + kNews)
        return false;
    const bool grows = back.number > behindFrom_;
    const qint64 distance = newest_ - back.number;
    const bool far = distance > 2 * qint64(listing.segments.size());
    const auto known = std::lower_bound(names_.begin(), names_.end(), std::pair(back.number, std::size_t(0)));
    const bool otherName = known != names_.end() && known->first == back.number && known->second != nameOf(back);
    return grows && behind_ >= (dated || far || otherName ? 3 : 2 * distance + 6);
}

Timeline::Fit Timeline::restart(Listing& listing)
{
    behind_ = 0;
    names_.clear();
    std::vector<Segment>& segments = listing.segments;
    if (newestClock_)
        std::erase_if(segments,
            [this](const Segment& segment) { return segment.wallClock && *endClockOf(segment) <= *newestClock_ + kNews; });
    const Segment& front = segments.front();
    qint64 lost = 0;
    double away = 0;
    if (newestClock_ && front.wallClock && front.duration > 0) {
        away = std::max(0.0, std::chrono::duration<double>(*front.wallClock - *newestClock_).count());
        lost = std::llround(std::min(away / front.duration, 1e9));
    }
    const qint64 shift = newest_ + 1 + lost - front.number;
    numberShift_ += shift;
    discontinuityShift_ = newestDiscontinuity_ + 1 - front.discontinuity;
    const Fit place{newestEnd_ + away - front.start, lost};
    for (Segment& segment : segments)
        segment.number += shift;
    return place;
}

bool Timeline::isNew(const Segment& segment) const
{
    return numbered_ ? segment.number > newest_ : middleOf(segment) > newestEnd_;
}

/// What waits gets the addresses and keys of the latest listing: the old ones may have expired.
void Timeline::refreshWaiting(const Listing& listing)
{
    auto waiting = pending_.begin();
    for (const Segment& segment : listing.segments) {
        while (waiting != pending_.end()
            && (numbered_ ? waiting->segment.number < segment.number : middleOf(waiting->segment) < segment.start))
            ++waiting;
        if (waiting == pending_.end())
            return;
        Segment& old = waiting->segment;
        if (numbered_ ? old.number != segment.number
                      : std::abs(old.start - segment.start) > std::max(kClose, segment.duration / 4))
            continue;
        old.media = segment.media;
        old.init = segment.init;
        old.key = numberShift_ ? withVector(segment.key, segment.number - numberShift_) : segment.key;
        old.initKey = segment.initKey;
        old.gap = segment.gap;
        old.ad = segment.ad || old.ad;
    }
}

bool Timeline::append(Listing& listing, const Fit& fit)
{
    qint64 lost = fit.lostBefore;
    bool changed = false;
    for (Segment& segment : listing.segments) {
        if (!isNew(segment))
            continue;
        if (!numbered_)
            segment.number = newest_ + 1 + lost;
        else if (numberShift_)
            segment.key = withVector(segment.key, segment.number - numberShift_);
        newest_ = segment.number;
        newestEnd_ = endOf(segment);
        newestDiscontinuity_ = segment.discontinuity;
        newestClock_ = endClockOf(segment);
        segment.ad = segment.ad || inKnownBreak(middleOf(segment));
        if (live_) {
            names_.emplace_back(segment.number, nameOf(segment));
            if (names_.size() > kNames)
                names_.pop_front();
        }
        pending_.push_back({std::move(segment), std::exchange(lost, 0)});
        changed = true;
    }
    return changed;
}

void Timeline::keepMarkers(std::vector<Marker>& markers, double seconds)
{
    for (Marker& marker : markers) {
        marker.start += seconds;
        if (marker.kind == u"CUE-IN") {
            // The end of a break whose beginning has left the window.
            for (Marker& kept : markers_)
                if (kept.ad && kept.start < marker.start && (kept.duration < 0 || kept.start + kept.duration > marker.start))
                    kept.duration = marker.start - kept.start;
            continue;
        }
        const QString key =
            marker.id.isEmpty() ? QStringLiteral("%1 %2").arg(marker.kind).arg(marker.start, 0, 'f', 1) : marker.id;
        if (const auto known = markerAt_.constFind(key); known != markerAt_.constEnd()) {
            // The beginning as it was first told; the end may become known later.
            Marker& kept = markers_[*known];
            kept.duration = marker.duration >= 0 ? marker.duration : kept.duration;
        } else if (markers_.size() < kMaxMarkers) {
            markerAt_.insert(key, markers_.size());
            markers_.push_back(std::move(marker));
        }
    }
}

/// A window may be shorter than the break that it lies in.
bool Timeline::inKnownBreak(double moment) const
{
    constexpr std::ptrdiff_t kLooked = 16;
    const auto last = markers_.rbegin() + std::min<std::ptrdiff_t>(kLooked, std::ssize(markers_));
    return options_.ads.ads != Ads::Keep && std::any_of(markers_.rbegin(), last, [moment](const Marker& marker) {
        return marker.ad && marker.start <= moment && moment < marker.start + marker.duration;
    });
}

Seam Timeline::seamBefore(const Segment& segment) const
{
    if (!given_)
        return Seam::None;
    if (options_.ads.ads == Ads::Split && segment.ad != given_->ad)
        return Seam::NewFile;
    return dropped_ ? Seam::Joined : Seam::None;
}

std::optional<Segment> Timeline::next()
{
    for (; !pending_.empty() && options_.ads.ads == Ads::Drop && pending_.front().segment.ad; pending_.pop_front())
        dropped_ = true;
    if (pending_.empty() || complete_)
        return std::nullopt;
    Waiting waiting = std::move(pending_.front());
    pending_.pop_front();
    Segment& segment = waiting.segment;
    const double begin = given_ ? given_->begin : segment.start;
    if (options_.duration && segment.start >= begin + *options_.duration - kClose) {
        complete_ = true;
        pending_.clear();
        return std::nullopt;
    }
    if (waiting.lostBefore > 0)
        lost_.push_back(
            {segment.number - waiting.lostBefore, segment.number - 1, given_ ? given_->end : segment.start, segment.start});
    segment.seam = seamBefore(segment);
    dropped_ = false;
    const int seams = (given_ ? given_->seams : 0) + (segment.seam != Seam::None);
    given_ = ResumePoint{
        segment.number, begin, endOf(segment), segment.discontinuity, endClockOf(segment), numbered_, seams, segment.ad};
    segment.discontinuity += seams; // a seam is one more, for whoever joins the clocks
    complete_ = options_.duration && given_->end >= begin + *options_.duration - kClose;
    if (complete_)
        pending_.clear();
    return std::move(segment);
}

bool Timeline::finished() const { return complete_ || (!live_ && pending_.empty()); }

void Timeline::reloadFailed(TimePoint asked)
{
    ++failures_;
    // Half a target duration, as for a playlist without news; a server that stays silent is asked less often.
    dueAt_ = reloadAt_ = asked + (failures_ > 4 ? target() : std::max(kShortest, target() / 2));
}

milliseconds Timeline::target() const
{
    const double seconds = targetDuration_ > 0 ? targetDuration_ : 2;
    return std::clamp(milliseconds(qint64(std::min(seconds, 1e6) * 1000)), kShortest, kLongest);
}

/// RFC 8216 section 6.3.4: a whole target duration after news, half of it after none. A DASH manifest says when itself.
void Timeline::schedule(TimePoint asked, bool changed)
{
    const TimePoint soon = asked + (changed ? target() : std::max(kShortest, target() / 2));
    const bool recounted = predictable_ && asked < reloadAt_;
    if (!recounted)
        reloadAt_ = reloadAfter_ > 0ms ? asked + std::max(kShortest, reloadAfter_) : soon;
    dueAt_ = predictable_ ? std::min(soon, reloadAt_) : reloadAt_;
}

TimePoint Timeline::dueAt() const { return live_ && !complete_ ? dueAt_ : TimePoint::max(); }

Timeline::Due Timeline::due(TimePoint now) const
{
    if (now < dueAt())
        return Due::Nothing;
    return predictable_ && now < reloadAt_ ? Due::Recount : Due::Reload;
}

} // namespace weir
