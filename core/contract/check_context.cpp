#include "contract/check_context.h"

#include "base/file_name.h"
#include "platform/disk.h"

namespace weir {

namespace {
constexpr int kMostConnections = 8;
}

CheckContext::CheckContext(Services& services, Registry& registry, TaskSpec spec, KeptRun kept, Wishes wishes)
    : services_(services),
      registry_(registry),
      spec_(std::move(spec)),
      kept_(std::move(kept)),
      wishes_(std::move(wishes)),
      rate_(&services.totalRate()),
      state_(kept_.state)
{
    rate_.setRate(wishes_.rate);
}

CheckContext::~CheckContext() = default;

std::function<void()> CheckContext::detached() const
{
    const std::lock_guard lock(mutex_);
    return detached_;
}

std::optional<Result<void>> CheckContext::left() const
{
    const std::lock_guard lock(mutex_);
    return left_;
}

KeptRun CheckContext::keep() const
{
    const std::lock_guard lock(mutex_);
    KeptRun kept{state_, {}};
    for (const auto& [path, file] : files_)
        kept.files[path] = {file->size(), file->written()};
    return kept;
}

Result<void> CheckContext::finish()
{
    std::map<QString, std::unique_ptr<OutputFile>> files;
    {
        const std::lock_guard lock(mutex_);
        files.swap(files_);
    }
    for (const auto& [path, file] : files) {
        const RangeSet written = file->written();
        const bool whole = file->complete() || (file->size() < 0 && (written.empty() || written.gaps(written.bytes()).empty()));
        if (!whole)
            return failure(
                Code::Internal, QStringLiteral("%1 of %2 bytes of %3 are there").arg(file->done()).arg(file->size()).arg(path));
        if (auto ok = systemDisk().rename(file->partPath(), file->finalPath(), true); !ok)
            return ok;
    }
    return {};
}

Result<Choice> CheckContext::describe(const TaskInfo& info)
{
    if (wishes_.toDescribe)
        return failure(*wishes_.toDescribe);
    Choice choice{safeName(info.name, info.mime.toUtf8()), {}, {}};
    for (int i = 0; i < info.files.size(); ++i)
        choice.files.append(i);
    return choice;
}

Result<OutputFile*> CheckContext::open(const QString& path, qint64 size)
{
    opened_ = true;
    if (wishes_.toOpen)
        return failure(*wishes_.toOpen);
    const auto safe = safeRelativePath(path);
    if (!safe)
        return failure(safe.error());
    const std::lock_guard lock(mutex_);
    if (const auto there = files_.find(*safe); there != files_.end())
        return there->second.get();
    const QString finalPath = spec_.directory + u'/' + *safe;
    Disk& disk = systemDisk();
    if (auto ok = disk.makeDirectory(finalPath.left(finalPath.lastIndexOf(u'/'))); !ok)
        return failure(ok.error());
    const auto kept = kept_.files.find(*safe);
    auto file = disk.open(finalPath + QStringLiteral(".part"), Disk::Open::NewOrExisting);
    if (!file)
        return failure(file.error());
    auto output = std::make_unique<OutputFile>(
        finalPath, std::move(*file), size, kept != kept_.files.end() ? kept->second.written : RangeSet());
    if (firstByte_)
        output->setOnUnsynced(1, [told = firstByte_, file = output.get()] {
            file->setOnUnsynced(0, {}); // nothing is synced here, so nobody may wait for it
            told();
        });
    return (files_[*safe] = std::move(output)).get();
}

void CheckContext::save(QByteArray state, const QStringList&)
{
    const std::lock_guard lock(mutex_);
    state_ = std::move(state);
}

// A library that writes its files itself tells of its first byte only here.
void CheckContext::report(const Activity& now)
{
    if (firstByte_ && now.done > 0)
        firstByte_();
}

void CheckContext::detach(std::function<void()> onStop)
{
    const std::lock_guard lock(mutex_);
    detached_ = std::move(onStop);
}

void CheckContext::leave(Result<void> outcome)
{
    const std::lock_guard lock(mutex_);
    left_ = std::move(outcome);
}

bool CheckContext::belongsToOther(QByteArrayView mime, QByteArrayView first4k)
{
    if (spec_.prefetched || !kept_.state.isEmpty())
        return false;
    const auto match = registry_.adapterForContent(mime, first4k, wishes_.plugin);
    otherPlugin_ = match ? match->plugin : QByteArray();
    return match.has_value();
}

Error CheckContext::handOver(Prefetched reply)
{
    prefetched_ = std::move(reply);
    return Error{Code::OtherAdapter, QString::fromUtf8(otherPlugin_)};
}

bool CheckContext::takeConnection(const QUrl&)
{
    const std::lock_guard lock(mutex_);
    if (extraConnections_ >= kMostConnections - 1)
        return false;
    ++extraConnections_;
    return true;
}

void CheckContext::releaseConnection(const QUrl&)
{
    const std::lock_guard lock(mutex_);
    --extraConnections_;
}

} // namespace weir
