#pragma once
// Tells subscribers what changed: numbered deltas. A change of state goes out at once and in order; progress is gathered per
// task and goes out at most twice a second, only to clients that have read everything so far. While nobody listens, a change
// costs one comparison and no timer runs. Main thread; the daemon owns it; sessions leave by themselves when they end.

#include "rpc/session.h"

#include <QSet>
#include <QTimer>

#include <unordered_map>

namespace weir {

class Events {
public:
    /// What is watched. The daemon takes it from the queue (watchQueue), tests from a map.
    struct Source {
        struct Row {
            quint64 state = 0; ///< a fingerprint of everything whose change must not be lost
            bool fromBrowser = false;
            bool active = false; ///< makes progress
        };
        std::function<std::optional<Row>(TaskId)> row;      ///< nullopt: there is no such task
        std::function<void(TaskId, QByteArray& out)> write; ///< appends the task's JSON
        std::function<std::vector<TaskId>()> tasks;         ///< all, by id
    };
    /// `firstSequence`: greater than any of an earlier life of the daemon, so that an old number is never taken for a new one.
    Events(Source source, qint64 firstSequence);
    ~Events();

    void changed(const QList<TaskId>& changed, const QList<TaskId>& removed);
    /// {sequence, tasks, cursor?, resumed?}. With a `since` that is still known: no tasks, and what was missed follows as
    /// deltas; a snapshot that is too long for one message ends with a cursor for task.list. `reply` is called before any delta
    /// is sent.
    void subscribe(Session& session, std::optional<qint64> since, QSet<TaskId> only, const Reply& reply);
    void unsubscribe(Session& session);

    /// What the timer calls twice a second while there is progress to tell.
    void tellProgress();
    bool idle() const { return !progressTimer_.isActive() && !forgetTimer_.isActive(); }
    qint64 sequence() const { return sequence_; }

private:
    struct Item {
        TaskId id = 0;
        bool removed = false, fromBrowser = false;
        QByteArray json;
    };
    struct Delta {
        qint64 sequence = 0;
        std::vector<Item> items;
        qint64 bytes = 0;
    };
    struct Subscriber {
        Session* session;
        QSet<TaskId> only;
        QSet<TaskId> stale;
        quint64 atEnd = 0;
    };

    static bool wants(const Subscriber& subscriber, TaskId task, bool fromBrowser);
    void startRecording();
    void stopRecording();
    void markStale(TaskId task, bool fromBrowser);
    void add(std::vector<Delta>& deltas, Item item);
    void publish(std::vector<Delta> deltas);
    bool send(const Subscriber& subscriber, const Delta& delta);
    std::vector<Delta> progressFor(Subscriber& subscriber, std::unordered_map<TaskId, QByteArray>& written);
    void drop(Session* session, bool forgetAction);
    Answer snapshot(const Subscriber& subscriber) const;
    void replay(Subscriber& subscriber, qint64 since);

    Source source_;
    qint64 sequence_;
    bool recording_ = false;
    std::vector<Subscriber> subscribers_;
    std::unordered_map<TaskId, Source::Row> known_; ///< while recording
    std::deque<Delta> ring_;                        ///< state changes after ringStart_
    qint64 ringStart_, ringBytes_ = 0;
    QTimer progressTimer_, forgetTimer_;
};

/// A source over the queue.
Events::Source watchedQueue(const Queue& queue);

} // namespace weir
