#include "media/audio_frames.h"

#include <algorithm>
#include <array>

namespace weir {

namespace {

int adtsSize(QByteArrayView header)
{
    const auto byte = [&](int i) { return int(quint8(header[i])); };
    if (byte(0) != 0xff || (byte(1) & 0xf6) != 0xf0 || (byte(2) >> 2 & 0xf) > 12)
        return 0;
    const int size = (byte(3) & 3) << 11 | byte(4) << 3 | byte(5) >> 5;
    return size >= kAudioHeader ? size : 0;
}

int mpegSize(QByteArrayView header)
{
    static constexpr std::array<std::array<int, 15>, 5> kBitrates{{
        {0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448}, // MPEG-1 layer I
        {0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384},    // II
        {0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320},     // III
        {0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256},    // MPEG-2 layer I
        {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},         // II and III
    }};
    static constexpr std::array<int, 3> kRates{44'100, 48'000, 32'000};
    const auto byte = [&](int i) { return int(quint8(header[i])); };
    if (byte(0) != 0xff || (byte(1) & 0xe0) != 0xe0)
        return 0;
    const int version = byte(1) >> 3 & 3, layer = 4 - (byte(1) >> 1 & 3); // version 3: MPEG-1, 2: MPEG-2, 0: MPEG-2.5
    const int bitrateIndex = byte(2) >> 4, rateIndex = byte(2) >> 2 & 3, padding = byte(2) >> 1 & 1;
    if (version == 1 || layer == 4 || bitrateIndex == 0 || bitrateIndex == 15 || rateIndex == 3)
        return 0;
    const bool first = version == 3;
    const int bitrate = kBitrates[std::size_t(first ? layer - 1 : layer == 1 ? 3 : 4)][std::size_t(bitrateIndex)] * 1000;
    const int rate = kRates[std::size_t(rateIndex)] >> (first ? 0 : version == 2 ? 1 : 2);
    if (layer == 1)
        return (12 * bitrate / rate + padding) * 4;
    return (layer == 3 && !first ? 72 : 144) * bitrate / rate + padding;
}

int ac3Size(QByteArrayView header)
{
    static constexpr std::array<int, 19> kBitrates{
        32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640};
    const auto byte = [&](int i) { return int(quint8(header[i])); };
    const int rate = byte(4) >> 6, code = byte(4) & 0x3f;
    if (byte(0) != 0x0b || byte(1) != 0x77 || rate == 3 || code >= 2 * int(kBitrates.size()) || byte(5) >> 3 > 10)
        return 0;
    const int bitrate = kBitrates[std::size_t(code / 2)];
    switch (rate) {
    case 0: return bitrate * 4; // 48 kHz
    case 1: return 2 * (bitrate * 96'000 / 44'100 + (code & 1));
    default: return bitrate * 6;
    }
}

int eac3Size(QByteArrayView header)
{
    const auto byte = [&](int i) { return int(quint8(header[i])); };
    if (byte(0) != 0x0b || byte(1) != 0x77 || byte(5) >> 3 <= 10 || byte(5) >> 3 > 16)
        return 0;
    const int size = 2 * (((byte(2) & 7) << 8 | byte(3)) + 1);
    return size >= kAudioHeader ? size : 0;
}

int loasSize(QByteArrayView header)
{
    const auto byte = [&](int i) { return int(quint8(header[i])); };
    const int size = 3 + ((byte(1) & 0x1f) << 8 | byte(2));
    return byte(0) == 0x56 && (byte(1) & 0xe0) == 0xe0 && size >= kAudioHeader ? size : 0;
}

/// ETSI TS 103 491 and what ffmpeg writes: a prefix, flags, the size in bytes of 255 and a rest, then what the flags announce.
int opusSize(QByteArrayView header)
{
    const auto byte = [&](int i) { return int(quint8(header[i])); };
    if (byte(0) != 0x7f || (byte(1) & 0xe0) != 0xe0)
        return 0;
    int at = 2, size = 0;
    while (at < kAudioHeader && byte(at) == 255)
        size += byte(at++);
    if (at == kAudioHeader)
        return 0; // larger than any packet of two channels
    size += byte(at++);
    const int trims = (byte(1) & 0x10 ? 2 : 0) + (byte(1) & 0x08 ? 2 : 0);
    const bool extended = byte(1) & 0x04;
    return extended || at + trims + size < kAudioHeader ? 0 : at + trims + size;
}

bool dependsOnAnother(AudioFrames kind, QByteArrayView header)
{
    return kind == AudioFrames::Eac3 && quint8(header[2]) >> 6 == 1;
}

} // namespace

int audioFrameSize(AudioFrames kind, QByteArrayView header)
{
    if (header.size() < kAudioHeader)
        return 0;
    switch (kind) {
    case AudioFrames::Adts: return adtsSize(header);
    case AudioFrames::Mpeg: return mpegSize(header);
    case AudioFrames::Ac3: return ac3Size(header);
    case AudioFrames::Eac3: return eac3Size(header);
    case AudioFrames::Loas: return loasSize(header);
    case AudioFrames::Opus: return opusSize(header);
    }
    return 0;
}

void AudioFrameCounter::begin(QByteArrayView header, qsizetype size)
{
    left_ = size;
    counts_ = size > 0 && !dependsOnAnother(kind_, header);
}

void AudioFrameCounter::add(QByteArrayView bytes)
{
    while (!bytes.isEmpty()) {
        if (left_ > 0) {
            const qsizetype size = std::min(left_, bytes.size());
            left_ -= size;
            bytes = bytes.sliced(size);
            frames_ += left_ == 0 && counts_;
            continue;
        }
        // A header in one piece, the usual case, needs no copy.
        if (header_.isEmpty() && bytes.size() >= kAudioHeader) {
            begin(bytes, audioFrameSize(kind_, bytes.first(kAudioHeader)));
            if (left_ == 0)
                bytes = bytes.sliced(1);
            continue;
        }
        header_.append(bytes.front());
        bytes = bytes.sliced(1);
        if (header_.size() < kAudioHeader)
            continue;
        if (const int size = audioFrameSize(kind_, header_); size >= kAudioHeader) {
            begin(header_, size);
            left_ -= kAudioHeader;
            frames_ += left_ == 0 && counts_;
            header_.clear();
        } else {
            header_.remove(0, 1);
        }
    }
}

void AudioFrameCounter::restart()
{
    header_.clear();
    left_ = 0;
}

} // namespace weir
