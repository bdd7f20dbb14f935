#pragma once
// What a segment is, by its first bytes: servers' types and file names are not to be trusted. Pure; any thread.

#include "media/track_kind.h"

#include <weir/result.h>

namespace weir {

/// What came where a segment was asked for.
struct Sniffed {
    Packing packing = Packing::Unknown;
    /// Not media in any form that is known. `what` says it for people ("a web page"); empty for media.
    bool garbage = false;
    QString what;
};

/// How many first bytes sniff() can make use of.
inline constexpr qsizetype kSniffBytes = 4096;

/// Unknown and not garbage: too few bytes to tell. An empty segment is garbage.
Sniffed sniff(QByteArrayView first);

/// Length of the ID3v2 tag at the beginning, header and footer included; 0: there is none. May exceed `data`.
qint64 id3Size(QByteArrayView data);

/// Seconds of the MPEG-2 clock from the private frame that packed audio begins with (RFC 8216 section 3.4); 33 bits.
std::optional<double> id3Timestamp(QByteArrayView data);

/// The libavformat demuxer of packed audio ("aac", "ac3", "eac3", "mp3"), judged behind its ID3 tag; null: not packed audio.
const char* packedAudioFormat(QByteArrayView first);

} // namespace weir
