#pragma once
// One media file being written: packets in, libavformat's muxer inside, an OutputFile outside. Used by the muxer's thread
// alone, which owns it; the OutputFile is borrowed. An MP4's index gets its place in front before anything is known of its
// size; if it turns out larger it goes to the end, and never is the file rewritten.

#include "media/container.h"

#include <weir/output_file.h>

#include <vector>

namespace weir {

struct Chapter {
    double start = 0, end = 0;
    QString title;
};

/// One stream of the file to be.
struct StreamPlan {
    const AVCodecParameters* parameters = nullptr; ///< only while open() runs
    AVRational timeBase{1, 90'000};                ///< of the packets that will come
    AVRational frameRate{0, 1};
    QString language, title;
    bool isDefault = false, forced = false;
};

struct FilePlan {
    Container container = Container::Mp4;
    std::vector<StreamPlan> streams;
    std::vector<Chapter> chapters;
    QString title;
    double duration = -1; ///< expected; -1: nobody knows
    bool live = false;    ///< what was written should be seen at once
};

/// Bytes to reserve for the index of an MP4: once and a half of what is likely. 0: the duration is not known.
qint64 indexRoom(const FilePlan& plan);

class MediaWriter {
public:
    /// Writes the header. Errors: MuxUnsupportedCodec, MuxFailed, Disk category.
    static Result<std::unique_ptr<MediaWriter>> open(OutputFile& file, const FilePlan& plan);
    ~MediaWriter();
    MediaWriter(const MediaWriter&) = delete;

    /// Times are in the plan's time base; they go up within a stream, by force if need be. The packet's data stay the caller's.
    Result<void> write(std::size_t stream, AVPacket& packet);
    /// The trailer; the file's size is set. Nothing may be written afterwards.
    Result<void> close();

    struct Written {
        qint64 packets = 0, bytes = 0;
        qint64 moved = 0; ///< packets whose time had to be changed to go up
        double end = 0;   ///< seconds
    };
    const Written& written(std::size_t stream) const { return streams_[stream].written; }
    bool indexInFront() const { return indexInFront_; }

private:
    struct Stream {
        AVRational timeBase;
        int64_t lastDts = AV_NOPTS_VALUE;
        Written written;
    };

    MediaWriter(OutputFile& file, Container container);
    Result<void> begin(const FilePlan& plan);
    Result<void> addStream(const StreamPlan& plan);
    Result<void> addChapters(const std::vector<Chapter>& chapters);
    Result<void> store(qint64 offset, std::span<const char> bytes);
    Result<void> placeIndex();
    tl::unexpected<Error> muxFailure(const char* what, int averror);

    static int writeBytes(void* self, uint8_t* bytes, int size);
    static int64_t seek(void* self, int64_t offset, int whence);

    OutputFile& file_;
    const Container container_;
    AvIo io_;
    AVFormatContext* muxer_ = nullptr;
    std::vector<Stream> streams_;
    std::optional<Error> error_; ///< what the OutputFile said; libavformat only passes a number on
    qint64 at_ = 0, end_ = 0;
    qint64 indexAt_ = -1, room_ = 0; ///< the reserved stretch
    QByteArray index_;               ///< written by the trailer, kept back until its size is known
    bool closing_ = false;
    bool indexInFront_ = false;
};

} // namespace weir
