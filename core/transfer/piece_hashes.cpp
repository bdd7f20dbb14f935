#include "transfer/piece_hashes.h"

#include "base/digest.h"

#include <QJsonArray>
#include <QJsonObject>

#include <algorithm>

namespace weir {

namespace {

constexpr qint64 kReadSize = 1 << 20;
constexpr qint64 kShortest = 1 << 10, kLongest = 1 << 30;
constexpr qsizetype kMost = 1 << 20;

tl::unexpected<Error> bad(const QString& why) { return failure(Code::BadChecksum, QStringLiteral("pieces: ") + why); }

} // namespace

bool PieceHashes::fit(qint64 size) const { return size > 0 && (size + length - 1) / length == hashes.size(); }

ByteRange PieceHashes::piece(qsizetype index, qint64 size) const
{
    return {index * length, std::min(size, (index + 1) * length)};
}

Result<PieceHashes> readPieceHashes(const QJsonValue& value)
{
    const QJsonObject given = value.toObject();
    PieceHashes pieces;
    pieces.algorithm = digestAlgorithm(given.value(u"algorithm").toString().toUtf8());
    if (pieces.algorithm.isEmpty())
        return bad(QStringLiteral("algorithm must be md5, sha-1, sha-256, sha-384 or sha-512"));
    pieces.length = given.value(u"length").toInteger();
    if (pieces.length < kShortest || pieces.length > kLongest)
        return bad(QStringLiteral("length must be %1 to %2 bytes").arg(kShortest).arg(kLongest));
    const QJsonArray hashes = given.value(u"hashes").toArray();
    if (hashes.isEmpty() || hashes.size() > kMost)
        return bad(QStringLiteral("hashes must be a list of 1 to %1").arg(kMost));
    const qsizetype width = Hasher(pieces.algorithm).result().size();
    for (const QJsonValue& hash : hashes) {
        const QByteArray hex = hash.toString().toUtf8();
        pieces.hashes.append(QByteArray::fromHex(hex));
        if (hex.size() != 2 * width || pieces.hashes.last().size() != width)
            return bad(QStringLiteral("number %1 is no digest of that kind").arg(pieces.hashes.size()));
    }
    return pieces;
}

Result<std::vector<ByteRange>> wrongPieces(const OutputFile& file, const PieceHashes& pieces, const RangeSet& where,
    std::stop_token stop, const std::function<void(qint64)>& progress)
{
    std::vector<ByteRange> wrong;
    const qint64 size = file.size();
    for (qsizetype i = 0; i < pieces.hashes.size(); ++i) {
        const ByteRange piece = pieces.piece(i, size);
        if (!where.intersects(piece))
            continue;
        Hasher hasher(pieces.algorithm);
        for (qint64 at = piece.begin; at < piece.end; at += kReadSize) {
            if (stop.stop_requested())
                return failure(Code::Cancelled);
            const auto bytes = file.read({at, std::min(piece.end, at + kReadSize)});
            if (!bytes)
                return tl::unexpected(bytes.error());
            hasher.add({bytes->constData(), std::size_t(bytes->size())});
        }
        progress(piece.end);
        if (hasher.result() != pieces.hashes[i])
            wrong.push_back(piece);
    }
    return wrong;
}

} // namespace weir
