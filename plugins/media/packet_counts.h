#pragma once
// How many packets a container holds, counted by readers of our own: from a stream's segments, and from the finished file.
// libavformat 5.1 was seen to lose packets without a word, so it must not be on both sides. Hostile bytes; any one thread.

#include "media/audio_frames.h"
#include "media/track_kind.h"

#include <weir/result.h>

#include <array>
#include <functional>
#include <optional>
#include <vector>

namespace weir {

/// By TrackType. kUncounted: something is there that only a demuxer could count.
struct PacketCounts {
    static constexpr qint64 kUncounted = -1;
    std::array<qint64, 3> packets{};

    qint64& of(TrackType type) { return packets[std::size_t(type)]; }
    qint64 of(TrackType type) const { return packets[std::size_t(type)]; }
    void add(TrackType type, qint64 count);
    void add(const PacketCounts& other);
    bool operator==(const PacketCounts&) const = default;
};

/// `size` bytes at `offset`, fewer at the end of the file.
using ByteSource = std::function<Result<QByteArray>(qint64 offset, qint64 size)>;

/// MP4, fragmented or not: sample tables and the runs of all fragments, by the tracks' numbers. Reads no media.
class Mp4Counter {
public:
    /// A file, an init segment or a segment; what is learned of tracks is kept.
    Result<void> add(const ByteSource& bytes, qint64 size);
    const PacketCounts& counts() const { return counts_; }
    double duration() const { return duration_; } ///< of the whole, as its header says; 0 in fragmented ones

private:
    struct Track {
        quint32 id = 0;
        std::optional<TrackType> type;
    };
    void readTracks(QByteArrayView moov);
    void readTrack(QByteArrayView trak);
    void readFragment(QByteArrayView moof);
    Track& trackOf(quint32 id);

    std::vector<Track> tracks_;
    PacketCounts counts_;
    double duration_ = 0;
};

/// Matroska and WebM: blocks by track. `init` and segments of a stream, or a whole file.
class MatroskaCounter {
public:
    Result<void> add(const ByteSource& bytes, qint64 size);
    const PacketCounts& counts() const { return counts_; }

private:
    struct Track {
        quint64 number = 0;
        std::optional<TrackType> type;
    };
    void readTracks(QByteArrayView tracks);
    void countBlock(QByteArrayView head);

    std::vector<Track> tracks_;
    PacketCounts counts_;
};

/// MPEG-TS: starts of PES packets for pictures; for sound the frames inside, where the codec is one that we can walk.
class TsCounter {
public:
    /// Bytes as they come; packets may be cut anywhere.
    void add(QByteArrayView bytes);
    /// What comes next is another stream: its tables are its own.
    void restart();
    const PacketCounts& counts() const { return counts_; }

private:
    struct Stream {
        quint16 pid = 0;
        std::optional<TrackType> type;
        std::optional<AudioFrameCounter> frames; ///< unset: its PES packets are counted
        bool inPes = false;
        qsizetype headerLeft = 0; ///< of the PES header, in packets to come
    };
    void packet(QByteArrayView packet);
    void section(quint16 pid, QByteArrayView payload, bool start);
    void readPat(QByteArrayView table);
    void readPmt(QByteArrayView table);
    void payload(Stream& stream, QByteArrayView payload, bool start);

    struct Tables {
        quint16 pid = 0;
        bool isPmt = false;
        QByteArray gathered;
    };
    std::vector<Tables> tables_;
    std::vector<Stream> streams_;
    QByteArray partial_; ///< of a packet
    PacketCounts counts_;
};

} // namespace weir
