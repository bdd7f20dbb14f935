#pragma once
// Does the finished file have everything that was fetched? Counted on both sides by packet_counts.h, never by the demuxer that
// made the file. countSource() follows the spool as remux() does, so run on a thread of its own it is done when the file is.

#include "media/packet_counts.h"
#include "media/remux.h"

namespace weir {

struct SourceCount {
    PacketCounts wanted; ///< of the streams that the plan takes
    double seconds = 0;  ///< of the longest track, as the playlist counts, without its gaps
    double gaps = 0;     ///< seconds of it that are missing
    bool operator==(const SourceCount&) const = default;
};

/// Waits for segments until the spool is finished. Errors: Cancelled, SpoolDamaged, Disk category.
Result<SourceCount> countSource(const Spool& spool, const RemuxPlan& plan, std::stop_token stop);

struct FileCount {
    PacketCounts packets;
    double duration = 0; ///< 0: the container does not say it where we look
};
/// Errors: Disk category.
Result<FileCount> countFile(const OutputFile& file, Container container);

struct MediaCheck {
    PacketCounts expected, found;
    double playlistSeconds = 0, fileSeconds = 0;
};
/// Pure. MediaIncomplete with the figures if packets are missing, or if the files are much shorter than the playlist says.
Result<MediaCheck> compareMedia(const SourceCount& source, const RemuxReport& report, std::span<const FileCount> files);

/// countFile() of all parts, then compareMedia().
Result<MediaCheck> verifyMedia(const SourceCount& source, const RemuxReport& report, std::span<OutputFile* const> files);

} // namespace weir
