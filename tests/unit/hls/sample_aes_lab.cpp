#include "sample_aes_lab.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

extern "C" {
#include <libavutil/aes.h>
#include <libavutil/bswap.h>
#include <libavutil/crc.h>
#include <libavutil/mem.h>
}

namespace weir::lab {

namespace {

constexpr int kTs = 188;

/// The blocks from `at` on, as one chain that begins with the IV at each call of restart().
class Chain {
public:
    Chain(const QByteArray& key, const QByteArray& iv) : aes_(av_aes_alloc()), iv_(iv)
    {
        EXPECT_EQ(av_aes_init(aes_, reinterpret_cast<const uint8_t*>(key.constData()), 128, 0), 0);
    }
    ~Chain() { av_free(aes_); }
    Chain(const Chain&) = delete;
    void restart() { now_ = iv_; }
    void block(QByteArray& data, qsizetype at)
    {
        auto* bytes = reinterpret_cast<uint8_t*>(data.data()) + at;
        av_aes_crypt(aes_, bytes, bytes, 1, reinterpret_cast<uint8_t*>(now_.data()), 0);
    }

private:
    AVAES* aes_;
    QByteArray iv_, now_;
};

QByteArray withEmulationPrevention(const QByteArray& nal)
{
    QByteArray out;
    int zeros = 0;
    for (const char c : nal) {
        if (zeros == 2 && quint8(c) <= 3) {
            out += '\3';
            zeros = 0;
        }
        out += c;
        zeros = c == 0 ? zeros + 1 : 0;
    }
    return out;
}

QByteArray encryptedNal(QByteArray nal, Chain& chain)
{
    const int type = nal.isEmpty() ? 0 : nal[0] & 31;
    if ((type != 1 && type != 5) || nal.size() <= 48)
        return nal;
    chain.restart();
    qsizetype at = 32;
    while (at < nal.size()) {
        if (nal.size() - at > 16) {
            chain.block(nal, at);
            at += 16;
        }
        at += std::min<qsizetype>(144, nal.size() - at);
    }
    return withEmulationPrevention(nal);
}

QByteArray encryptedPicture(const QByteArray& unit, Chain& chain)
{
    QByteArray out;
    qsizetype at = 0;
    while (at < unit.size()) {
        qsizetype code = unit.indexOf(QByteArray("\0\0\1", 3), at);
        if (code < 0)
            return out + unit.mid(at);
        out += unit.mid(at, code + 3 - at);
        at = code + 3;
        qsizetype end = unit.indexOf(QByteArray("\0\0\1", 3), at);
        end = end < 0 ? unit.size() : end;
        qsizetype last = end;
        while (last > at && unit[last - 1] == 0)
            --last;
        out += encryptedNal(unit.mid(at, last - at), chain) + unit.mid(last, end - last);
        at = end;
    }
    return out;
}

qsizetype frameLength(const QByteArray& data, qsizetype at)
{
    const auto byte = [&](qsizetype i) { return int(quint8(data[at + i])); };
    if (byte(0) == 0xff)
        return (byte(3) & 3) << 11 | byte(4) << 3 | byte(5) >> 5;
    if (byte(5) >> 3 > 10)
        return 2 * (((byte(2) & 7) << 8 | byte(3)) + 1);
    static constexpr int kKilobits[] = {32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640};
    EXPECT_EQ(byte(4) >> 6, 0) << "the lab's streams have 48 kHz";
    return kKilobits[(byte(4) & 63) / 2] * 4;
}

struct Pes {
    QByteArray header, data;
    QByteArray adaptation; ///< of its first packet
};

void append(QByteArray& out, int pid, const Pes& pes, int& counter)
{
    QByteArray payload = pes.header + pes.data;
    const int length = int(payload.size()) - 6;
    const bool said = pes.header[4] != 0 || pes.header[5] != 0;
    payload[4] = char(said && length <= 0xffff ? length >> 8 : 0);
    payload[5] = char(said && length <= 0xffff ? length : 0);
    for (qsizetype at = 0; at < payload.size();) {
        QByteArray adaptation = at == 0 ? pes.adaptation : QByteArray();
        const qsizetype room = kTs - 4 - adaptation.size(), size = std::min(room, payload.size() - at);
        if (qsizetype stuffing = room - size; stuffing > 0) {
            if (adaptation.isEmpty()) {
                adaptation = QByteArray(1, char(stuffing - 1));
                if (stuffing > 1)
                    adaptation += '\0';
                adaptation += QByteArray(std::max<qsizetype>(stuffing - 2, 0), '\xff');
            } else {
                if (adaptation.size() == 1) {
                    adaptation += '\0';
                    --stuffing;
                }
                adaptation += QByteArray(stuffing, '\xff');
                adaptation[0] = char(adaptation.size() - 1);
            }
        }
        out += '\x47';
        out += char((at == 0 ? 0x40 : 0) | pid >> 8);
        out += char(pid);
        out += char((adaptation.isEmpty() ? 0x10 : 0x30) | (counter++ & 15));
        out += adaptation + payload.mid(at, size);
        at += size;
    }
}

} // namespace

QByteArray sampleAesFrames(const QByteArray& plain, const QByteArray& key, const QByteArray& iv)
{
    Chain chain(key, iv);
    QByteArray out = plain;
    for (qsizetype at = 0; at + 7 <= out.size();) {
        const qsizetype length = frameLength(out, at);
        const qsizetype header = quint8(out[at]) != 0xff ? 0 : out[at + 1] & 1 ? 7 : 9;
        chain.restart();
        for (qsizetype block = at + header + 16; at + length - block >= 16; block += 16)
            chain.block(out, block);
        at += length;
    }
    return out;
}

QByteArray sampleAesTs(const QByteArray& plain, const QByteArray& key, const QByteArray& iv)
{
    Chain chain(key, iv);
    std::map<int, int> kinds, counters; // pid -> type as written by ffmpeg
    int map = -1;
    // Every PES goes out where its last packet stood, so that the order of times stays.
    std::map<int, Pes> open;
    QByteArray out;
    const auto finish = [&](int pid) {
        const auto pes = open.find(pid);
        if (pes == open.end())
            return;
        if (kinds[pid] == 0x1b)
            pes->second.data = encryptedPicture(pes->second.data, chain);
        else
            pes->second.data = sampleAesFrames(pes->second.data, key, iv);
        append(out, pid, pes->second, counters[pid]);
        open.erase(pes);
    };
    for (qsizetype at = 0; at + kTs <= plain.size(); at += kTs) {
        QByteArray packet = plain.mid(at, kTs);
        const auto byte = [&](qsizetype i) { return int(quint8(packet[i])); };
        const int pid = (byte(1) & 31) << 8 | byte(2);
        const bool starts = byte(1) & 0x40;
        const qsizetype adapted = byte(3) & 0x20 ? 1 + byte(4) : 0, payload = 4 + adapted;
        if (pid == 0)
            map = (byte(payload + 1 + 10) & 31) << 8 | byte(payload + 1 + 11);
        if (pid == map) {
            const qsizetype section = payload + 1;
            const qsizetype size = 3 + ((byte(section + 1) & 15) << 8 | byte(section + 2));
            for (qsizetype entry = section + 12 + ((byte(section + 10) & 15) << 8 | byte(section + 11));
                 entry < section + size - 4; entry += 5 + ((byte(entry + 3) & 15) << 8 | byte(entry + 4))) {
                kinds[(byte(entry + 1) & 31) << 8 | byte(entry + 2)] = byte(entry);
                const std::map<int, int> encrypted{{0x1b, 0xdb}, {0x0f, 0xcf}, {0x81, 0xc1}, {0x87, 0xc2}};
                EXPECT_TRUE(encrypted.contains(byte(entry))) << byte(entry);
                packet[entry] = char(encrypted.at(byte(entry)));
            }
            const quint32 crc = av_bswap32(av_crc(av_crc_get_table(AV_CRC_32_IEEE), 0xffffffff,
                reinterpret_cast<const uint8_t*>(packet.constData()) + section, std::size_t(size - 4)));
            for (int i = 0; i < 4; ++i)
                packet[section + size - 4 + i] = char(crc >> (24 - 8 * i));
        }
        if (!kinds.contains(pid)) {
            out += packet;
            continue;
        }
        if (!(byte(3) & 0x10))
            continue;
        if (starts) {
            finish(pid);
            const qsizetype header = 9 + byte(payload + 8);
            open[pid] = {packet.mid(payload, header), packet.mid(payload + header), {}};
            // Without its stuffing: flags and the clock.
            if (adapted > 1)
                open[pid].adaptation = QByteArray(1, char(byte(5) & 0x10 ? 7 : 1)) + packet.mid(5, byte(5) & 0x10 ? 7 : 1);
        } else {
            open[pid].data += packet.mid(payload);
        }
    }
    while (!open.empty())
        finish(open.begin()->first);
    return out;
}

} // namespace weir::lab
