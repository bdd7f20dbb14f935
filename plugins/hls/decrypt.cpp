#include "hls/decrypt.h"

#include <QtEndian>

#include <openssl/evp.h>

#include <algorithm>
#include <memory>

namespace weir {

namespace {

constexpr qsizetype kBlock = 16;
constexpr qsizetype kMostAtOnce = 1 << 30; // OpenSSL counts in int

struct FreeCipher {
    void operator()(EVP_CIPHER_CTX* cipher) const { EVP_CIPHER_CTX_free(cipher); }
};

bool decryptBlocks(QByteArray& data, QByteArrayView key, QByteArrayView iv)
{
    const std::unique_ptr<EVP_CIPHER_CTX, FreeCipher> cipher(EVP_CIPHER_CTX_new());
    const auto bytes = [](QByteArrayView view) { return reinterpret_cast<const unsigned char*>(view.data()); };
    if (!cipher || EVP_DecryptInit_ex(cipher.get(), EVP_aes_128_cbc(), nullptr, bytes(key), bytes(iv)) != 1)
        return false;
    // With padding on, OpenSSL holds a block back, which does not go together with working in place.
    EVP_CIPHER_CTX_set_padding(cipher.get(), 0);
    auto* at = reinterpret_cast<unsigned char*>(data.data());
    for (qsizetype left = data.size(); left > 0;) {
        const int size = int(std::min(left, kMostAtOnce));
        int out = 0;
        if (EVP_DecryptUpdate(cipher.get(), at, &out, at, size) != 1 || out != size)
            return false;
        at += size;
        left -= size;
    }
    return true;
}

} // namespace

Result<void> decryptAes128(QByteArray& data, QByteArrayView key, QByteArrayView iv)
{
    if (key.size() != kBlock)
        return failure(Code::KeyDamaged, QStringLiteral("the key has %1 bytes instead of 16").arg(key.size()));
    if (iv.size() != kBlock)
        return failure(Code::KeyDamaged, QStringLiteral("the IV has %1 bytes instead of 16").arg(iv.size()));
    if (data.isEmpty() || data.size() % kBlock != 0)
        return failure(Code::DecryptFailed, QStringLiteral("%1 bytes are not whole blocks of AES").arg(data.size()));
    if (!decryptBlocks(data, key, iv))
        return failure(Code::DecryptFailed, QStringLiteral("OpenSSL refused AES-128-CBC"));

    const qsizetype padding = quint8(data.back());
    const bool padded = padding >= 1 && padding <= kBlock
        && std::all_of(data.cend() - padding, data.cend(), [&](char byte) { return quint8(byte) == padding; });
    if (!padded)
        return failure(Code::DecryptFailed, QStringLiteral("no padding at the end: the key is wrong or the segment was cut"));
    data.chop(padding);
    return {};
}

QByteArray sequenceIv(qint64 number)
{
    QByteArray iv(kBlock, '\0');
    qToBigEndian(quint64(number), iv.data() + 8);
    return iv;
}

} // namespace weir
