#pragma once
// A File that lives in memory and outlives its handles, as a file on disk does: open it twice and the second one sees what
// the first wrote. Any thread. It can be told to fail.

#include "platform/disk.h"

#include <atomic>
#include <mutex>
#include <vector>

namespace weir::test {

/// The bytes, shared by every handle.
struct MemoryFileData {
    mutable std::mutex mutex;
    std::vector<char> bytes;
    QString path;
    quint64 inode = 1;
    int syncs = 0;
    qint64 capacity = -1; ///< writes beyond are DiskFull; -1: no limit
    std::optional<Code> failWrites, failSyncs;
};

class MemoryFile final : public File {
public:
    explicit MemoryFile(std::shared_ptr<MemoryFileData> data) : data_(std::move(data)) {}
    Result<void> write(qint64 offset, std::span<const char> data) override;
    Result<void> read(qint64 offset, std::span<char> into) const override;
    Result<void> reserve(qint64 size, Reserve mode) override;
    Result<void> truncate(qint64 size) override;
    Result<void> sync() override;
    Result<void> checkWritten() override { return {}; }
    Result<FileIdentity> identity() const override;
    QString path() const override { return data_->path; }

private:
    const std::shared_ptr<MemoryFileData> data_;
};

} // namespace weir::test
