#include "media/packet_counts.h"

#include <QtEndian>

#include <algorithm>

namespace weir {

namespace {

constexpr qsizetype kPacket = 188;
constexpr qsizetype kMostSection = 4096;
constexpr std::size_t kMostStreams = 64;

quint8 byteAt(QByteArrayView data, qsizetype at) { return quint8(data[at]); }
quint16 pidAt(QByteArrayView data, qsizetype at) { return qFromBigEndian<quint16>(data.data() + at) & 0x1fff; }

struct Kind {
    std::optional<TrackType> type;
    std::optional<AudioFrames> frames;
    bool countable = true;
};

/// By ISO 13818-1 and, for private streams, the descriptors that DVB and ATSC put beside.
Kind kindOf(quint8 streamType, QByteArrayView descriptors)
{
    switch (streamType) {
    case 0x01:
    case 0x02:
    case 0x10:
    case 0x1b:
    case 0x24:
    case 0x33:
    case 0x42:
    case 0xdb: return {TrackType::Video, {}};
    case 0x0f:
    case 0xcf: return {TrackType::Audio, AudioFrames::Adts};
    case 0x03:
    case 0x04: return {TrackType::Audio, AudioFrames::Mpeg};
    case 0x81:
    case 0xc1: return {TrackType::Audio, AudioFrames::Ac3};
    case 0x87:
    case 0xc2: return {TrackType::Audio, AudioFrames::Eac3};
    case 0x11: return {TrackType::Audio, AudioFrames::Loas};
    case 0x1c:
    case 0x82:
    case 0x83:
    case 0x84:
    case 0x85:
    case 0x86:
    case 0x8a: return {TrackType::Audio, {}, false};
    case 0x06: break;
    default: return {};
    }
    while (descriptors.size() >= 2) {
        const qsizetype size = std::min<qsizetype>(byteAt(descriptors, 1), descriptors.size() - 2);
        const QByteArrayView body = descriptors.sliced(2, size);
        switch (byteAt(descriptors, 0)) {
        case 0x6a: return {TrackType::Audio, AudioFrames::Ac3};
        case 0x7a: return {TrackType::Audio, AudioFrames::Eac3};
        case 0x7b:
        case 0x7f: return {TrackType::Audio, {}, false};
        case 0x05:
            if (body.startsWith("HEVC"))
                return {TrackType::Video, {}};
            if (body.startsWith("AC-3"))
                return {TrackType::Audio, AudioFrames::Ac3};
            if (body.startsWith("EAC3"))
                return {TrackType::Audio, AudioFrames::Eac3};
            if (body.startsWith("Opus"))
                return {TrackType::Audio, AudioFrames::Opus};
            if (body.startsWith("DTS"))
                return {TrackType::Audio, {}, false};
            break;
        default: break;
        }
        descriptors = descriptors.sliced(2 + size);
    }
    return {};
}

} // namespace

void TsCounter::restart()
{
    tables_.clear();
    streams_.clear();
    partial_.clear();
}

void TsCounter::add(QByteArrayView bytes)
{
    if (!partial_.isEmpty()) {
        const qsizetype missing = std::min(kPacket - partial_.size(), bytes.size());
        partial_.append(bytes.data(), missing);
        bytes = bytes.sliced(missing);
        if (partial_.size() < kPacket)
            return;
        packet(partial_);
        partial_.clear();
    }
    while (bytes.size() >= kPacket) {
        if (bytes[0] != 0x47) {
            const qsizetype sync = bytes.indexOf(0x47);
            bytes = bytes.sliced(sync < 0 ? bytes.size() : sync);
            continue;
        }
        packet(bytes.first(kPacket));
        bytes = bytes.sliced(kPacket);
    }
    if (const qsizetype sync = bytes.indexOf(0x47); sync >= 0)
        partial_.append(bytes.data() + sync, bytes.size() - sync);
}

void TsCounter::packet(QByteArrayView packet)
{
    const bool broken = byteAt(packet, 1) & 0x80, start = byteAt(packet, 1) & 0x40;
    const quint16 pid = pidAt(packet, 1);
    const int control = byteAt(packet, 3) >> 4 & 3;
    if (broken || !(control & 1))
        return;
    const qsizetype begin = control == 3 ? 5 + byteAt(packet, 4) : 4;
    if (begin >= kPacket)
        return;
    const QByteArrayView body = packet.sliced(begin);
    for (Stream& stream : streams_)
        if (stream.pid == pid)
            return payload(stream, body, start);
    if (pid == 0 || std::any_of(tables_.begin(), tables_.end(), [pid](const Tables& each) { return each.pid == pid; }))
        section(pid, body, start);
}

void TsCounter::section(quint16 pid, QByteArrayView body, bool start)
{
    auto known = std::find_if(tables_.begin(), tables_.end(), [pid](const Tables& each) { return each.pid == pid; });
    if (known == tables_.end())
        known = tables_.insert(tables_.end(), {pid});
    if (start) {
        const qsizetype pointer = 1 + byteAt(body, 0);
        if (pointer > body.size())
            return;
        body = body.sliced(pointer);
        known->gathered.clear();
    } else if (known->gathered.isEmpty()) {
        return;
    }
    known->gathered.append(body.data(), std::min(body.size(), kMostSection - known->gathered.size()));
    const QByteArray& gathered = known->gathered;
    if (gathered.size() < 3)
        return;
    const qsizetype size = 3 + (qFromBigEndian<quint16>(gathered.constData() + 1) & 0xfff);
    if (gathered.size() < size || size < 12)
        return;
    const QByteArray table = gathered.first(size - 4); // without its CRC
    known->gathered.clear();
    if (pid == 0 && table[0] == 0)
        readPat(table);
    else if (known->isPmt && table[0] == 2)
        readPmt(table);
}

void TsCounter::readPat(QByteArrayView table)
{
    for (qsizetype at = 8; at + 4 <= table.size(); at += 4) {
        const quint16 pid = pidAt(table, at + 2);
        const bool network = qFromBigEndian<quint16>(table.data() + at) == 0;
        const bool known = std::any_of(tables_.begin(), tables_.end(), [pid](const Tables& each) { return each.pid == pid; });
        if (!network && !known && tables_.size() < kMostStreams)
            tables_.push_back({pid, true, {}});
    }
}

void TsCounter::readPmt(QByteArrayView table)
{
    if (table.size() < 12)
        return;
    qsizetype at = 12 + (qFromBigEndian<quint16>(table.data() + 10) & 0xfff);
    while (at + 5 <= table.size()) {
        const quint16 pid = pidAt(table, at + 1);
        const qsizetype size =
            std::min<qsizetype>(qFromBigEndian<quint16>(table.data() + at + 3) & 0xfff, table.size() - at - 5);
        const Kind kind = kindOf(byteAt(table, at), table.sliced(at + 5, size));
        const bool known = std::any_of(streams_.begin(), streams_.end(), [pid](const Stream& each) { return each.pid == pid; });
        if (!known && kind.type && streams_.size() < kMostStreams) {
            Stream stream{.pid = pid, .type = kind.type};
            if (kind.frames)
                stream.frames.emplace(*kind.frames);
            if (!kind.countable)
                counts_.add(*kind.type, PacketCounts::kUncounted);
            streams_.push_back(std::move(stream));
        }
        at += 5 + size;
    }
}

void TsCounter::payload(Stream& stream, QByteArrayView body, bool start)
{
    if (start) {
        stream.inPes = body.size() >= 9 && body.startsWith(QByteArrayView("\0\0\1", 3));
        if (!stream.inPes)
            return;
        stream.headerLeft = 9 + byteAt(body, 8);
        if (!stream.frames)
            counts_.add(*stream.type, 1);
    }
    if (!stream.inPes || !stream.frames)
        return;
    const qsizetype header = std::min(stream.headerLeft, body.size());
    stream.headerLeft -= header;
    const qint64 before = stream.frames->frames();
    stream.frames->add(body.sliced(header));
    counts_.add(*stream.type, stream.frames->frames() - before);
}

} // namespace weir
