#include "contract/contract.h"

#include "base/digest.h"
#include "platform/process.h"
#include "plugin_host/guarded.h"

#include <QDir>
#include <QDirIterator>
#include <QFile>

#include <thread>

namespace weir {

using namespace std::chrono_literals;
using Outcome = Finding::Outcome;

namespace {

constexpr auto kStopLimit = 1'000ms;
constexpr auto kPatience = 10s; ///< after it was stopped; then it counts as one that never ends
constexpr auto kLongestRun = 60s;
constexpr auto kLook = 50ms;
constexpr int kRunsForLeaks = 3;
constexpr int kLastsSeconds = 3; ///< of a run that is to be stopped in its middle, or held back
constexpr auto kHeldBack = 1s;   ///< so long at least: buckets forgive a little at first
constexpr qint64 kWorthStopping = 1 << 20;

/// The bytes of all files below the folder, in the order of their paths.
struct Contents {
    QByteArray digest;
    qint64 size = 0;
};
Contents contentsOf(const QString& folder, QByteArrayView algorithm)
{
    QStringList paths;
    QDirIterator each(folder, QDir::Files, QDirIterator::Subdirectories);
    while (each.hasNext())
        paths.append(each.next());
    paths.sort();
    Hasher hasher(algorithm);
    Contents contents;
    std::vector<char> buffer(256 << 10);
    for (const QString& path : std::as_const(paths)) {
        QFile file(path);
        if (!file.open(QIODevice::ReadOnly))
            continue;
        for (qint64 got; (got = file.read(buffer.data(), qint64(buffer.size()))) > 0; contents.size += got)
            hasher.add({buffer.data(), std::size_t(got)});
    }
    contents.digest = hasher.result();
    return contents;
}

QString inMs(std::chrono::milliseconds time) { return QStringLiteral("%1 ms").arg(time.count()); }

std::chrono::milliseconds since(TimePoint begin)
{
    return std::chrono::duration_cast<std::chrono::milliseconds>(steadyClock().now() - begin);
}

} // namespace

Contract::Contract(
    Registry& registry, Services& services, QByteArray plugin, QString folder, std::function<void(const Finding&)> tell)
    : registry_(registry),
      services_(services),
      plugin_(std::move(plugin)),
      folder_(std::move(folder)),
      tell_(std::move(tell))
{}

void Contract::check(const std::vector<ListedAddress>& addresses)
{
    judge(QStringLiteral("opens"), {}, [&]() -> Verdict {
        if (const auto own = registry_.adapterNamed(plugin_); !own)
            return {Outcome::Broken, describe(own.error())};
        return {Outcome::Kept, {}};
    });
    if (!registry_.adapterNamed(plugin_))
        return;
    for (const ListedAddress& address : addresses) {
        judge(QStringLiteral("address"), address.url, [&] { return takes(address); });
        if (address.wish == ListedAddress::Wish::Download)
            download(address);
    }
}

void Contract::judge(const QString& rule, const QUrl& about, const std::function<Verdict()>& how)
{
    Finding finding{rule, about.toDisplayString(), Outcome::Begun, {}};
    tell_(finding);
    std::tie(finding.outcome, finding.detail) =
        hung_ ? Verdict{Outcome::Skipped, QStringLiteral("an earlier run has not ended")} : how();
    tell_(finding);
}

Contract::Verdict Contract::takes(const ListedAddress& address)
{
    const auto match = registry_.adapterFor(address.url);
    const bool taken = match && match->plugin == plugin_;
    if (address.wish == ListedAddress::Wish::Refused)
        return taken ? Verdict{Outcome::Broken, QStringLiteral("it takes what it should refuse")} : Verdict{Outcome::Kept, {}};
    if (taken)
        return {Outcome::Kept, {}};
    if (address.wish == ListedAddress::Wish::Download && match)
        return {Outcome::Skipped,
            QStringLiteral("%1 takes it; by its content it may still be ours").arg(QString::fromUtf8(match->plugin))};
    if (const auto own = registry_.adapterNamed(plugin_); own && own->adapter->support(address.url) <= 0)
        return {Outcome::Broken, QStringLiteral("it answers 0")};
    return {Outcome::Broken,
        match ? QStringLiteral("%1 is surer of it").arg(QString::fromUtf8(match->plugin)) : describe(match.error())};
}

void Contract::download(const ListedAddress& address)
{
    digest_.clear();
    stopped_.reset();
    judge(QStringLiteral("download"), address.url, [&] { return whole(address); });
    if (digest_.isEmpty())
        return;
    judge(QStringLiteral("answers"), address.url, [&] { return answers(address.url); });
    judge(QStringLiteral("stop at once"), address.url, [&] { return stopsAtOnce(address.url); });
    judge(QStringLiteral("stop"), address.url, [&] { return stopsInTheMiddle(address.url); });
    judge(QStringLiteral("resume"), address.url, [&] { return resumes(address.url); });
    judge(QStringLiteral("rate"), address.url, [&] { return keepsToTheRate(address.url); });
    judge(QStringLiteral("leaks"), address.url, [&] { return leavesNothing(address.url); });
}

Contract::Verdict Contract::whole(const ListedAddress& address)
{
    const QString folder = newFolder();
    const Attempt run = attempt(address.url, {.folder = folder});
    if (!run.outcome)
        return {Outcome::Broken, describe(run.outcome.error())};
    if (run.plugin != plugin_)
        return {Outcome::Broken, QStringLiteral("it was %1 who fetched it").arg(QString::fromUtf8(run.plugin))};
    if (address.digest && contentsOf(folder, address.digest->algorithm).digest != address.digest->value)
        return {Outcome::Broken, describe(Error{Code::ChecksumMismatch})};
    const Contents contents = contentsOf(folder, "sha-256");
    digest_ = contents.digest;
    size_ = contents.size;
    return {Outcome::Kept, QStringLiteral("%1 bytes").arg(size_)};
}

Contract::Verdict Contract::answers(const QUrl& url)
{
    const auto passesOn = [&](const char* call, const CheckContext::Wishes& wishes, Code answer) -> QString {
        const Attempt run = attempt(url, {.folder = newFolder(), .answers = wishes});
        const bool asked = answer != Code::DiskFull || run.opened;
        if (!asked || (!run.outcome && run.outcome.error().code == answer))
            return {};
        return QStringLiteral("%1() answered %2, run() said %3")
            .arg(QLatin1String(call), QLatin1String(errorRow(answer).name),
                run.outcome ? QStringLiteral("it was done") : describe(run.outcome.error()));
    };
    QString fault = passesOn("describe", {.toDescribe = Error{Code::AwaitingChoice}}, Code::AwaitingChoice);
    if (fault.isEmpty())
        fault = passesOn("open", {.toOpen = Error{Code::DiskFull}}, Code::DiskFull);
    return {fault.isEmpty() ? Outcome::Kept : Outcome::Broken, fault};
}

Contract::Verdict Contract::stopsAtOnce(const QUrl& url)
{
    const Attempt run = attempt(url, {.folder = newFolder(), .stop = Stop::AtOnce});
    if (run.sinceStop > kStopLimit)
        return {Outcome::Broken, QStringLiteral("%1 after the stop token").arg(inMs(*run.sinceStop))};
    if (!run.outcome && run.outcome.error().code != Code::Cancelled)
        return {Outcome::Broken, QStringLiteral("it must say Cancelled, and said: ") + describe(run.outcome.error())};
    if (run.outcome && size_ >= kWorthStopping)
        return {Outcome::Broken, QStringLiteral("it was stopped before it began, and fetched everything")};
    return {Outcome::Kept, inMs(run.sinceStop.value_or(0ms))};
}

Contract::Verdict Contract::stopsInTheMiddle(const QUrl& url)
{
    stoppedFolder_ = newFolder();
    Wanted wanted{.folder = stoppedFolder_, .stop = Stop::AtFirstByte};
    wanted.answers.rate = std::max<qint64>(1, size_ / kLastsSeconds);
    Attempt run = attempt(url, std::move(wanted));
    if (run.sinceStop && *run.sinceStop > kStopLimit)
        return {Outcome::Broken, QStringLiteral("%1 after the stop token").arg(inMs(*run.sinceStop))};
    if (run.outcome)
        return {Outcome::Skipped, QStringLiteral("it was done before it could be stopped")};
    if (run.outcome.error().code != Code::Cancelled)
        return {Outcome::Broken, QStringLiteral("it must say Cancelled, and said: ") + describe(run.outcome.error())};
    const QString detail = inMs(run.sinceStop.value_or(0ms));
    stopped_ = std::move(run);
    return {Outcome::Kept, detail};
}

Contract::Verdict Contract::resumes(const QUrl& url)
{
    if (!stopped_)
        return {Outcome::Skipped, QStringLiteral("nothing was stopped")};
    const Attempt run = attempt(url, {.folder = stoppedFolder_, .kept = stopped_->kept, .plugin = stopped_->plugin});
    if (!run.outcome)
        return {Outcome::Broken, describe(run.outcome.error())};
    if (contentsOf(stoppedFolder_, "sha-256").digest != digest_)
        return {Outcome::Broken, QStringLiteral("other bytes than without the stop")};
    return {Outcome::Kept, {}};
}

Contract::Verdict Contract::keepsToTheRate(const QUrl& url)
{
    if (size_ < kWorthStopping)
        return {Outcome::Skipped, QStringLiteral("too small to tell")};
    Wanted wanted{.folder = newFolder()};
    wanted.answers.rate = size_ / kLastsSeconds;
    const TimePoint begun = steadyClock().now();
    const Attempt run = attempt(url, std::move(wanted));
    if (!run.outcome)
        return {Outcome::Broken, describe(run.outcome.error())};
    if (since(begun) < kHeldBack)
        return {Outcome::Broken,
            QStringLiteral("it took %1 for %2 bytes, with a limit of %3 a second")
                .arg(inMs(since(begun)))
                .arg(size_)
                .arg(size_ / kLastsSeconds)};
    return {Outcome::Kept, inMs(since(begun))};
}

// Pools and caches may grow for a while; what grows with each run never stops.
Contract::Verdict Contract::leavesNothing(const QUrl& url)
{
    ProcessStatistics before = processStatistics();
    int threadsGrew = 0, filesGrew = 0;
    for (int i = 0; i < kRunsForLeaks; ++i) {
        const Attempt run = attempt(url, {.folder = newFolder()});
        if (!run.outcome)
            return {Outcome::Broken, QStringLiteral("once more: ") + describe(run.outcome.error())};
        ProcessStatistics after = processStatistics();
        for (const TimePoint begin = steadyClock().now();
             since(begin) < kStopLimit && (after.threads > before.threads || after.descriptors > before.descriptors);
             after = processStatistics())
            std::this_thread::sleep_for(20ms); // threads that are ending tell nobody
        threadsGrew += after.threads > before.threads;
        filesGrew += after.descriptors > before.descriptors;
        before = after;
    }
    QStringList leaks;
    if (threadsGrew == kRunsForLeaks)
        leaks += QStringLiteral("a thread");
    if (filesGrew == kRunsForLeaks)
        leaks += QStringLiteral("an open file");
    if (leaks.isEmpty())
        return {Outcome::Kept, {}};
    return {Outcome::Broken, QStringLiteral("each run leaves %1 behind").arg(leaks.join(QStringLiteral(" and ")))};
}

QString Contract::newFolder()
{
    const QString folder = QStringLiteral("%1/%2").arg(folder_).arg(++folders_);
    QDir().mkpath(folder);
    return folder;
}

/// One run as the queue does it: the adapter that takes the address, and once more if it hands the content over.
Contract::Attempt Contract::attempt(const QUrl& url, Wanted wanted)
{
    Attempt result;
    TaskSpec spec;
    spec.id = folders_;
    spec.url = url;
    spec.directory = wanted.folder;
    auto request = std::make_shared<RequestContext>();
    request->cookies = std::make_shared<CookieJar>();
    spec.request = std::move(request);
    result.plugin = wanted.plugin;
    for (int handovers = 0; handovers < 2; ++handovers) {
        const auto match = result.plugin.isEmpty() ? registry_.adapterFor(url) : registry_.adapterNamed(result.plugin);
        if (!match) {
            result.outcome = failure(match.error());
            return result;
        }
        result.plugin = match->plugin;
        wanted.answers.plugin = match->plugin;
        std::unique_ptr<DownloadTask> task;
        result.outcome = guarded([&]() -> Result<void> {
            task = match->adapter->createTask(url);
            return task ? Result<void>() : failure(Code::PluginCreateFailed, QString::fromUtf8(match->plugin));
        });
        if (!result.outcome)
            return result;
        // Whoever hands over is not the one that is checked.
        const bool ours = match->plugin == plugin_;
        const auto context = std::make_shared<CheckContext>(
            services_, registry_, spec, wanted.kept, ours ? wanted.answers : CheckContext::Wishes{.plugin = match->plugin});
        result.outcome = runOnce(context, std::move(task), ours ? wanted.stop : Stop::Never, result);
        result.opened = context->opened();
        if (hung_)
            return result;
        result.kept = context->keep();
        if (result.outcome) {
            result.outcome = context->finish();
            return result;
        }
        if (result.outcome.error().code != Code::OtherAdapter || context->handedTo().isEmpty())
            return result;
        result.plugin = context->handedTo();
        spec.prefetched = context->takePrefetched();
    }
    return result;
}

Result<void> Contract::runOnce(
    const std::shared_ptr<CheckContext>& context, std::unique_ptr<DownloadTask> task, Stop stop, Attempt& into)
{
    struct Shared {
        std::mutex mutex;
        std::condition_variable changed;
        std::optional<Result<void>> ended;
        bool firstByte = false;
    };
    const auto shared = std::make_shared<Shared>();
    if (stop == Stop::AtFirstByte)
        context->onFirstByte([shared] {
            const std::lock_guard lock(shared->mutex);
            shared->firstByte = true;
            shared->changed.notify_all();
        });
    if (stop == Stop::AtOnce)
        context->requestStop();
    const TimePoint begun = steadyClock().now();
    std::optional<TimePoint> stoppedAt = stop == Stop::AtOnce ? std::optional(begun) : std::nullopt;
    std::thread([context, shared, task = std::shared_ptr<DownloadTask>(std::move(task))]() mutable {
        Result<void> outcome = guarded([&] { return task->run(*context); });
        task.reset();
        const std::lock_guard lock(shared->mutex);
        shared->ended = std::move(outcome);
        shared->changed.notify_all();
    }).detach();

    bool goesOn = false; // by itself, without its thread
    std::unique_lock lock(shared->mutex);
    for (;; shared->changed.wait_for(lock, kLook)) {
        const std::optional<Result<void>> ended = goesOn ? context->left() : shared->ended;
        const auto onStop = ended && *ended && !goesOn ? context->detached() : nullptr;
        const bool fire = !stoppedAt && (shared->firstByte || onStop || since(begun) > kLongestRun);
        if (fire)
            stoppedAt = steadyClock().now();
        if (ended && !onStop) {
            if (stoppedAt)
                into.sinceStop = since(*stoppedAt);
            if (!*ended && !findErrorRow(int(ended->error().code)))
                return failure(Code::PluginContract, QStringLiteral("there is no error %1").arg(int(ended->error().code)));
            return *ended;
        }
        if (stoppedAt && since(*stoppedAt) > kPatience) {
            hung_ = true;
            into.sinceStop = since(*stoppedAt);
            return failure(Code::PluginUnresponsive, QString::fromUtf8(plugin_));
        }
        lock.unlock(); // what is called here may wait for whoever tells us something
        if (onStop)
            onStop();
        else if (fire)
            context->requestStop();
        goesOn = goesOn || onStop;
        lock.lock();
    }
}

} // namespace weir
