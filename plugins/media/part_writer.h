#pragma once
// The files of one capture: a part is a file in which every stream keeps its codec. Knows which reader's stream goes where; the
// OutputFiles come from RemuxFiles. Used by the muxer's thread, owned by remux().

#include "media/remux.h"
#include "media/track_reader.h"
#include "media/webvtt.h"

namespace weir {

class PartWriter {
public:
    PartWriter(const RemuxPlan& plan, const RemuxFiles& files, RemuxReport& report);

    /// One stream of sound or pictures that a part is to have.
    struct Source {
        int track = 0;
        const TrackReader::Slot* slot = nullptr;
        const StreamFormat* format = nullptr;
    };
    bool isOpen() const { return writer_ != nullptr; }
    /// Can the present part take a packet of that format?
    bool takes(const TrackReader::Slot& slot, const StreamFormat& format) const;
    /// Closes the part that was written so far and begins another at that moment of the capture.
    Result<void> begin(const std::vector<Source>& sources, double start);
    /// `offset`: seconds to add to the packet's times for the capture's time.
    Result<void> write(const TrackReader::Slot& slot, TrackReader::Queued& queued, double offset);
    /// On the capture's time. In MP4 cues don't overlap.
    Result<void> writeCue(int track, const Cue& cue);
    Result<void> close();

    /// Subtitles are to be written as plain moments.
    bool flatCues() const;

private:
    struct Out {
        const TrackReader::Slot* slot = nullptr; ///< null: subtitles
        int track = 0;
        const StreamFormat* opened = nullptr;
        const StreamFormat* now = nullptr;
        QByteArray sets; ///< go in front of every key frame
        int reported = 0;
    };
    Result<Container> fitting(const std::vector<Source>& sources);
    int reportedStream(int track, AVMediaType type, int ordinal, AVCodecID codec);
    Out* outOf(const TrackReader::Slot& slot);

    const RemuxPlan& plan_;
    const RemuxFiles& files_;
    RemuxReport& report_;
    std::unique_ptr<MediaWriter> writer_;
    std::vector<Out> outs_;
    Container container_;
    double start_ = 0; ///< of the part
};

} // namespace weir
