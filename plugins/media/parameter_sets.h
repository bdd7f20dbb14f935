#pragma once
// H.264's and HEVC's parameter sets: when they change half-way, a file that has one description goes on with them in band.
// Pure; any thread.

#include "media/av.h"

#include <QByteArray>

namespace weir {

/// Can packets of `now` stand in a stream that was opened with `opened`, as they are or with parameter sets in front?
bool goesOn(const AVCodecParameters& opened, const AVCodecParameters& now);

/// Pictures whose NAL units have their length in front (avcC, hvcC) and not start codes.
bool hasLengths(const AVCodecParameters& parameters);

/// The parameter sets of an avcC or hvcC as they stand in front of a key frame, with lengths of four bytes; empty: there are
/// none, or they are not to be understood.
QByteArray inBandSets(const AVCodecParameters& parameters);

/// Puts them in front of the packet's data. False: out of memory.
bool putInFront(AVPacket& packet, const QByteArray& sets);

} // namespace weir
