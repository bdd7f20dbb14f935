#pragma once
// Signatures of documents, in minisign's format: Ed25519 over the BLAKE2b-512 of the content, and a comment that is signed
// with it. Whoever has the public key knows that the document is its owner's, wherever it came from. Pure; any thread.

#include <weir/result.h>

#include <QByteArray>
#include <QList>

namespace weir {
inline namespace abi1 {

constexpr qsizetype kMostSignatureBytes = 16 << 10;

struct PublicKey {
    QByteArray id;  ///< 8 bytes, by which a signature names its key
    QByteArray key; ///< 32 bytes
};
struct SecretKey {
    QByteArray id;
    QByteArray seed; ///< 32 bytes
};

/// A minisign.pub, or only its second line. KeyUnusable.
Result<PublicKey> parsePublicKey(QByteArrayView text);
/// A minisign.key. Opening one that has a password takes seconds and a gigabyte of memory, so that guessing does too.
/// KeyUnusable.
Result<SecretKey> parseSecretKey(QByteArrayView text, QByteArrayView password);
/// As minisign prints it.
QString nameOf(const QByteArray& keyId);

/// The text of the file NAME.minisig beside NAME. `comment`: one line. KeyUnusable.
Result<QByteArray> sign(QByteArrayView content, const SecretKey& key, QByteArrayView comment);

struct Signature {
    QByteArray keyId;
    QString comment; ///< the signer's
};
/// What a signature says, if it is that of the content by one of the keys. SignatureBad, SignatureUntrusted.
Result<Signature> checkSignature(QByteArrayView content, QByteArrayView signature, const QList<PublicKey>& keys);

} // namespace abi1
} // namespace weir
