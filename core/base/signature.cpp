#include <weir/signature.h>

#include <weir/lines.h>

#include <QCryptographicHash>
#include <QtEndian>

#include <openssl/evp.h>

#include <memory>
#include <optional>

namespace weir {
inline namespace abi1 {

namespace {

constexpr qsizetype kAlgorithm = 2, kId = 8, kKey = 32, kSeal = 64, kCheck = 32;
constexpr qsizetype kPublicKey = kAlgorithm + kId + kKey;
constexpr qsizetype kSignature = kAlgorithm + kId + kSeal;
// A secret key: kinds of key, derivation and check; salt, work and memory of the derivation; then what the password hides:
// id, seed, public key and check.
constexpr qsizetype kSalt = 6, kWork = 38, kMemory = 46, kHidden = 54, kHiddenSize = kId + kKey + kKey + kCheck;
constexpr quint64 kMostMemory = quint64(1) << 30; // what minisign itself asks for
constexpr QByteArrayView kRemark("untrusted comment:"), kComment("trusted comment: ");
constexpr QByteArrayView kHashedKind("ED"), kKeyKind("Ed"), kOpen("\0\0", 2), kScrypt("Sc"), kBlake("B2");

const unsigned char* bytesOf(QByteArrayView view) { return reinterpret_cast<const unsigned char*>(view.data()); }

struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Context = std::unique_ptr<EVP_MD_CTX, Free>;

bool isSealed(QByteArrayView message, QByteArrayView seal, const PublicKey& by)
{
    const Key key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytesOf(by.key), std::size_t(by.key.size())));
    const Context context(EVP_MD_CTX_new());
    return key && context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1
        && EVP_DigestVerify(
               context.get(), bytesOf(seal), std::size_t(seal.size()), bytesOf(message), std::size_t(message.size()))
        == 1;
}

Key privateKey(const QByteArray& seed)
{
    return Key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytesOf(seed), std::size_t(seed.size())));
}

QByteArray publicKeyOf(const QByteArray& seed)
{
    const Key key = privateKey(seed);
    QByteArray out(kKey, '\0');
    std::size_t size = kKey;
    const bool done = key && EVP_PKEY_get_raw_public_key(key.get(), reinterpret_cast<unsigned char*>(out.data()), &size) == 1;
    return done ? out : QByteArray();
}

/// Empty: the library refused.
QByteArray sealOf(QByteArrayView message, const SecretKey& by)
{
    const Key key = privateKey(by.seed);
    const Context context(EVP_MD_CTX_new());
    QByteArray seal(kSeal, '\0');
    std::size_t size = kSeal;
    if (!key || !context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1
        || EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(seal.data()), &size, bytesOf(message),
               std::size_t(message.size()))
            != 1)
        return {};
    return seal;
}

QByteArray hashOf(QByteArrayView content)
{
    QCryptographicHash hash(QCryptographicHash::Blake2b_512);
    hash.addData(content);
    return hash.result();
}

QList<QByteArrayView> linesOf(QByteArrayView text)
{
    QList<QByteArrayView> lines;
    while (!text.isEmpty())
        lines.append(takeLine(text));
    while (!lines.isEmpty() && lines.last().isEmpty())
        lines.removeLast();
    return lines;
}

/// nullopt: not the base64 of so many bytes.
std::optional<QByteArray> decoded(QByteArrayView line, qsizetype size)
{
    const auto bytes = QByteArray::fromBase64Encoding(line.toByteArray(), QByteArray::AbortOnBase64DecodingErrors);
    return bytes && (*bytes).size() == size ? std::optional(*bytes) : std::nullopt;
}

/// The bytes of a key file, or of its second line alone.
std::optional<QByteArray> decodedKey(QByteArrayView text, qsizetype size)
{
    if (text.size() > kMostSignatureBytes)
        return std::nullopt;
    const auto lines = linesOf(text.trimmed());
    const bool whole = lines.size() == 2 && lines[0].startsWith(kRemark);
    return whole || lines.size() == 1 ? decoded(lines.last().trimmed(), size) : std::nullopt;
}

tl::unexpected<Error> badKey(const QString& why) { return failure(Code::KeyUnusable, why); }
tl::unexpected<Error> badSignature(const QString& why) { return failure(Code::SignatureBad, why); }

struct Cost {
    quint64 rounds = 0;
    quint32 parallel = 1;
};
constexpr quint32 kBlock = 8; // scrypt's r

