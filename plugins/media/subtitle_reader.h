#pragma once
// One spooled subtitle track, as cues on the finished file's time. It never waits for segments while sound and pictures go on:
// what comes late is written late. Used by the muxer's thread; borrows the Spool.

#include "media/spool.h"
#include "media/webvtt.h"

#include <map>

namespace weir {

/// Where a domain's clock and the playlist's time lie in the finished file.
struct DomainPlace {
    double offset = 0;        ///< media time, the manifest's shift included, + offset = file time
    double playlistStart = 0; ///< the playlist's time ...
    double fileStart = 0;     ///< ... and the file's at its beginning
    double reference = 0;     ///< some media time in it, for 33-bit clocks
};
using DomainPlaces = std::map<int, DomainPlace>;

class SubtitleReader {
public:
    /// `flat`: cues that overlap become moments that don't.
    SubtitleReader(const Spool& spool, int track, bool flat);

    /// Is there, or may there be, something for that moment of the file?
    bool due(double fileTime) const { return fileTime >= nextLook_; }
    /// Takes in the segments that are there and have begun, and gives the cues that begin up to then, by their starts.
    Result<std::vector<Cue>> collect(double fileTime, const DomainPlaces& places);
    /// The rest, when sound and pictures have ended; waits for segments.
    Result<std::vector<Cue>> drain(const DomainPlaces& places, std::stop_token stop);

    int track() const { return track_; }
    qint64 read() const { return read_; }
    const QStringList& notices() const { return notices_; }

private:
    Result<void> take(const SpoolEntry& entry, const DomainPlaces& places);
    void add(Cue cue);

    const Spool& spool_;
    const int track_;
    const bool flat_;
    qsizetype index_ = 0;
    double nextLook_ = -1e18, known_ = -1e18;
    std::deque<Cue> recent_;  ///< segments repeat the cues that reach over their ends
    std::deque<Cue> waiting_; ///< by start
    CueFlattener flattener_;
    qint64 read_ = 0;
    QStringList notices_;
};

} // namespace weir
