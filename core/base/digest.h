#pragma once
// Digests of whole files: as users type them, as servers send them, as sums files list them; and computing them bit by bit.
// Pure; any thread, a Hasher belongs to one.

#include <weir/fetch.h>

#include <QCryptographicHash>

namespace weir {

/// "SHA256", "sha-256", "SHA_256" -> "sha-256"; null: not one of ours.
QByteArray digestAlgorithm(QByteArrayView name);
/// 0: unknown; else a higher one is harder to forge.
int digestStrength(QByteArrayView algorithm);
/// The hardest to forge; nullptr: the list is empty.
const ExpectedDigest* strongest(const QList<ExpectedDigest>& digests);

/// "sha-256=HEX", "sha256:HEX" or HEX alone (the kind by its length). BadChecksum names the text.
Result<ExpectedDigest> parseDigest(const QString& text);
/// "sha-256=HEX", what parseDigest() reads.
QString toText(const ExpectedDigest& digest);

/// Repr-Digest (RFC 9530), else Digest (RFC 3230); what can't be read is left out. They are of the representation as it
/// was sent: of no use when a content coding is removed. Content-MD5 is of the body: only with `wholeBody`.
QList<ExpectedDigest> digestsFromHeaders(const Headers& headers, bool wholeBody);

/// The digest of `name` in a sums file ("HEX  name", "HEX *name", "SHA256 (name) = HEX", or one lone HEX). The strongest
/// if there are several; an exact path wins over a mere file name. SumsFileNoEntry.
Result<ExpectedDigest> digestFromSums(QByteArrayView sums, const QString& name);

/// One pass over the bytes for one algorithm.
class Hasher {
public:
    /// `algorithm` as digestAlgorithm() gives it.
    explicit Hasher(QByteArrayView algorithm);
    void add(std::span<const char> bytes) { hash_.addData(QByteArrayView(bytes.data(), qsizetype(bytes.size()))); }
    QByteArray result() const { return hash_.result(); }
    bool matches(const ExpectedDigest& expected) const { return hash_.result() == expected.value; }

private:
    QCryptographicHash hash_;
};

} // namespace weir
