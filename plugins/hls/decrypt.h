#pragma once
// AES-128-CBC: with PKCS#7 padding, as HLS encrypts whole segments (RFC 8216 section 5.2), and block by block for schemes that
// encrypt parts of samples. Pure; any thread.
// OpenSSL does it with the processor's instructions: 10 GB/s where libavutil 5.1 does 0.16 GB/s in plain code.

#include <weir/result.h>

#include <QByteArray>

#include <memory>

struct evp_cipher_ctx_st;

namespace weir {

inline constexpr qsizetype kAesBlock = 16;

/// One key, many chains of blocks. Belongs to one thread.
class BlockDecryptor {
public:
    /// KeyDamaged: the key has not 16 bytes.
    static Result<BlockDecryptor> open(QByteArrayView key);
    /// A chain begins. KeyDamaged: the IV has not 16 bytes.
    Result<void> begin(QByteArrayView iv);
    /// Whole blocks of the chain, in place.
    Result<void> decrypt(char* data, qsizetype size);

private:
    struct Free {
        void operator()(evp_cipher_ctx_st* cipher) const;
    };
    std::unique_ptr<evp_cipher_ctx_st, Free> cipher_;
};

/// Decrypts in place and takes the padding off. Errors: KeyDamaged (key or IV is not 16 bytes), DecryptFailed (not whole
/// blocks, or no padding at the end: the key is wrong or the segment was cut). `data` is of no use after an error.
Result<void> decryptAes128(QByteArray& data, QByteArrayView key, QByteArrayView iv);

/// Takes the padding of a whole decrypted segment off its end. DecryptFailed: there is none.
Result<void> removePadding(QByteArray& data);

/// The IV of a segment whose playlist names none: its media sequence number, big-endian.
QByteArray sequenceIv(qint64 number);

} // namespace weir
