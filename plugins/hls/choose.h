#pragma once
// Which tracks of a presentation are taken. Pure; any thread.

#include "hls/stream_model.h"

#include <weir/task.h>

namespace weir {

struct Wishes {
    QList<int> tracks; ///< by their index: just these, and the sound of a picture that comes without; empty: by the rest
    /// "best", "worst", "720p", "1080p60", "none" (no video), or conditions: "height<=720,fps<=30,codec=hevc,range=SDR,
    /// bandwidth<3M". Several with '/' between them: the first that fits.
    QString quality = QStringLiteral("best");
    QStringList audio;                         ///< languages or names; "all", "none"; empty: the default one
    QStringList subtitles;                     ///< the same; empty: none
    QString container = QStringLiteral("mp4"); ///< "mp4" prefers codecs that it can hold
};

struct TrackSelection {
    QList<int> tracks;        ///< indexes, video first; never empty
    bool builtInAudio = true; ///< the sound inside the video track is wanted too
    QStringList drm;          ///< DASH: systems that protect them
};

/// NoSuchTrack says what there is.
Result<TrackSelection> choose(const Presentation& presentation, const Wishes& wishes);

/// For `probe`: one for each track, in their order.
QList<Variant> describeTracks(const Presentation& presentation);

} // namespace weir
