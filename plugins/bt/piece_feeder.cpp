#include "bt/piece_feeder.h"

#include <algorithm>

namespace weir {

using namespace std::chrono_literals;
using Now = std::chrono::steady_clock;

namespace {

constexpr qint64 kMostInFlight = 32 << 20; // the engine takes whatever it is given into memory
constexpr qint64 kMostOfSource = 1 << 20;  // of small pieces more are asked for at once
constexpr std::size_t kFewestJobs = 4, kMostJobs = 16;
constexpr auto kNobodyComes = 3s; // from then on nobody is expected
constexpr auto kNobodyGives = 10s;
constexpr int kErrorsToDrop = 5;
constexpr auto kLookEvery = 200ms;
constexpr auto kGivenPatience = 10s;
constexpr int kNextToNothing = 32 << 10;

} // namespace

struct PieceFeeder::Source {
    QUrl url;
    bool mirror = false;
    bool dropped = false;
    int errors = 0, good = 0;
    int inARow = 0; ///< errors
    double bandwidth = 0, latency = 0;
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
    std::set<lt::piece_index_t> partial; ///< peers are bringing them
    int peers = 0;
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
      view_(std::make_unique<View>()),
      quietSince_(Now::now()),
      group_(ctx.services().clock(), ctx.stop())
{
    const auto add = [&](const QUrl& url, bool mirror) {
        const bool known =
            std::any_of(sources_.begin(), sources_.end(), [&](const auto& source) { return source->url == url; });
        if (known || !isCheckable(*info_) || !ctx_.services().fetcherFor(url))
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
    view_->have = facts.status.pieces;
    view_->peers = facts.status.num_peers;
    if (facts.status.download_payload_rate >= kNextToNothing)
        quietSince_ = now;
    torrent.piece_availability(view_->availability);
    view_->priorities = torrent.get_piece_priorities();
    view_->partial.clear();
    for (const lt::partial_piece_info& part : torrent.get_download_queue())
        view_->partial.insert(part.piece_index);
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

bool PieceFeeder::alone() const { return Now::now() - quietSince_ > (view_->peers == 0 ? kNobodyComes : kNobodyGives); }

std::size_t PieceFeeder::mostJobs(const Source& source) const
{
    // A liar costs one piece.
    if (source.good == 0 || (!source.mirror && !alone()))
        return 1;
    return std::clamp(std::size_t(kMostOfSource / info_->piece_length()), kFewestJobs, kMostJobs);
}

bool PieceFeeder::mayAsk(const Source& source, lt::piece_index_t piece) const
{
    return source.mirror || alone() || view_->peersWith(piece) == 0;
}

// Another one was quicker to fetch the same piece from the origin: it comes from there, unless most of it is here already.
void PieceFeeder::abandonWhatPeersHave()
{
    const auto now = Now::now();
    for (const auto& job : jobs_) {
        if (job->abandoned || mayAsk(*job->source, job->piece))
            continue;
        const double usual = job->source->bandwidth > 0 ? info_->piece_length() / job->source->bandwidth : 1e9;
        if (std::chrono::duration<double>(now - job->begun).count() > usual / 2)
            continue;
        job->abandoned = true;
        for (const quint64 fetch : job->fetches)
            if (fetch != 0)
                group_.cancel(fetch);
    }
}

// One of the rarest, at random: clients that choose alike would fetch the same piece from the origin.
std::optional<lt::piece_index_t> PieceFeeder::pick(Source& source)
{
    std::vector<lt::piece_index_t> best;
    int rarest = std::numeric_limits<int>::max();
    for (const lt::piece_index_t piece : info_->piece_range()) {
        if (!view_->wanted(piece) || given_.contains(piece) || !mayAsk(source, piece))
            continue;
        if (std::any_of(jobs_.begin(), jobs_.end(), [&](const auto& job) { return job->piece == piece; }))
            continue;
        const int rank = view_->peersWith(piece) + (view_->partial.contains(piece) ? 1'000'000 : 0);
        if (rank > rarest)
            continue;
        if (rank < rarest)
            best.clear();
        rarest = rank;
        best.push_back(piece);
    }
    if (best.empty())
        return std::nullopt;
    // When fewer are left than there are clients, not all of them may ask.
    const auto peers = std::size_t(view_->peers);
    if (mostJobs(source) == 1 && best.size() < peers
        && std::uniform_int_distribution<std::size_t>(0, peers - 1)(dice_) >= best.size()) {
        source.restUntil = Now::now() + kLookEvery;
        return std::nullopt;
    }
    return best[std::uniform_int_distribution<std::size_t>(0, best.size() - 1)(dice_)];
}

double PieceFeeder::scoreOf(const Source& source) const
{
    double fastest = 1, shortest = 1e9;
    for (const auto& each : sources_) {
        fastest = std::max(fastest, each->bandwidth);
        if (each->latency > 0)
            shortest = std::min(shortest, each->latency);
    }
    const double bandwidth = source.good == 0 ? 1 : source.bandwidth / fastest;
    const double latency = source.latency <= 0 ? 1 : shortest / source.latency;
    return 0.4 * bandwidth + 0.3 * latency + 0.3 * (source.good + 1) / (source.good + source.errors + 1);
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
    std::vector<std::pair<double, Source*>> ready;
    for (const auto& source : sources_)
        if (const std::size_t jobs = jobsOf(*source);
            !source->dropped && jobs < mostJobs(*source) && source->restUntil <= Now::now())
            ready.emplace_back(scoreOf(*source) / double(jobs + 1), source.get());
    std::stable_sort(ready.begin(), ready.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    for (const auto& [score, source] : ready) {
        if (const auto piece = pick(*source)) {
            start(*source, *piece);
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
    if (!job.error && !isPiece(*info_, job.piece, QByteArrayView(bytes.data(), qsizetype(bytes.size()))))
        job.error = Error{Code::TorrentPieceBad, QStringLiteral("piece %1").arg(int(job.piece))};
    if (job.error) {
        torrent.piece_priority(job.piece, lt::default_priority);
        return drop(source, *job.error);
    }
    const double seconds = std::max(1e-3, std::chrono::duration<double>(Now::now() - job.begun).count());
    const double measured = double(bytes.size()) / seconds;
    source.bandwidth = source.good == 0 ? measured : source.bandwidth + 0.3 * (measured - source.bandwidth);
    source.latency = source.latency <= 0 ? job.latency : source.latency + 0.3 * (job.latency - source.latency);
    source.received += qint64(bytes.size());
    receivedSince_ += qint64(bytes.size());
    ++source.good;
    source.inARow = 0;
    given_[job.piece] = Now::now() + kGivenPatience;
    torrent.add_piece(job.piece, std::move(bytes));
}

void PieceFeeder::drop(Source& source, const Error& error)
{
    if (ctx_.stop().stop_requested() || error.code == Code::Cancelled)
        return;
    ++source.errors;
    ++source.inARow;
    source.restUntil = Now::now() + 250ms * (1 << std::min(source.inARow, 6));
    const bool lied = error.code == Code::TorrentPieceBad;
    if (source.dropped || (!lied && errorRow(error.code).retry != Retry::Never && source.inARow < kErrorsToDrop))
        return;
    source.dropped = true;
    ctx_.log(Level::Warning,
        QStringLiteral("%1 is not asked any more: %2")
            .arg(source.url.toDisplayString(QUrl::RemoveUserInfo | QUrl::RemoveQuery), describe(error)));
}

QList<SourceState> PieceFeeder::sources() const
{
    QList<SourceState> all;
    for (const auto& source : sources_)
        all.append({source->url, source->dropped ? 0 : scoreOf(*source), source->rate, source->errors, int(jobsOf(*source))});
    return all;
}

} // namespace weir
