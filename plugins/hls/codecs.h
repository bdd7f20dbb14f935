#pragma once
// What a codec's name in a manifest (RFC 6381) stands for. Pure; any thread.

#include <QString>

namespace weir {

bool isVideoCodec(const QString& codec);
bool isAudioCodec(const QString& codec);
bool isSubtitleCodec(const QString& codec);
/// "avc1" and "avc3" are one family; a family is what a decoder decodes.
QString codecFamily(const QString& codec);
/// FFmpeg's MP4 muxer takes it and common players play it.
bool fitsMp4(const QString& codec);

} // namespace weir
