#include "hls/recording.h"

#include "hls/chapters.h"
#include "media/result_names.h"

#include <QDir>
#include <QJsonArray>

namespace weir {

using namespace std::chrono_literals;

namespace {

constexpr auto kSaveEvery = 1s;
constexpr auto kReportEvery = 500ms;
// Above that an MP4's index would take too much memory; fragments carry their own.
constexpr double kLongest = 4 * 3600;

QStringList words(const QJsonValue& value)
{
    QStringList list;
    for (const QJsonValue& item : value.toArray())
        list.append(item.toString());
    return list;
}

Wishes wishesOf(const QJsonObject& options)
{
    Wishes wishes;
    // Numbers that answer the question; wishes that answer it are options by now.
    for (const QJsonValue& number : options[QLatin1String("choice")].toObject()[QLatin1String("variants")].toArray())
        wishes.tracks.append(number.toInt() - 1);
    if (const QString quality = options[QLatin1String("quality")].toString(); !quality.isEmpty())
        wishes.quality = quality;
    wishes.audio = words(options[QLatin1String("audio")]);
    wishes.subtitles = words(options[QLatin1String("subs")]);
    if (const QString container = options[QLatin1String("container")].toString(); !container.isEmpty())
        wishes.container = container;
    return wishes;
}

std::optional<double> secondsOf(const QJsonObject& options, const char* name)
{
    const QJsonValue value = options[QLatin1String(name)];
    return value.isDouble() ? std::optional(value.toDouble()) : std::nullopt;
}

/// "film.de.vtt"; a second one of that language is "film.de.2.vtt".
QString subtitleName(const QString& name, const QString& language, const QStringList& taken)
{
    const QString stem = name.left(name.lastIndexOf(u'.')) + (language.isEmpty() ? QString() : u'.' + language);
    QString file = stem + QStringLiteral(".vtt");
    for (int again = 2; taken.contains(file); ++again)
        file = QStringLiteral("%1.%2.vtt").arg(stem).arg(again);
    return file;
}

} // namespace

Recording::Recording(TaskContext& ctx) : ctx_(ctx), spec_(ctx.spec()) {}

Result<void> Recording::run()
{
    if (auto saved = CaptureState::fromBytes(ctx_.savedState()))
        state_ = std::move(*saved);
    if (state_.complete || (spec_.options[QLatin1String("partial")].toBool() && !state_.spool.isEmpty())) {
        if (!state_.complete)
            noteWhatNeverCame();
        if (auto ok = describe(nullptr); !ok)
            return ok;
        if (auto ok = openSpool(); !ok)
            return ok;
        startMuxer([] {});
        return finish();
    }
    auto rule = adRuleOf(spec_.options);
    if (!rule)
        return tl::unexpected(rule.error());
    adRule_ = std::move(*rule);
    auto source = StreamSource::open(ctx_);
    if (!source)
        return tl::unexpected(source.error());
    QList<int> chosen;
    if (auto ok = plan(*source, chosen); !ok)
        return ok;
    return capture(*source, chosen);
}

/// The user takes what is there: the rest is a gap like any other.
void Recording::noteWhatNeverCame()
{
    for (std::size_t place = 0; place < state_.points.size(); ++place) {
        const auto& point = state_.points[place];
        const double end = point ? point->end : 0;
        const qint64 number = point ? point->number + 1 : 0;
        if (state_.duration > end || state_.live)
            state_.gaps.push_back({int(place), end, std::max(end, state_.duration), number, -1,
                QStringLiteral("finished before it was fetched")});
    }
}

/// The tracks of an earlier run, by their names.
Result<QList<int>> Recording::again(const Presentation& presentation) const
{
    QList<int> chosen;
    for (const QString& id : state_.tracks) {
        const auto found = std::find_if(
            presentation.tracks.begin(), presentation.tracks.end(), [&](const Track& track) { return track.id == id; });
        if (found == presentation.tracks.end())
            return failure(Code::NoSuchTrack, id);
        chosen.append(int(found - presentation.tracks.begin()));
    }
    return chosen;
}

Result<void> Recording::plan(const StreamSource& source, QList<int>& chosen)
{
    const Presentation& presentation = source.presentation();
    if (!state_.tracks.isEmpty()) {
        if (auto same = again(presentation)) {
            chosen = std::move(*same);
            return describe(&presentation);
        }
        ctx_.log(Level::Warning, QStringLiteral("the stream has other tracks than before; the recording begins anew"));
        static_cast<void>(Spool::remove(folder()));
        state_ = {};
    }
    const auto selection = choose(presentation, wishesOf(spec_.options));
    if (!selection)
        return tl::unexpected(selection.error());
    if (!selection->drm.isEmpty())
        return failure(Code::DrmProtected,
            QStringLiteral("%1: %2").arg(selection->drm.join(QStringLiteral(", ")), source.url().toDisplayString()));
    chosen = selection->tracks;
    QStringList codecs;
    for (const int index : chosen) {
        const Track& track = presentation.tracks[index];
        state_.tracks.append(track.id);
        state_.points.emplace_back();
        codecs += track.codecs;
        state_.remux.push_back({.type = track.type,
            .withSound = track.carriesAudio && selection->builtInAudio,
            .language = track.language,
            .title = track.name,
            .isDefault = track.isDefault,
            .forced = track.forced});
    }
    state_.live = presentation.live;
    state_.duration = presentation.duration;
    const QString wished = spec_.options[QLatin1String("container")].toString();
    state_.container = wished.isEmpty() ? extensionOf(fittingContainer(codecs, Container::Mp4)) : wished;
    state_.suggestedName = presentation.title.isEmpty() ? streamName(source.url()) : presentation.title;
    return describe(&presentation);
}

Result<void> Recording::describe(const Presentation* presentation)
{
    TaskInfo info;
    info.name = state_.suggestedName + u'.' + extensionOf(container());
    info.mime = container() == Container::Mkv ? QStringLiteral("video/x-matroska") : QStringLiteral("video/mp4");
    info.resumable = true;
    if (presentation)
        info.variants = describeTracks(*presentation);
    const auto choice = ctx_.describe(info);
    if (!choice)
        return tl::unexpected(choice.error());
    name_ = choice->name;
    state_.folder = spoolName(spec_.directory, state_.folder, name_);
    return {};
}

QString Recording::folder() const { return spec_.directory + u'/' + state_.folder; }

Container Recording::container() const
{
    const Container wished = containerNamed(state_.container);
    const bool endless = state_.live || state_.duration > kLongest;
    return wished == Container::Mp4 && endless ? Container::FragmentedMp4 : wished;
}

Result<void> Recording::openSpool()
{
    // One that held part of the recording and is gone was unmounted: making it anew would fill the mount point.
    if (state_.spool.isEmpty() && !QDir().mkpath(spec_.directory))
        return failure(Code::DiskNoSuchDirectory, spec_.directory);
    auto spool = Spool::open(folder(), int(state_.tracks.size()), state_.spool);
    if (!spool && spool.error().code == Code::SpoolDamaged && !state_.complete) {
        ctx_.log(Level::Warning, weir::describe(spool.error()) + QStringLiteral("; the recording begins anew"));
        std::fill(state_.points.begin(), state_.points.end(), std::nullopt);
        state_.gaps.clear();
        state_.spool.clear();
        spool = Spool::open(folder(), int(state_.tracks.size()), {});
    }
    if (!spool)
        return tl::unexpected(spool.error());
    spool_ = std::move(*spool);
    return {};
}

void Recording::startMuxer(std::function<void()> wake)
{
    RemuxPlan plan;
    plan.tracks = state_.remux;
    plan.container = container();
    plan.strict = spec_.options.contains(QLatin1String("container"));
    plan.live = state_.live;
    plan.duration = state_.duration;
    plan.chapters = state_.chapters;
    QStringList beside;
    for (RemuxTrack& track : plan.tracks) {
        track.besideOnly = track.type == TrackType::Subtitles && !holdsSubtitles(plan.container);
        beside.append(track.besideOnly ? subtitleName(name_, track.language, beside) : QString());
    }
    const MuxThread::Names names{
        .media = [name = name_](int part, Container container) { return partName(name, part, container); },
        .subtitles = [beside](int track) { return beside[track]; }};
    muxer_ = std::make_unique<MuxThread>(*spool_, std::move(plan), names, std::move(wake));
}

std::vector<Capture::TrackPlan> Recording::timelines(
    const StreamSource& source, const QList<int>& chosen, std::vector<Listing> listings) const
{
    const TimePoint now = ctx_.services().clock().now();
    TimelineOptions options;
    options.fromStart = spec_.options[QLatin1String("liveFromStart")].toBool();
    options.from = secondsOf(spec_.options, "from");
    options.to = secondsOf(spec_.options, "to");
    options.duration = secondsOf(spec_.options, "duration");
    options.ads = adRule_;
    std::vector<Capture::TrackPlan> plans;
    for (std::size_t place = 0; place < listings.size(); ++place) {
        options.after = state_.points[place];
        Timeline timeline(options);
        if (place == 0 && listings[0].live && !options.after) {
            // The others begin where the first one does.
            Timeline first(options);
            first.update(listings[0], now);
            if (const auto segment = first.next()) {
                options.beginAt = segment->wallClock;
                if (segment->timeShift)
                    options.beginTime = segment->start;
            }
        }
        timeline.update(std::move(listings[place]), now);
        const int track = chosen[int(place)];
        plans.push_back({std::move(timeline), source.presentation().tracks[track].bandwidth, source.elsewhere(track)});
    }
    return plans;
}

Result<void> Recording::capture(StreamSource& source, const QList<int>& chosen)
{
    auto listings = source.listings(ctx_, chosen);
    if (!listings)
        return tl::unexpected(listings.error());
    for (const Listing& listing : *listings) {
        state_.live = state_.live || listing.live;
        if (!listing.live)
            state_.duration = std::max(state_.duration, listing.duration);
        if (listing.segments.empty() && !listing.live)
            return failure(Code::EmptyStream, source.url().toDisplayString());
    }
    if (adRule_.ads != Ads::Keep) {
        for (Listing& listing : *listings)
            markAds(listing, adRule_.pattern);
        if (!state_.live)
            shareAds(*listings);
    }
    if (!state_.live)
        state_.chapters =
            chaptersOf(listings->front(), adRule_.ads, secondsOf(spec_.options, "from"), secondsOf(spec_.options, "to"));
    if (auto ok = openSpool(); !ok)
        return ok;
    std::unique_ptr<Capture> capture;
    auto reloads = source.reloads(chosen, [&capture](int place) -> Timeline& { return capture->timeline(place); });
    capture = std::make_unique<Capture>(ctx_, *spool_, timelines(source, chosen, std::move(*listings)), std::move(reloads));
    for (std::size_t place = 0; place < state_.points.size(); ++place)
        capture->setSpooled(int(place), state_.points[place]);
    capture->addGaps(state_.gaps);
    startMuxer([&capture] { capture->wake(); });
    const Result<void> captured = capture->run([&] { return step(*capture); });
    keep(*capture);
    state_.complete = captured.has_value();
    save();
    auto ended = captured ? finish() : captured;
    muxer_.reset(); // before what it wakes
    return ended;
}

void Recording::keep(const Capture& capture)
{
    for (std::size_t place = 0; place < state_.points.size(); ++place)
        state_.points[place] = capture.spooled(int(place));
    state_.gaps = capture.gaps();
    state_.spool = spool_->index();
}

void Recording::save()
{
    savedAt_ = ctx_.services().clock().now();
    ctx_.save(state_.toBytes(), spool_->files());
}

Result<void> Recording::step(const Capture& capture)
{
    if (auto ok = muxer_->serve(ctx_); !ok)
        return ok;
    const TimePoint now = ctx_.services().clock().now();
    if (now - savedAt_ >= kSaveEvery) {
        keep(capture);
        save();
    }
    if (now - reportedAt_ < kReportEvery)
        return {};
    reportedAt_ = now;
    const Capture::Progress progress = capture.progress();
    Activity activity;
    activity.phase = state_.live ? QStringLiteral("recording") : QStringLiteral("capturing");
    activity.done = progress.bytes;
    activity.connections = progress.fetching;
    if (state_.duration > 0 && progress.seconds > 1)
        activity.total = qint64(double(progress.bytes) * state_.duration / progress.seconds);
    ctx_.report(activity);
    return {};
}

Result<void> Recording::finish()
{
    if (spool_->bytes() == 0)
        return failure(Code::StreamGaps, QStringLiteral("%1: nothing of it could be had").arg(name_));
    spool_->finish();
    ctx_.report({.phase = QStringLiteral("writing the file"), .done = spool_->bytes(), .total = spool_->bytes()});
    if (auto ok = muxer_->finish(ctx_); !ok)
        return ok;
    muxer_.reset();
    if (auto ok = writeGaps(); !ok)
        return ok;
    ctx_.setVerified(state_.gaps.empty() ? Verified::Received : Verified::Unverifiable);
    // The spool may go only when the file has its name for good.
    if (auto ok = ctx_.complete(); !ok)
        return ok;
    spool_.reset();
    return Spool::remove(folder());
}

/// Beside the recording: what is not in it.
Result<void> Recording::writeGaps()
{
    if (state_.gaps.empty())
        return {};
    QJsonArray gaps;
    for (const CaptureGap& gap : state_.gaps)
        gaps.append(QJsonObject{{QStringLiteral("track"), state_.tracks[gap.track]}, {QStringLiteral("start"), gap.start},
            {QStringLiteral("end"), gap.end}, {QStringLiteral("first"), gap.first}, {QStringLiteral("last"), gap.last},
            {QStringLiteral("reason"), gap.reason}});
    return writeGapList(ctx_, name_, gaps);
}

} // namespace weir
