#include "piece_size.h"

#include <QRegularExpression>

#include <bit>

namespace weir {

qint64 pieceSizeFor(qint64 totalSize)
{
    constexpr qint64 kMostPieces = 2000;
    qint64 size = kLeastPiece;
    while (size < kMostPiece && pieceCount(totalSize, size) > kMostPieces)
        size *= 2;
    return size;
}

qint64 pieceCount(qint64 totalSize, qint64 pieceSize) { return totalSize / pieceSize + (totalSize % pieceSize ? 1 : 0); }

Result<qint64> parsePieceSize(const QString& text)
{
    static const QRegularExpression form(QStringLiteral("^(\\d{1,10})\\s*([KMkm]?)(i?[Bb])?$"));
    const auto match = form.match(text);
    qint64 size = match.hasMatch() ? match.captured(1).toLongLong() : 0;
    if (const QString unit = match.captured(2).toUpper(); !unit.isEmpty())
        size *= unit == QLatin1String("K") ? 1 << 10 : 1 << 20;
    if (size < kLeastPiece || size > (128 << 20) || !std::has_single_bit(quint64(size)))
        return failure(Code::BadOption,
            QStringLiteral("--piece-size %1: it must be a power of two from 16K to 128M, such as 64K or 1M").arg(text));
    return size;
}

} // namespace weir
