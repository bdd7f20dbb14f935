#include "platform/disk.h"

#include <weir/output_file.h>

#include <utility>

namespace weir {
inline namespace abi1 {
namespace {

quint64 deviceOf(const File& file)
{
    const auto identity = file.identity();
    return identity ? identity->device : 0;
}

} // namespace

OutputFile::OutputFile(QString finalPath, std::unique_ptr<File> file, qint64 size, RangeSet written)
    : finalPath_(std::move(finalPath)),
      file_(std::move(file)),
      device_(deviceOf(*file_)),
      size_(size),
      written_(std::move(written))
{}

OutputFile::~OutputFile() = default;

Result<void> OutputFile::write(qint64 offset, std::span<const char> data)
{
    const ByteRange range{offset, offset + qint64(data.size())};
    awaitRoom(range.size());
    const auto failures = checked(range);
    if (!failures)
        return failure(failures.error());
    if (auto ok = file_->write(offset, data); !ok)
        return ok;
    return count(range, *failures);
}

Result<void> OutputFile::countWritten(ByteRange range)
{
    // After a failed sync nobody knows whether bytes that were written before it, and are told of only now, were lost with it.
    const auto failures = checked(range);
    return failures ? count(range, 0) : failure(failures.error());
}

void OutputFile::awaitRoom(qint64 bytes)
{
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] { return !reached_ || !told_ || freshBytes_ + waitingBytes_ + bytes <= 2 * reachedAt_; });
}

/// How many syncs have failed so far.
Result<quint64> OutputFile::checked(ByteRange range) const
{
    const std::lock_guard lock(mutex_);
    if (range.begin < 0 || range.end < range.begin || (size_ >= 0 && range.end > size_))
        return failure(
            Code::LengthMismatch, QStringLiteral("write %1: byte %2 of %3").arg(finalPath_).arg(range.end).arg(size_));
    return failures_;
}

Result<void> OutputFile::count(ByteRange range, quint64 failuresBefore)
{
    std::shared_ptr<const std::function<void()>> reached;
    {
        const std::lock_guard lock(mutex_);
        if (failuresBefore != failures_)
            return failure(Code::DiskSyncFailed, QStringLiteral("write ") + file_->path());
        written_.add(range);
        fresh_.add(range);
        freshBytes_ += range.size();
        if (!told_ && reached_ && freshBytes_ + waitingBytes_ >= reachedAt_) {
            told_ = true;
            reached = reached_;
        }
    }
    if (reached)
        (*reached)();
    return {};
}

Result<QByteArray> OutputFile::read(ByteRange range) const
{
    {
        const std::lock_guard lock(mutex_);
        if (range.begin < 0 || range.end < range.begin || !written_.contains(range))
            return failure(Code::DiskShortRead,
                QStringLiteral("read %1: bytes %2 to %3 are not there").arg(file_->path()).arg(range.begin).arg(range.end));
    }
    QByteArray bytes(range.size(), Qt::Uninitialized);
    if (auto ok = file_->read(range.begin, {bytes.data(), std::size_t(bytes.size())}); !ok)
        return failure(ok.error());
    return bytes;
}

void OutputFile::forget(ByteRange range)
{
    {
        const std::lock_guard lock(mutex_);
        written_.remove(range);
    }
    file_->forget(range);
}

Result<void> OutputFile::setSize(qint64 size)
{
    {
        const std::lock_guard lock(mutex_);
        if (size == size_)
            return {};
    }
    if (auto ok = file_->truncate(size); !ok)
        return ok;
    const std::lock_guard lock(mutex_);
    size_ = size;
    if (!written_.empty() && written_.ranges().back().end > size)
        written_.remove({size, written_.ranges().back().end});
    return {};
}

qint64 OutputFile::size() const
{
    const std::lock_guard lock(mutex_);
    return size_;
}

qint64 OutputFile::done() const
{
    const std::lock_guard lock(mutex_);
    return written_.bytes();
}

RangeSet OutputFile::written() const
{
    const std::lock_guard lock(mutex_);
    return written_;
}

bool OutputFile::complete() const
{
    const std::lock_guard lock(mutex_);
    return size_ >= 0 && (size_ == 0 || written_.contains({0, size_}));
}

quint64 OutputFile::device() const { return device_; }

QString OutputFile::partPath() const { return file_->path(); }

void OutputFile::beginVolumeSync()
{
    const std::lock_guard lock(mutex_);
    waiting_.add(fresh_);
    waitingBytes_ += std::exchange(freshBytes_, 0);
    fresh_.clear();
}

qint64 OutputFile::unsynced() const
{
    const std::lock_guard lock(mutex_);
    return freshBytes_ + waitingBytes_;
}

void OutputFile::startWriting() const { file_->startWriting(); }

Result<void> OutputFile::sync()
{
    beginVolumeSync();
    return settle(file_->sync());
}

Result<void> OutputFile::endVolumeSync() { return settle(file_->checkWritten()); }

OutputFile::Checkpoint OutputFile::durable() const
{
    const std::lock_guard lock(mutex_);
    Checkpoint known{size_, written_};
    for (const RangeSet* unsure : {&waiting_, &fresh_})
        for (const ByteRange& range : unsure->ranges())
            known.written.remove(range);
    return known;
}

Result<void> OutputFile::settle(Result<void> synced)
{
    const std::lock_guard lock(mutex_);
    if (!synced) {
        for (const RangeSet* lost : {&waiting_, &fresh_})
            for (const ByteRange& range : lost->ranges())
                written_.remove(range);
        fresh_.clear();
        freshBytes_ = 0;
        ++failures_;
    }
    waiting_.clear();
    waitingBytes_ = 0;
    told_ = false;
    room_.notify_all();
    return synced;
}

void OutputFile::setOnUnsynced(qint64 bytes, std::function<void()> reached)
{
    auto shared = reached ? std::make_shared<const std::function<void()>>(std::move(reached)) : nullptr;
    const std::lock_guard lock(mutex_);
    reached_ = std::move(shared);
    reachedAt_ = bytes;
    told_ = false;
    room_.notify_all();
}

} // namespace abi1
} // namespace weir
