#pragma once
// The packets of one connection as MP4 in memory: what a demuxer needs at first, and fragments of a few seconds that begin with
// a picture which needs no other. QuickTime's flavour where a codec needs it. One thread uses it; it owns libavformat's muxer.

#include "media/av.h"

#include <optional>
#include <vector>

namespace weir {

/// A stream that will be recorded: pictures or sound.
struct LiveStream {
    const AVCodecParameters* parameters = nullptr; ///< lives as long as the input
    AVRational timeBase{1, 90'000};                ///< of its packets
    bool isVideo() const { return parameters->codec_type == AVMEDIA_TYPE_VIDEO; }
};

struct Fragment {
    QByteArray bytes;
    double duration = 0;
};

class Fragments {
public:
    static bool hold(AVCodecID codec);
    /// Errors: MuxUnsupportedCodec, OutOfMemory.
    static Result<std::unique_ptr<Fragments>> open(const std::vector<LiveStream>& streams);
    ~Fragments();
    Fragments(const Fragments&) = delete;
    Fragments& operator=(const Fragments&) = delete;

    /// The fragments that have ended. The packet is used up. Errors: MuxFailed.
    Result<std::vector<Fragment>> add(AVPacket& packet);
    /// What is left.
    Result<std::vector<Fragment>> finish();
    /// Known when the first fragment is.
    const QByteArray& init() const { return init_; }
    /// Of what was added since the last fragment.
    double pending() const { return end_ > begin_ ? end_ - begin_ : 0; }

private:
    struct Stream {
        AVRational from, to;
        bool isVideo = false;
        int delay = 0;               ///< how many pictures are decoded before the first is shown
        std::vector<int64_t> coming; ///< times of pictures at which others will be decoded, sorted
        std::optional<int64_t> last; ///< dts
        int64_t duration = 0;        ///< of the last packet
    };
    Fragments() = default;
    Result<void> begin(const std::vector<LiveStream>& streams);
    bool opens(const AVPacket& packet) const;
    bool knowsFirstTimes() const;
    void inferFirstTimes();
    std::size_t closeStep();
    Result<void> release();
    Result<void> write(AVPacket& packet);
    bool setTimes(Stream& stream, AVPacket& packet);
    Result<void> cut();
    static int writeBytes(void* self, uint8_t* bytes, int size);

    AvIo io_;
    AVFormatContext* muxer_ = nullptr;
    std::vector<Stream> streams_;
    std::vector<AvPacket> held_; ///< the first ones, until their times are known
    std::vector<Fragment> done_;
    QByteArray out_, init_;
    std::optional<double> shift_; ///< moves the first packet to a place that leaves room before it
    double correction_ = 0;       ///< seconds, to all that come
    double begin_ = 0, end_ = 0;  ///< of the pending packets
    qint64 bytes_ = 0;
    bool hasVideo_ = false, started_ = false, holds_ = true;
    bool reported_ = false; ///< the sender has told how its clocks belong together
};

} // namespace weir
