#pragma once
// The waiting tasks that nothing but room keeps from running: per host in queue order, and those that wait for a time. It hands
// plan() just as many candidates as could start, so that 10,000 waiting tasks cost no more than a hundred. Main thread.

#include "queue/scheduler.h"
#include "queue/task_table.h"

namespace weir {

class ReadyIndex {
public:
    using Order = TaskTable::Order;

    /// Replaces what was known of that task. `notBefore` in the future: not a candidate until then.
    void put(const Order& order, const QByteArray& host, TimePoint notBefore, TimePoint now);
    void drop(TaskId task);
    void ripen(TimePoint now); ///< moves those whose time has come
    std::optional<TimePoint> nextRipe() const;

    /// In queue order, at most `atMost` in all and `room(host)` of each host. A host that has to rest until later gives one,
    /// not counted, from which plan() learns when to look again.
    struct HostRoom {
        int free = 0;
        bool resting = false;
    };
    std::vector<Candidate> candidates(int atMost, const std::function<HostRoom(const QByteArray& host)>& room) const;
    std::size_t waitingFor(const QByteArray& host) const; ///< ripe ones
    bool empty() const { return heads_.empty(); }
    std::size_t size() const { return entries_.size(); }
    bool contains(TaskId task) const { return entries_.contains(task); }

private:
    struct Entry {
        Order order;
        QByteArray host;
        TimePoint notBefore;
        bool ripe;
    };
    using Line = std::set<Order>; ///< the tasks of one host
    void enqueue(const Order& order, const QByteArray& host);
    void dequeue(const Order& order, const QByteArray& host);

    QHash<TaskId, Entry> entries_;
    std::map<QByteArray, Line> lines_;
    std::map<Order, std::map<QByteArray, Line>::const_iterator> heads_; ///< the first of each line
    std::set<std::pair<TimePoint, TaskId>> unripe_;
};

} // namespace weir
