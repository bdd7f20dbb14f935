#include "support/gzip.h"

#include <algorithm>
#include <array>

namespace weir::test {
namespace {

quint32 crc32(const QByteArray& data)
{
    static const std::array<quint32, 256> table = [] {
        std::array<quint32, 256> t;
        for (quint32 n = 0; n < 256; ++n) {
            quint32 c = n;
            for (int bit = 0; bit < 8; ++bit)
                c = c & 1 ? 0xedb88320u ^ (c >> 1) : c >> 1;
            t[n] = c;
        }
        return t;
    }();
    quint32 crc = ~0u;
    for (const char byte : data)
        crc = table[(crc ^ static_cast<unsigned char>(byte)) & 0xff] ^ (crc >> 8);
    return ~crc;
}

void append(QByteArray& out, quint32 value, int bytes)
{
    for (int i = 0; i < bytes; ++i)
        out.append(static_cast<char>(value >> (8 * i)));
}

} // namespace

QByteArray gzip(const QByteArray& data)
{
    QByteArray out("\x1f\x8b\x08\0\0\0\0\0\0\x03", 10);
    out.reserve(data.size() + data.size() / 8192 + 64);
    qsizetype at = 0;
    do {
        const qsizetype n = std::min<qsizetype>(65535, data.size() - at);
        out.append(static_cast<char>(at + n == data.size())); // last block, stored
        append(out, static_cast<quint32>(n), 2);
        append(out, ~static_cast<quint32>(n), 2);
        out.append(data.constData() + at, n);
        at += n;
    } while (at < data.size());
    append(out, crc32(data), 4);
    append(out, static_cast<quint32>(data.size()), 4);
    return out;
}

} // namespace weir::test
