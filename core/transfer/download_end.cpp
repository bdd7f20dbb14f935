// How a download ends: what has come is held against every hash that is known, and pieces that are wrong come again.

#include "transfer/download.h"

#include "transfer/piece_hashes.h"
#include "transfer/source_error.h"
#include "transfer/verification.h"

#include <algorithm>

namespace weir {

namespace {

constexpr int kRepairs = 3;
constexpr qint64 kWorthSums = 1 << 20; // smaller files are looked at by their users

} // namespace

QList<ExpectedDigest> Download::wantedDigests()
{
    QList<ExpectedDigest> digests = spec_.digests;
    const bool asked = spec_.options["sums"].toBool();
    const bool known = !digests.isEmpty() || !identity_.digests.isEmpty() || spec_.options.contains("pieces");
    if (asked || (spec_.lookBeside && !known && identity_.size >= kWorthSums)) {
        if (auto found = findSums(spec_.url, identity_.name, ctx_))
            digests.append(*found);
        else if (asked)
            ctx_.log(Level::Warning, describe(found.error()));
    }
    return digests;
}

void Download::reportVerifying(qint64 bytes)
{
    if (clock_.now() - lastReport_ < kReportEvery)
        return;
    lastReport_ = clock_.now();
    Activity activity;
    activity.phase = QString("verifying %1 %").arg(bytes * 100 / std::max<qint64>(1, file_->size()));
    ctx_.report(activity);
}

Result<void> Download::repair()
{
    const QJsonValue given = spec_.options["pieces"];
    if (given.isUndefined())
        return {};
    const auto pieces = readPieceHashes(given);
    if (!pieces)
        return tl::unexpected(pieces.error());
    if (!pieces->fit(file_->size()))
        return failure(Code::SizeChanged,
            QString("%1: the %2 piece hashes are not of a file of %3 bytes")
                .arg(spec_.url.toDisplayString())
                .arg(pieces->hashes.size())
                .arg(file_->size()));
    RangeSet doubtful{{0, file_->size()}};
    for (int repairs = 0;; ++repairs) {
        const auto wrong = wrongPieces(*file_, *pieces, doubtful, ctx_.stop(), [this](qint64 at) { reportVerifying(at); });
        if (!wrong)
            return tl::unexpected(wrong.error());
        if (wrong->empty())
            break;
        const QString what = QString("%1 pieces differ from their hashes, the first at bytes %2 to %3")
                                 .arg(wrong->size())
                                 .arg(wrong->front().begin)
                                 .arg(wrong->front().end);
        if (repairs == kRepairs)
            return failure(Code::ChecksumMismatch, what);
        ctx_.log(Level::Warning, what);
        blame(*wrong);
        doubtful.clear();
        for (const ByteRange piece : *wrong) {
            file_->forget(piece);
            doubtful.add(piece);
        }
        if (auto fetched = loop(); !fetched)
            return fetched;
    }
    piecesFit_ = true;
    return {};
}

void Download::blame(const std::vector<ByteRange>& wrong)
{
    for (Source& source : sources_) {
        // Of a piece that came from several, nobody knows who lied.
        const bool alone =
            std::any_of(wrong.begin(), wrong.end(), [&](ByteRange piece) { return source.brought.contains(piece); });
        source.brought.clear();
        if (!alone || source.dropped)
            continue;
        source.record.lied(clock_.now());
        if (std::count_if(sources_.begin(), sources_.end(), [](const Source& s) { return !s.dropped; }) > 1) {
            source.dropped = true;
            ctx_.log(Level::Warning, describe({Code::MirrorDiffers, source.url.toDisplayString()}));
        }
    }
}

Result<void> Download::verify()
{
    const QList<ExpectedDigest> given = wantedDigests();
    const auto verdict =
        checkDigests(*file_, given + identity_.digests, ctx_.stop(), [this](qint64 at) { reportVerifying(at); });
    if (!verdict)
        return tl::unexpected(verdict.error());
    if (verdict->wrong) {
        const Code code = given.contains(*verdict->wrong) ? Code::ChecksumMismatch : Code::DigestMismatch;
        return failure(code,
            QString("%1: %2 expected, %3 found")
                .arg(QString::fromLatin1(verdict->wrong->algorithm), QString::fromLatin1(verdict->wrong->value.toHex()),
                    QString::fromLatin1(verdict->found.toHex())));
    }
    ctx_.setVerified(verdict->checked || piecesFit_ ? Verified::Verified
            : identity_.size < 0                    ? Verified::Unverifiable
                                                    : Verified::Received);
    return {};
}

} // namespace weir
