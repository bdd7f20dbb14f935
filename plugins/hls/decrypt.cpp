#include "hls/decrypt.h"

#include <QtEndian>

#include <openssl/evp.h>

#include <algorithm>

namespace weir {

namespace {

constexpr qsizetype kMostAtOnce = 1 << 30; // OpenSSL counts in int

const unsigned char* bytesOf(QByteArrayView view) { return reinterpret_cast<const unsigned char*>(view.data()); }

tl::unexpected<Error> refused() { return failure(Code::DecryptFailed, QStringLiteral("OpenSSL refused AES-128-CBC")); }

} // namespace

void BlockDecryptor::Free::operator()(evp_cipher_ctx_st* cipher) const { EVP_CIPHER_CTX_free(cipher); }

Result<BlockDecryptor> BlockDecryptor::open(QByteArrayView key)
{
    if (key.size() != kAesBlock)
        return failure(Code::KeyDamaged, QStringLiteral("the key has %1 bytes instead of 16").arg(key.size()));
    BlockDecryptor opened;
    opened.cipher_.reset(EVP_CIPHER_CTX_new());
    if (!opened.cipher_ || EVP_DecryptInit_ex(opened.cipher_.get(), EVP_aes_128_cbc(), nullptr, bytesOf(key), nullptr) != 1)
        return refused();
    // With padding on, OpenSSL holds a block back, which does not go together with working in place.
    EVP_CIPHER_CTX_set_padding(opened.cipher_.get(), 0);
    return opened;
}

Result<void> BlockDecryptor::begin(QByteArrayView iv)
{
    if (iv.size() != kAesBlock)
        return failure(Code::KeyDamaged, QStringLiteral("the IV has %1 bytes instead of 16").arg(iv.size()));
    if (EVP_DecryptInit_ex(cipher_.get(), nullptr, nullptr, nullptr, bytesOf(iv)) != 1)
        return refused();
    return {};
}

Result<void> BlockDecryptor::decrypt(char* data, qsizetype size)
{
    auto* at = reinterpret_cast<unsigned char*>(data);
    for (qsizetype left = size; left > 0;) {
        const int now = int(std::min(left, kMostAtOnce));
        int out = 0;
        if (EVP_DecryptUpdate(cipher_.get(), at, &out, at, now) != 1 || out != now)
            return refused();
        at += now;
        left -= now;
    }
    return {};
}

Result<void> removePadding(QByteArray& data)
{
    const qsizetype padding = data.isEmpty() ? 0 : quint8(data.back());
    const bool padded = padding >= 1 && padding <= std::min(kAesBlock, data.size())
        && std::all_of(data.cend() - padding, data.cend(), [&](char byte) { return quint8(byte) == padding; });
    if (!padded)
        return failure(Code::DecryptFailed, QStringLiteral("no padding at the end: the key is wrong or the segment was cut"));
    data.chop(padding);
    return {};
}

Result<void> decryptAes128(QByteArray& data, QByteArrayView key, QByteArrayView iv)
{
    auto blocks = BlockDecryptor::open(key);
    if (!blocks)
        return failure(blocks.error());
    if (auto ok = blocks->begin(iv); !ok)
        return ok;
    if (data.isEmpty() || data.size() % kAesBlock != 0)
        return failure(Code::DecryptFailed, QStringLiteral("%1 bytes are not whole blocks of AES").arg(data.size()));
    if (auto ok = blocks->decrypt(data.data(), data.size()); !ok)
        return ok;
    return removePadding(data);
}

QByteArray sequenceIv(qint64 number)
{
    QByteArray iv(kAesBlock, '\0');
    qToBigEndian(quint64(number), iv.data() + 8);
    return iv;
}

} // namespace weir
