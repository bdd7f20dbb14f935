#pragma once
// Which container holds which codec. Pure; any thread.

#include "media/av.h"

#include <QStringList>

namespace weir {

enum class Container : quint8 {
    Mp4,           ///< index in front
    FragmentedMp4, ///< can be played while it grows
    Mkv,
    Ts,
};

/// What a file of it is called, without the dot.
QString extensionOf(Container container);
/// "mp4" (also for all that is no name), "mkv" or "ts".
Container containerNamed(const QString& name);
/// "film.mp4"; the second part of "film.mp4" is "film.part2.mp4".
QString partName(const QString& name, int part, Container container);
/// libavformat's name of the muxer.
const char* muxerOf(Container container);

bool holds(Container container, AVCodecID codec);
/// Else they can only stand beside the file.
bool holdsSubtitles(Container container);
/// `wished` if it holds all of them, else Mkv. Codecs as manifests write them (RFC 6381: "avc1.64001f", "mp4a.40.2"); those
/// that nobody knows are taken for good: the media themselves will tell.
Container fittingContainer(const QStringList& codecs, Container wished);
Container fittingContainer(const std::vector<AVCodecID>& codecs, Container wished);

/// AV_CODEC_ID_NONE: not known.
AVCodecID codecOf(QStringView rfc6381);

} // namespace weir
