#pragma once
// SAMPLE-AES of HLS with a key that the playlist gives in the clear: some blocks of H.264 slices and of AAC, AC-3 and E-AC-3
// frames are encrypted, in transport streams and packed audio (Apple, "MPEG-2 Stream Encryption Format for HTTP Live
// Streaming"). Fragmented MP4 is in cenc.h. Pure; any thread. The bytes are hostile.

#include <weir/result.h>

#include <QByteArray>

namespace weir {

/// In place; the length stays. The program map then names the plain kinds of streams. KeyDamaged, SegmentDamaged.
Result<void> decryptSampleAesTs(QByteArray& segment, QByteArrayView key, QByteArrayView iv);

/// Frames behind an ID3 tag. KeyDamaged, SegmentDamaged.
Result<void> decryptSampleAesAudio(QByteArray& segment, QByteArrayView key, QByteArrayView iv);

} // namespace weir
