#include "hls/capture.h"

#include "hls/decrypt.h"
#include "hls/sniff.h"

#include <algorithm>

namespace weir {

using namespace std::chrono_literals;

namespace {

constexpr qint64 kWindow = 24 << 20; // bytes in memory, fetched or on their way
constexpr std::size_t kAhead = 64;   // segments of one track
constexpr qint64 kMostPlaylist = 32 << 20;
constexpr qint64 kMostInit = 16 << 20;
constexpr qint64 kMostKey = 4096;
constexpr qint64 kKeySize = 16;
constexpr auto kStep = 250ms;
constexpr qint64 kGuess = 512 << 10;

bool isServersWord(const Error& error)
{
    // The network's troubles end; what a server says of one segment stays true.
    const Category category = errorRow(error.code).category;
    return category == Category::Stream || category == Category::Media
        || (category == Category::Http && errorRow(error.code).retry != Retry::Later);
}

SpoolEntry entryOf(const Segment& segment, SpoolEntry::Kind kind, Packing packing)
{
    SpoolEntry entry;
    entry.kind = kind;
    entry.packing = packing;
    entry.number = segment.number;
    entry.start = segment.start;
    entry.duration = segment.duration;
    entry.timeShift = segment.timeShift;
    entry.discontinuity = segment.discontinuity;
    return entry;
}

QString describeSegment(const Segment& segment)
{
    return QStringLiteral("segment %1 (%2)").arg(segment.number).arg(segment.media.urls.front().toDisplayString());
}

} // namespace

Capture::Capture(TaskContext& ctx, Spool& spool, std::vector<TrackPlan> tracks, std::vector<Reload> reloads)
    : ctx_(ctx),
      spool_(spool),
      reloads_(std::move(reloads)),
      loading_(reloads_.size()),
      fetches_(ctx)
{
    for (TrackPlan& plan : tracks)
        tracks_.push_back({.plan = std::move(plan)});
    if (ctx.spec().connections > 0)
        fetches_.setMostAtOnce(ctx.spec().connections);
}

Result<void> Capture::run(const std::function<Result<void>()>& step)
{
    while (!finished()) {
        if (ctx_.stop().stop_requested())
            return failure(Code::Cancelled);
        if (auto ok = step(); !ok)
            return ok;
        if (auto ok = startReloads(); !ok)
            return ok;
        fill();
        if (auto fetched = fetches_.next(std::min<std::chrono::milliseconds>(kStep, untilNextReload())))
            if (auto ok = route(std::move(*fetched)); !ok)
                return ok;
        if (auto ok = drain(); !ok)
            return ok;
    }
    return {};
}

bool Capture::finished() const
{
    return std::all_of(tracks_.begin(), tracks_.end(),
        [](const Running& track) { return track.plan.timeline.finished() && track.coming.empty(); });
}

std::chrono::milliseconds Capture::untilNextReload() const
{
    const TimePoint now = ctx_.services().clock().now();
    TimePoint next = now + kStep;
    for (const Running& track : tracks_)
        if (!track.plan.timeline.finished())
            next = std::min(next, track.plan.timeline.dueAt());
    return std::max<std::chrono::milliseconds>(1ms, std::chrono::ceil<std::chrono::milliseconds>(next - now));
}

Result<void> Capture::startReloads()
{
    const TimePoint now = ctx_.services().clock().now();
    for (std::size_t i = 0; i < reloads_.size(); ++i) {
        const Reload& reload = reloads_[i];
        auto due = Timeline::Due::Nothing;
        for (const int track : reload.tracks)
            if (const Timeline& timeline = tracks_[track].plan.timeline; !timeline.finished())
                due = std::max(due, timeline.due(now));
        if (loading_[i].fetch == 0 && due == Timeline::Due::Reload)
            loading_[i] = {
                fetches_.want({.resource = {reload.urls, {}}, .most = kMostPlaylist, .attempts = 2, .urgent = true}), now};
        else if (due == Timeline::Due::Recount && reload.recount)
            if (auto ok = reload.recount(now); !ok)
                return ok;
    }
    return {};
}

qint64 Capture::inMemory() const
{
    qint64 sum = 0;
    for (const Running& track : tracks_)
        for (const Coming& coming : track.coming)
            sum += coming.media && *coming.media ? (*coming.media)->size() : coming.expected;
    return sum;
}

bool Capture::hasRoom(const Running& track) const
{
    return track.coming.empty() || (track.coming.size() < kAhead && inMemory() < kWindow);
}

/// The track whose fetched end lies earliest: all go forward together.
int Capture::hungriest() const
{
    int best = -1;
    double earliest = 0;
    for (int i = 0; i < int(tracks_.size()); ++i) {
        const Running& track = tracks_[i];
        if (track.plan.timeline.waiting() == 0 || !hasRoom(track))
            continue;
        const double end = track.plan.timeline.position() ? track.plan.timeline.position()->end : 0;
        if (best < 0 || end < earliest) {
            best = i;
            earliest = end;
        }
    }
    return best;
}

void Capture::fill()
{
    for (int i = hungriest(); i >= 0; i = hungriest()) {
        auto segment = tracks_[i].plan.timeline.next();
        if (!segment)
            return;
        startSegment(tracks_[i], std::move(*segment));
    }
}

void Capture::startSegment(Running& track, Segment segment)
{
    Coming coming;
    coming.expected = segment.media.range && segment.media.range->end >= 0 ? segment.media.range->size()
        : track.bytesPerSecond > 0                                         ? qint64(track.bytesPerSecond * segment.duration)
        : track.plan.bandwidth > 0 ? qint64(double(track.plan.bandwidth) / 8 * segment.duration)
                                   : kGuess;
    if (segment.key)
        shared({{segment.key->url}, {}}, kMostKey);
    if (segment.init)
        shared(*segment.init, kMostInit);
    if (segment.init && segment.initKey)
        shared({{segment.initKey->url}, {}}, kMostKey);
    if (segment.gap)
        coming.media = failure(Code::SegmentGone, describeSegment(segment));
    else
        coming.fetch = fetches_.want({.resource = segment.media});
    coming.segment = std::move(segment);
    coming.after = track.plan.timeline.position();
    track.coming.push_back(std::move(coming));
}

Capture::Shared& Capture::shared(const Resource& resource, qint64 most)
{
    const auto found = std::find_if(shared_.begin(), shared_.end(), [&](const Shared& s) { return s.resource == resource; });
    if (found != shared_.end())
        return *found;
    shared_.push_back({resource, fetches_.want({.resource = resource, .most = most, .urgent = true}), {}});
    return shared_.back();
}

Result<void> Capture::route(ResourceFetches::Fetched fetched)
{
    for (std::size_t i = 0; i < loading_.size(); ++i) {
        if (loading_[i].fetch != fetched.id)
            continue;
        loading_[i].fetch = 0;
        if (fetched.bytes)
            return reloads_[i].take(fetched, loading_[i].asked);
        reloads_[i].failed(loading_[i].asked);
        return {};
    }
    for (Shared& one : shared_)
        if (one.fetch == fetched.id) {
            one.bytes = std::move(fetched.bytes);
            return {};
        }
    for (Running& track : tracks_)
        for (Coming& coming : track.coming)
            if (coming.fetch == fetched.id) {
                coming.media = std::move(fetched.bytes);
                return {};
            }
    return {};
}

Result<bool> Capture::ready(Coming& coming)
{
    if (!coming.media)
        return false;
    const Segment& segment = coming.segment;
    if (segment.key && !shared({{segment.key->url}, {}}, kMostKey).bytes)
        return false;
    if (segment.init && !shared(*segment.init, kMostInit).bytes)
        return false;
    return !(segment.init && segment.initKey && !shared({{segment.initKey->url}, {}}, kMostKey).bytes);
}

Result<void> Capture::drain()
{
    for (int i = 0; i < int(tracks_.size()); ++i) {
        while (!tracks_[i].coming.empty()) {
            const auto here = ready(tracks_[i].coming.front());
            if (!here)
                return tl::unexpected(here.error());
            if (!*here)
                break;
            if (auto ok = spool(i); !ok)
                return ok;
            tracks_[i].coming.pop_front();
        }
    }
    forgetShared();
    return {};
}

void Capture::forgetShared()
{
    constexpr std::size_t kKept = 32;
    while (shared_.size() > kKept) {
        const Shared& oldest = shared_.front();
        const auto needs = [&](const Segment& segment) {
            const auto isKey = [&](const auto& key) { return key && oldest.resource.urls.front() == key->url; };
            return (segment.init && *segment.init == oldest.resource) || isKey(segment.key) || isKey(segment.initKey);
        };
        const bool needed = std::any_of(tracks_.begin(), tracks_.end(), [&](const Running& track) {
            return std::any_of(
                track.coming.begin(), track.coming.end(), [&](const Coming& coming) { return needs(coming.segment); });
        });
        if (needed || !oldest.bytes)
            return;
        shared_.pop_front();
    }
}

Result<void> Capture::decrypt(QByteArray& bytes, const SegmentKey& key, qint64 number)
{
    if (key.method != SegmentKey::Method::Aes128)
        return failure(Code::EncryptionUnsupported, QStringLiteral("SAMPLE-AES"));
    const Shared& fetched = shared({{key.url}, {}}, kMostKey);
    if (!*fetched.bytes) {
        const Error& error = fetched.bytes->error();
        return failure(Code::KeyUnavailable, describe(error), error.native);
    }
    if ((*fetched.bytes)->size() != kKeySize)
        return failure(
            Code::KeyDamaged, QStringLiteral("%1 has %2 bytes").arg(key.url.toDisplayString()).arg((*fetched.bytes)->size()));
    return decryptAes128(bytes, **fetched.bytes, key.iv.isEmpty() ? sequenceIv(number) : key.iv);
}

Result<void> Capture::appendInit(int index, const Segment& segment)
{
    Running& track = tracks_[index];
    if (!segment.init || (track.init && *track.init == *segment.init))
        return {};
    const Shared& fetched = shared(*segment.init, kMostInit);
    if (!*fetched.bytes)
        return failure(fetched.bytes->error().code, fetched.bytes->error().detail, fetched.bytes->error().native);
    QByteArray bytes = **fetched.bytes;
    if (segment.initKey)
        if (auto plain = decrypt(bytes, *segment.initKey, segment.number); !plain)
            return plain;
    const Sniffed sniffed = sniff(QByteArrayView(bytes).first(std::min(bytes.size(), kSniffBytes)));
    if (sniffed.garbage)
        return failure(
            Code::SegmentDamaged, QStringLiteral("%1: %2").arg(segment.init->urls.front().toDisplayString(), sniffed.what));
    if (bytes.contains("sinf") && (bytes.contains("encv") || bytes.contains("enca")))
        return failure(
            Code::DrmProtected, QStringLiteral("Common Encryption: %1").arg(segment.init->urls.front().toDisplayString()));
    SpoolEntry entry = entryOf(segment, SpoolEntry::Kind::Init, sniffed.packing);
    entry.duration = 0;
    if (auto ok = spool_.append(index, entry, {bytes.constData(), std::size_t(bytes.size())}); !ok)
        return ok;
    track.init = segment.init;
    return {};
}

/// The first of what is coming in that track has come, or won't.
Result<void> Capture::spool(int index)
{
    Running& track = tracks_[index];
    Coming& coming = track.coming.front();
    const Segment& segment = coming.segment;
    if (!*coming.media)
        return missing(index, segment, coming.media->error());
    QByteArray bytes = std::move(**coming.media);
    if (segment.key)
        if (auto plain = decrypt(bytes, *segment.key, segment.number); !plain)
            return missing(index, segment, plain.error());
    const Sniffed sniffed = sniff(QByteArrayView(bytes).first(std::min(bytes.size(), kSniffBytes)));
    if (sniffed.garbage)
        return missing(
            index, segment, {Code::SegmentDamaged, QStringLiteral("%1: %2").arg(describeSegment(segment), sniffed.what)});
    if (auto ok = appendInit(index, segment); !ok)
        return isServersWord(ok.error()) ? missing(index, segment, ok.error()) : ok;
    const SpoolEntry entry = entryOf(segment, SpoolEntry::Kind::Media, sniffed.packing);
    if (auto ok = spool_.append(index, entry, {bytes.constData(), std::size_t(bytes.size())}); !ok)
        return ok;
    if (segment.duration > 0) {
        const double rate = double(bytes.size()) / segment.duration;
        track.bytesPerSecond = track.bytesPerSecond > 0 ? track.bytesPerSecond * 0.8 + rate * 0.2 : rate;
    }
    track.spooled = track.coming.front().after;
    return {};
}

/// Whole again only by another run, if at all: the recording goes on and says what is not in it.
Result<void> Capture::missing(int index, const Segment& segment, const Error& error)
{
    const bool keyTrouble = error.code == Code::KeyUnavailable || error.code == Code::KeyDamaged
        || error.code == Code::EncryptionUnsupported || error.code == Code::DrmProtected;
    if (keyTrouble || !isServersWord(error))
        return tl::unexpected(error);
    ctx_.log(Level::Error, QStringLiteral("missing: %1: %2").arg(describeSegment(segment), describe(error)));
    const SpoolEntry entry = entryOf(segment, SpoolEntry::Kind::Gap, Packing::Unknown);
    if (auto ok = spool_.append(index, entry, {}); !ok)
        return ok;
    Running& track = tracks_[index];
    gaps_.push_back({index, segment.start, segment.start + segment.duration, segment.number, segment.number, describe(error)});
    track.spooled = track.coming.front().after;
    return {};
}

std::vector<CaptureGap> Capture::gaps() const
{
    std::vector<CaptureGap> all = gaps_;
    for (int i = 0; i < int(tracks_.size()); ++i)
        for (const LostSegments& lost : tracks_[i].plan.timeline.lost())
            all.push_back({i, lost.start, lost.end, lost.first, lost.last, QStringLiteral("the server no longer had them")});
    return all;
}

Capture::Progress Capture::progress() const
{
    Progress progress{spool_.bytes(), 0, fetches_.running()};
    bool first = true;
    for (const Running& track : tracks_) {
        const double seconds = track.spooled ? track.spooled->end - track.spooled->begin : 0;
        progress.seconds = first ? seconds : std::min(progress.seconds, seconds);
        first = false;
    }
    return progress;
}

} // namespace weir
