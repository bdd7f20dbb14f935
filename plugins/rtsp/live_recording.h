#pragma once
// One run of one live recording: connect, record into the spool, connect again when it breaks, until there is enough; remuxed
// beside it. Read run() first. Everything here is on the task's thread; the muxer has one of its own.

#include "media/mux_thread.h"
#include "rtsp/live_input.h"
#include "rtsp/live_recording_state.h"

namespace weir {

class LiveRecording {
public:
    LiveRecording(TaskContext& ctx, const ProxyConfig& proxy, bool udp);
    Result<void> run();

private:
    Result<void> mayGoDirectly() const;
    LiveSource source() const;
    Result<std::unique_ptr<LiveInput>> connect();
    bool rest(std::chrono::milliseconds time);
    Result<void> begin(const LiveInput& input);
    Result<void> record(LiveInput& input);
    Result<void> keep(const Fragments& fragments, const Result<std::vector<Fragment>>& made);
    Result<void> keep(const Fragments& fragments, const Fragment& fragment);
    Result<void> noteGap();
    Result<void> startAgain(const Error& why);
    Result<void> describe();
    Result<void> openSpool();
    void startMuxer();
    bool enough(double pending) const;
    bool breathe(); ///< what has to be done every now and then; false: stop
    void save();
    void report();
    Result<void> finish();
    QString folder() const { return spec_.directory + u'/' + state_.folder; }
    Container container() const;

    TaskContext& ctx_;
    const TaskSpec& spec_;
    const ProxyConfig& proxy_;
    const bool udp_;
    LiveRecordingState state_;
    QString name_;               ///< of the finished file, as described
    std::optional<Error> error_; ///< found by breathe()
    bool anew_ = true;           ///< the next fragment is the first of its connection
    bool known_ = false;         ///< described, with spool and muxer
    TimePoint savedAt_{}, reportedAt_{};
    std::unique_ptr<Spool> spool_;
    std::unique_ptr<MuxThread> muxer_; ///< after the spool, which it reads
};

} // namespace weir
