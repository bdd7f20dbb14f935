#pragma once
// The Cues of a Matroska or WebM file (RFC 9559) as segments. Pure; any thread.

#include "hls/stream_model.h"

#include <weir/result.h>

namespace weir {

/// `bytes`: the file from its beginning to the end of its Cues, as pending.index asks for them.
Result<std::vector<Segment>> segmentsFromCues(QByteArrayView bytes, const PendingIndex& pending);

} // namespace weir
