#pragma once
// The digest of a whole file, for a torrent of one file whose digest somebody gave. Blocking; the task's thread.

#include <weir/fetch.h>

#include <stop_token>

namespace weir {

/// ChecksumMismatch, Cancelled, DiskError. `progress` is told how many bytes were read. Without digests nothing is read.
Result<void> checkDigests(const QString& path, const QList<ExpectedDigest>& digests, std::stop_token stop,
    const std::function<void(qint64)>& progress);

} // namespace weir
