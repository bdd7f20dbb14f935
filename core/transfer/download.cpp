#include "transfer/download.h"

#include "base/backoff.h"
#include "transfer/source_error.h"

#include <QJsonArray>

#include <algorithm>
#include <limits>

namespace weir {

using namespace std::chrono_literals;

namespace {

constexpr auto kTick = 100ms;
constexpr qint64 kSampleSize = 64 << 10;
// A lane that has brought nothing for so long no longer counts as one that works.
constexpr auto kStandsStill = 3s;
constexpr auto kPatienceForMirrors = 2s;
constexpr int kFailuresInARow = 4;
// Longer waits are the queue's: the task's thread and place in the queue are free meanwhile.
constexpr auto kLongestWaitHere = 2s;
const BackoffPolicy kBackoff{.base = 250ms, .cap = 10'000ms};
constexpr auto kRateMemory = 1.0; // seconds

double seconds(TimePoint::duration d) { return std::chrono::duration<double>(d).count(); }

Pace::Rules paceRules(const TaskSpec& spec) { return {.fixed = spec.connections}; }

} // namespace

Download::Download(TaskContext& ctx)
    : ctx_(ctx),
      spec_(ctx.spec()),
      clock_(ctx.services().clock()),
      random_(std::minstd_rand::result_type(spec_.id + 1)),
      identity_(Identity::fromBytes(ctx.savedState())),
      pace_(paceRules(spec_)),
      group_(clock_, ctx.stop())
{
    for (const QUrl& url : QList<QUrl>{spec_.url} + spec_.mirrors)
        if (RangeFetcher* fetcher = ctx.services().fetcherFor(url))
            addSource(url, *fetcher);
}

void Download::addSource(const QUrl& url, RangeFetcher& fetcher)
{
    const auto sameHost = [&](const QUrl& own) {
        return url.scheme() == own.scheme() && url.host() == own.host() && url.port() == own.port();
    };
    sources_.push_back({url, &fetcher});
    sources_.back().named =
        sameHost(spec_.url) || spec_.options["mirrors"].toArray().contains(url.toString(QUrl::FullyEncoded));
}

Download::~Download()
{
    for (const Lane& lane : lanes_)
        if (lane.permit)
            ctx_.releaseConnection(sources_[lane.source].url);
    if (proof_ && proof_->permit)
        ctx_.releaseConnection(sources_[proof_->source].url);
}

Result<void> Download::run()
{
    if (sources_.empty())
        return failure(Code::NoFetcher, spec_.url.toDisplayString());
    if (auto begun = identity_.resumable() ? openAgain() : begin(); !begun)
        return begun;
    if (auto fetched = loop(); !fetched)
        return fetched;
    if (auto repaired = repair(); !repaired)
        return repaired;
    return verify();
}

Result<void> Download::loop()
{
    lastTick_ = begun_ = clock_.now();
    while (!file_->complete() || endInDoubt_) {
        // An earlier run got the last bytes and did not see that they were the last.
        if (file_->complete() && !awaitsEnd())
            file_->forget({identity_.size - 1, identity_.size});
        if (auto filled = file_->complete() ? Result<void>() : fillLanes(); !filled)
            return filled;
        auto done = nextDone();
        if (ctx_.stop().stop_requested())
            return failure(Code::Cancelled);
        if (done)
            if (auto ok = ended(std::move(*done)); !ok)
                return ok;
        cutVictims();
        tick();
    }
    // What still runs is after bytes that are here by now, and must have ended before anyone looks at them.
    group_.cancelAll();
    while (group_.running() && !ctx_.stop().stop_requested())
        if (auto done = group_.next(kTick))
            (void)ended(std::move(*done));
    return {};
}

bool Download::awaitsEnd() const
{
    return std::any_of(lanes_.begin(), lanes_.end(), [this](const Lane& lane) { return lane.sink->limit() >= identity_.size; });
}

std::optional<FetchDone> Download::nextDone()
{
    if (group_.running())
        return group_.next(kTick);
    // All sources rest: wait for the first that may be asked again.
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any never;
    clock_.wait(lock, never, ctx_.stop(), clock_.now() + kTick, [] { return false; });
    return {};
}

int Download::wantedLanes() const
{
    // Mirrors can prove themselves only against bytes that are here: leave them room until the first are.
    const bool unproven =
        std::any_of(sources_.begin(), sources_.end(), [](const Source& s) { return !s.proven && !s.dropped; });
    if (unproven && file_->done() == 0 && clock_.now() - begun_ < kPatienceForMirrors)
        return 1;
    return pace_.target();
}

Result<void> Download::fillLanes()
{
    const TimePoint now = clock_.now();
    while (busyLanes() + (proof_ ? 1 : 0) < wantedLanes()) {
        const int source = pickSource();
        if (source < 0)
            break;
        const bool trusted = sources_[source].proven || file_->done() == 0;
        if (!(trusted ? startLane(source) : startProof(source)))
            break;
    }
    if (!lanes_.empty() || proof_ || file_->complete())
        return {};

    // Only one reply from its first byte to its last will do, and that one has failed: the queue decides when to try again.
    if (identity_.size < 0 || !identity_.ranges)
        return lastError_ ? Result<void>(tl::unexpected(*lastError_)) : fromZero(sources_.front().url.toDisplayString());
    // Nothing runs. Either a source may be asked again soon, or this run has come to its end.
    std::optional<TimePoint> next;
    for (const Source& source : sources_)
        if (!source.dropped && source.rangesWork && (!next || source.notBefore < *next))
            next = source.notBefore;
    if (!next) {
        const bool any = std::any_of(sources_.begin(), sources_.end(), [](const Source& s) { return !s.dropped; });
        if (any)
            return fromZero(sources_.front().url.toDisplayString());
        return tl::unexpected(lastError_.value_or(Error{Code::NoSource, spec_.url.toDisplayString()}));
    }
    if (lastError_ && *next > now + kLongestWaitHere)
        return tl::unexpected(*lastError_);
    return {};
}

int Download::pickSource()
{
    std::vector<int> connections;
    std::vector<char> allowed;
    const TimePoint now = clock_.now();
    // Where nothing is here yet and nothing comes, nobody could ever prove anything: the first one makes the beginning.
    const bool nothingHere = lanes_.empty() && !proof_ && file_->done() == 0;
    const auto live = std::find_if(sources_.begin(), sources_.end(), [](const Source& s) { return !s.dropped; });
    const int firstLive = int(live - sources_.begin());
    for (int i = 0; i < int(sources_.size()); ++i) {
        const Source& source = sources_[i];
        connections.push_back(lanesOf(i));
        const bool provable = source.proven || (!proof_ && file_->done() > 0) || (nothingHere && i == firstLive);
        allowed.push_back(!source.dropped && source.rangesWork && source.notBefore <= now && provable && identity_.size >= 0
            && identity_.ranges);
    }
    return chooseSource(sourceScores(), connections, allowed, std::uniform_real_distribution<>(0, 1)(random_));
}

bool Download::takePermit(int source)
{
    // The first connection of a task was granted when it was started.
    return lanes_.empty() && !proof_ ? false : ctx_.takeConnection(sources_[source].url);
}

bool Download::startLane(int index)
{
    Source& source = sources_[index];
    const auto views = laneViews();
    const double expected = source.record.bandwidth();
    const auto assignment =
        nextRange(freeRanges(), views, {.latency = std::max(0.002, seconds(latency())), .newRate = expected});
    if (!assignment)
        return false;
    const bool first = lanes_.empty() && !proof_;
    const bool permit = takePermit(index);
    if (!first && !permit)
        return false;

    Lane lane;
    lane.source = index;
    lane.permit = permit;
    lane.started = lane.lastByte = clock_.now();
    lane.raceWith = assignment->race;
    lane.takesFrom = assignment->cut;
    lane.begin = assignment->range.begin;
    lane.sink = std::make_unique<FileSink>(*file_, ctx_.services().buffers(), assignment->range,
        [this, asked = source.url](const FetchHead& head) -> Result<void> {
            if (isPageInsteadOfFile(head, asked, identity_.mime))
                return failure(Code::HtmlInsteadOfFile, head.finalUrl.toDisplayString());
            return {};
        });
    FetchRequest part = request(source);
    part.range = assignment->range;
    lane.id = group_.start(*source.fetcher, part, *lane.sink);
    for (Lane& other : lanes_)
        if (assignment->race == other.id)
            other.raceWith = lane.id;
    lanes_.push_back(std::move(lane));
    return true;
}

bool Download::startProof(int index)
{
    const RangeSet written = file_->written();
    if (written.empty())
        return false;
    const bool first = lanes_.empty();
    const bool permit = takePermit(index);
    if (!first && !permit)
        return false;
    // The end of the largest piece: the place where a change of the file shows most likely.
    const auto largest = std::max_element(
        written.ranges().begin(), written.ranges().end(), [](ByteRange a, ByteRange b) { return a.size() < b.size(); });
    Proof proof;
    proof.source = index;
    // Not from its first byte: a server that ignores where to begin would pass.
    proof.range = {largest->end - std::min(kSampleSize, (largest->size() + 1) / 2), largest->end};
    proof.sink = std::make_unique<MemorySink>(kSampleSize);
    proof.permit = permit;
    proof.started = clock_.now();
    FetchRequest part = request(sources_[index]);
    part.range = proof.range;
    part.conditional = false;
    proof.id = group_.start(*sources_[index].fetcher, part, *proof.sink);
    proof_ = std::move(proof);
    return true;
}

Result<void> Download::ended(FetchDone done)
{
    cutVictims(); // a lane may have begun and ended since the last look
    if (proof_ && proof_->id == done.id)
        return proofEnded(done);
    const auto lane = std::find_if(lanes_.begin(), lanes_.end(), [&](const Lane& l) { return l.id == done.id; });
    return lane == lanes_.end() ? Result<void>() : laneEnded(lane, done);
}

Result<void> Download::laneEnded(std::list<Lane>::iterator lane, FetchDone& done)
{
    const TimePoint now = clock_.now();
    Source& source = sources_[lane->source];
    const int index = lane->source;
    const qint64 received = lane->sink->received();
    receivedByEnded_ += received;
    if (received > 0) {
        source.brought.add({lane->begin, lane->begin + received});
        source.failures = 0;
        source.record.transferred(now, received, std::max(0.001, seconds(now - lane->started)));
        source.record.answered(now, seconds(done.firstByte));
    }
    const bool tooLong = !done.head && done.head.error().code == Code::RemoteSizeWrong;
    const bool cancelled = !done.head && done.head.error().code == Code::Cancelled;
    const bool whole = lane->sink->position() >= lane->sink->limit() && !tooLong;
    if (whole && !cancelled && lane->sink->limit() == identity_.size)
        endInDoubt_ = false;
    if (done.head && identity_.size < 0) {
        if (auto sized = file_->setSize(lane->sink->position()); !sized)
            return sized;
    }
    if (lane->raceWith && (done.head || whole))
        for (Lane& other : lanes_)
            if (other.id == *lane->raceWith)
                group_.cancel(other.id);
    for (Lane& other : lanes_) {
        if (other.raceWith == lane->id)
            other.raceWith.reset();
        if (other.takesFrom == lane->id)
            other.takesFrom.reset();
    }
    const bool lostRace = lane->raceWith && cancelled;
    if (lane->permit)
        ctx_.releaseConnection(source.url);
    lanes_.erase(lane);
    if (done.head || whole) {
        source.record.succeeded(now);
        return {};
    }
    if (lostRace || cancelled)
        return {};
    return sourceFailed(index, done.head.error(), received > 0);
}

Result<void> Download::proofEnded(FetchDone& done)
{
    const TimePoint now = clock_.now();
    Proof proof = std::move(*proof_);
    proof_.reset();
    Source& source = sources_[proof.source];
    if (proof.permit)
        ctx_.releaseConnection(source.url);
    if (!done.head)
        return done.head.error().code == Code::Cancelled ? Result<void>()
                                                         : sourceFailed(proof.source, done.head.error(), false);
    source.record.answered(now, seconds(done.firstByte));
    const auto ours = file_->read(proof.range);
    if (!ours)
        return tl::unexpected(ours.error());
    if (*ours != proof.sink->bytes()) {
        source.record.lied(now);
        const bool primary = proof.source == 0;
        const Code code = primary && !done.head->rangesVouched ? Code::RangeWrong
            : primary                                          ? Code::ContentChanged
                                                               : Code::MirrorDiffers;
        return sourceFailed(proof.source, Error{code, source.url.toDisplayString()}, false);
    }
    source.proven = true;
    source.failures = 0;
    if (source.validator.isEmpty())
        source.validator = done.head->validator;
    return {};
}

Result<void> Download::sourceFailed(int index, const Error& error, bool cutShort)
{
    Source& source = sources_[index];
    const TimePoint now = clock_.now();
    source.record.failed(now);
    lastError_ = error;
    ctx_.log(Level::Warning, describe(error));
    const auto live = std::count_if(sources_.begin(), sources_.end(), [](const Source& s) { return !s.dropped; });
    const FetchCircumstances circumstances{
        index == 0, live <= 1, source.conditional && isStrongValidator(source.validator), lanesOf(index) > 0};
    switch (consequence(error, circumstances)) {
    case Consequence::FailTask: {
        // A link that worked before and is refused now has run out; what is here can go on from another.
        const bool refused =
            error.code == Code::HttpForbidden || error.code == Code::HttpGone || error.code == Code::HttpNotFound;
        if (refused && file_->done() > 0)
            return failure(Code::LinkExpired, error.detail, error.native);
        const bool changed = error.code == Code::SizeChanged || error.code == Code::ContentChanged;
        if (changed && spec_.options["relinked"].toBool())
            return failure(Code::DifferentContent, error.detail);
        return tl::unexpected(error);
    }
    case Consequence::DropSource: source.dropped = true; return {};
    case Consequence::WithoutCondition:
        source.conditional = false;
        source.proven = false;
        if (index == 0) {
            identity_.conditional = false;
            saveIdentity();
        }
        return {};
    case Consequence::WholeOnly:
        source.rangesWork = false;
        pace_.refused(now, 1);
        return {};
    case Consequence::Busy:
        ctx_.hostIsBusy(source.url, error.notBefore);
        pace_.refused(now, int(lanes_.size()));
        if (lanesOf(index) > 0)
            return {}; // it has enough of us; what runs goes on
        break;
    case Consequence::NoMoreLanes: pace_.refused(now, int(lanes_.size())); return {};
    case Consequence::Again: break;
    }
    // No later reply can say by its name that it is of another file: what is here must.
    if (source.validator.isEmpty() && file_->done() > 0)
        source.proven = false;
    if (!cutShort)
        ++source.failures;
    if (source.failures >= kFailuresInARow && lanes_.empty())
        return tl::unexpected(error);
    auto wait = backoffDelay(
        std::max(1, source.failures), kBackoff, [this] { return std::uniform_real_distribution<>(0, 1)(random_); });
    if (error.notBefore)
        wait = std::max(
            wait, std::chrono::duration_cast<std::chrono::milliseconds>(*error.notBefore - std::chrono::system_clock::now()));
    source.notBefore = now + wait;
    return {};
}

void Download::cutVictims()
{
    for (Lane& victim : lanes_) {
        const auto takes = [&](const Lane& lane) { return lane.takesFrom == victim.id; };
        if (std::none_of(
                lanes_.begin(), lanes_.end(), [&](const Lane& lane) { return takes(lane) && lane.sink->received() > 0; }))
            continue;
        // A server may let in the lane of a middle part and refuse the one of the end: given up is only what others bring.
        RangeSet brought = file_->written();
        for (const Lane& lane : lanes_)
            if (lane.begin > victim.begin && lane.sink->received() > 0 && lane.raceWith != victim.id)
                brought.add({lane.begin, lane.sink->limit()});
        for (const ByteRange& range : brought.ranges())
            if (range.begin < victim.sink->limit() && range.end >= victim.sink->limit())
                victim.sink->setLimit(std::max(range.begin, victim.begin));
        for (Lane& lane : lanes_)
            if (takes(lane) && lane.begin >= victim.sink->limit())
                lane.takesFrom.reset();
    }
}

void Download::tick()
{
    const TimePoint now = clock_.now();
    const double elapsed = seconds(now - lastTick_);
    if (elapsed < seconds(kTick) / 2)
        return;
    lastTick_ = now;
    qint64 received = receivedByEnded_;
    int delivering = 0;
    for (Lane& lane : lanes_) {
        const qint64 got = lane.sink->received();
        received += got;
        delivering += got > 0;
        const double rate = double(got - lane.seen) / elapsed;
        const double age = seconds(now - lane.started);
        // Young lanes believe the newest figure, old ones their memory.
        const double weight = std::clamp(elapsed / std::min(kRateMemory, std::max(age, elapsed)), 0.0, 1.0);
        lane.rate += (rate - lane.rate) * weight;
        if (got > lane.seen)
            lane.lastByte = now;
        else if (now - lane.lastByte > kStandsStill)
            lane.rate = 0;
        lane.seen = got;
    }
    const int before = pace_.target();
    pace_.sample(now, {received, identity_.size < 0 ? -1 : identity_.size - file_->done(), delivering, latency()});
    if (pace_.target() != before)
        ctx_.log(Level::Info, QStringLiteral("connections wanted: %1 instead of %2").arg(pace_.target()).arg(before));
    if (now - lastReport_ >= kReportEvery)
        report("downloading");
}

void Download::report(const QString& phase)
{
    lastReport_ = clock_.now();
    Activity activity;
    activity.phase = phase;
    activity.connections = int(lanes_.size()) + (proof_ ? 1 : 0);
    const auto values = sourceScores();
    for (std::size_t i = 0; i < sources_.size(); ++i) {
        SourceState state{sources_[i].url, values[i], 0, sources_[i].record.errors(), lanesOf(int(i))};
        for (const Lane& lane : lanes_)
            if (lane.source == int(i))
                state.rate += qint64(lane.rate);
        activity.sources.append(state);
    }
    ctx_.report(activity);
}

std::vector<LaneView> Download::laneViews() const
{
    std::vector<LaneView> views;
    const TimePoint now = clock_.now();
    for (const Lane& lane : lanes_) {
        qint64 end = lane.sink->limit();
        for (const Lane& other : lanes_)
            if (other.takesFrom == lane.id)
                end = std::min(end, other.begin);
        views.push_back({lane.id, lane.source, lane.sink->position(), end, lane.rate, seconds(now - lane.started),
            lane.sink->received() > 0, lane.raceWith.has_value()});
    }
    return views;
}

RangeSet Download::freeRanges() const
{
    RangeSet taken = file_->written();
    // Also what a lane has gathered and not written yet is not to be fetched.
    for (const Lane& lane : lanes_)
        taken.add({lane.sink->begin(), std::max(lane.sink->position(), lane.sink->limit())});
    return taken.gaps(identity_.size);
}

int Download::busyLanes() const
{
    const TimePoint now = clock_.now();
    if (ctx_.rate().wait(now).count() > 0)
        return int(lanes_.size()); // slow because it must be
    const auto patience = std::max<TimePoint::duration>(kStandsStill, latency() * 4);
    return int(std::count_if(lanes_.begin(), lanes_.end(), [&](const Lane& lane) { return now - lane.lastByte < patience; }));
}

int Download::lanesOf(int source) const
{
    return int(std::count_if(lanes_.begin(), lanes_.end(), [&](const Lane& lane) { return lane.source == source; }));
}

std::vector<double> Download::sourceScores() const
{
    std::vector<const SourceRecord*> records;
    for (const Source& source : sources_)
        records.push_back(source.dropped ? nullptr : &source.record);
    return scores(records, spec_.weights);
}

std::chrono::microseconds Download::latency() const
{
    double slowest = 0;
    for (const Source& source : sources_)
        if (!source.dropped)
            slowest = std::max(slowest, source.record.latency());
    return std::chrono::microseconds(qint64(slowest * 1e6));
}

FetchRequest Download::request(const Source& source) const
{
    FetchRequest request;
    request.url = source.url;
    // The mirrors that a server or a metalink names are strangers to the user.
    request.context = source.named || !spec_.request ? spec_.request : spec_.request->withoutSecrets();
    request.validator = source.validator;
    request.conditional = source.conditional;
    request.expectedSize = identity_.size;
    request.rate = &ctx_.rate();
    return request;
}

void Download::saveIdentity() { ctx_.save(identity_.toBytes()); }

} // namespace weir
