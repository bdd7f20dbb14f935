#include "bt/piece_feeder.h"

#include <algorithm>

namespace weir {

using namespace std::chrono_literals;
using Now = std::chrono::steady_clock;

namespace {

constexpr qint64 kMostInFlight = 32 << 20; // the engine takes whatever it is given into memory
constexpr int kErrorsToDrop = 5;
constexpr auto kLookEvery = 200ms;
constexpr auto kGivenPatience = 10s;
constexpr int kNextToNothing = 32 << 10;
constexpr auto kLearnEvery = 1s;

/// The line to them may be full: of those who asked the same origin.
bool awaitsTrackers(const Swarm::Facts& facts)
{
    const auto of = [&](auto is) {
        return std::any_of(facts.trackers.begin(), facts.trackers.end(), [&](const auto& each) { return is(each.second); });
    };
    return of([](const Swarm::Tracker& tracker) { return tracker.asked && !tracker.error; })
        && !of([](const Swarm::Tracker& tracker) { return tracker.answered; });
}

} // namespace

struct PieceFeeder::Source {
    QUrl url;
    bool mirror = false;
    bool proven = false; ///< a piece of it was right
    bool dropped = false;
    SourceRecord record;
    int inARow = 0; ///< errors
    Now::time_point restUntil{};
    qint64 received = 0, rate = 0;
};

struct PieceFeeder::Job {
    Source* source = nullptr;
    lt::piece_index_t piece{0};
    std::vector<PiecePart> parts;
    std::vector<std::unique_ptr<MemorySink>> sinks;
    std::vector<quint64> fetches; ///< 0: it has ended
    Now::time_point begun{};
    std::optional<Error> error;
    double latency = 0;
    bool abandoned = false;

    bool over() const
    {
        return std::all_of(fetches.begin(), fetches.end(), [](quint64 id) { return id == 0; });
    }
};

struct PieceFeeder::View {
    lt::typed_bitfield<lt::piece_index_t> have;
    std::vector<int> availability;
    std::vector<lt::download_priority_t> priorities;
    std::map<lt::piece_index_t, Now::time_point> asked; ///< peers are to bring them, since
    int peers = 0;
    bool expected = true; ///< others may come
    bool ready = false;

