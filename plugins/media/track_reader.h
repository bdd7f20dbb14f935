#pragma once
// One spooled track of sound or pictures, as packets. Behind it a libavformat demuxer a piece (see segment_feed.h); before it
// one queue a stream, so that packets of all streams can leave in the order of their times. Times inside of a domain (what lies
// between two discontinuities) are one clock: wraps of MPEG-2's 33 bits are undone, jumps that no gap explains are closed.
// Used by the muxer's thread, which owns it.

#include "media/av.h"
#include "media/segment_feed.h"

#include <deque>

namespace weir {

/// What a stream is. One object as long as nothing changes: compare addresses.
struct StreamFormat {
    AvParameters parameters;
    AVRational timeBase{1, 90'000};
    AVRational frameRate{0, 1};
};

/// The clock that all tracks share inside of one domain.
struct DomainClock {
    std::optional<double> reference; ///< some time near which the others are, in seconds
    double correction = 0;           ///< closes the jumps so far
    int jumps = 0;
};

class TrackReader {
public:
    struct Options {
        bool pictures = false, sound = false; ///< which of the streams inside are wanted
    };
    struct Queued {
        AvPacket packet; ///< times in the format's time base, on the domain's clock
        const StreamFormat* format = nullptr;
        double dts = 0, pts = 0, duration = 0; ///< the same in seconds
    };
    struct Slot {
        AVMediaType type = AVMEDIA_TYPE_UNKNOWN;
        int ordinal = 0;                      ///< among those of its type
        bool active = false;                  ///< is in the present piece
        const StreamFormat* format = nullptr; ///< the latest
        std::deque<Queued> queue;
        qint64 read = 0;                     ///< packets
        std::optional<double> last, lastEnd; ///< as the demuxer gave them, wraps undone
        double lastDuration = 0;
        double correction = 0;
        int jumps = 0;
        double missingUsed = 0;
    };
    enum class Pulled : quint8 { Packet, DomainEnd, End };

    TrackReader(const Spool& spool, int track, Options options, std::stop_token stop);
    ~TrackReader();

    /// Queues one packet more. At a domain's end it goes no further until enter(). Errors: Cancelled, Disk category,
    /// SpoolDamaged.
    Result<Pulled> pull();
    /// Every stream's next packet is known, or as good as that.
    bool ready() const;
    /// The domain that begins, after Pulled::DomainEnd. The clock lives until the next enter().
    int nextDomain() const { return nextDomain_; }
    void enter(int domain, DomainClock& clock);

    // Of the present domain.
    std::optional<double> timeShift() const { return timeShift_; }
    double playlistStart() const { return playlistStart_; }
    Seam seam() const { return seam_; }             ///< before it
    double gapBefore() const { return gapBefore_; } ///< seconds that are missing between the last domain and this one

    std::vector<std::unique_ptr<Slot>>& streams() { return slots_; }
    Queued take(Slot& slot);       ///< the front of its queue
    void recycle(AvPacket packet); ///< done with it
    int track() const { return track_; }
    bool ended() const { return state_ == State::Ended; }
    qint64 lost() const { return lost_; }
    const QStringList& notices() const { return notices_; }

private:
    enum class State : quint8 { Between, Reading, AtDomainEnd, Ended };

    Result<void> openPiece(const SpoolEntry& first);
    Result<bool> openDemuxer(const SpoolEntry& first);
    void closePiece();
    void mapStream(unsigned number);
    Slot& slotFor(AVMediaType type, int ordinal);
    const StreamFormat* formatOf(const Slot& slot, const AVStream& stream);
    bool accept(AvPacket packet);
    void setTimes(Slot& slot, Queued& queued);
    void closeJump(Slot& slot, double dts);
    void notice(const QString& text);
    static int readBytes(void* self, uint8_t* into, int size);

    const int track_;
    const Options options_;
    SegmentFeed feed_;
    State state_ = State::Between;
    AvIo io_;
    AVFormatContext* demuxer_ = nullptr;
    std::optional<Error> error_;  ///< of the feed; libavformat only passes a number on
    std::vector<Slot*> byNumber_; ///< by the demuxer's number; null: not wanted
    std::vector<std::unique_ptr<Slot>> slots_;
    std::deque<StreamFormat> formats_;
    std::vector<AvPacket> spare_;

    std::optional<int> domain_;
    int nextDomain_ = 0;
    bool firstOfDomain_ = true;
    DomainClock* clock_ = nullptr;
    std::optional<double> timeShift_;
    Seam seam_ = Seam::None;
    double playlistStart_ = 0, gapBefore_ = 0;
    Packing packing_ = Packing::Unknown;
    std::optional<qint32> analysedInit_; ///< what the formats were learned from
    double pieceAt_ = 0;                 ///< packed audio: where the next packet begins
    qint64 queuedBytes_ = 0;
    qint64 lost_ = 0;
    QStringList notices_;
};

} // namespace weir
