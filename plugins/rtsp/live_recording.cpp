#include "rtsp/live_recording.h"

#include "media/result_names.h"

#include <QDateTime>
#include <QDir>

#include <algorithm>

namespace weir {

using namespace std::chrono_literals;

namespace {

constexpr auto kSaveEvery = 1s;
constexpr auto kReportEvery = 500ms;
constexpr auto kFirstRest = 250ms, kLongestRest = 2000ms;
/// Longer outages are the queue's: it knows how often and how long a task may fail.
constexpr auto kPatience = 30s;

qint64 wallNow() { return QDateTime::currentMSecsSinceEpoch(); }

} // namespace

LiveRecording::LiveRecording(TaskContext& ctx, const ProxyConfig& proxy, bool udp)
    : ctx_(ctx),
      spec_(ctx.spec()),
      proxy_(proxy),
      udp_(udp)
{}

Result<void> LiveRecording::run()
{
    if (auto saved = LiveRecordingState::fromBytes(ctx_.savedState()))
        state_ = std::move(*saved);
    const bool partial = spec_.options[QLatin1String("partial")].toBool() && !state_.container.isEmpty();
    if (!state_.complete && !partial) {
        if (auto ok = mayGoDirectly(); !ok)
            return ok;
        while (!enough(0)) {
            auto input = connect();
            if (!input)
                return tl::unexpected(input.error());
            if (!*input)
                break;
            if (auto ok = begin(**input); !ok)
                return ok;
            const std::optional<double> length = (*input)->duration();
            const auto recorded = record(**input);
            anew_ = true;
            save();
            if (recorded)
                break;
            const Error& why = recorded.error();
            if (error_ || errorRow(why.code).category != Category::Network)
                return tl::unexpected(error_ ? *error_ : why);
            if (length)
                return startAgain(why);
            ctx_.log(Level::Warning, weir::describe(why));
            state_.brokenBy = weir::describe(why);
        }
        state_.complete = true;
    }
    if (!known_) {
        if (auto ok = describe(); !ok)
            return ok;
        if (auto ok = openSpool(); !ok)
            return ok;
        startMuxer();
    }
    save();
    return finish();
}

/// libavformat would connect by itself, with this machine's own address.
Result<void> LiveRecording::mayGoDirectly() const
{
    const RequestContext& context = *spec_.request;
    const QString host = spec_.url.host();
    const QString where = spec_.url.scheme() + QStringLiteral("://") + host;
    if (goesThrough(context.proxy.url.isEmpty() ? proxy_ : context.proxy, host))
        return failure(Code::ProxyImpossible, where);
    if (const QString& bind = context.bindTo.isEmpty() ? proxy_.bindTo : context.bindTo; !bind.isEmpty())
        return failure(Code::AddressUnusable, QStringLiteral("%1: connections can't be bound to %2").arg(where, bind));
    // Its TLS is not told to look at certificates.
    if (spec_.url.scheme() == QLatin1String("rtsps") && !context.tls.insecure)
        return failure(Code::CertUntrusted, where + QStringLiteral(": certificates of rtsps can't be checked"));
    return {};
}

LiveSource LiveRecording::source() const
{
    LiveSource source{.url = spec_.url, .udp = udp_};
    if (const Credentials& auth = spec_.request->auth; !auth.user.isEmpty()) {
        source.url.setUserName(auth.user, QUrl::DecodedMode);
        source.url.setPassword(auth.password, QUrl::DecodedMode);
    }
    return source;
}

/// Null: there is nothing more to record. Either it is enough, or a stream that was there is not there any more.
Result<std::unique_ptr<LiveInput>> LiveRecording::connect()
{
    const TimePoint since = ctx_.services().clock().now();
    for (auto wait = std::chrono::milliseconds(kFirstRest);;
         wait = std::min(wait * 2, std::chrono::milliseconds(kLongestRest))) {
        auto input = LiveInput::open(source(), [this] { return breathe(); });
        if (input)
            return input;
        if (error_)
            return tl::unexpected(*error_);
        const Error& why = input.error();
        const bool again = errorRow(why.code).category == Category::Network && state_.connections > 0;
        const bool late = ctx_.services().clock().now() - since >= kPatience;
        if (late && again && why.code == Code::RemoteFileMissing)
            return nullptr;
        if (enough(0))
            return nullptr;
        if (!again || late || why.code == Code::LoginRefused)
            return input;
        ctx_.log(Level::Info, weir::describe(why));
        if (!rest(wait))
            return failure(Code::Cancelled);
    }
}

bool LiveRecording::rest(std::chrono::milliseconds time)
{
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any never;
    Clock& clock = ctx_.services().clock();
    clock.wait(lock, never, ctx_.stop(), clock.now() + time, [] { return false; });
    return breathe();
}

/// What the first connection brings decides what the file is.
Result<void> LiveRecording::begin(const LiveInput& input)
{
    anew_ = true;
    for (const QString& codec : input.leftOut())
        ctx_.log(Level::Warning, QStringLiteral("%1 can't be recorded and is left out").arg(codec));
    if (known_)
        return {};
    if (state_.container.isEmpty()) {
        std::vector<AVCodecID> codecs;
        for (const LiveStream& stream : input.streams())
            codecs.push_back(stream.parameters->codec_id);
        const QString wished = spec_.options[QLatin1String("container")].toString();
        const Container wish = containerNamed(wished);
        const Container fitting = wished.isEmpty() ? fittingContainer(codecs, wish) : wish;
        state_.container = wished.isEmpty() ? extensionOf(fitting) : wished;
        state_.name = streamName(spec_.url);
        state_.hasVideo = std::any_of(
            input.streams().begin(), input.streams().end(), [](const LiveStream& stream) { return stream.isVideo(); });
    }
    if (auto ok = describe(); !ok)
        return ok;
    if (auto ok = openSpool(); !ok)
        return ok;
    startMuxer();
    known_ = true;
    return {};
}

Container LiveRecording::container() const
{
    const Container wished = containerNamed(state_.container);
    return wished == Container::Mp4 ? Container::FragmentedMp4 : wished; // nobody knows how long it will be
}

Result<void> LiveRecording::describe()
{
    TaskInfo info;
    info.name = state_.name + u'.' + extensionOf(container());
    info.mime = container() == Container::Mkv ? QStringLiteral("video/x-matroska") : QStringLiteral("video/mp4");
    info.resumable = true;
    const auto choice = ctx_.describe(info);
    if (!choice)
        return tl::unexpected(choice.error());
    name_ = choice->name;
    state_.folder = spoolName(spec_.directory, state_.folder, name_);
    return {};
}

Result<void> LiveRecording::openSpool()
{
    // One that held part of the recording and is gone was unmounted: making it anew would fill the mount point.
    if (state_.spool.isEmpty() && !QDir().mkpath(spec_.directory))
        return failure(Code::DiskNoSuchDirectory, spec_.directory);
    auto spool = Spool::open(folder(), 1, state_.spool);
    if (!spool)
        return tl::unexpected(spool.error()); // what was recorded can't be had a second time: nobody throws it away
    spool_ = std::move(*spool);
    return {};
}

void LiveRecording::startMuxer()
{
    RemuxPlan plan;
    plan.tracks.push_back(
        {.type = state_.hasVideo ? TrackType::Video : TrackType::Audio, .withSound = state_.hasVideo, .isDefault = true});
    plan.container = container();
    plan.strict = spec_.options.contains(QLatin1String("container"));
    plan.live = true;
    const MuxThread::Names names{
        .media = [name = name_](int part, Container container) { return partName(name, part, container); },
        .subtitles = [](int) { return QString(); }};
    muxer_ = std::make_unique<MuxThread>(*spool_, std::move(plan), names, [] {});
}

bool LiveRecording::enough(double pending) const
{
    const QJsonObject& options = spec_.options;
    const double seconds = options[QLatin1String("duration")].toDouble();
    const qint64 size = options[QLatin1String("maxSize")].toInteger();
    const double outage = state_.lastAt > 0 && anew_ ? liveHole(state_.lastAt, wallNow()).hole : 0;
    return (seconds > 0 && state_.clock + pending + outage >= seconds) || (size > 0 && spool_ && spool_->bytes() >= size);
}

/// Until there is enough, or the server has ended the stream.
Result<void> LiveRecording::record(LiveInput& input)
{
    auto fragments = Fragments::open(input.streams());
    if (!fragments)
        return tl::unexpected(fragments.error());
    AvPacket packet(av_packet_alloc());
    if (!packet)
        return failure(Code::OutOfMemory);
    Result<void> end;
    while (!enough((*fragments)->pending())) {
        const auto got = input.read(*packet);
        if (!got)
            end = tl::unexpected(got.error());
        if (!got || !*got)
            break;
        ctx_.rate().charge(packet->size, ctx_.services().clock().now());
        if (auto ok = keep(**fragments, (*fragments)->add(*packet)); !ok)
            return ok;
        if (!breathe()) {
            end = failure(Code::Cancelled);
            break;
        }
    }
    // What came is kept, whatever has ended it.
    auto kept = keep(**fragments, (*fragments)->finish());
    return kept ? end : kept;
}

Result<void> LiveRecording::keep(const Fragments& fragments, const Result<std::vector<Fragment>>& made)
{
    if (!made)
        return tl::unexpected(made.error());
    for (const Fragment& fragment : *made)
        if (auto ok = keep(fragments, fragment); !ok)
            return ok;
    return {};
}

Result<void> LiveRecording::keep(const Fragments& fragments, const Fragment& fragment)
{
    SpoolEntry entry{.packing = Packing::Fmp4, .number = state_.number, .start = state_.clock};
    if (anew_) {
        if (auto ok = noteGap(); !ok)
            return ok;
        entry.number = state_.number;
        entry.start = state_.clock;
        entry.discontinuity = state_.connections;
        entry.kind = SpoolEntry::Kind::Init;
        const QByteArray& init = fragments.init();
        if (auto ok = spool_->append(0, entry, {init.constData(), std::size_t(init.size())}); !ok)
            return ok;
        ++state_.connections;
        anew_ = false;
    }
    entry.kind = SpoolEntry::Kind::Media;
    entry.duration = fragment.duration;
    entry.discontinuity = state_.connections - 1;
    if (auto ok = spool_->append(0, entry, {fragment.bytes.constData(), std::size_t(fragment.bytes.size())}); !ok)
        return ok;
    ++state_.number;
    state_.clock += fragment.duration;
    state_.lastAt = wallNow();
    state_.brokenBy.clear();
    return {};
}

Result<void> LiveRecording::noteGap()
{
    if (state_.connections == 0)
        return {};
    const LiveHole gap = liveHole(state_.lastAt, wallNow());
    const QString reason = state_.brokenBy.isEmpty() ? QStringLiteral("weir did not record") : state_.brokenBy;
    state_.gaps.append(QJsonObject{{"start", state_.clock}, {"end", state_.clock + gap.hole}, {"missing", gap.missing},
        {"at", QDateTime::fromMSecsSinceEpoch(state_.lastAt, Qt::UTC).toString(Qt::ISODateWithMs)}, {"reason", reason}});
    SpoolEntry entry{.kind = gap.hole > 0 ? SpoolEntry::Kind::Gap : SpoolEntry::Kind::Joined,
        .packing = Packing::Fmp4,
        .number = state_.number++,
        .start = state_.clock,
        .duration = gap.hole,
        .discontinuity = state_.connections};
    state_.clock += gap.hole;
    return spool_->append(0, entry, {});
}

/// A stream with an end begins at its beginning, whoever asks: what came is of no use.
Result<void> LiveRecording::startAgain(const Error& why)
{
    muxer_.reset();
    spool_.reset();
    if (auto ok = Spool::remove(folder()); !ok)
        return ok;
    state_ = {};
    ctx_.save(state_.toBytes());
    return tl::unexpected(why);
}

bool LiveRecording::breathe()
{
    if (ctx_.stop().stop_requested() && !error_)
        error_ = Error{Code::Cancelled};
    if (muxer_ && !error_)
        if (auto ok = muxer_->serve(ctx_); !ok)
            error_ = ok.error();
    const TimePoint now = ctx_.services().clock().now();
    if (!error_ && spool_ && now - savedAt_ >= kSaveEvery)
        save();
    if (now - reportedAt_ >= kReportEvery)
        report();
    return !error_;
}

void LiveRecording::save()
{
    if (!spool_)
        return;
    savedAt_ = ctx_.services().clock().now();
    state_.spool = spool_->index();
    ctx_.save(state_.toBytes(), spool_->files());
}

void LiveRecording::report()
{
    reportedAt_ = ctx_.services().clock().now();
    Activity activity;
    activity.phase = anew_ ? QStringLiteral("connecting") : QStringLiteral("recording");
    activity.done = spool_ ? spool_->bytes() : 0;
    activity.connections = anew_ ? 0 : 1;
    activity.trouble = state_.brokenBy;
    activity.details = {{"recorded", state_.clock}, {"gaps", state_.gaps.size()}};
    ctx_.report(activity);
}

Result<void> LiveRecording::finish()
{
    if (spool_->bytes() == 0)
        return failure(Code::EmptyStream, name_);
    spool_->finish();
    ctx_.report({.phase = QStringLiteral("writing the file"), .done = spool_->bytes(), .total = spool_->bytes()});
    if (auto ok = muxer_->finish(ctx_); !ok)
        return ok;
    muxer_.reset();
    if (auto ok = writeGapList(ctx_, name_, state_.gaps); !ok)
        return ok;
    ctx_.setVerified(Verified::Unverifiable); // nobody says what the whole would be
    // The spool may go only when the file has its name for good.
    if (auto ok = ctx_.complete(); !ok)
        return ok;
    spool_.reset();
    return Spool::remove(folder());
}

} // namespace weir
