#pragma once
// What the queue knows of a task that runs, or whose files are being made durable. Main thread; only the queue's own .cpp
// files.

#include "queue/queue.h"

#include <atomic>

namespace weir {

struct Queue::Live {
    TaskId id = 0;
    QByteArray plugin, host;
    std::shared_ptr<RunContext> context; ///< shared with the run's thread
    TimePoint startedAt{};
    std::optional<TimePoint> stopAt; ///< when it was asked to stop
    std::optional<Error> stoppedFor; ///< it was stopped by us, because of this, to start anew
    bool ended = false;              ///< its thread has; the files may still be on their way
    bool finishing = false;
    bool treeNoted = false;           ///< the ledger knows what there is to choose from
    bool sharing = false;             ///< it goes on without a thread, a slot or a connection of its own
    std::function<void()> onStop;     ///< how that ends
    std::optional<Result<void>> left; ///< it has, before anybody knew that it began
    qint64 doneBefore = 0;            ///< the most that was there after any earlier run
    std::vector<std::function<void()>> afterEnd;

    RunContext::Sample last;
    TimePoint sampledAt{};
    double rate = 0; ///< bytes a second, smoothed
    qint64 chargedAtDivision = 0, allotted = 0;
    TimePoint dividedAt{};
};

struct Queue::Batch {
    qsizetype open = 0; ///< still to be done with
    QList<TaskId> ended;
    std::optional<Error> error;
    Done done;
};

struct Queue::Move {
    TaskId id = 0;
    QString to;
    std::shared_ptr<Batch> batch;
    bool begun = false; ///< it was its turn
    bool idle = false;  ///< nothing else uses the task's files until it ends
    std::stop_source stop;
    std::atomic<qint64> copied{0}, total{0}; ///< bytes; the runner's thread counts. 0: nothing has to be copied
    std::vector<std::function<void()>> afterEnd;
};

struct Queue::VolumeWatch {
    VolumeTrouble trouble = VolumeTrouble::None;
    QString directory; ///< one on it
    qint64 freeAtTrouble = 0;
    int rounds = 0; ///< held again right after it was let go
    TimePoint lookAt{};
    bool held = true, looking = false;
};

} // namespace weir
