#include "bt/bt_task.h"

#include "bt/bt_choice.h"
#include "bt/bt_digest.h"
#include "bt/bt_report.h"
#include "bt/bt_resume.h"
#include "bt/bt_settings.h"
#include "bt/bt_share.h"
#include "bt/bt_source.h"
#include "bt/check_throttle.h"
#include "bt/piece_feeder.h"
#include "bt/piece_order.h"

#include <QFileInfo>

namespace weir {

using namespace std::chrono_literals;
using Now = std::chrono::steady_clock;

namespace {

constexpr auto kReportEvery = 500ms;
constexpr auto kSaveEvery = 2s;
constexpr auto kLastState = 2s; // how long a stop waits for the last state
constexpr auto kRemoval = 1s;   // and for the session to let go of the files
constexpr auto kFeedEvery = 20ms;
constexpr auto kFeedWait = 80ms;
constexpr auto kLastAnnounce = 1s;
constexpr auto kFlush = 60s; // all that was received goes to the disk

class BtRun {
public:
    BtRun(TaskContext& ctx, BtSession& session) : ctx_(ctx), session_(session), settings_(session.services().settings()) {}

    Result<void> run();

private:
    Result<void> refuseOwnWay() const;
    Result<void> prepare();
    Result<void> readState();
    Result<lt::add_torrent_params> withDescription(lt::add_torrent_params magnet);
    Result<void> choose();
    Result<void> reopen();
    Result<void> download();
    void feed(PieceFeeder& feeder);
    void hurry(PieceFeeder& feeder);
    void reportDownload(const PieceFeeder& feeder);
    void tellWhatWasThere(const Swarm::Facts& facts);
    Result<void> checkWhole();
    Result<void> finish();
    Result<void> share();
    lt::add_torrent_params paramsFor(bool whole) const;
    Result<void> join(lt::add_torrent_params params);
    void leave();
    void writeNotes();
    void checkpoint(std::chrono::milliseconds patience);
    QStringList changedFiles();
    QList<QUrl> webSeeds() const;

