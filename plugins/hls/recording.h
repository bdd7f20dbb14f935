#pragma once
// One run of one recording: what is there, which tracks, capture into the spool, remux beside it, the end. Read run() first.
// Everything here is on the task's thread; the muxer has one of its own.

#include "hls/capture_state.h"
#include "hls/choose.h"
#include "hls/stream_source.h"
#include "media/mux_thread.h"

namespace weir {

class Recording {
public:
    explicit Recording(TaskContext& ctx);
    Result<void> run();

private:
    Result<void> plan(const StreamSource& source, QList<int>& chosen);
    Result<QList<int>> again(const Presentation& presentation) const;
    void noteWhatNeverCame();
    Result<void> openSpool();
    Result<void> describe(const Presentation* presentation);
    Result<void> capture(StreamSource& source, const QList<int>& chosen);
    std::vector<Capture::TrackPlan> timelines(
        const StreamSource& source, const QList<int>& chosen, std::vector<Listing> listings) const;
    Result<void> step(const Capture& capture);
    Result<void> finish();
    Result<void> writeGaps();
    void startMuxer(std::function<void()> wake);
    void keep(const Capture& capture);
    void save();
    QString folder() const;
    Container container() const;

    TaskContext& ctx_;
    const TaskSpec& spec_;
    CaptureState state_;
    AdRule adRule_;
    QString name_; ///< of the finished file, as described
    TimePoint savedAt_{}, reportedAt_{};
    std::unique_ptr<Spool> spool_;
    std::unique_ptr<MuxThread> muxer_; ///< after the spool, which it reads
};

} // namespace weir