/// libsodium's way from work and memory to scrypt's numbers.
Cost costOf(quint64 work, quint64 memory)
{
    work = std::max<quint64>(work, 32'768);
    const bool littleWork = work < memory / 32;
    const quint64 most = littleWork ? work / (kBlock * 4) : memory / (quint64(kBlock) * 128);
    Cost cost{.rounds = 2};
    while (cost.rounds <= most / 2 && cost.rounds < (quint64(1) << 40))
        cost.rounds *= 2;
    if (!littleWork)
        cost.parallel = quint32(std::min<quint64>(work / 4 / cost.rounds, 0x3fffffff) / kBlock);
    return cost;
}

/// What hides the key, empty: the numbers are not those of a key that can be opened.
QByteArray maskOf(const QByteArray& key, QByteArrayView password)
{
    const auto work = qFromLittleEndian<quint64>(key.constData() + kWork);
    const auto memory = qFromLittleEndian<quint64>(key.constData() + kMemory);
    if (memory > kMostMemory || work > kMostMemory)
        return {};
    const Cost cost = costOf(work, memory);
    QByteArray mask(kHiddenSize, '\0');
    const bool done = EVP_PBE_scrypt(password.data(), std::size_t(password.size()), bytesOf(key) + kSalt, kKey, cost.rounds,
                          kBlock, cost.parallel, 2 * kMostMemory, reinterpret_cast<unsigned char*>(mask.data()), kHiddenSize)
        == 1;
    return done ? mask : QByteArray();
}

} // namespace

Result<PublicKey> parsePublicKey(QByteArrayView text)
{
    const auto bytes = decodedKey(text, kPublicKey);
    if (!bytes || !bytes->startsWith(kKeyKind))
        return badKey(QStringLiteral("\"%1\" is no public key of minisign")
                          .arg(QString::fromLatin1(text.first(std::min<qsizetype>(text.size(), 80)))));
    return PublicKey{bytes->sliced(kAlgorithm, kId), bytes->sliced(kAlgorithm + kId)};
}

Result<SecretKey> parseSecretKey(QByteArrayView text, QByteArrayView password)
{
    // Nothing of the text is told: it may be a secret.
    auto bytes = decodedKey(text, kHidden + kHiddenSize);
    if (!bytes || !bytes->startsWith(kKeyKind) || bytes->sliced(2 * kAlgorithm, kAlgorithm) != kBlake)
        return badKey(QStringLiteral("it is no secret key of minisign"));
    const QByteArray derivation = bytes->sliced(kAlgorithm, kAlgorithm);
    if (derivation == kScrypt) {
        if (password.isEmpty())
            return badKey(QStringLiteral("it has a password"));
        const QByteArray mask = maskOf(*bytes, password);
        if (mask.isEmpty())
            return badKey(QStringLiteral("its password can't be used"));
        for (qsizetype i = 0; i < kHiddenSize; ++i)
            (*bytes)[kHidden + i] = char((*bytes)[kHidden + i] ^ mask[i]);
    } else if (derivation != kOpen) {
        return badKey(QStringLiteral("its password is of an unknown kind"));
    }
    const QByteArray id = bytes->sliced(kHidden, kId), keys = bytes->sliced(kHidden + kId, 2 * kKey);
    const QByteArray seed = keys.first(kKey);
    if (publicKeyOf(seed) != keys.last(kKey))
        return badKey(QStringLiteral("it is damaged, or the password is another"));
    return SecretKey{id, seed};
}

QString nameOf(const QByteArray& keyId)
{
    const auto number = keyId.size() == kId ? qFromLittleEndian<quint64>(keyId.constData()) : 0;
    return QString::number(number, 16).toUpper();
}

Result<QByteArray> sign(QByteArrayView content, const SecretKey& key, QByteArrayView comment)
{
    const QByteArray seal = sealOf(hashOf(content), key);
    const QByteArray whole = sealOf(seal + comment.toByteArray(), key);
    if (seal.isEmpty() || whole.isEmpty())
        return badKey(QStringLiteral("OpenSSL refused Ed25519"));
    return kRemark.toByteArray() + " signature of weir share\n" + (kHashedKind.toByteArray() + key.id + seal).toBase64() + '\n'
        + kComment.toByteArray() + comment.toByteArray() + '\n' + whole.toBase64() + '\n';
}

Result<Signature> checkSignature(QByteArrayView content, QByteArrayView signature, const QList<PublicKey>& keys)
{
    const auto lines = signature.size() > kMostSignatureBytes ? QList<QByteArrayView>() : linesOf(signature);
    if (lines.size() != 4 || !lines[0].startsWith(kRemark) || !lines[2].startsWith(kComment))
        return badSignature(QStringLiteral("it is no signature of minisign"));
    const auto bytes = decoded(lines[1], kSignature), whole = decoded(lines[3], kSeal);
    if (!bytes || !whole)
        return badSignature(QStringLiteral("the signature is damaged"));
    // The older kind is over the content itself; one over 64 bytes could be passed off as one over another document's hash.
    if (!bytes->startsWith(kHashedKind))
        return badSignature(QStringLiteral("it is of another kind, `minisign -S` makes the one that is taken"));
    const QByteArray id = bytes->sliced(kAlgorithm, kId), seal = bytes->sliced(kAlgorithm + kId);
    const QByteArrayView comment = lines[2].sliced(kComment.size());
    bool known = false;
    for (const PublicKey& key : keys) {
        if (key.id != id)
            continue;
        known = true;
        if (isSealed(hashOf(content), seal, key) && isSealed(seal + comment.toByteArray(), *whole, key))
            return Signature{id, QString::fromUtf8(comment)};
    }
    return known ? badSignature(QStringLiteral("key %1").arg(nameOf(id)))
                 : failure(Code::SignatureUntrusted, QStringLiteral("key %1").arg(nameOf(id)));
}

} // namespace abi1
} // namespace weir
