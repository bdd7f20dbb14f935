#include "media/mp4_boxes.h"

#include <limits>

namespace weir {

std::optional<Mp4BoxSize> mp4BoxSize(QByteArrayView first)
{
    if (first.size() < 8)
        return std::nullopt;
    const auto small = bigEndian<quint32>(first, 0);
    if (small == 0)
        return Mp4BoxSize{8, 0};
    if (small >= 8)
        return Mp4BoxSize{8, small};
    if (small != 1 || first.size() < 16)
        return std::nullopt;
    const auto large = bigEndian<quint64>(first, 8);
    if (large < 16 || large > quint64(std::numeric_limits<qint64>::max()))
        return std::nullopt;
    return Mp4BoxSize{16, qint64(large)};
}

std::optional<Mp4Box> nextBox(QByteArrayView& data)
{
    const auto size = mp4BoxSize(data);
    if (!size)
        return std::nullopt;
    const qint64 whole = size->whole == 0 ? data.size() : size->whole;
    if (whole > data.size())
        return std::nullopt;
    const Mp4Box box{data.sliced(4, 4), data.sliced(size->header, whole - size->header)};
    data = data.sliced(whole);
    return box;
}

std::optional<QByteArrayView> findBox(QByteArrayView data, const char* type)
{
    while (const auto box = nextBox(data))
        if (box->type == type)
            return box->body;
    return std::nullopt;
}

std::optional<QByteArrayView> findBox(QByteArrayView data, std::initializer_list<const char*> path)
{
    for (const char* type : path) {
        const auto found = findBox(data, type);
        if (!found)
            return std::nullopt;
        data = *found;
    }
    return data;
}

} // namespace weir
