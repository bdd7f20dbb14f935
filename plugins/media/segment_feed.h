#pragma once
// The bytes of one spooled track for demuxers, cut into pieces: a piece is what one demuxer can read from its beginning to its
// end, so it ends where the init segment, the packing or the discontinuity changes. Used by the muxer's thread; waits for the
// capture task at the end of what is there. Borrows the Spool.

#include "media/spool.h"

#include <utility>

namespace weir {

class SegmentFeed {
public:
    SegmentFeed(const Spool& spool, int track, std::stop_token stop);

    /// The segment that the next piece begins with; waits for it. Unset: there is none. Errors: Cancelled, Disk category.
    Result<std::optional<SpoolEntry>> next();
    /// Begins a piece with it. Its ID3 tag is taken off if it is packed audio: id3() has its time then.
    Result<void> begin();
    /// The piece's bytes, its init segment first. 0: its end. Waits like next().
    Result<qint64> read(std::span<char> into);
    /// The rest of the segment that was read last is of no use.
    void skipSegment();

    std::optional<double> id3() const { return id3_; }
    /// Seconds of all gaps so far, as the playlist counted them.
    double missing() const { return missing_; }
    /// The same at the last segment that was there.
    double missingBefore() const { return missingBefore_; }
    /// What the spool said before the segment of the last next(): Joined, NewFile, or None; once.
    Seam takeSeam() { return std::exchange(seam_, Seam::None); }
    /// The segment that is being read, for messages.
    qint64 number() const { return current_ ? current_->number : -1; }
    /// What was wrong with segments so far, once.
    QStringList takeNotices() { return std::exchange(notices_, {}); }

private:
    bool continues(const SpoolEntry& entry) const;
    Result<void> start(const SpoolEntry& entry);
    Result<void> stripId3();
    enum class Shape : quint8 { Whole, Cut, Nonsense };
    Result<Shape> shapeOf(const SpoolEntry& entry) const;

    const Spool& spool_;
    const int track_;
    const std::stop_token stop_;
    qsizetype index_ = 0; ///< of the entry after the current one
    std::optional<SpoolEntry> current_;
    qint64 at_ = 0, end_ = 0;         ///< of the current segment's bytes that are left
    qint64 initAt_ = 0, initEnd_ = 0; ///< of its init segment
    int segments_ = 0;                ///< in this piece
    qsizetype judged_ = -1;           ///< the last entry whose shape was looked at
    bool judgedCut_ = false;
    bool cut_ = false; ///< the current segment is not whole: what follows it can't be read on from it
    Seam seam_ = Seam::None;
    QStringList notices_;
    std::optional<double> id3_;
    double missing_ = 0, missingBefore_ = 0;
};

} // namespace weir
