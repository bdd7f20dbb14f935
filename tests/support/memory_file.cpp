#include "support/memory_file.h"

#include <algorithm>

namespace weir::test {

Result<void> MemoryFile::write(qint64 offset, std::span<const char> data)
{
    const std::lock_guard lock(data_->mutex);
    if (data_->failWrites)
        return failure(*data_->failWrites, QStringLiteral("write %1").arg(data_->path));
    const qint64 end = offset + static_cast<qint64>(data.size());
    if (data_->capacity >= 0 && end > data_->capacity)
        return failure(Code::DiskFull, QStringLiteral("write %1").arg(data_->path));
    if (end > static_cast<qint64>(data_->bytes.size()))
        data_->bytes.resize(static_cast<std::size_t>(end));
    std::copy(data.begin(), data.end(), data_->bytes.begin() + offset);
    return {};
}

Result<void> MemoryFile::read(qint64 offset, std::span<char> into) const
{
    const std::lock_guard lock(data_->mutex);
    if (offset + static_cast<qint64>(into.size()) > static_cast<qint64>(data_->bytes.size()))
        return failure(Code::DiskShortRead, QStringLiteral("read %1").arg(data_->path));
    std::copy_n(data_->bytes.begin() + offset, into.size(), into.begin());
    return {};
}

Result<void> MemoryFile::reserve(qint64 size, Reserve)
{
    const std::lock_guard lock(data_->mutex);
    if (data_->capacity >= 0 && size > data_->capacity)
        return failure(Code::DiskFull, QStringLiteral("reserve %1").arg(data_->path));
    data_->bytes.resize(static_cast<std::size_t>(size));
    return {};
}

Result<void> MemoryFile::truncate(qint64 size)
{
    const std::lock_guard lock(data_->mutex);
    data_->bytes.resize(static_cast<std::size_t>(size));
    return {};
}

Result<void> MemoryFile::sync()
{
    const std::lock_guard lock(data_->mutex);
    if (data_->failSyncs)
        return failure(*data_->failSyncs, QStringLiteral("sync %1").arg(data_->path));
    ++data_->syncs;
    return {};
}

Result<FileIdentity> MemoryFile::identity() const
{
    const std::lock_guard lock(data_->mutex);
    return FileIdentity{1, data_->inode, static_cast<qint64>(data_->bytes.size())};
}

} // namespace weir::test
