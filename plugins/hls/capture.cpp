#include "hls/capture.h"

#include "hls/elsewhere.h"
#include "hls/sample_aes.h"
#include "media/sniff.h"

#include <algorithm>

namespace weir {

using namespace std::chrono_literals;

namespace {

constexpr qint64 kWindow = 16 << 20; // bytes in memory, fetched or on their way
constexpr std::size_t kAhead = 64;   // segments of one track
constexpr qint64 kMostPlaylist = 32 << 20;
constexpr auto kStep = 250ms;
constexpr qint64 kGuess = 512 << 10;
constexpr qint64 kMostWhole = 32 << 20; // what is larger comes in ranges
constexpr int kFewAttempts = 3;         // where somebody else can be asked

bool isServersWord(const Error& error)
{
    // The network's troubles end; what a server says of one segment stays true.
    const Category category = errorRow(error.code).category;
    return category == Category::Stream || category == Category::Media
        || (category == Category::Http && errorRow(error.code).retry != Retry::Later);
}

/// What no other segment will do better.
bool isKeyTrouble(const Error& error)
{
    return error.code == Code::KeyUnavailable || error.code == Code::KeyDamaged || error.code == Code::EncryptionUnsupported
        || error.code == Code::DrmProtected;
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
      fetches_(ctx),
      parts_(fetches_)
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
            sum += coming.big                   ? coming.big->inMemory()
                : coming.media && *coming.media ? (*coming.media)->size()
                                                : coming.expected;
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
    parts_.want(segment);
    const bool others = track.plan.elsewhere.playlists.size() > 1;
    const auto outage = others ? fetches_.outage(segment.media.urls.front()) : std::nullopt;
    if (segment.gap)
        coming.media = failure(Code::SegmentGone, describeSegment(segment));
    else if (outage)
        coming.media = tl::unexpected(*outage);
    else if (coming.expected > kMostWhole && segment.media.range)
        coming.media = failure(Code::FileTooBigForLimit);
    else
        coming.fetch = fetches_.want({.resource = segment.media,
            .most = kMostWhole,
            .attempts = others ? kFewAttempts : ResourceFetches::Wish{}.attempts});
    coming.segment = std::move(segment);
    coming.after = track.plan.timeline.position();
    track.coming.push_back(std::move(coming));
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
    if (parts_.take(fetched))
        return {};
    for (Running& track : tracks_)
        for (Coming& coming : track.coming) {
            if (coming.fetch == fetched.id) {
                coming.media = std::move(fetched.bytes);
                coming.from = fetched.from;
                return {};
            }
            if ((coming.big && coming.big->take(fetched)) || takeElsewhere(track, coming, fetched))
                return {};
        }
    return {};
}

Result<void> Capture::drain()
{
    for (int i = 0; i < int(tracks_.size()); ++i) {
        while (!tracks_[i].coming.empty()) {
            const Coming& next = tracks_[i].coming.front();
            if (!(next.media || next.big) || !parts_.has(next.segment))
                break;
            const auto done = spool(i);
            if (!done)
                return tl::unexpected(done.error());
            if (!*done)
                break;
            tracks_[i].coming.pop_front();
        }
    }
    parts_.forget([this](const auto& needs) {
        return std::any_of(tracks_.begin(), tracks_.end(), [&](const Running& track) {
            return std::any_of(track.coming.begin(), track.coming.end(), [&](const Coming& one) { return needs(one.segment); });
        });
    });
    return {};
}

Result<void> Capture::decryptSamples(const Running& track, QByteArray& bytes, const Segment& segment, Packing packing)
{
    const auto with = parts_.opening(*segment.key, segment.number);
    if (!with)
        return tl::unexpected(with.error());
    switch (packing) {
    case Packing::MpegTs: return decryptSampleAesTs(bytes, with->key, with->iv);
    case Packing::PackedAudio: return decryptSampleAesAudio(bytes, with->key, with->iv);
    case Packing::WebVtt:
    case Packing::Ttml: return {}; // there are no samples
    case Packing::Fmp4:
        if (track.cenc)
            return decryptCbcs(bytes, *track.cenc, with->key, with->iv);
        [[fallthrough]];
    default: return failure(Code::EncryptionUnsupported, QStringLiteral("SAMPLE-AES in %1").arg(describeSegment(segment)));
    }
}

Result<void> Capture::appendSeam(int index, const Segment& segment)
{
    if (segment.seam == Seam::None)
        return {};
    const auto kind = segment.seam == Seam::Joined ? SpoolEntry::Kind::Joined : SpoolEntry::Kind::NewFile;
    SpoolEntry entry = entryOf(segment, kind, Packing::Unknown);
    entry.duration = 0;
    return spool_.append(index, entry, {});
}

Result<void> Capture::appendInit(int index, const Segment& segment)
{
    Running& track = tracks_[index];
    if (!segment.init || (track.init && *track.init == *segment.init))
        return {};
    const Result<QByteArray>& fetched = parts_.init(segment);
    if (!fetched)
        return tl::unexpected(fetched.error());
    QByteArray bytes = *fetched;
    if (segment.initKey)
        if (auto plain = parts_.decryptWhole(bytes, *segment.initKey, segment.number); !plain)
            return plain;
    const Sniffed sniffed = sniff(QByteArrayView(bytes).first(std::min(bytes.size(), kSniffBytes)));
    if (sniffed.garbage)
        return failure(
            Code::SegmentDamaged, QStringLiteral("%1: %2").arg(segment.init->urls.front().toDisplayString(), sniffed.what));
    track.cenc.reset();
    if (segment.key && segment.key->method == SegmentKey::Method::SampleAes) {
        auto opened = openCencInit(bytes);
        if (!opened)
            return tl::unexpected(opened.error());
        if (!opened->systems.isEmpty())
            return failure(Code::DrmProtected,
                QStringLiteral("%1: %2").arg(
                    opened->systems.join(QStringLiteral(", ")), segment.init->urls.front().toDisplayString()));
        track.cenc = std::move(*opened);
    }
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

/// The first of what is coming in that track has come, or won't. False: it is awaited again, from somewhere else.
Result<bool> Capture::spool(int index)
{
    Running& track = tracks_[index];
    Coming& coming = track.coming.front();
    const Segment& segment = coming.segment;
    if (coming.big)
        return spoolBig(index);
    if (!*coming.media && coming.media->error().code == Code::FileTooBigForLimit)
        return spoolBig(index);
    if (!*coming.media)
        return failed(index, coming.media->error());
    QByteArray bytes = std::move(**coming.media);
    const bool whole = segment.key && segment.key->method == SegmentKey::Method::Aes128;
    if (whole)
        if (auto plain = parts_.decryptWhole(bytes, *segment.key, segment.number); !plain)
            return failed(index, plain.error());
    const Sniffed sniffed = sniff(QByteArrayView(bytes).first(std::min(bytes.size(), kSniffBytes)));
    if (sniffed.garbage)
        return failed(index, {Code::SegmentDamaged, QStringLiteral("%1: %2").arg(describeSegment(segment), sniffed.what)});
    if (auto ok = appendInit(index, segment); !ok)
        return isServersWord(ok.error()) ? failed(index, ok.error()) : tl::unexpected(ok.error());
    if (segment.key && !whole)
        if (auto plain = decryptSamples(track, bytes, segment, sniffed.packing); !plain)
            return failed(index, plain.error());
    if (auto ok = appendSeam(index, segment); !ok)
        return tl::unexpected(ok.error());
    const SpoolEntry entry = entryOf(segment, SpoolEntry::Kind::Media, sniffed.packing);
    if (auto ok = spool_.append(index, entry, {bytes.constData(), std::size_t(bytes.size())}); !ok)
        return tl::unexpected(ok.error());
    noteAppended(track, bytes.size());
    return true;
}

void Capture::noteAppended(Running& track, qint64 bytes)
{
    const Coming& coming = track.coming.front();
    if (coming.segment.duration > 0) {
        const double rate = double(bytes) / coming.segment.duration;
        track.bytesPerSecond = track.bytesPerSecond > 0 ? track.bytesPerSecond * 0.8 + rate * 0.2 : rate;
    }
    track.spooled = coming.after;
}

/// Others are asked before it is given up. False: somebody was.
Result<bool> Capture::failed(int index, const Error& error)
{
    Running& track = tracks_[index];
    Coming& coming = track.coming.front();
    if (!isKeyTrouble(error)) {
        if (fromOtherAddress(coming))
            return false;
        coming.why = coming.why.value_or(error);
        if (coming.asked == 0)
            coming.refused.push_back(coming.segment.media);
        if (askElsewhere(track, coming))
            return false;
    }
    if (auto ok = missing(index, coming.segment, coming.why.value_or(error)); !ok)
        return tl::unexpected(ok.error());
    return true;
}

/// What came was no media, though its server thought so: another one may have the right file.
bool Capture::fromOtherAddress(Coming& coming)
{
    QList<QUrl>& urls = coming.segment.media.urls;
    if (!coming.media || !*coming.media || urls.size() < 2 || !urls.removeOne(coming.from))
        return false;
    coming.media.reset();
    coming.fetch = fetches_.want({.resource = coming.segment.media, .most = kMostWhole});
    return true;
}

bool Capture::askElsewhere(Running& track, Coming& coming)
{
    const QList<QUrl>& playlists = track.plan.elsewhere.playlists;
    while (playlists.size() > 1 && coming.asked < playlists.size()) {
        const qsizetype place = coming.asked++;
        if (track.other && track.other->first == place) {
            if (useElsewhere(coming, track.other->second))
                return true;
            continue;
        }
        coming.media.reset();
        coming.search =
            fetches_.want({.resource = {{playlists[place]}, {}}, .most = kMostPlaylist, .attempts = 2, .urgent = true});
        return true;
    }
    return false;
}

bool Capture::takeElsewhere(Running& track, Coming& coming, ResourceFetches::Fetched& fetched)
{
    if (coming.search == 0 || coming.search != fetched.id)
        return false;
    coming.search = 0;
    auto listing = fetched.bytes ? track.plan.elsewhere.read(fetched) : tl::unexpected(fetched.bytes.error());
    if (listing && useElsewhere(coming, *listing)) {
        // A live one is another a moment later.
        if (!listing->live)
            track.other = {coming.asked - 1, std::move(*listing)};
    } else if (!askElsewhere(track, coming)) {
        coming.media = tl::unexpected(*coming.why);
    }
    return true;
}

bool Capture::useElsewhere(Coming& coming, const Listing& listing)
{
    const Segment* same = listing.drm.isEmpty() ? sameSegment(listing, coming.segment) : nullptr;
    if (!same || std::find(coming.refused.begin(), coming.refused.end(), same->media) != coming.refused.end())
        return false;
    ctx_.log(Level::Info,
        QStringLiteral("%1 comes from %2").arg(describeSegment(coming.segment), same->media.urls.front().toDisplayString()));
    coming.segment.media = same->media;
    coming.segment.init = same->init;
    coming.segment.key = same->key;
    coming.segment.initKey = same->initKey;
    coming.refused.push_back(same->media);
    parts_.want(coming.segment);
    coming.media.reset();
    coming.fetch = fetches_.want({.resource = coming.segment.media, .most = kMostWhole, .attempts = kFewAttempts});
    return true;
}

/// One that is too large for memory, as far as it came. False: more is awaited.
Result<bool> Capture::spoolBig(int index)
{
    Coming& coming = tracks_[index].coming.front();
    const Segment& segment = coming.segment;
    if (segment.key && segment.key->method == SegmentKey::Method::SampleAes)
        return failed(index, {Code::EncryptionUnsupported, QStringLiteral("SAMPLE-AES in a segment that is too large")});
    if (!coming.big) {
        const Spool::Staged& staged = spool_.staged(index);
        const bool goesOn = !segment.key && staged.number == segment.number;
        if (!goesOn)
            spool_.unstage(index);
        coming.media.reset();
        coming.big = std::make_unique<BigSegment>(segment.media, goesOn ? staged.size : 0);
    }
    const auto give = [&](const Error& error) -> Result<bool> {
        spool_.unstage(index);
        coming.big.reset();
        return failed(index, error);
    };
    coming.big->ask(fetches_);
    while (auto bytes = coming.big->next()) {
        if (!*bytes)
            return give(bytes->error());
        coming.big->ask(fetches_);
        if (auto plain = openRange(coming, **bytes); !plain)
            return give(plain.error());
        if (spool_.staged(index).size == 0)
            if (auto ok = beginBig(index, **bytes); !ok)
                return isServersWord(ok.error()) ? give(ok.error()) : tl::unexpected(ok.error());
        const Packing packing = spool_.staged(index).size == 0
            ? sniff(QByteArrayView(**bytes).first(std::min((*bytes)->size(), kSniffBytes))).packing
            : spool_.staged(index).packing;
        if (auto ok = spool_.stage(index, segment.number, packing, {(*bytes)->constData(), std::size_t((*bytes)->size())}); !ok)
            return tl::unexpected(ok.error());
    }
    if (!coming.big->finished())
        return false;
    const Spool::Staged staged = spool_.staged(index);
    if (auto ok = spool_.append(index, entryOf(segment, SpoolEntry::Kind::Media, staged.packing), {}); !ok)
        return tl::unexpected(ok.error());
    noteAppended(tracks_[index], staged.size);
    return true;
}

/// What stands in front of a segment's first bytes.
Result<void> Capture::beginBig(int index, const QByteArray& first)
{
    const Segment& segment = tracks_[index].coming.front().segment;
    const Sniffed sniffed = sniff(QByteArrayView(first).first(std::min(first.size(), kSniffBytes)));
    if (sniffed.garbage)
        return failure(Code::SegmentDamaged, QStringLiteral("%1: %2").arg(describeSegment(segment), sniffed.what));
    if (auto ok = appendInit(index, segment); !ok)
        return ok;
    return appendSeam(index, segment);
}

/// AES-128 over the borders of ranges: the last block is held back, for it may be padding.
Result<void> Capture::openRange(Coming& coming, QByteArray& bytes)
{
    const Segment& segment = coming.segment;
    if (!segment.key)
        return {};
    if (!coming.chain) {
        const auto with = parts_.opening(*segment.key, segment.number);
        if (!with)
            return tl::unexpected(with.error());
        auto chain = BlockDecryptor::open(with->key);
        if (!chain)
            return tl::unexpected(chain.error());
        if (auto ok = chain->begin(with->iv); !ok)
            return ok;
        coming.chain = std::move(*chain);
    }
    const bool last = coming.big->finished();
    if (bytes.size() % kAesBlock != 0)
        return failure(Code::DecryptFailed, QStringLiteral("%1 bytes are not whole blocks of AES").arg(bytes.size()));
    if (auto ok = coming.chain->decrypt(bytes.data(), bytes.size()); !ok)
        return ok;
    bytes.prepend(coming.heldBack);
    if (last)
        return removePadding(bytes);
    coming.heldBack = bytes.last(std::min(bytes.size(), kAesBlock));
    bytes.chop(coming.heldBack.size());
    return {};
}

/// Whole again only by another run, if at all: the recording goes on and says what is not in it.
Result<void> Capture::missing(int index, const Segment& segment, const Error& error)
{
    if (isKeyTrouble(error) || !isServersWord(error))
        return tl::unexpected(error);
    ctx_.log(Level::Error, QStringLiteral("missing: %1: %2").arg(describeSegment(segment), describe(error)));
    if (auto ok = appendSeam(index, segment); !ok)
        return ok;
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