    bool wanted(lt::piece_index_t piece) const
    {
        const auto at = std::size_t(int(piece));
        return !have.get_bit(piece) && (at >= priorities.size() || priorities[at] != lt::dont_download);
    }
    int peersWith(lt::piece_index_t piece) const
    {
        const auto at = std::size_t(int(piece));
        return at < availability.size() ? availability[at] : 0;
    }
};

PieceFeeder::PieceFeeder(TaskContext& ctx, const Swarm& swarm, std::shared_ptr<const lt::torrent_info> info,
    const QList<QUrl>& mirrors, const QList<QUrl>& webSeeds)
    : ctx_(ctx),
      swarm_(swarm),
      info_(std::move(info)),
      hashes_(info_),
      view_(std::make_unique<View>()),
      quietSince_(Now::now()),
      group_(ctx.services().clock(), ctx.stop())
{
    const auto add = [&](const QUrl& url, bool mirror) {
        const bool known =
            std::any_of(sources_.begin(), sources_.end(), [&](const auto& source) { return source->url == url; });
        if (known || !ctx_.services().fetcherFor(url))
            return;
        sources_.push_back(std::make_unique<Source>());
        sources_.back()->url = url;
        sources_.back()->mirror = mirror;
    };
    for (const QUrl& url : mirrors)
        add(url, true);
    for (const QUrl& url : webSeeds)
        add(url, false);
}

PieceFeeder::~PieceFeeder() = default;

bool PieceFeeder::active() const
{
    return std::any_of(sources_.begin(), sources_.end(), [](const auto& source) { return !source->dropped; });
}

void PieceFeeder::step(std::chrono::milliseconds atMost)
{
    if (Now::now() >= lookAt_)
        look();
    startMore();
    if (const auto done = group_.next(std::min<std::chrono::milliseconds>(atMost, group_.running() > 0 ? atMost : 0ms)))
        take(*done);
    while (const auto done = group_.next(0ms))
        take(*done);
}

void PieceFeeder::look()
{
    const auto now = Now::now();
    lookAt_ = now + kLookEvery;
    const Swarm::Facts facts = swarm_.facts();
    const lt::torrent_handle torrent = swarm_.handle();
    view_->ready = facts.status.state == lt::torrent_status::downloading && facts.status.pieces.size() == info_->num_pieces()
        && torrent.is_valid();
    if (!view_->ready)
        return;
    view_->peers = facts.status.num_peers;
    view_->expected = facts.status.list_peers > 0 || awaitsTrackers(facts);
    if (facts.status.download_payload_rate >= kNextToNothing)
        quietSince_ = now;
    if (now >= learnAt_ && !hashes_.complete()) {
        hashes_.learn(torrent.piece_layers());
        learnAt_ = now + kLearnEvery;
    }
    torrent.piece_availability(view_->availability);
    view_->priorities = torrent.get_piece_priorities();
    std::map<lt::piece_index_t, Now::time_point> asked;
    for (const lt::partial_piece_info& part : torrent.get_download_queue())
        if (const auto known = view_->asked.find(part.piece_index); known != view_->asked.end())
            asked.insert(*known);
        else
            asked.emplace(part.piece_index, now);
    view_->asked = std::move(asked);
    // After the queue, and not from what was heard last: who left it in between would seem to be wanted by nobody.
    view_->have = torrent.status(lt::torrent_handle::query_pieces).pieces;
    if (view_->have.size() != info_->num_pieces()) {
        view_->ready = false;
        return;
    }
    // What the engine has, or did not take: peers had it first, or it was damaged on the way to the disk.
    std::erase_if(given_, [&](const auto& each) { return view_->have.get_bit(each.first) || each.second < now; });
    abandonWhatPeersHave();
    const double seconds = std::chrono::duration<double>(now - ratedAt_).count();
    if (seconds >= 1) {
        rate_ = qint64(double(std::exchange(receivedSince_, 0)) / seconds);
        for (const auto& source : sources_)
            source->rate = qint64(double(std::exchange(source->received, 0)) / seconds);
        ratedAt_ = now;
    }
}

std::size_t PieceFeeder::jobsOf(const Source& source) const
{
    return std::size_t(std::count_if(jobs_.begin(), jobs_.end(), [&](const auto& job) { return job->source == &source; }));
}

Asker PieceFeeder::asker(const Source& source) const
{
    const double quiet = std::chrono::duration<double>(Now::now() - quietSince_).count();
    return {.mirror = source.mirror,
        .proven = source.proven,
        .alone = isAlone(quiet, view_->peers, view_->expected),
        .jobs = int(jobsOf(source)),
        .peers = view_->peers,
        .pieceLength = info_->piece_length()};
}

void PieceFeeder::abandonWhatPeersHave()
{
    const auto now = Now::now();
    for (const auto& job : jobs_) {
        const double bandwidth = job->source->record.bandwidth();
        const double usual = bandwidth > 0 ? info_->piece_length() / bandwidth : 1e9;
        const double seconds = std::chrono::duration<double>(now - job->begun).count();
        if (job->abandoned
            || !isBetterLeft(
                asker(*job->source), view_->have.get_bit(job->piece), view_->peersWith(job->piece), seconds, usual))
            continue;
        job->abandoned = true;
        for (const quint64 fetch : job->fetches)
            if (fetch != 0)
                group_.cancel(fetch);
    }
}

std::optional<lt::piece_index_t> PieceFeeder::pick(Source& source)
{
    std::vector<PieceOffer> offers;
    for (const lt::piece_index_t piece : info_->piece_range()) {
        if (!view_->wanted(piece) || given_.contains(piece) || !hashes_.knows(piece)
            || std::any_of(jobs_.begin(), jobs_.end(), [&](const auto& job) { return job->piece == piece; }))
            continue;
        const auto urgent = urgent_.find(piece);
        offers.push_back({.piece = int(piece), .peersWith = view_->peersWith(piece), .urgency = {}, .asked = {}});
        if (urgent != urgent_.end())
            offers.back().urgency = qint64(urgent_.size()) - urgent->second;
        if (const auto asked = view_->asked.find(piece); asked != view_->asked.end())
            offers.back().asked = asked->second.time_since_epoch().count();
    }
    const PieceChoice choice = choosePiece(offers, asker(source), dice_);
    if (choice.rest)
        source.restUntil = Now::now() + kLookEvery;
    return choice.piece ? std::optional(lt::piece_index_t(*choice.piece)) : std::nullopt;
}

void PieceFeeder::hurry(const std::vector<lt::piece_index_t>& pieces)
{
    urgent_.clear();
    for (std::size_t i = 0; i < pieces.size(); ++i)
        urgent_[pieces[i]] = qint64(i);
}

std::vector<double> PieceFeeder::sourceScores() const
{
    std::vector<const SourceRecord*> records;
    for (const auto& source : sources_)
        records.push_back(source->dropped ? nullptr : &source->record);
    return scores(records, ctx_.spec().weights);
}

void PieceFeeder::startMore()
{
    while (view_->ready && startOne()) {}
}

// The best source first that still has something to be asked for.
bool PieceFeeder::startOne()
{
    const qint64 inFlight = qint64(jobs_.size() + given_.size() + 1) * info_->piece_length();
    if (inFlight > std::max<qint64>(kMostInFlight, info_->piece_length()))
        return false;
    std::vector<int> jobs;
    std::vector<char> allowed;
    for (const auto& source : sources_) {
        const std::size_t running = jobsOf(*source);
        jobs.push_back(int(running));
        allowed.push_back(!source->dropped && running < mostJobs(asker(*source)) && source->restUntil <= Now::now());
    }
    const std::vector<double> values = sourceScores();
    const double random = std::uniform_real_distribution<>(0, 1)(dice_);
    for (int next = 0; (next = chooseSource(values, jobs, allowed, random)) >= 0; allowed[std::size_t(next)] = false) {
        Source& source = *sources_[std::size_t(next)];
        if (const auto piece = pick(source)) {
            start(source, *piece);
            return true;
        }
    }
    return false;
}

void PieceFeeder::start(Source& source, lt::piece_index_t piece)
{
    auto job = std::make_unique<Job>();
    job->source = &source;
    job->piece = piece;
    job->begun = Now::now();
    job->parts = partsOf(*info_, piece, source.url);
    // Peers may bring it all the same, only last. 0 would mean that nobody wants it.
    if (const lt::torrent_handle torrent = swarm_.handle(); torrent.is_valid())
        torrent.piece_priority(piece, lt::low_priority);
    for (const PiecePart& part : job->parts) {
        job->sinks.push_back(std::make_unique<MemorySink>(part.range.size()));
        RangeFetcher* const fetcher = ctx_.services().fetcherFor(part.url);
        FetchRequest request{.url = part.url, .range = part.range, .context = ctx_.spec().request, .rate = &ctx_.rate()};
        // Cookies and passwords were given for the task's own address.
        const QUrl& own = ctx_.spec().url;
        if (part.url.scheme() != own.scheme() || part.url.host() != own.host() || part.url.port() != own.port())
            request.context = request.context->withoutSecrets();
        job->fetches.push_back(group_.start(*fetcher, std::move(request), *job->sinks.back()));
    }
    jobs_.push_back(std::move(job));
}

void PieceFeeder::take(const FetchDone& done)
{
    for (auto each = jobs_.begin(); each != jobs_.end(); ++each) {
        Job& job = **each;
        const auto fetch = std::find(job.fetches.begin(), job.fetches.end(), done.id);
        if (fetch == job.fetches.end())
            continue;
        *fetch = 0;
        job.latency = std::max(job.latency, std::chrono::duration<double>(done.firstByte).count());
        if (!done.head && !job.error)
            job.error = done.head.error();
        if (!job.over())
            return;
        conclude(job);
        jobs_.erase(each);
        return;
    }
}

void PieceFeeder::conclude(Job& job)
{
    Source& source = *job.source;
    const lt::torrent_handle torrent = swarm_.handle();
    if (!torrent.is_valid())
        return;
    std::vector<char> bytes(std::size_t(info_->piece_size(job.piece)), '\0');
    for (std::size_t i = 0; i < job.parts.size() && !job.error; ++i) {
        const QByteArray& part = job.sinks[i]->bytes();
        if (part.size() != job.parts[i].range.size() || job.sinks[i]->offset() != job.parts[i].range.begin)
            job.error = Error{Code::TorrentPieceBad, QStringLiteral("the file there has another size")};
        else
            std::copy(part.begin(), part.end(), bytes.begin() + job.parts[i].offset);
    }
    if (!job.error && !hashes_.fits(job.piece, QByteArrayView(bytes.data(), qsizetype(bytes.size()))))
        job.error = Error{Code::TorrentPieceBad, QStringLiteral("piece %1").arg(int(job.piece))};
    const auto now = Now::now();
    const double seconds = std::max(1e-3, std::chrono::duration<double>(now - job.begun).count());
    if (job.error) {
        torrent.piece_priority(job.piece, lt::default_priority);
        if (job.error->code != Code::Cancelled)
            source.record.transferred(now, 0, seconds);
        return drop(source, *job.error);
    }
    source.record.transferred(now, qint64(bytes.size()), seconds);
    source.record.answered(now, job.latency);
    source.record.succeeded(now);
    source.received += qint64(bytes.size());
    receivedSince_ += qint64(bytes.size());
    source.proven = true;
    source.inARow = 0;
    given_[job.piece] = now + kGivenPatience;
    torrent.add_piece(job.piece, std::move(bytes));
}

void PieceFeeder::drop(Source& source, const Error& error)
{
    if (ctx_.stop().stop_requested() || error.code == Code::Cancelled)
        return;
    const auto now = Now::now();
    const bool lied = error.code == Code::TorrentPieceBad;
    if (lied)
        source.record.lied(now);
    else
        source.record.failed(now);
    ++source.inARow;
    source.restUntil = now + 250ms * (1 << std::min(source.inARow, 6));
    if (source.dropped || (!lied && errorRow(error.code).retry != Retry::Never && source.inARow < kErrorsToDrop))
        return;
    source.dropped = true;
    ctx_.log(Level::Warning,
        QStringLiteral("%1 is not asked any more: %2")
            .arg(source.url.toDisplayString(QUrl::RemoveUserInfo | QUrl::RemoveQuery), describe(error)));
}

QList<SourceState> PieceFeeder::sources() const
{
    const std::vector<double> values = sourceScores();
    QList<SourceState> all;
    for (std::size_t i = 0; i < sources_.size(); ++i) {
        const Source& source = *sources_[i];
        all.append({source.url, values[i], source.rate, source.record.errors(), int(jobsOf(source))});
    }
    return all;
}

} // namespace weir
