#pragma once
// One file of a spool: bytes at offsets, mode 0600. Closed with its owner. Writing and reading threads may differ.

#include <weir/result.h>

#include <span>

namespace weir {

class SpoolFile {
public:
    SpoolFile() = default;
    ~SpoolFile();
    SpoolFile(SpoolFile&& other) noexcept;
    SpoolFile& operator=(SpoolFile&& other) noexcept;

    /// Creates what is not there. Errors of all functions: Disk category, naming the path.
    static Result<SpoolFile> open(const QString& path);
    Result<void> write(qint64 offset, std::span<const char> bytes);
    Result<void> read(qint64 offset, std::span<char> into) const; ///< all of it, or DiskShortRead
    Result<void> truncate(qint64 size);
    Result<qint64> size() const;
    const QString& path() const { return path_; }

private:
    QString path_;
    int descriptor_ = -1;
};

/// The code of the Disk category for an errno, with what was being done.
tl::unexpected<Error> spoolFailure(const char* operation, const QString& path, int errnoValue);

} // namespace weir
