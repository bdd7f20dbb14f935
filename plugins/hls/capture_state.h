#pragma once
// What a recording keeps from one run to the next, beside the spool itself. Plain values.

#include "hls/capture.h"
#include "media/remux.h"

namespace weir {

struct CaptureState {
    QStringList tracks;                             ///< ids, in the spool's order
    std::vector<std::optional<ResumePoint>> points; ///< where each track's spool ends
    std::vector<CaptureGap> gaps;
    std::vector<RemuxTrack> remux; ///< what the muxer is told of each
    std::vector<Chapter> chapters;
    bool live = false;
    double duration = -1;             ///< seconds, expected
    QString suggestedName, container; ///< container: "mp4", "mkv", "ts"
    QByteArray spool;                 ///< Spool::index()
    QString folder;                   ///< name of the spool's folder
    bool complete = false;            ///< everything is in the spool: only the file is still to be made

    QByteArray toBytes() const;
    /// nullopt: nothing usable.
    static std::optional<CaptureState> fromBytes(const QByteArray& bytes);
};

} // namespace weir
