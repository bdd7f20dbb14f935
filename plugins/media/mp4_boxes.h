#pragma once
// ISO base media file boxes, walked without trust: pure; any thread.

#include <QByteArray>
#include <QtEndian>

#include <initializer_list>
#include <optional>

namespace weir {

struct Mp4Box {
    QByteArrayView type;
    QByteArrayView body;
};

/// Size of a box's header and of the whole box; whole 0: to the end of the file. Unset: too few bytes or nonsense.
struct Mp4BoxSize {
    qint64 header = 0, whole = 0;
};
std::optional<Mp4BoxSize> mp4BoxSize(QByteArrayView first16);

/// Takes the first box off the front of `data`; unset: there is no whole one.
std::optional<Mp4Box> nextBox(QByteArrayView& data);
/// The first box of that type among those in `data`.
std::optional<QByteArrayView> findBox(QByteArrayView data, const char* type);
/// The same down a path of boxes in boxes.
std::optional<QByteArrayView> findBox(QByteArrayView data, std::initializer_list<const char*> path);

/// Big-endian at that place; 0 behind the end.
template <class T> T bigEndian(QByteArrayView data, qsizetype at)
{
    return at >= 0 && data.size() - at >= qsizetype(sizeof(T)) ? qFromBigEndian<T>(data.data() + at) : T{};
}

} // namespace weir
