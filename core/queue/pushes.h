#pragma once
// Data that lies in a browser's page (a blob, a canvas) and is sent to us part by part: for each such task the one part that is
// on its way from the session that brought it to the run that writes it. The main thread puts, the task's thread takes; one
// mutex. Lives longer than every run.

#include "base/executor.h"

#include <weir/task.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <unordered_map>

namespace weir {

struct PushPart {
    qint64 offset = 0;
    QByteArray bytes;
    bool last = false;
};

class Pushes {
public:
    /// `patience`: a run ends when no part has come for so long.
    explicit Pushes(Executor main, std::chrono::milliseconds patience = std::chrono::minutes(1))
        : main_(std::move(main)),
          patience_(patience)
    {}

    static constexpr int kMaxOfSender = 8, kMaxAtOnce = 32;
    using Sender = const void*;
    /// How many bytes are there now; or why the part was not taken. On the main thread, exactly once.
    using Answer = std::function<void(const Result<qint64>&)>;

    // Main thread.
    /// From now on this sender brings the task's parts. TooManyPushes.
    Result<void> attach(TaskId task, Sender sender);
    /// The next part. RpcBadParams: the one before is not answered yet.
    Result<void> put(TaskId task, PushPart part, Answer answer);
    bool waits(TaskId task) const; ///< a part is not answered yet
    /// Nobody will take the part that waits.
    void refuse(TaskId task, const Error& error);
    /// The task needs no more.
    void end(TaskId task, const Error& error);
    /// That sender has gone: runs that wait for it end.
    void abandon(Sender sender);

    // The task's thread.
    /// Waits for a part. PushAbandoned: nobody brings any, or not in time; Cancelled.
    Result<PushPart> take(TaskId task, std::stop_token stop);
    /// Of the part that was taken.
    void answer(TaskId task, const Result<qint64>& outcome);

private:
    struct Push {
        Sender sender = nullptr;
        std::optional<PushPart> part;
        Answer answer;
    };
    void tell(Answer answer, const Result<qint64>& outcome);

    const Executor main_;
    const std::chrono::milliseconds patience_;
    mutable std::mutex mutex_;
    std::condition_variable_any changed_;
    std::unordered_map<TaskId, Push> pushes_;
};

} // namespace weir
