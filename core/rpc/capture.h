#pragma once
// What the daemon keeps for browsers: the rules they capture by, the data that pages push, what their users are doing. Main
// thread; the daemon owns it, and it outlives the queue, whose runs read from the pushes.

#include "config/capture_rules.h"
#include "platform/paths.h"
#include "queue/push_adapter.h"
#include "queue/queue.h"
#include "rpc/foreground.h"

#include <set>

namespace weir {

class Session;

class Capture {
public:
    /// Makes itself known to the registry. `log` is told why changed rules were not taken.
    Capture(Registry& registry, Executor main, const Paths& paths, std::function<void(Level, const QString&)> log);
    ~Capture();

    /// To be called with what Queue::onChange tells.
    void tasksChanged(Queue& queue, const QList<TaskId>& changed, const QList<TaskId>& removed);
    /// From now on that session brings the task's parts. TooManyPushes.
    Result<void> attach(Session& session, TaskId task);
    /// From now on that session hears of other rules ("capture.rulesChanged"), until it ends.
    void tellRules(Session& session);

    CaptureRules rules;
    Pushes pushes;
    Foreground foreground;
    QHash<QByteArray, TaskId> pushedTasks; ///< by the browser's token, of this life

private:
    void rulesChanged();

    PushAdapter adapter_;
    std::set<const Session*> senders_;
    std::vector<std::pair<Session*, quint64>> readers_; ///< with the number of their atEnd action
};

} // namespace weir
