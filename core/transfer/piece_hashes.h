#pragma once
// Digests of equal pieces of a file, as metalinks and publishers give them: which bytes are wrong, not only that some are.
// In a task's options: "pieces": {"algorithm": "sha-256", "length": BYTES, "hashes": ["HEX", ...]}. Pure but for reading the
// file; called on the task's thread.

#include <weir/output_file.h>

#include <QJsonValue>

#include <functional>
#include <stop_token>

namespace weir {

struct PieceHashes {
    QByteArray algorithm; ///< as digestAlgorithm() gives it
    qint64 length = 0;    ///< of each piece but the last, in bytes
    QList<QByteArray> hashes;

    /// They are of a file of that size.
    bool fit(qint64 size) const;
    ByteRange piece(qsizetype index, qint64 size) const;
};

/// BadChecksum says what is wrong with it.
Result<PieceHashes> readPieceHashes(const QJsonValue& value);

/// Those of the pieces in `where` which differ from their hash. `progress` is told where the reading is. Cancelled when `stop`
/// fires; else errors of reading.
Result<std::vector<ByteRange>> wrongPieces(const OutputFile& file, const PieceHashes& pieces, const RangeSet& where,
    std::stop_token stop, const std::function<void(qint64)>& progress);

} // namespace weir
