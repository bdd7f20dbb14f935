#pragma once
// TTML's text and times (W3C TTML 1, as IMSC and EBU-TT-D use it); styles and places are left out. Pure; any thread.

#include "media/webvtt.h"

namespace weir {

/// One cue a paragraph, its text escaped as WebVTT wants it. SegmentDamaged: no XML, or no TTML, with line and reason; what was
/// read before the damage is not given.
Result<std::vector<Cue>> parseTtml(QByteArrayView text);

} // namespace weir
