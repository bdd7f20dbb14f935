#pragma once
// How large the pieces of a torrent are. Few and large ones make a small torrent file; many and small ones are passed on
// sooner and cost less when one is wrong. Pure; any thread.

#include <weir/result.h>

namespace weir {

constexpr qint64 kLeastPiece = 16 << 10, kMostPiece = 16 << 20;

/// The smallest power of two that makes at most 2,000 pieces, which are then more than 1,000; within 16 KiB and 16 MiB.
qint64 pieceSizeFor(qint64 totalSize);
qint64 pieceCount(qint64 totalSize, qint64 pieceSize);
/// "64K", "1M", "65536": a power of two of at least 16 KiB and at most 128 MiB. BadOption.
Result<qint64> parsePieceSize(const QString& text);

} // namespace weir
