#include "media/mp4_boxes.h"
#include "media/packet_counts.h"

#include <algorithm>

namespace weir {

namespace {

constexpr qint64 kMostIndex = 1LL << 30; ///< a moov or moof larger than this is nonsense
constexpr std::size_t kMostTracks = 256;

std::optional<TrackType> typeOfHandler(QByteArrayView handler)
{
    if (handler == "vide")
        return TrackType::Video;
    if (handler == "soun")
        return TrackType::Audio;
    if (handler == "text" || handler == "sbtl" || handler == "subt")
        return TrackType::Subtitles;
    return std::nullopt;
}

} // namespace

void PacketCounts::add(TrackType type, qint64 count)
{
    qint64& sum = of(type);
    sum = sum == kUncounted || count == kUncounted ? kUncounted : sum + count;
}

void PacketCounts::add(const PacketCounts& other)
{
    for (const TrackType type : {TrackType::Video, TrackType::Audio, TrackType::Subtitles})
        add(type, other.of(type));
}

Mp4Counter::Track& Mp4Counter::trackOf(quint32 id)
{
    const auto known = std::find_if(tracks_.begin(), tracks_.end(), [id](const Track& track) { return track.id == id; });
    if (known != tracks_.end())
        return *known;
    if (tracks_.size() < kMostTracks)
        tracks_.push_back({id});
    return tracks_.back();
}

void Mp4Counter::readTrack(QByteArrayView trak)
{
    const auto header = findBox(trak, "tkhd");
    const auto handler = findBox(trak, {"mdia", "hdlr"});
    if (!header || header->isEmpty() || !handler || handler->size() < 12)
        return;
    Track& track = trackOf(bigEndian<quint32>(*header, (*header)[0] == 1 ? 20 : 12));
    track.type = typeOfHandler(handler->sliced(8, 4));
    if (!track.type)
        return;
    if (const auto table = findBox(trak, {"mdia", "minf", "stbl"}))
        if (const auto sizes = findBox(*table, "stsz"); sizes || findBox(*table, "stz2"))
            counts_.add(*track.type, bigEndian<quint32>(sizes ? *sizes : *findBox(*table, "stz2"), 8));
}

void Mp4Counter::readTracks(QByteArrayView moov)
{
    while (const auto box = nextBox(moov)) {
        if (box->type == "trak")
            readTrack(box->body);
        if (box->type != "mvhd" || box->body.isEmpty())
            continue;
        const bool wide = box->body[0] == 1;
        const double scale = bigEndian<quint32>(box->body, wide ? 20 : 12);
        const double units = wide ? double(bigEndian<quint64>(box->body, 24)) : double(bigEndian<quint32>(box->body, 16));
        if (scale > 0)
            duration_ = units / scale;
    }
}

void Mp4Counter::readFragment(QByteArrayView moof)
{
    while (const auto box = nextBox(moof)) {
        if (box->type != "traf")
            continue;
        const auto header = findBox(box->body, "tfhd");
        if (!header)
            continue;
        const auto type = trackOf(bigEndian<quint32>(*header, 4)).type;
        QByteArrayView runs = box->body;
        while (const auto run = nextBox(runs))
            if (run->type == "trun" && type)
                counts_.add(*type, bigEndian<quint32>(run->body, 4));
    }
}

Result<void> Mp4Counter::add(const ByteSource& bytes, qint64 size)
{
    for (qint64 at = 0; at < size;) {
        const auto head = bytes(at, std::min<qint64>(16, size - at));
        if (!head)
            return failure(head.error());
        const auto box = mp4BoxSize(*head);
        if (!box)
            break;
        const qint64 whole = box->whole == 0 ? size - at : std::min(box->whole, size - at);
        const QByteArrayView type = QByteArrayView(*head).sliced(4, 4);
        if ((type == "moov" || type == "moof") && whole >= box->header && whole <= kMostIndex) {
            const auto body = bytes(at + box->header, whole - box->header);
            if (!body)
                return failure(body.error());
            if (type == "moov")
                readTracks(*body);
            else
                readFragment(*body);
        }
        at += whole;
    }
    return {};
}

} // namespace weir
