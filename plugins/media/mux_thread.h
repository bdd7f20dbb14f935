#pragma once
// The thread that remuxes while the capture task fetches. Output files are opened by the task's own thread, as its context
// wants it: the muxer asks, serve() answers. The capture task owns it; its destructor stops and joins.

#include "media/remux.h"

#include <weir/context.h>

#include <thread>

namespace weir {

class MuxThread {
public:
    /// What files are to be called; pure, asked on the muxer's thread.
    struct Names {
        /// Part 0 is the recording itself, others follow a change of codec or a seam.
        std::function<QString(int part, Container container)> media;
        std::function<QString(int track)> subtitles; ///< beside the media; an empty name: not wanted
    };
    /// `wake` makes the task's thread come to serve(). Any thread.
    MuxThread(const Spool& spool, RemuxPlan plan, Names names, std::function<void()> wake);
    ~MuxThread();

    // The task's thread.
    /// While the spool grows: opens what the muxer wants. Its error, or MuxFailed, if it has ended before the spool did.
    Result<void> serve(TaskContext& ctx);
    /// Serves until all that the finished spool has is written; what is worth telling goes to the task's log. Cancelled: the
    /// task is to stop.
    Result<void> finish(TaskContext& ctx);
    const QStringList& opened() const { return opened_; }

private:
    Result<RemuxReport> make(const Spool& spool, const RemuxPlan& plan, const std::stop_token& stop);
    Result<OutputFile*> ask(const QString& name, const std::stop_token& stop);
    void answer(TaskContext& ctx);
    /// Until the muxer wants something, or has ended, or the time is up.
    void await(std::chrono::milliseconds atMost);
    std::optional<Result<RemuxReport>> result() const;

    struct Request {
        QString name;
        std::optional<Result<OutputFile*>> answer;
    };
    const Names names_;
    const std::function<void()> wake_;
    mutable std::mutex mutex_;
    std::condition_variable_any changed_;
    std::optional<Request> request_;
    std::optional<Result<RemuxReport>> result_;
    QStringList opened_;
    std::jthread thread_; ///< last
};

} // namespace weir
