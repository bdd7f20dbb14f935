#pragma once
// All tasks in memory, by id and in queue order, each with the revision of its last change. Main thread; the queue owns it.
// Only small columns: options and ranges stay in the store until a task starts. Folders, hosts, plugin names and types that
// many tasks have in common are kept once.

#include "ledger/records.h"

#include <QHash>
#include <QSet>

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <tuple>

namespace weir {

struct Task : TaskRecord {
    quint64 revision = 0;
    quint64 device = 0;                     ///< of its directory; 0: not looked at yet
    QByteArray host;                        ///< of its URL, "host:port"; shared between tasks
    bool described = false;                 ///< it has said what its file is called
    bool hasRun = false;                    ///< in any life: the store may know more of it than what was asked for
    std::shared_ptr<const SpecRecord> spec; ///< of tasks added in this life that have not run yet; else in the store

private:
    friend class TaskTable;
    struct Place {
        bool listed = false;
        State state = State::Waiting;
        qint8 priority = 0;
        qint64 position = 0;
    };
    Place place_; ///< where the table's indexes have it
};

class TaskTable {
public:
    /// Takes it over; sets its revision. An id that is there already is replaced.
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
    /// The same without making a list.
    struct Order {
        qint8 priority = 0;
        qint64 position = 0;
        TaskId id = 0;
        bool operator<(const Order& other) const
        {
            return std::tuple(-priority, position, id) < std::tuple(-other.priority, other.position, other.id);
        }
    };
    const std::map<Order, Task*>& waitingInOrder() const { return waiting_; }
    /// What changed or was removed since that revision; nothing: too long ago, ask for everything.
    struct Changes {
        std::vector<const Task*> changed;
        std::vector<TaskId> removed;
    };
    std::optional<Changes> since(quint64 revision) const;
    std::size_t count(State state) const { return counts_[std::size_t(state)]; }

private:
    void enlist(Task& task);
    void delist(Task& task);

    static constexpr std::size_t kRememberedRemovals = 10'000;
    std::map<TaskId, std::unique_ptr<Task>> byId_;
    std::map<Order, Task*> waiting_;
    std::map<quint64, const Task*> byRevision_;
    std::deque<std::pair<quint64, TaskId>> removals_;
    quint64 forgottenUntil_ = 0; ///< removals up to this revision are not remembered
    quint64 revision_ = 0;
    std::size_t counts_[6] = {};
    QSet<QByteArray> sharedBytes_;
    QSet<QString> sharedTexts_;
};

} // namespace weir
