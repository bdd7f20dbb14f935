#include "queue/scheduler.h"

#include <QHash>

namespace weir {

namespace {

class Room {
public:
    Room(std::span<const Candidate> running, const Policy& policy) : policy_(policy), tasks_(int(running.size()))
    {
        for (const Candidate& task : running) {
            connections_ += task.connections;
            if (!task.host.isEmpty())
                perHost_[task.host] += task.connections;
        }
    }

    bool full() const { return tasks_ >= policy_.maxRunning || connections_ >= policy_.maxConnections; }

    bool hostFull(const Candidate& task) const
    {
        if (task.host.isEmpty())
            return false;
        const int limit = policy_.perHost ? policy_.perHost(task.host) : policy_.maxPerHost;
        return perHost_.value(task.host) >= limit;
    }

    void take(const Candidate& task)
    {
        ++tasks_;
        connections_ += task.connections;
        if (!task.host.isEmpty())
            perHost_[task.host] += task.connections;
    }

private:
    const Policy& policy_;
    QHash<QByteArray, int> perHost_;
    int tasks_ = 0;
    int connections_ = 0;
};

} // namespace

Plan plan(std::span<const Candidate> waiting, std::span<const Candidate> running, const Policy& policy, TimePoint now)
{
    Plan result;
    Room room(running, policy);
    for (const Candidate& task : waiting) {
        if (room.full())
            break;
        TimePoint earliest = task.notBefore;
        if (policy.hostNotBefore && !task.host.isEmpty())
            earliest = std::max(earliest, policy.hostNotBefore(task.host));
        if (earliest > now) {
            result.wakeAt = result.wakeAt ? std::min(*result.wakeAt, earliest) : earliest;
            continue;
        }
        if (room.hostFull(task))
            continue;
        room.take(task);
        result.start.push_back(task.id);
    }
    return result;
}

} // namespace weir
