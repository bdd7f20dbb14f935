#include "hls/sample_aes.h"

#include "hls/decrypt.h"
#include "media/audio_frames.h"
#include "media/sniff.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <set>
#include <vector>

namespace weir {

namespace {

constexpr qsizetype kPacket = 188;
constexpr qsizetype kClearOfSlice = 32, kLeastSlice = 49, kClearBlocks = 9 * kAesBlock;
constexpr qsizetype kClearOfFrame = 16;

tl::unexpected<Error> damaged(const char* what) { return failure(Code::SegmentDamaged, QString::fromLatin1(what)); }

enum class Coding : quint8 { H264, Adts, Ac3, Eac3 };

/// What an encrypted stream is called in a program map, and what it is without encryption.
struct StreamKind {
    quint8 encrypted, plain;
    Coding coding;
};
constexpr StreamKind kKinds[] = {
    {0xdb, 0x1b, Coding::H264}, {0xcf, 0x0f, Coding::Adts}, {0xc1, 0x81, Coding::Ac3}, {0xc2, 0x87, Coding::Eac3}};

quint32 crcOf(QByteArrayView section)
{
    quint32 crc = 0xffffffff;
    for (const char byte : section) {
        crc ^= quint32(quint8(byte)) << 24;
        for (int bit = 0; bit < 8; ++bit)
            crc = crc & 0x80000000 ? crc << 1 ^ 0x04c11db7 : crc << 1;
    }
    return crc;
}

/// One stretch of an elementary stream inside of a packet; it ends where the packet does.
struct Piece {
    qsizetype packet = 0; ///< where the packet begins
    qsizetype at = 0;     ///< where the stream's bytes begin
    qsizetype size() const { return packet + kPacket - at; }
};
/// One packetized unit: of H.264 it is a picture.
struct Unit {
    qsizetype header = 0; ///< where the PES header begins
    std::vector<Piece> pieces;
};

/// Where in a packet its payload begins; unset: it has none.
std::optional<qsizetype> payloadOf(const QByteArray& segment, qsizetype packet)
{
    const auto byte = [&](qsizetype i) { return quint8(segment[packet + i]); };
    if (!(byte(3) & 0x10))
        return std::nullopt;
    const qsizetype begin = byte(3) & 0x20 ? 5 + byte(4) : 4;
    return begin < kPacket ? std::optional(packet + begin) : std::nullopt;
}

Result<void> decryptFrames(QByteArray& bytes, Coding coding, BlockDecryptor& blocks, QByteArrayView iv)
{
    const AudioFrames kind = coding == Coding::Adts ? AudioFrames::Adts
        : coding == Coding::Ac3                     ? AudioFrames::Ac3
                                                    : AudioFrames::Eac3;
    for (qsizetype at = 0; bytes.size() - at >= kAudioHeader;) {
        const qsizetype size = audioFrameSize(kind, QByteArrayView(bytes).sliced(at, kAudioHeader));
        if (size == 0) {
            ++at;
            continue;
        }
        if (size > bytes.size() - at)
            break;
        const qsizetype header = coding == Coding::Adts ? (bytes[at + 1] & 1 ? 7 : 9) : 0;
        const qsizetype clear = header + kClearOfFrame;
        if (auto ok = blocks.begin(iv); !ok)
            return ok;
        if (size > clear)
            if (auto ok = blocks.decrypt(bytes.data() + at + clear, (size - clear) / kAesBlock * kAesBlock); !ok)
                return ok;
        at += size;
    }
    return {};
}

class Stream {
public:
    Stream(QByteArray& segment, BlockDecryptor& blocks, QByteArrayView iv) : segment_(segment), blocks_(blocks), iv_(iv) {}

    Result<void> run()
    {
        collect();
        for (auto& [pid, units] : units_) {
            const auto coding = codings_.find(pid);
            if (coding == codings_.end())
                continue;
            if (auto ok = coding->second == Coding::H264 ? pictures(units) : sound(units, coding->second); !ok)
                return ok;
        }
        return {};
    }

private:
    void collect()
    {
        qsizetype at = 0;
        while (at + kPacket <= segment_.size()) {
            if (segment_[at] != 0x47) {
                ++at; // some servers put a few bytes in front
                continue;
            }
            packet(at);
            at += kPacket;
        }
    }

