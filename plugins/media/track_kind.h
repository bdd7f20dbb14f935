#pragma once
// The few words that everything about spooled media shares. Plain values.

#include <QtGlobal>

namespace weir {

enum class TrackType : quint8 { Video, Audio, Subtitles };

/// How a track's segments are packed. Unknown: nobody says it, the first bytes will.
enum class Packing : quint8 { Unknown, MpegTs, Fmp4, PackedAudio, WebVtt, Ttml, Matroska };

/// What lies between a segment and the one before it, by the user's wish.
enum class Seam : quint8 {
    None,
    Joined, ///< something was left out: it goes on without a gap
    NewFile,
};

} // namespace weir
