#pragma once
// The index inside a media file that is one representation: sidx boxes of MP4 (ISO/IEC 14496-12, 8.16.3) and the Cues of
// Matroska and WebM. Pure; any thread. The bytes are hostile: what makes no sense is BadPlaylist.

#include "hls/stream_model.h"

#include <weir/result.h>

namespace weir {

struct Indexed {
    std::vector<Segment> segments;     ///< without numbers
    std::vector<PendingIndex> further; ///< to be fetched too: a level below, or all of what was too short
};
/// `bytes`: what is at pending.index.
Result<Indexed> segmentsFromIndex(QByteArrayView bytes, const PendingIndex& pending);

/// Takes the last of track.indexes away and puts what it leads to in its place: segments, or further indexes. Call it until
/// there are none; then the segments are in order and numbered.
Result<void> addIndexed(Track& track, QByteArrayView bytes);

} // namespace weir