    void packet(qsizetype at)
    {
        const auto payload = payloadOf(segment_, at);
        if (!payload)
            return;
        const int pid = (quint8(segment_[at + 1]) & 0x1f) << 8 | quint8(segment_[at + 2]);
        const bool starts = quint8(segment_[at + 1]) & 0x40;
        if (pid == 0 || maps_.contains(pid)) {
            if (starts)
                table(at, *payload, pid == 0);
            return;
        }
        auto& units = units_[pid];
        if (starts) {
            const qsizetype left = at + kPacket - *payload;
            const bool whole = left >= 9 && QByteArrayView(segment_).sliced(*payload).startsWith(QByteArrayView("\0\0\1", 3))
                && left >= 9 + quint8(segment_[*payload + 8]);
            units.push_back({*payload, {}});
            if (whole && left > 9 + quint8(segment_[*payload + 8]))
                units.back().pieces.push_back({at, *payload + 9 + quint8(segment_[*payload + 8])});
        } else if (!units.empty()) {
            units.back().pieces.push_back({at, *payload});
        }
    }

    /// Tables that fit into a packet, as all of a stream for few programs do.
    void table(qsizetype packet, qsizetype payload, bool association)
    {
        const qsizetype begin = payload + 1 + quint8(segment_[payload]), end = packet + kPacket;
        if (end - begin < 12)
            return;
        const auto byte = [&](qsizetype i) { return quint8(segment_[begin + i]); };
        const qsizetype size = 3 + ((byte(1) & 0x0f) << 8 | byte(2));
        if (size < 12 || size > end - begin || byte(0) != (association ? 0 : 2))
            return;
        if (association) {
            for (qsizetype at = 8; at + 4 <= size - 4; at += 4)
                if (byte(at) || byte(at + 1)) // program 0 is the network's table
                    maps_.insert((byte(at + 2) & 0x1f) << 8 | byte(at + 3));
            return;
        }
        for (qsizetype at = 12 + ((byte(10) & 0x0f) << 8 | byte(11)); at + 5 <= size - 4;
             at += 5 + ((byte(at + 3) & 0x0f) << 8 | byte(at + 4)))
            for (const StreamKind& kind : kKinds)
                if (byte(at) == kind.encrypted) {
                    codings_[(byte(at + 1) & 0x1f) << 8 | byte(at + 2)] = kind.coding;
                    segment_[begin + at] = char(kind.plain);
                }
        const quint32 crc = crcOf(QByteArrayView(segment_).sliced(begin, size - 4));
        for (int i = 0; i < 4; ++i)
            segment_[begin + size - 4 + i] = char(crc >> (24 - 8 * i));
    }

    QByteArray joined(const std::vector<Piece>& pieces) const
    {
        QByteArray bytes;
        for (const Piece& piece : pieces)
            bytes.append(segment_.constData() + piece.at, piece.size());
        return bytes;
    }

    Result<void> sound(const std::vector<Unit>& units, Coding coding)
    {
        std::vector<Piece> pieces;
        for (const Unit& unit : units)
            pieces.insert(pieces.end(), unit.pieces.begin(), unit.pieces.end());
        QByteArray bytes = joined(pieces);
        if (auto ok = decryptFrames(bytes, coding, blocks_, iv_); !ok)
            return ok;
        qsizetype from = 0;
        for (const Piece& piece : pieces) {
            std::memcpy(segment_.data() + piece.at, bytes.constData() + from, std::size_t(piece.size()));
            from += piece.size();
        }
        return {};
    }

    Result<void> pictures(std::vector<Unit>& units)
    {
        for (Unit& unit : units) {
            const QByteArray before = joined(unit.pieces);
            const auto after = decryptSlices(before);
            if (!after)
                return failure(after.error());
            if (auto ok = putBack(unit, *after); !ok)
                return ok;
        }
        return {};
    }

    /// The bytes that keep patterns of start codes out of what is encrypted are gone now. The unit stays in as many packets,
    /// so that their counters stay right; stuffing takes the place of what is gone.
    Result<void> putBack(const Unit& unit, const QByteArray& bytes)
    {
        qsizetype surplus = -bytes.size(), spare = 0;
        for (const Piece& piece : unit.pieces) {
            surplus += piece.size();
            spare += piece.size() - 1;
        }
        if (surplus > spare)
            return damaged("a picture is scattered over packets of single bytes");
        if (const int length = quint8(segment_[unit.header + 4]) << 8 | quint8(segment_[unit.header + 5]); length > surplus) {
            segment_[unit.header + 4] = char((length - surplus) >> 8);
            segment_[unit.header + 5] = char(length - surplus);
        }
        qsizetype end = bytes.size();
        for (auto piece = unit.pieces.rbegin(); piece != unit.pieces.rend(); ++piece) {
            const qsizetype less = std::min(surplus, piece->size() - 1), size = piece->size() - less;
            surplus -= less;
            end -= size;
            if (less > 0)
                stuff(*piece, less);
            std::memcpy(segment_.data() + piece->packet + kPacket - size, bytes.constData() + end, std::size_t(size));
        }
        return {};
    }

