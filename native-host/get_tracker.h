#pragma once
// Turns what the daemon says of the tasks of one `get` into events, and knows when all have ended and with what exit status.
// No I/O. Single thread; the reporter is borrowed.

#include "reporter.h"

#include <map>

namespace weir {

class GetTracker {
public:
    struct Policy {
        bool waitForHolds = true; ///< false: a held task ends the wait with the status of the reason
        bool waitForChoice = false;
        qint64 progressEvery = 200; ///< milliseconds between two Progress events of a task
        double progressStep = 0;    ///< > 0: such a part of the size brings one earlier
    };
    GetTracker(const QList<qint64>& ids, Policy policy, Reporter& reporter);

    /// A whole TASK, or only its changed members.
    void update(const QJsonObject& task, qint64 now);
    /// Somebody took the task out of the daemon.
    void removed(qint64 id, qint64 now);
    void tick(qint64 now);

    bool finished() const { return open_ == 0; }
    /// Of the worst end so far.
    int exitStatus() const { return exit_; }
    QList<qint64> open() const;
    bool isOpen(qint64 id) const;
    std::vector<const Tracked*> all() const;

private:
    void end(Tracked& task, GetEvent event, int exit, qint64 now);
    void stand(Tracked& task, qint64 now);
    void progress(Tracked& task, qint64 now);

    Policy policy_;
    Reporter& reporter_;
    std::map<qint64, Tracked> tasks_;
    std::size_t open_;
    int exit_ = 0;
};

/// The worse of two exit statuses: any failure beats "stopped" (31), which beats 0; of two failures the larger number.
int worse(int a, int b);
/// The exit status that a hold stands for.
int holdExit(const TaskView& task);

} // namespace weir
