#include "ftp/folder_download.h"

#include "ftp/ftp_profile.h"
#include "ftp/one_file.h"

#include <weir/memory_sink.h>
#include <weir/segmented_task.h>

#include <QFileInfo>
#include <QJsonDocument>

#include <algorithm>
#include <thread>

namespace weir {

using namespace std::chrono_literals;

namespace {

constexpr int kFilesAtOnce = 4;
constexpr auto kReportEvery = 500ms;
/// What is smaller is sooner fetched anew than remembered.
constexpr qint64 kWorthKeeping = 1 << 20;

const QString kBegun = QStringLiteral("begun");

QList<int> valid(QList<int> numbers, std::size_t count)
{
    numbers.removeIf([count](int number) { return number < 0 || std::size_t(number) >= count; });
    return numbers;
}

/// True if the other files would fare no better.
bool concernsAll(const Error& error)
{
    const ErrorRow& row = errorRow(error.code);
    return row.category == Category::Disk || row.category == Category::Ledger || row.category == Category::General
        || row.retry == Retry::Later || error.code == Code::LoginRefused;
}

bool isTooMany(Code code) { return code == Code::HostBusy || code == Code::LoginRefused || code == Code::ConnectRefused; }

} // namespace

FolderDownload::FolderDownload(TaskContext& ctx, FolderContents contents, const Choice& choice)
    : ctx_(ctx),
      contents_(std::move(contents)),
      name_(choice.name),
      chosen_(valid(choice.files, contents_.files.size())),
      state_(QJsonDocument::fromJson(contents_.toBytes()).object()),
      waiting_(chosen_.begin(), chosen_.end()),
      files_(contents_.files.size()),
      activities_(contents_.files.size())
{
    state_.insert(kBegun, QJsonDocument::fromJson(ctx.savedState()).object().value(kBegun).toObject());
}

Result<void> FolderDownload::run()
{
    const std::stop_callback stops(ctx_.stop(), [this] { stop_.request_stop(); });
    const int most = ctx_.spec().connections > 0 ? ctx_.spec().connections : kFilesAtOnce;
    workers_ = std::min(most, int(chosen_.size()));
    {
        std::vector<std::jthread> others;
        for (int i = 1; i < workers_; ++i)
            others.emplace_back([this] { work(false); });
        work(true);
    }
    if (!waiting_.empty() && !stop_.stop_requested()) { // given back by a worker when the others had just gone
        workers_ = 1;
        work(true);
    }
    if (ctx_.stop().stop_requested())
        return failure(Code::Cancelled);
    if (error_) {
        if (missing_.size() > 1)
            error_->detail += QStringLiteral(" (and %1 more files of %2)").arg(missing_.size() - 1).arg(chosen_.size());
        return tl::unexpected(*error_);
    }
    ctx_.setGaps(missing_);
    ctx_.setVerified(unverifiable_ || !missing_.isEmpty() ? Verified::Unverifiable : Verified::Received);
    return {};
}

void FolderDownload::work(bool first)
{
    const QUrl& url = ctx_.spec().url;
    bool permit = false;
    if (!first) {
        const std::lock_guard held(lock_);
        permit = ctx_.takeConnection(url);
    }
    while (first || permit) {
        const auto file = takeNext();
        if (!file)
            break;
        if (const auto fetched = fetch(*file); !fetched && !settle(*file, fetched.error()))
            break;
    }
    const std::lock_guard held(lock_);
    --workers_;
    if (permit)
        ctx_.releaseConnection(url);
}

std::optional<int> FolderDownload::takeNext()
{
    const std::lock_guard held(lock_);
    if (waiting_.empty() || stop_.stop_requested())
        return std::nullopt;
    const int file = waiting_.front();
    waiting_.pop_front();
    return file;
}

Result<void> FolderDownload::fetch(int number)
{
    if (const auto there = isThere(number); !there)
        return failure(there.error());
    else if (*there)
        return {};
    if (const auto fetched = fetchAsListed(number); !fetched)
        return failure(fetched.error());
    else if (*fetched)
        return {};
    const FolderFile& file = contents_.files[std::size_t(number)];
    TaskSpec spec = ctx_.spec();
    spec.url = file.url;
    spec.mirrors.clear();
    spec.digests.clear();
    spec.name = file.path;
    spec.connections = spec.connections > 0 ? 1 : 0;
    spec.options = {};
    QByteArray state;
    {
        const std::lock_guard held(lock_);
        state = state_[kBegun][QString::number(number)].toString().toUtf8();
    }
    OneFile context(ctx_, lock_, std::move(spec), std::move(state), stop_.get_token(),
        {.open = [this, number](qint64 size) { return open(number, size); },
            .save = [this, number](const QByteArray& identity) { keep(number, identity); },
            .report =
                [this, number](const Activity& now) {
                    activities_[std::size_t(number)] = now;
                    report();
                }});
    const auto fetched = makeSegmentedTask()->run(context);
    const std::lock_guard held(lock_);
    activities_[std::size_t(number)] = {};
    if (fetched) {
        unverifiable_ = unverifiable_ || context.verified() == Verified::Unverifiable;
        keep(number, {});
    }
    report();
    return fetched;
}

/// A small file whose size the folder's listing told needs no questions of its own: it is taken if that many bytes come, and
/// gets its name only then. False: whatever went otherwise is the segmented task's affair, which asks.
Result<bool> FolderDownload::fetchAsListed(int number)
{
    const FolderFile& file = contents_.files[std::size_t(number)];
    RangeFetcher* const fetcher = ctx_.services().fetcherFor(file.url);
    if (!fetcher || file.size < 0 || file.size >= kWorthKeeping)
        return false;
    auto context = std::make_shared<RequestContext>(ctx_.spec().request ? *ctx_.spec().request : RequestContext());
    context->method = kOnlyBytes;
    MemorySink sink(file.size);
    FetchGroup group(ctx_.services().clock(), stop_.get_token());
    {
        const std::lock_guard held(lock_);
        activities_[std::size_t(number)].connections = 1;
    }
    group.start(*fetcher, {.url = file.url, .context = context, .rate = &ctx_.rate()}, sink);
    std::optional<FetchDone> done;
    while (!done && !stop_.stop_requested())
        done = group.next(1s);
    const std::lock_guard held(lock_);
    activities_[std::size_t(number)] = {};
    if (!done)
        return failure(Code::Cancelled);
    if (!done->head || sink.bytes().size() != file.size)
        return false;
    const auto opened = open(number, file.size);
    if (!opened)
        return failure(opened.error());
    if (auto written = (*opened)->write(0, sink.bytes()); !written)
        return failure(written.error());
    report();
    return true;
}

/// From an earlier run; a file that is whole has no state any more.
Result<bool> FolderDownload::isThere(int number)
{
    const qint64 size = contents_.files[std::size_t(number)].size;
    const std::lock_guard held(lock_);
    if (size < 0 || ctx_.savedState().isEmpty() || state_[kBegun].toObject().contains(QString::number(number)))
        return false;
    // Opening would make it. Where its name here is another one, it is fetched again.
    const QString path = contents_.files[std::size_t(number)].path;
    if (!QFileInfo::exists(ctx_.spec().directory + u'/' + name_ + u'/' + path + QStringLiteral(".part")))
        return false;
    const auto file = open(number, size);
    if (!file)
        return failure(file.error());
    return size > 0 && (*file)->complete();
}

Result<OutputFile*> FolderDownload::open(int number, qint64 size)
{
    const FolderFile& file = contents_.files[std::size_t(number)];
    const auto opened = ctx_.open(name_ + u'/' + file.path, size);
    if (!opened)
        return opened;
    // Two names of the server that are one name here would become one file with the bytes of both.
    for (std::size_t i = 0; i < files_.size(); ++i)
        if (files_[i] == *opened && i != std::size_t(number))
            return failure(Code::NameUnusable, QStringLiteral("%1 and %2").arg(file.path, contents_.files[i].path));
    if (size >= 0 && (*opened)->size() != size)
        if (auto sized = (*opened)->setSize(size); !sized)
            return failure(sized.error());
    files_[std::size_t(number)] = *opened;
    return opened;
}

void FolderDownload::keep(int number, const QByteArray& state)
{
    QJsonObject begun = state_[kBegun].toObject();
    const QString key = QString::number(number);
    const bool known = begun.contains(key);
    const bool large = contents_.files[std::size_t(number)].size >= kWorthKeeping;
    if (!state.isEmpty() && (known || large))
        begun.insert(key, QString::fromUtf8(state));
    else if (known)
        begun.remove(key);
    else
        return;
    state_.insert(kBegun, begun);
    ctx_.save(QJsonDocument(state_).toJson(QJsonDocument::Compact));
}

bool FolderDownload::settle(int number, const Error& error)
{
    if (error.code == Code::Cancelled)
        return false;
    const std::lock_guard held(lock_);
    ctx_.log(Level::Warning, contents_.files[std::size_t(number)].path + QStringLiteral(": ") + describe(error));
    if (workers_ > 1 && isTooMany(error.code)) { // fewer at a time
        waiting_.push_front(number);
        return false;
    }
    missing_.append(QJsonObject{{"file", contents_.files[std::size_t(number)].path}, {"reason", describe(error)}});
    // A file that nobody has begun is left out. One that was begun would get its name with the others.
    const bool all = concernsAll(error);
    const bool last = missing_.size() == chosen_.size();
    if (all || !error_)
        error_ = all || last || files_[std::size_t(number)] ? std::optional(error) : std::nullopt;
    if (all)
        stop_.request_stop();
    return !all;
}

void FolderDownload::report()
{
    const TimePoint now = ctx_.services().clock().now();
    if (now - reported_ < kReportEvery)
        return;
    reported_ = now;
    Activity sum;
    sum.phase = QStringLiteral("downloading");
    sum.total = 0;
    SourceState source{ctx_.spec().url};
    for (const int number : chosen_) {
        const FolderFile& file = contents_.files[std::size_t(number)];
        const OutputFile* opened = files_[std::size_t(number)];
        sum.files.append({file.path, file.size, opened ? opened->done() : 0});
        sum.total = file.size < 0 || sum.total < 0 ? -1 : sum.total + file.size;
        const Activity& one = activities_[std::size_t(number)];
        sum.connections += one.connections;
        for (const SourceState& state : one.sources) {
            source.score = std::max(source.score, state.score);
            source.rate += state.rate;
            source.errors += state.errors;
            source.connections += state.connections;
        }
    }
    sum.sources.append(source);
    ctx_.report(sum);
}

} // namespace weir
