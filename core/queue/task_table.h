#pragma once
// All tasks in memory, by id and in queue order, each with the revision of its last change. Main thread; the queue owns it.
// Only small columns: options and ranges stay in the store until a task starts.

#include "ledger/records.h"

#include <QHash>

#include <map>
#include <memory>
#include <set>
#include <tuple>

namespace weir {

struct Task : TaskRecord {
    quint64 revision = 0;
    quint64 device = 0;    ///< of its directory; 0: not looked at yet
    QByteArray host;       ///< of its URL, "host:port"; shared between tasks
    std::shared_ptr<const SpecRecord> spec; ///< of tasks added in this life that have not run yet; else in the store
};

class TaskTable {
public:
    /// Takes it over; sets its revision.
    Task& insert(Task task);
    void remove(TaskId id);
    Task* find(TaskId id);
    const Task* find(TaskId id) const;
    /// After any change of a task's columns: new revision, indexes follow.
    void touch(Task& task);

    std::size_t size() const { return byId_.size(); }
    quint64 revision() const { return revision_; }
    /// In the order of their ids.
    const std::map<TaskId, std::unique_ptr<Task>>& all() const { return byId_; }
    /// Waiting ones, in the order in which they should start: priority, then position.
    std::vector<Task*> waiting() const;
    /// What changed or was removed since that revision; nothing: too long ago, ask for everything.
    struct Changes { std::vector<const Task*> changed; std::vector<TaskId> removed; };
    std::optional<Changes> since(quint64 revision) const;
    std::size_t count(State state) const { return counts_[std::size_t(state)]; }

private:
    // (indexes are the implementer's to complete)
    std::map<TaskId, std::unique_ptr<Task>> byId_;
    quint64 revision_ = 0;
    std::size_t counts_[6] = {};
};

} // namespace weir