    /// Makes the packet's payload begin later. What stands in it before the piece, the PES header, moves along.
    void stuff(const Piece& piece, qsizetype count)
    {
        char* packet = segment_.data() + piece.packet;
        const bool adapted = quint8(packet[3]) & 0x20;
        const qsizetype payload = adapted ? 5 + quint8(packet[4]) : 4;
        std::memmove(packet + payload + count, packet + payload, std::size_t(piece.at - piece.packet - payload));
        const bool flags = adapted && quint8(packet[4]) > 0;
        std::memset(packet + payload, 0xff, std::size_t(count));
        packet[3] = char(quint8(packet[3]) | 0x20);
        packet[4] = char(payload + count - 5);
        if (!flags && packet[4] > 0)
            packet[5] = 0;
    }

    Result<QByteArray> decryptSlices(const QByteArray& unit)
    {
        QByteArray out;
        out.reserve(unit.size());
        const QByteArrayView kStart("\0\0\1", 3);
        qsizetype start = unit.indexOf(kStart);
        out.append(unit.constData(), start < 0 ? unit.size() : start);
        while (start >= 0) {
            const qsizetype begin = start + kStart.size();
            start = unit.indexOf(kStart, begin);
            qsizetype end = start < 0 ? unit.size() : start;
            qsizetype zeros = 0;
            for (; end > begin && unit[end - 1] == 0; --end)
                ++zeros;
            out.append(kStart.data(), kStart.size());
            QByteArray nal = unit.mid(begin, end - begin);
            const int type = nal.isEmpty() ? 0 : nal[0] & 0x1f;
            if (type == 1 || type == 5)
                if (auto ok = decryptSlice(nal); !ok)
                    return failure(ok.error());
            out.append(nal);
            out.append(zeros, '\0');
        }
        return out;
    }

    Result<void> decryptSlice(QByteArray& nal)
    {
        QByteArray plain;
        plain.reserve(nal.size());
        int zeros = 0;
        for (const char byte : std::as_const(nal)) {
            if (zeros >= 2 && byte == 3) {
                zeros = 0;
                continue;
            }
            zeros = byte == 0 ? zeros + 1 : 0;
            plain.append(byte);
        }
        // One that is too short is not encrypted, and so was not wrapped a second time either.
        if (plain.size() < kLeastSlice)
            return {};
        if (auto ok = blocks_.begin(iv_); !ok)
            return ok;
        for (qsizetype at = kClearOfSlice; plain.size() - at > kAesBlock; at += kAesBlock + kClearBlocks)
            if (auto ok = blocks_.decrypt(plain.data() + at, kAesBlock); !ok)
                return ok;
        nal = std::move(plain);
        return {};
    }

private:
    QByteArray& segment_;
    BlockDecryptor& blocks_;
    const QByteArrayView iv_;
    std::set<int> maps_; ///< PIDs of program maps
    std::map<int, Coding> codings_;
    std::map<int, std::vector<Unit>> units_;
};

} // namespace

Result<void> decryptSampleAesTs(QByteArray& segment, QByteArrayView key, QByteArrayView iv)
{
    auto blocks = BlockDecryptor::open(key);
    if (!blocks)
        return failure(blocks.error());
    if (auto ok = blocks->begin(iv); !ok)
        return ok;
    return Stream(segment, *blocks, iv).run();
}

Result<void> decryptSampleAesAudio(QByteArray& segment, QByteArrayView key, QByteArrayView iv)
{
    auto blocks = BlockDecryptor::open(key);
    if (!blocks)
        return failure(blocks.error());
    qsizetype begin = 0;
    for (int tags = 0; tags < 8; ++tags) {
        const qint64 tag = id3Size(QByteArrayView(segment).sliced(begin));
        if (tag == 0 || tag > segment.size() - begin)
            break;
        begin += tag;
    }
    const char* format = packedAudioFormat(QByteArrayView(segment).sliced(begin));
    const QByteArrayView name(format);
    if (name != "aac" && name != "ac3" && name != "eac3")
        return damaged("no frames of AAC, AC-3 or E-AC-3 in a segment of SAMPLE-AES");
    QByteArray frames = segment.sliced(begin);
    const Coding coding = name == "aac" ? Coding::Adts : name == "ac3" ? Coding::Ac3 : Coding::Eac3;
    if (auto ok = decryptFrames(frames, coding, *blocks, iv); !ok)
        return ok;
    std::copy(frames.cbegin(), frames.cend(), segment.begin() + begin);
    return {};
}

} // namespace weir
