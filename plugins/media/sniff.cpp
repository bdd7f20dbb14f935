#include "media/sniff.h"

#include <QtEndian>

#include <algorithm>
#include <array>

namespace weir {

namespace {

constexpr qsizetype kTsPacket = 188;
constexpr qint64 kId3Header = 10;

quint8 byteAt(QByteArrayView data, qsizetype at) { return quint8(data[at]); }

/// Four bytes of seven bits each, as ID3v2.4 writes sizes.
std::optional<qint64> syncSafe(QByteArrayView data)
{
    qint64 value = 0;
    for (int i = 0; i < 4; ++i) {
        if (byteAt(data, i) & 0x80)
            return std::nullopt;
        value = value << 7 | byteAt(data, i);
    }
    return value;
}

bool isTransportStream(QByteArrayView data)
{
    // Some servers put a few bytes in front, so the grid may begin anywhere in the first packet's length.
    for (qsizetype begin = 0; begin < std::min(kTsPacket, data.size()); ++begin) {
        int syncs = 0;
        qsizetype at = begin;
        for (; at < data.size() && data[at] == 0x47; at += kTsPacket)
            ++syncs;
        const bool wholeGrid = at >= data.size();
        if (wholeGrid && (syncs >= 3 || (begin == 0 && syncs > 0 && data.size() >= kTsPacket)))
            return true;
    }
    return false;
}

bool isIsoMedia(QByteArrayView data)
{
    static constexpr std::array<const char*, 14> kBoxes{
        "ftyp", "styp", "moov", "moof", "sidx", "mdat", "free", "skip", "emsg", "prft", "ssix", "wide", "uuid", "pdin"};
    if (data.size() < 8)
        return false;
    const auto size = qFromBigEndian<quint32>(data.data());
    return (size == 0 || size == 1 || size >= 8) && std::any_of(kBoxes.begin(), kBoxes.end(), [&](const char* box) {
        return data.sliced(4, 4) == QByteArrayView(box, 4);
    });
}

const char* audioFrameFormat(QByteArrayView data)
{
    if (data.size() < 4)
        return nullptr;
    const quint8 first = byteAt(data, 0), second = byteAt(data, 1), third = byteAt(data, 2);
    if (first == 0x0b && second == 0x77) {
        // bsid, at the same place in both: above 10 it is Enhanced AC-3 (ATSC A/52 annex E).
        if (data.size() < 6)
            return nullptr;
        return byteAt(data, 5) >> 3 > 10 ? "eac3" : "ac3";
    }
    if (first != 0xff)
        return nullptr;
    if ((second & 0xf6) == 0xf0)
        return (third >> 2 & 0xf) < 13 ? "aac" : nullptr;
    const bool mpegAudio = (second & 0xe0) == 0xe0 && (second & 0x18) != 0x08 && (second & 0x06) != 0 && (third & 0xf0) != 0xf0
        && (third & 0x0c) != 0x0c;
    return mpegAudio ? "mp3" : nullptr;
}

QByteArrayView behindBom(QByteArrayView data) { return data.startsWith("\xef\xbb\xbf") ? data.sliced(3) : data; }

/// Text without leading blanks, in lower case, as much as is worth a look.
QByteArray textStart(QByteArrayView data)
{
    const QByteArrayView text = behindBom(data).trimmed();
    return text.first(std::min(text.size(), kSniffBytes)).toByteArray().toLower();
}

bool isTtml(const QByteArray& text)
{
    const qsizetype root = text.indexOf("<tt");
    if (!text.startsWith('<') || root < 0)
        return text.startsWith("<?xml") && text.contains("ns/ttml");
    const qsizetype after = root + 3;
    return (after < text.size()
               && (text[after] == ' ' || text[after] == ':' || text[after] == '>' || quint8(text[after]) < 0x20))
        || text.contains("ns/ttml");
}

Sniffed garbage(const char* what) { return {Packing::Unknown, true, QString::fromLatin1(what)}; }

Sniffed sniffText(QByteArrayView data)
{
    const QByteArray text = textStart(data);
    if (isTtml(text))
        return {Packing::Ttml};
    if (text.startsWith("<!doctype html") || text.startsWith("<html") || text.contains("<html") || text.contains("<body"))
        return garbage("a web page");
    if (text.startsWith('<'))
        return garbage("an XML text");
    if (text.startsWith('{') || text.startsWith('['))
        return garbage("a JSON text");
    if (text.startsWith("#extm3u"))
        return garbage("a playlist");
    const bool printable =
        std::all_of(text.begin(), text.end(), [](char c) { return quint8(c) >= 0x20 || c == '\n' || c == '\r' || c == '\t'; });
    return garbage(printable ? "a text" : "no kind of media that is known");
}

} // namespace

qint64 id3Size(QByteArrayView data)
{
    if (data.size() < kId3Header || !data.startsWith("ID3") || byteAt(data, 3) == 0xff || byteAt(data, 4) == 0xff)
        return 0;
    const auto body = syncSafe(data.sliced(6));
    if (!body)
        return 0;
    const bool footer = byteAt(data, 5) & 0x10;
    return kId3Header + *body + (footer ? kId3Header : 0);
}

std::optional<double> id3Timestamp(QByteArrayView data)
{
    static constexpr QByteArrayView kOwner("com.apple.streaming.transportStreamTimestamp");
    const qint64 size = std::min<qint64>(id3Size(data), data.size());
    if (size == 0)
        return std::nullopt;
    const bool syncSafeFrames = byteAt(data, 3) >= 4;
    qint64 at = kId3Header;
    if (byteAt(data, 5) & 0x40) { // an extended header stands first
        if (size - at < 4)
            return std::nullopt;
        at += syncSafeFrames ? syncSafe(data.sliced(at)).value_or(size) : qint64(qFromBigEndian<quint32>(data.data() + at)) + 4;
    }
    while (size - at >= kId3Header) {
        const QByteArrayView frame = data.sliced(at);
        const std::optional<qint64> length =
            syncSafeFrames ? syncSafe(frame.sliced(4)) : std::optional<qint64>(qFromBigEndian<quint32>(frame.data() + 4));
        if (!length || *length <= 0 || *length > size - at - kId3Header)
            return std::nullopt;
        const QByteArrayView body = frame.sliced(kId3Header, *length);
        if (frame.startsWith("PRIV") && body.size() == kOwner.size() + 9 && body.startsWith(kOwner) && body[kOwner.size()] == 0)
            return double(qFromBigEndian<quint64>(body.data() + kOwner.size() + 1) & 0x1'ffff'ffffULL) / 90'000;
        at += kId3Header + *length;
    }
    return std::nullopt;
}

const char* packedAudioFormat(QByteArrayView first)
{
    // Several tags may follow one another.
    for (int tags = 0; tags < 8; ++tags) {
        const qint64 size = id3Size(first);
        if (size == 0)
            return audioFrameFormat(first);
        if (size >= first.size())
            return nullptr;
        first = first.sliced(size);
    }
    return nullptr;
}

Sniffed sniff(QByteArrayView first)
{
    if (first.isEmpty())
        return garbage("nothing");
    if (isTransportStream(first))
        return {Packing::MpegTs};
    if (isIsoMedia(first))
        return {Packing::Fmp4};
    if (first.startsWith("\x1a\x45\xdf\xa3") || first.startsWith("\x1f\x43\xb6\x75"))
        return {Packing::Matroska};
    if (packedAudioFormat(first))
        return {Packing::PackedAudio};
    if (const qint64 tag = id3Size(first); tag > 0) // what follows is too far away to be seen, or nothing follows
        return tag >= first.size() || id3Timestamp(first) ? Sniffed{Packing::PackedAudio} : garbage("an ID3 tag without sound");
    const QByteArrayView text = behindBom(first);
    if (text.startsWith("WEBVTT")
        && (text.size() == 6 || text[6] == ' ' || text[6] == '\t' || text[6] == '\n' || text[6] == '\r'))
        return {Packing::WebVtt};
    if (first.size() < 8)
        return {};
    return sniffText(first);
}

} // namespace weir
