#include "media/packet_counts.h"

#include <algorithm>

namespace weir {

namespace {

constexpr quint32 kSegment = 0x18538067, kCluster = 0x1f43b675, kTracks = 0x1654ae6b, kBlockGroup = 0xa0, kBlock = 0xa1,
                  kSimpleBlock = 0xa3, kTrackEntry = 0xae, kTrackNumber = 0xd7, kTrackType = 0x83;
constexpr qint64 kUnknownSize = -1;
constexpr qint64 kMostTracksBytes = 16 << 20;
constexpr std::size_t kMostTracks = 256;
constexpr qint64 kAtOnce = 256 << 10;

struct Element {
    quint32 id = 0;
    qint64 header = 0, size = 0; ///< size: of the body, or kUnknownSize
};

/// A number with its length in front (RFC 8794); `keepMarker` for identifiers.
std::optional<std::pair<quint64, int>> number(QByteArrayView data, int most, bool keepMarker)
{
    if (data.isEmpty() || data[0] == 0)
        return std::nullopt;
    int length = 1;
    for (quint8 bit = 0x80; !(quint8(data[0]) & bit); bit >>= 1)
        ++length;
    if (length > most || data.size() < length)
        return std::nullopt;
    quint64 value = quint8(data[0]);
    if (!keepMarker)
        value &= (1U << (8 - length)) - 1;
    for (int i = 1; i < length; ++i)
        value = value << 8 | quint8(data[i]);
    return std::pair(value, length);
}

std::optional<Element> element(QByteArrayView data)
{
    const auto id = number(data, 4, true);
    if (!id)
        return std::nullopt;
    const auto size = number(data.sliced(id->second), 8, false);
    if (!size)
        return std::nullopt;
    const bool unknown = size->first == (1ULL << (7 * size->second)) - 1;
    return Element{quint32(id->first), id->second + size->second, unknown ? kUnknownSize : qint64(size->first)};
}

quint64 unsignedValue(QByteArrayView data)
{
    quint64 value = 0;
    for (const char byte : data.first(std::min<qsizetype>(data.size(), 8)))
        value = value << 8 | quint8(byte);
    return value;
}

/// Reads a file in steps, so that small elements don't cost a call each.
class Window {
public:
    Window(const ByteSource& bytes, qint64 size) : bytes_(bytes), size_(size) {}
    Result<QByteArrayView> at(qint64 offset, qint64 length)
    {
        length = std::min(length, size_ - offset);
        if (offset < begin_ || offset + length > begin_ + data_.size()) {
            auto data = bytes_(offset, std::min(std::max(length, kAtOnce), size_ - offset));
            if (!data)
                return failure(data.error());
            data_ = std::move(*data);
            begin_ = offset;
        }
        return QByteArrayView(data_).sliced(offset - begin_, std::min<qint64>(length, data_.size() - (offset - begin_)));
    }

private:
    const ByteSource& bytes_;
    const qint64 size_;
    QByteArray data_;
    qint64 begin_ = 0;
};

} // namespace

void MatroskaCounter::readTracks(QByteArrayView body)
{
    const auto each = [](QByteArrayView data, const auto& use) {
        while (const auto found = element(data)) {
            if (found->size < 0 || found->size > data.size() - found->header)
                return;
            use(found->id, data.sliced(found->header, found->size));
            data = data.sliced(found->header + found->size);
        }
    };
    tracks_.clear();
    each(body, [&](quint32 id, QByteArrayView entry) {
        if (id != kTrackEntry || tracks_.size() >= kMostTracks)
            return;
        Track track;
        each(entry, [&](quint32 field, QByteArrayView value) {
            if (field == kTrackNumber)
                track.number = unsignedValue(value);
            else if (field == kTrackType)
                switch (unsignedValue(value)) {
                case 1: track.type = TrackType::Video; break;
                case 2: track.type = TrackType::Audio; break;
                case 17: track.type = TrackType::Subtitles; break;
                default: break;
                }
        });
        tracks_.push_back(track);
    });
}

void MatroskaCounter::countBlock(QByteArrayView head)
{
    const auto track = number(head, 8, false);
    if (!track || head.size() < track->second + 3)
        return;
    const bool laced = head[track->second + 2] & 0x06;
    const qint64 frames = laced && head.size() > track->second + 3 ? 1 + quint8(head[track->second + 3]) : 1;
    for (const Track& known : tracks_)
        if (known.number == track->first && known.type)
            counts_.add(*known.type, frames);
}

Result<void> MatroskaCounter::add(const ByteSource& bytes, qint64 size)
{
    Window window(bytes, size);
    for (qint64 at = 0; at < size;) {
        const auto head = window.at(at, 12);
        if (!head)
            return failure(head.error());
        const auto found = element(*head);
        if (!found)
            break;
        const qint64 body = at + found->header;
        // These are entered, the others passed over.
        if (found->id == kSegment || found->id == kCluster || found->id == kBlockGroup) {
            at = body;
            continue;
        }
        if (found->size == kUnknownSize || found->size > size - body)
            break;
        const bool tracks = found->id == kTracks && found->size <= kMostTracksBytes;
        const bool block = found->id == kSimpleBlock || found->id == kBlock;
        if (tracks || block) {
            const auto data = window.at(body, tracks ? found->size : std::min<qint64>(found->size, 12));
            if (!data)
                return failure(data.error());
            if (tracks)
                readTracks(*data);
            else
                countBlock(*data);
        }
        at = body + found->size;
    }
    return {};
}

} // namespace weir
