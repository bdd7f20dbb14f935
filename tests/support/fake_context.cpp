#include "support/fake_context.h"

#include <algorithm>
#include <cstdlib>

namespace weir::test {

RangeFetcher* FakeServices::fetcherFor(const QUrl& url)
{
    const auto it = byScheme.find(url.scheme());
    return it == byScheme.end() ? fetcher : it->second;
}

CurlEngine& FakeServices::curl()
{
    qFatal("A simulated task asked for libcurl");
    std::abort();
}

FakeContext::FakeContext(FakeServices& services, TaskSpec spec)
    : services_(services),
      spec_(std::move(spec)),
      rate_(&services.totalRate())
{
    if (!spec_.request)
        spec_.request = std::make_shared<RequestContext>();
    if (spec_.directory.isEmpty())
        spec_.directory = QStringLiteral("/fake");
}

FakeContext::~FakeContext() = default;

Result<void> FakeContext::run(DownloadTask& task)
{
    if (stop_.stop_requested())
        stop_ = std::stop_source();
    ++runs;
    const TimePoint before = services_.clock().now();
    Result<void> result = task.run(*this);
    took = services_.clock().now() - before;
    closeFiles();
    return result;
}

void FakeContext::stopAfter(std::chrono::nanoseconds time)
{
    if (stop_.stop_requested())
        stop_ = std::stop_source();
    static_cast<FakeClock&>(services_.clock()).after(time, [source = stop_]() mutable { source.request_stop(); });
}

void FakeContext::closeFiles()
{
    for (auto& [path, stored] : files_) {
        if (!stored.open)
            continue;
        stored.written = stored.open->written();
        stored.size = stored.open->size();
        stored.open.reset();
    }
}

FakeContext::Stored& FakeContext::file(const QString& path)
{
    Stored& stored = files_[path];
    if (!stored.data) {
        stored.data = std::make_shared<MemoryFileData>();
        stored.data->path = spec_.directory + u'/' + path + QStringLiteral(".part");
        stored.data->inode = files_.size();
    }
    return stored;
}

QByteArray FakeContext::bytes(const QString& path) const
{
    const auto it = files_.find(path);
    if (it == files_.end())
        return {};
    const std::lock_guard lock(it->second.data->mutex);
    return {it->second.data->bytes.data(), static_cast<qsizetype>(it->second.data->bytes.size())};
}

RangeSet FakeContext::written(const QString& path) const
{
    const Stored& stored = files_.at(path);
    return stored.open ? stored.open->written() : stored.written;
}

qint64 FakeContext::sizeOf(const QString& path) const
{
    const Stored& stored = files_.at(path);
    return stored.open ? stored.open->size() : stored.size;
}

QStringList FakeContext::opened() const
{
    QStringList names;
    for (const auto& [path, stored] : files_)
        names.append(path);
    return names;
}

Result<Choice> FakeContext::describe(const TaskInfo& info)
{
    described.append(info);
    if (describeError)
        return failure(*describeError);
    Choice choice;
    choice.name = !chosenName.isEmpty() ? chosenName : !spec_.name.isEmpty() ? spec_.name : info.name;
    if (choice.name.isEmpty())
        choice.name = QStringLiteral("download");
    for (int i = 0; i < info.files.size(); ++i)
        choice.files.append(i);
    return choice;
}

Result<OutputFile*> FakeContext::open(const QString& path, qint64 size)
{
    if (openError)
        return failure(*openError);
    Stored& stored = file(path);
    if (stored.open)
        return stored.open.get();
    auto handle = std::make_unique<MemoryFile>(stored.data);
    if (size >= 0)
        if (auto ok = handle->reserve(size, Reserve::Auto); !ok)
            return failure(ok.error());
    stored.open = std::make_unique<OutputFile>(spec_.directory + u'/' + path, std::move(handle), size, stored.written);
    return stored.open.get();
}

void FakeContext::save(QByteArray state, const QStringList&) { saved.append(std::move(state)); }

void FakeContext::report(const Activity& now)
{
    activity = now;
    ++reports;
}

Result<void> FakeContext::complete()
{
    ++completions;
    return {};
}

Error FakeContext::handOver(Prefetched reply)
{
    handedOver = std::move(reply);
    return {Code::OtherAdapter, spec_.url.toString()};
}

bool FakeContext::takeConnection(const QUrl& url)
{
    // Every task has one connection of its own, which nobody has to ask for.
    int& onHost = perHost_[url.host()];
    if (extraConnections + 1 >= maxConnections || onHost + 1 >= maxPerHost) {
        ++refusedConnections;
        return false;
    }
    ++onHost;
    peakExtraConnections = std::max(peakExtraConnections, ++extraConnections);
    return true;
}

void FakeContext::releaseConnection(const QUrl& url)
{
    --perHost_[url.host()];
    --extraConnections;
}

void FakeContext::hostIsBusy(const QUrl& url, std::optional<std::chrono::system_clock::time_point> until)
{
    busyHosts.append({url, until});
}

void FakeContext::log(Level, const QString& text)
{
    const std::lock_guard lock(logMutex_);
    logged.append(text);
}

} // namespace weir::test
