#pragma once
// Threads for runs: reused, so that starting a task costs microseconds, and ended when they were idle for a while; with the
// note in the black box. Main thread; `ended` is called there, in batches.

#include "platform/black_box.h"
#include "queue/inbox.h"

#include <weir/result.h>
#include <weir/task.h>

#include <chrono>
#include <optional>

namespace weir {

class Runner {
public:
    struct Ended {
        TaskId task = 0;
        Result<void> outcome;
    };
    using Sink = std::function<void(const Ended&)>;

    /// `blackBox` may be null.
    Runner(Inbox& inbox, BlackBox* blackBox, Sink ended);
    /// Waits a moment for what still runs; a thread that hangs is left alone, with everything that it uses.
    ~Runner();
    Runner(const Runner&) = delete;
    Runner& operator=(const Runner&) = delete;

    /// `run` is called on a thread of its own; what it throws becomes PluginThrew.
    void start(TaskId task, QByteArray plugin, std::function<Result<void>()> run);
    /// Work of our own that may block and belongs to no task. Must not throw.
    void background(std::function<void()> work);
    std::size_t threads() const;

private:
    struct Pool;
    using Work = std::function<std::optional<Ended>()>;
    void enqueue(Work work);
    static void serve(const std::shared_ptr<Pool>& pool);

    const std::shared_ptr<Pool> pool_; ///< outlives this with a thread that hangs
};

} // namespace weir
