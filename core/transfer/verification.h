#pragma once
// Checks of a whole file against digests. Called on the task's thread; reads the file once for all algorithms.

#include <weir/context.h>

namespace weir {

struct Verdict {
    bool checked = false;                ///< at least one digest was there
    std::optional<ExpectedDigest> wrong; ///< the first one that does not fit
    QByteArray found;                    ///< what the file has instead
};

/// `progress` is told bytes read; Cancelled when `stop` fires.
Result<Verdict> checkDigests(const OutputFile& file, const QList<ExpectedDigest>& expected, std::stop_token stop,
    const std::function<void(qint64)>& progress);

/// Looks beside `url` for NAME.sha256, SHA256SUMS and the like. SumsFileMissing, SumsFileNoEntry.
Result<ExpectedDigest> findSums(const QUrl& url, const QString& name, TaskContext& ctx);

} // namespace weir