    TaskContext& ctx_;
    BtSession& session_;
    const QJsonObject settings_;
    BtState state_;
    std::vector<TorrentFile> files_;
    std::optional<TorrentPlace> place_;
    std::shared_ptr<Swarm> swarm_;
    bool begun_ = false;                 ///< what lay there before is known
    std::vector<std::int64_t> progress_; ///< of the files, when the state was saved last
};

Result<void> BtRun::run()
{
    if (auto ok = refuseOwnWay(); !ok)
        return ok;
    if (auto ok = prepare(); !ok)
        return ok;
    if (state_.whole && !hasAllWanted(state_.params, files_))
        if (auto ok = reopen(); !ok)
            return ok;
    if (!state_.whole) {
        if (auto ok = download(); !ok)
            return ok;
        if (auto ok = finish(); !ok)
            return ok;
    }
    return share();
}

// All torrents go through one session: another way for one of them would be a way around the common one.
Result<void> BtRun::refuseOwnWay() const
{
    const RequestContext& request = *ctx_.spec().request;
    if (!request.proxy.url.isEmpty() || !request.bindTo.isEmpty())
        return failure(Code::SwarmProxyUnusable, QStringLiteral("a torrent has no proxy or address of its own"));
    return {};
}

Result<void> BtRun::prepare()
{
    if (auto ok = readState(); !ok)
        return ok;
    files_ = torrentFiles(*state_.params.ti);
    if (files_.empty())
        return failure(Code::TorrentBad, QStringLiteral("it has no files"));
    const auto before = state_.params.file_priorities;
    if (auto ok = choose(); !ok)
        return ok;
    // The last life may have ended between the rename and its record.
    if (!state_.whole && !state_.identity.isEmpty() && place_->identity(false).isEmpty()
        && place_->identity(true) == state_.identity)
        state_.whole = true;
    // Or between the rename back, when more was wanted, and its record.
    else if (state_.whole && place_->identity(true).isEmpty() && place_->identity(false) == state_.identity
        && !state_.identity.isEmpty())
        state_.whole = false;
    forgetWhatLiesApart(state_.params, files_, before);
    if (ctx_.spec().url.scheme() == u"magnet")
        if (const auto magnet = parseMagnet(ctx_.spec().url))
            state_.params.peers.insert(state_.params.peers.end(), magnet->peers.begin(), magnet->peers.end());
    addTrackers(state_.params, ctx_.spec().options, settings_);
    if (!state_.params.ti->priv())
        addListedTrackers(state_.params, session_.trackerLists().trackers(ctx_.stop()));
    return {};
}

Result<void> BtRun::readState()
{
    if (const QByteArray saved = ctx_.savedState(); !saved.isEmpty()) {
        auto state = BtState::fromBytes(saved);
        if (state) {
            state_ = std::move(*state);
            return {};
        }
        ctx_.log(Level::Warning, QStringLiteral("what was kept can't be used, it begins anew: ") + describe(state.error()));
    }
    auto params = readSource(ctx_);
    if (params && !params->ti) {
        auto exact = readExactSource(ctx_, *params);
        params = exact ? Result<lt::add_torrent_params>(std::move(*exact)) : withDescription(std::move(*params));
    }
    if (!params)
        return failure(params.error());
    state_.webSeeds = takeWebSeeds(*params);
    state_.params = std::move(*params);
    if (const auto& prefetched = ctx_.spec().prefetched; prefetched && prefetched->describes) {
        for (const QUrl& url : prefetched->describes->sources)
            if (const QString text = url.toString(QUrl::FullyEncoded); !state_.webSeeds.contains(text))
                state_.webSeeds.append(text);
        state_.digests = prefetched->describes->digests;
        ctx_.save(state_.toBytes()); // who handed it over won't again
    }
    return {};
}

// Joins the swarm only to learn what the torrent is. Nothing of it is written.
Result<lt::add_torrent_params> BtRun::withDescription(lt::add_torrent_params magnet)
{
    lt::add_torrent_params params = magnet;
    addTrackers(params, ctx_.spec().options, settings_);
    takeWebSeeds(params);
    params.save_path = ctx_.services().stateDirectory().toStdString();
    params.file_priorities.clear();
    params.flags |= lt::torrent_flags::upload_mode | lt::torrent_flags::default_dont_download;
    if (auto ok = join(std::move(params)); !ok)
        return failure(ok.error());
    const auto known = [](const Swarm::Facts& facts) { return facts.described || facts.error; };
    while (!swarm_->wait(ctx_.stop(), Now::now() + kReportEvery, known) && !ctx_.stop().stop_requested()) {
        ctx_.report(swarmActivity(*swarm_, BtPhase::Description, session_.listening()));
        writeNotes();
    }
    const auto found = swarm_->resumeData(lt::torrent_handle::save_info_dict, kLastState);
    const auto error = swarm_->facts().error;
    leave();
    if (error)
        return failure(*error);
    if (ctx_.stop().stop_requested())
        return failure(Code::Cancelled);
    if (!found || !found->ti)
        return failure(Code::TorrentStuck, QStringLiteral("description"));
    magnet.ti = found->ti;
    // Whom the public ways named may not be asked for a private torrent.
    if (!magnet.ti->priv())
        magnet.peers.insert(magnet.peers.end(), found->peers.begin(), found->peers.end());
    return magnet;
}

Result<void> BtRun::choose()
{
    const lt::torrent_info& torrent = *state_.params.ti;
    const bool single = isSingleFile(torrent);
    TaskInfo info{.name = QString::fromStdString(torrent.name()), .resumable = true, .verifiable = true};
    info.size = 0;
    for (const TorrentFile& file : files_) {
        info.size += file.size;
        if (!single)
            info.files.append({file.path, file.size});
    }
    auto choice = ctx_.describe(info);
    if (!choice)
        return failure(choice.error());
    if (!single) {
        state_.params.piece_priorities.clear(); // they follow from those of files
        state_.params.file_priorities = prioritiesOf(torrent, files_, choice->files);
    }
    const qint64 size = wantedSize(files_, state_.params.file_priorities);
    if (size != info.size) {
        info.size = size;
        if (choice = ctx_.describe(info); !choice)
            return failure(choice.error());
    }
    state_.name = choice->name;
    place_.emplace(ctx_.spec().directory, choice->name, single);
    return {};
}

Result<void> BtRun::reopen()
{
    ctx_.log(Level::Info, QStringLiteral("more files are wanted: it goes on"));
    state_.identity = place_->identity(true);
    ctx_.save(state_.toBytes()); // a copy on another volume is known by this
    if (auto ok = place_->reopen(); !ok)
        return ok;
    state_.whole = false;
    ctx_.save(state_.toBytes());
    return {};
}

lt::add_torrent_params BtRun::paramsFor(bool whole) const
{
    lt::add_torrent_params params = state_.params;
    place_->apply(params, files_, whole);
    // What is whole is never fetched again into its final place. The state that is kept may be of that time.
    params.flags &= ~lt::torrent_flags::upload_mode;
    if (whole)
        params.flags |= lt::torrent_flags::upload_mode;
    else if (pieceOrder(ctx_.spec().options) == PieceOrder::Sequential)
        params.flags |= lt::torrent_flags::sequential_download;
    return params;
}

Result<void> BtRun::join(lt::add_torrent_params params)
{
    constexpr lt::torrent_flags_t kept = lt::torrent_flags::override_trackers | lt::torrent_flags::override_web_seeds
        | lt::torrent_flags::upload_mode | lt::torrent_flags::default_dont_download | lt::torrent_flags::sequential_download;
    params.flags = (params.flags & kept) | lt::torrent_flags::update_subscribe | lt::torrent_flags::apply_ip_filter
        | lt::torrent_flags::duplicate_is_error | forbiddenWays(settings_);
    auto joined = session_.join(std::move(params), ctx_.stop());
    if (!joined)
        return failure(joined.error());
    swarm_ = std::move(*joined);
    ctx_.onAnnounce([swarm = std::weak_ptr(swarm_)] {
        const auto still = swarm.lock();
        return still ? still->announceNow() : failure(Code::WrongState, QStringLiteral("it is not in the swarm"));
    });
    return {};
}

void BtRun::leave()
{
    session_.part(*swarm_);
    swarm_->wait({}, Now::now() + kRemoval, [](const Swarm::Facts& facts) { return facts.removed; });
    writeNotes();
}

void BtRun::writeNotes()
{
    for (const Swarm::Note& note : swarm_->takeNotes())
        ctx_.log(note.level == Swarm::Level::Warning ? Level::Warning : Level::Info, note.text);
}

// Those that something was written to since the last call.
QStringList BtRun::changedFiles()
{
    std::vector<std::int64_t> now;
    if (const lt::torrent_handle torrent = swarm_->handle(); torrent.is_valid())
        torrent.file_progress(now);
    const QStringList paths = place_->paths(files_, false);
    QStringList changed;
    for (std::size_t i = 0; i < files_.size(); ++i) {
        const auto place = std::size_t(int(files_[i].index));
        const std::int64_t before = place < progress_.size() ? progress_[place] : 0; // a file without a byte need not be there
        // What a piece of a neighbour has of an unwanted file lies elsewhere.
        if (place < now.size() && now[place] != before && QFileInfo::exists(paths[qsizetype(i)]))
            changed.append(paths[qsizetype(i)]);
    }
    progress_ = std::move(now);
    return changed;
}

void BtRun::checkpoint(std::chrono::milliseconds patience)
{
    auto now = swarm_->resumeData(lt::torrent_handle::only_if_modified, patience);
    if (!now)
        return;
    now->ti = state_.params.ti;
    state_.params = std::move(*now);
    state_.identity = place_->identity(false);
    ctx_.save(state_.toBytes(), changedFiles());
}

QList<QUrl> BtRun::webSeeds() const
{
    QList<QUrl> urls;
    for (const QString& text : state_.webSeeds)
        if (const QUrl url(text, QUrl::TolerantMode); url.isValid() && !url.isLocalFile())
            urls.append(url);
    return urls;
}

// Servers are held back by the task's bucket, peers by the engine's limit: together they have one rate.
void BtRun::feed(PieceFeeder& feeder)
{
    feeder.step(kFeedWait);
    if (const qint64 rate = ctx_.rate().rate(); rate > 0)
        swarm_->limitDownload(std::max(rate - feeder.rate(), rate / 10));
}

// Peers are asked for what is urgent before anything else, and so are servers. Of pieces with a deadline libtorrent asks for
// any, so only what comes in a second has one; the others have a higher priority, the sooner they follow.
void BtRun::hurry(PieceFeeder& feeder)
{
    constexpr std::size_t kFewest = 4, kNext = 4;
    constexpr int kApart = 100; // milliseconds
    const PieceOrder order = pieceOrder(ctx_.spec().options);
    const lt::torrent_status status = swarm_->facts().status;
    const lt::torrent_handle torrent = swarm_->handle();
    if (order == PieceOrder::Rarest || status.state != lt::torrent_status::downloading || !torrent.is_valid())
        return;
    const auto urgent = urgentPieces(order, state_.params.ti->files(), files_, state_.params.file_priorities, status.pieces);
    feeder.hurry(urgent);
    if (order == PieceOrder::Sequential)
        return; // the engine's own order
    const auto soon = std::max(kFewest, std::size_t(status.download_payload_rate / state_.params.ti->piece_length()));
    std::vector<std::pair<lt::piece_index_t, lt::download_priority_t>> following;
    for (std::size_t i = 0; i < urgent.size(); ++i)
        if (i < soon)
            torrent.set_piece_deadline(urgent[i], int(i) * kApart);
        else
            following.emplace_back(urgent[i], lt::download_priority_t(i < kNext * soon ? 6 : 5));
    torrent.prioritize_pieces(following);
}

void BtRun::reportDownload(const PieceFeeder& feeder)
{
    Activity activity = swarmActivity(*swarm_, BtPhase::Download, session_.listening());
    activity.rateDown += feeder.rate();
    activity.sources = feeder.sources();
    for (const SourceState& source : std::as_const(activity.sources))
        activity.connections += source.connections;
    if (feeder.rate() > 0)
        activity.trouble.clear();
    ctx_.report(activity);
}

// Once the files that lay there were checked.
void BtRun::tellWhatWasThere(const Swarm::Facts& facts)
{
    const bool checked = facts.finished || facts.status.state == lt::torrent_status::downloading;
    if (begun_ || !checked || facts.error)
        return;
    begun_ = true;
    const qint64 there = facts.status.total_wanted_done, all = facts.status.total_wanted;
    if (facts.finished && facts.status.total_payload_download == 0)
        ctx_.log(Level::Info, QStringLiteral("everything is there: nothing will be downloaded"));
    else if (!facts.finished)
        ctx_.log(
            Level::Info, QStringLiteral("%1 of %2 bytes are there: will download %3").arg(there).arg(all).arg(all - there));
}

Result<void> BtRun::download()
{
    // A part that was copied to another volume is another file now.
    state_.identity = place_->identity(false);
    begun_ = state_.identity.isEmpty();
    ctx_.save(state_.toBytes());
    if (auto ok = join(paramsFor(false)); !ok)
        return ok;
    ctx_.onRate([swarm = std::weak_ptr(swarm_)](qint64 bytesPerSecond) {
        if (const auto still = swarm.lock())
            still->limitDownload(bytesPerSecond);
    });
    auto saveAt = Now::now() + kSaveEvery, reportAt = Now::now();
    const auto over = [](const Swarm::Facts& facts) { return facts.finished || facts.error; };
    PieceFeeder feeder(ctx_, *swarm_, state_.params.ti, ctx_.spec().mirrors, webSeeds());
    CheckThrottle check;
    std::chrono::milliseconds pause{1};
    // A busy feeder waits by itself, for what comes.
    const auto until = [&] { return feeder.busy() ? Now::now() : Now::now() + pause; };
    while (!swarm_->wait(ctx_.stop(), until(), over) && !ctx_.stop().stop_requested()) {
        if (feeder.active())
            feed(feeder);
        const qint64 checkRate = session_.services().settings().value(QLatin1String("checkRate")).toInteger();
        const auto usual = feeder.active() ? std::chrono::milliseconds(kFeedEvery) : std::chrono::milliseconds(kReportEvery);
        pause = check.step(swarm_->handle(), checkRate, Now::now()).value_or(usual);
        if (Now::now() >= reportAt) {
            reportDownload(feeder);
            hurry(feeder);
            tellWhatWasThere(swarm_->facts());
            writeNotes();
            reportAt = Now::now() + kReportEvery;
        }
        if (Now::now() >= saveAt) {
            checkpoint(kLastState);
            saveAt = Now::now() + kSaveEvery;
        }
    }
    if (swarm_->facts().finished)
        tellWhatWasThere(swarm_->facts());
    const auto error = swarm_->facts().error;
    if (!error && swarm_->facts().finished)
        return {};
    swarm_->flush(kLastState);
    checkpoint(kLastState);
    leave();
    return failure(error ? *error : Error{Code::Cancelled, {}});
}

// The torrent's hashes are right by now; somebody may know the file by another one.
Result<void> BtRun::checkWhole()
{
    const QList<ExpectedDigest> digests = ctx_.spec().digests + state_.digests;
    if (digests.isEmpty())
        return {};
    if (!isSingleFile(*state_.params.ti)) {
        ctx_.log(Level::Warning, QStringLiteral("a checksum is of one file: it says nothing about a torrent of a folder"));
        return {};
    }
    return checkDigests(place_->part(), digests, ctx_.stop(), [&](qint64 at) {
        Activity activity = swarmActivity(*swarm_, BtPhase::Download, session_.listening());
        activity.phase = QStringLiteral("verifying %1 %").arg(at * 100 / std::max<qint64>(1, activity.total));
        activity.done = activity.total;
        ctx_.report(activity);
    });
}

Result<void> BtRun::finish()
{
    Activity activity = swarmActivity(*swarm_, BtPhase::Download, session_.listening());
    activity.phase = QStringLiteral("finishing");
    activity.done = activity.total;
    ctx_.report(activity);
    auto last = swarm_->resumeData(lt::torrent_handle::flush_disk_cache, kFlush);
    swarm_->finishAnnounces(ctx_.stop(), kLastAnnounce);
    if (!shareLimits(settings_, ctx_.spec().options).none())
        swarm_->leaveUnnoticed();
    leave();
    if (!last)
        return failure(Code::TorrentStuck, QStringLiteral("last state"));
    last->ti = state_.params.ti;
    state_.params = std::move(*last);
    state_.identity = place_->identity(false);
    ctx_.save(state_.toBytes());
    if (auto ok = checkWhole(); !ok)
        return ok;
    if (auto ok = place_->finish(files_); !ok)
        return ok;
    state_.whole = true;
    ctx_.save(state_.toBytes());
    return {};
}

Result<void> BtRun::share()
{
    ctx_.setVerified(Verified::Verified);
    const ShareLimits limits = shareLimits(settings_, ctx_.spec().options);
    if (limits.none())
        return {};
    if (auto ok = ctx_.complete(); !ok)
        return ok;
    if (auto ok = join(paramsFor(true)); !ok)
        return ok;
    const auto settled = [](const Swarm::Facts& facts) {
        const auto state = facts.status.state;
        return facts.error || facts.finished || (facts.status.handle.is_valid() && state == lt::torrent_status::downloading);
    };
    while (!swarm_->wait(ctx_.stop(), Now::now() + kReportEvery, settled) && !ctx_.stop().stop_requested())
        if (swarm_->facts().status.handle.is_valid()) // until then it would seem to have nothing
            ctx_.report(swarmActivity(*swarm_, BtPhase::Share, session_.listening()));
    const Swarm::Facts facts = swarm_->facts();
    if (!facts.finished || facts.error) {
        leave();
        if (ctx_.stop().stop_requested())
            return failure(Code::Cancelled);
        return failure(facts.error ? *facts.error : Error{Code::TorrentDataGone, place_->final()});
    }
    writeNotes();
    std::make_shared<BtShare>(ctx_, session_, swarm_, std::move(state_), limits)->begin();
    return {};
}

} // namespace

Result<void> BtTask::run(TaskContext& ctx) { return BtRun(ctx, session_).run(); }

} // namespace weir
