#include "queue/task_context.h"

#include "base/digest.h"
#include "queue/request_context.h"
#include "queue/retry_rule.h"
#include "queue/target_name.h"

#include <QJsonArray>

namespace weir {

namespace {

constexpr qint64 kLogBytes = 1 << 20;

QList<ExpectedDigest> digestsOf(const QJsonObject& options, Result<void>& problem)
{
    QList<ExpectedDigest> digests;
    for (const QJsonValue& text : options.value(QLatin1String("checksums")).toArray()) {
        if (const auto digest = parseDigest(text.toString()))
            digests.append(*digest);
        else
            problem = failure(digest.error());
    }
    return digests;
}

} // namespace

RunContext::RunContext(RunParts& parts, RunFacts facts)
    : parts_(parts),
      facts_(std::move(facts)),
      rate_(&parts.services.totalRate())
{
    spec_.id = facts_.record.id;
    spec_.url = QUrl(facts_.record.url);
    spec_.mime = QString::fromUtf8(facts_.record.mime);
    spec_.directory = facts_.record.directory;
    spec_.name = facts_.record.name;
    spec_.prefetched = std::move(facts_.prefetched);
    device_ = facts_.device;
}

RunContext::~RunContext() = default;

Result<void> RunContext::prepare()
{
    if (auto ok = readStore(); !ok)
        return ok;
    if (device_ == 0)
        if (const auto volume = parts_.disk.volume(spec_.directory))
            device_ = volume->device;
    applyOptions();
    Result<void> problem;
    spec_.digests = digestsOf(spec_.options, problem);
    if (!problem)
        return problem;
    auto request = makeRequestContext(spec_.url, secrets_, facts_.record.fromBrowser);
    if (!request)
        return failure(request.error());
    spec_.request = std::move(*request);
    secretTexts_ = secretTexts(secrets_);
    if (spec_.request->tls.insecure)
        log(Level::Warning, QStringLiteral("--insecure: certificates are NOT checked for this download"));
    return {};
}

Result<void> RunContext::readStore()
{
    if (facts_.spec) {
        spec_.options = facts_.spec->options;
        secrets_ = facts_.spec->secrets;
    }
    if (facts_.spec && facts_.fresh)
        return {};
    struct Kept {
        SpecRecord spec;
        std::vector<ProgressRecord> progress;
        QByteArray state;
    };
    const TaskId id = spec_.id;
    auto kept = parts_.ledger.read<Kept>([id](Store& store) {
        return Kept{store.spec(id), store.progress(id), store.pluginState(id)};
    });
    if (!kept)
        return failure(kept.error());
    if (!facts_.spec) {
        spec_.options = kept->spec.options;
        secrets_ = kept->spec.secrets;
    }
    progress_ = std::move(kept->progress);
    savedState_ = std::move(kept->state);
    return {};
}

void RunContext::applyOptions()
{
    const QJsonObject& options = spec_.options;
    for (const QJsonValue& mirror : options.value(QLatin1String("mirrors")).toArray())
        spec_.mirrors.append(QUrl(mirror.toString()));
    spec_.crowded = facts_.crowded;
    spec_.lookBeside = facts_.lookBeside;
    spec_.weights = facts_.weights;
    spec_.connections = options.value(QLatin1String("connections")).toInt(facts_.connections);
    if (const auto given = ifExistsFrom(options.value(QLatin1String("ifExists")).toString()))
        facts_.ifExists = *given;
    facts_.maxAttempts = options.value(QLatin1String("retries")).toInt(facts_.maxAttempts);
    ownLimit_ = options.value(QLatin1String("limit")).toInteger();
    rate_.setRate(ownLimit_);
}

void RunContext::conclude(const Result<void>& outcome)
{
    if (!outcome && volumeTrouble(outcome.error().code) != VolumeTrouble::None)
        if (const auto volume = parts_.disk.volume(spec_.directory))
            volume_ = {volume->device, volume->freeBytes};
    const std::lock_guard lock(mutex_);
    if (log_)
        static_cast<void>(log_->flush()); // here, since the main thread may not wait for the disk
}

void RunContext::giveConnectionsBack()
{
    QHash<QByteArray, int> extra;
    {
        const std::lock_guard lock(mutex_);
        extra.swap(extraConnections_);
    }
    for (auto it = extra.cbegin(); it != extra.cend(); ++it)
        for (int i = 0; i < it.value(); ++i)
            parts_.budget.release(it.key());
}

void RunContext::save(QByteArray state, const QStringList& alsoSync)
{
    saved_ = true;
    parts_.syncer.save(spec_.id, std::move(state), alsoSync);
}

void RunContext::report(const Activity& now)
{
    const std::lock_guard lock(mutex_);
    activity_ = now;
}

Result<void> RunContext::complete()
{
    Retirement ended;
    ended.task = spec_.id;
    ended.files = takeFiles();
    ended.directory = spec_.directory;
    ended.finish = true;
    ended.ifExists = facts_.ifExists;
    qint64 bytes = 0;
    for (const auto& file : ended.files)
        bytes += file->done();
    completedBytes_ = bytes;
    const auto paths = parts_.syncer.finishNow(std::move(ended));
    if (!paths)
        return failure(paths.error());
    completed_ = true;
    listener_.sharing();
    return {};
}

void RunContext::detach(std::function<void()> onStop)
{
    const std::lock_guard lock(mutex_);
    onStop_ = std::move(onStop);
}

void RunContext::onRate(std::function<void(qint64)> listener)
{
    const std::lock_guard lock(mutex_);
    onRate_ = std::move(listener);
    onRate_(rate_.rate());
}

void RunContext::onAnnounce(std::function<Result<void>()> listener)
{
    const std::lock_guard lock(mutex_);
    onAnnounce_ = std::move(listener);
}

Result<void> RunContext::announce()
{
    const std::lock_guard lock(mutex_);
    return onAnnounce_ ? onAnnounce_() : failure(Code::Unsupported, QStringLiteral("there is nobody to announce it to"));
}

void RunContext::allot(qint64 bytesPerSecond)
{
    rate_.setRate(bytesPerSecond);
    const std::lock_guard lock(mutex_);
    if (onRate_)
        onRate_(bytesPerSecond);
}

std::function<void()> RunContext::takeDetached()
{
    const std::lock_guard lock(mutex_);
    return std::exchange(onStop_, nullptr);
}

bool RunContext::belongsToOther(QByteArrayView mime, QByteArrayView first4k)
{
    if (!facts_.mayHandOver)
        return false;
    const auto match = parts_.registry.adapterForContent(mime, first4k, facts_.record.adapter);
    otherPlugin_ = match ? match->plugin : QByteArray();
    return match.has_value();
}

QList<DescribedFile> RunContext::describedBy(QByteArrayView mime, QByteArrayView content, const QUrl& base)
{
    constexpr qsizetype kOpening = 4096;
    if (!facts_.mayHandOver)
        return {};
    const auto match =
        parts_.registry.adapterForContent(mime, content.first(std::min(kOpening, content.size())), facts_.record.adapter);
    if (!match)
        return {};
    QList<DescribedFile> files = match->adapter->describes(content, base);
    if (!files.isEmpty())
        otherPlugin_ = match->plugin;
    return files;
}

Error RunContext::handOver(Prefetched reply)
{
    handedOver_ = std::move(reply);
    return Error{Code::OtherAdapter, QString::fromUtf8(otherPlugin_)};
}

bool RunContext::takeConnection(const QUrl& url)
{
    const QByteArray host = hostKey(url);
    if (!parts_.budget.takeExtra(host, parts_.services.clock().now()))
        return false;
    const std::lock_guard lock(mutex_);
    ++extraConnections_[host];
    return true;
}

void RunContext::releaseConnection(const QUrl& url)
{
    const QByteArray host = hostKey(url);
    {
        const std::lock_guard lock(mutex_);
        const auto held = extraConnections_.find(host);
        if (held == extraConnections_.end())
            return;
        if (--*held == 0)
            extraConnections_.erase(held);
    }
    parts_.budget.release(host);
}

void RunContext::hostIsBusy(const QUrl& url, std::optional<std::chrono::system_clock::time_point> until)
{
    const TimePoint now = parts_.services.clock().now();
    std::optional<TimePoint> steady;
    if (until) {
        const auto rest = std::clamp<std::chrono::system_clock::duration>(
            *until - std::chrono::system_clock::now(), std::chrono::seconds(0), kLongestRetryAfter);
        steady = now + std::chrono::duration_cast<TimePoint::duration>(rest);
    }
    parts_.budget.busy(hostKey(url), now, steady);
}

void RunContext::hostMultiplexes(const QUrl& url) { parts_.budget.multiplexes(hostKey(url)); }

void RunContext::log(Level level, const QString& text)
{
    const std::lock_guard lock(mutex_);
    // What a private window fetched leaves no trace.
    if (level < facts_.logLevel || parts_.logDirectory.isEmpty() || facts_.record.unlisted)
        return;
    if (!log_)
        log_ = std::make_unique<TextLog>(
            QStringLiteral("%1/task-%2.log").arg(parts_.logDirectory).arg(spec_.id), kLogBytes, facts_.logLevel);
    log_->write(level, maskTexts(text, secretTexts_));
}

void RunContext::flushLog()
{
    const std::lock_guard lock(mutex_);
    if (log_)
        (void)log_->flush(); // on a disk that takes nothing it stays in memory
}

RunContext::Sample RunContext::sample() const
{
    const std::lock_guard lock(mutex_);
    Sample sample;
    sample.activity = activity_;
    sample.charged = rate_.total();
    for (const auto& file : files_) {
        const qint64 done = file->done();
        sample.done += done;
        sample.files.append({file->finalPath(), file->size(), done});
    }
    if (activity_.done >= 0)
        sample.done = activity_.done;
    for (const int count : extraConnections_)
        sample.connections += count;
    return sample;
}

std::vector<std::unique_ptr<OutputFile>> RunContext::takeFiles()
{
    const std::lock_guard lock(mutex_);
    return std::exchange(files_, {});
}

OutputFile* RunContext::find(const QString& finalPath) const
{
    const std::lock_guard lock(mutex_);
    for (const auto& file : files_)
        if (file->finalPath() == finalPath)
            return file.get();
    return nullptr;
}

} // namespace weir
