#include "support/content.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace weir::test {
namespace {

// SplitMix64's finaliser over the word's number: random access at memory speed.
quint64 word(quint64 seed, quint64 number)
{
    quint64 x = (seed + 1) * 0x9e3779b97f4a7c15ull ^ (number + 1) * 0xd1342543de82ef95ull;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
    return x ^ (x >> 31);
}

} // namespace

static_assert(std::endian::native == std::endian::little, "The content is defined as little-endian words");

char contentByte(quint64 seed, qint64 offset)
{
    return static_cast<char>(word(seed, static_cast<quint64>(offset) / 8) >> (8 * (offset % 8)));
}

void fillContent(quint64 seed, qint64 offset, std::span<char> into)
{
    std::size_t at = 0;
    while (at < into.size() && (offset + static_cast<qint64>(at)) % 8 != 0) {
        into[at] = contentByte(seed, offset + static_cast<qint64>(at));
        ++at;
    }
    quint64 number = static_cast<quint64>(offset + static_cast<qint64>(at)) / 8;
    for (; at + 8 <= into.size(); at += 8, ++number) {
        const quint64 w = word(seed, number);
        std::memcpy(into.data() + at, &w, 8);
    }
    for (; at < into.size(); ++at)
        into[at] = contentByte(seed, offset + static_cast<qint64>(at));
}

QByteArray content(quint64 seed, qint64 offset, qint64 size)
{
    QByteArray bytes(size, Qt::Uninitialized);
    fillContent(seed, offset, {bytes.data(), static_cast<std::size_t>(size)});
    return bytes;
}

bool isContent(quint64 seed, qint64 offset, std::span<const char> data)
{
    std::array<char, 16384> expected;
    for (std::size_t at = 0; at < data.size();) {
        const std::size_t n = std::min(expected.size(), data.size() - at);
        fillContent(seed, offset + static_cast<qint64>(at), {expected.data(), n});
        if (std::memcmp(expected.data(), data.data() + at, n) != 0)
            return false;
        at += n;
    }
    return true;
}

} // namespace weir::test
