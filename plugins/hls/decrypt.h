#pragma once
// AES-128-CBC with PKCS#7 padding, as HLS encrypts whole segments (RFC 8216 section 5.2). Pure; any thread.
// OpenSSL does it with the processor's instructions: 10 GB/s where libavutil 5.1 does 0.16 GB/s in plain code.

#include <weir/result.h>

#include <QByteArray>

namespace weir {

/// Decrypts in place and takes the padding off. Errors: KeyDamaged (key or IV is not 16 bytes), DecryptFailed (not whole
/// blocks, or no padding at the end: the key is wrong or the segment was cut). `data` is of no use after an error.
Result<void> decryptAes128(QByteArray& data, QByteArrayView key, QByteArrayView iv);

/// The IV of a segment whose playlist names none: its media sequence number, big-endian.
QByteArray sequenceIv(qint64 number);

} // namespace weir
