#pragma once
// The queue: all tasks, their holds, and who runs. Main thread. It owns the TaskTable, the Holds and the Runner; it is told what
// users want (RPC) and how runs ended (Runner), asks the pure functions next() and plan(), and writes every change to the
// ledger before anybody is told.

#include "config/settings.h"
#include "ledger/ledger.h"
#include "queue/holds.h"
#include "queue/lifecycle.h"
#include "queue/task_table.h"

#include <weir/context.h>

namespace weir {

class Registry;
class Runner;
class Syncer;

/// Which tasks a verb means.
struct Selection {
    QList<TaskId> ids;
    bool all = false;
    QByteArray kind;              ///< adapter name
    std::optional<State> state;
    bool browserOnly = false;     ///< role Browser sees only its own
    bool empty() const { return ids.isEmpty() && !all && kind.isEmpty() && !state; }
};

struct NewTask {
    QUrl url;
    QString directory, name;
    SpecRecord spec;      ///< options (mirrors, connections, digests, ifExists, limit ...), secrets (headers, cookies, auth, body)
    QByteArray token;     ///< the same token twice is the same task
    QByteArray mime;
    int priority = 0;
    bool fromBrowser = false, unlisted = false;
    bool held = false;    ///< added but not started: a user hold is placed with it
};

enum class Removal : quint8 { KeepFile, Trash, DeleteFile };

class Queue {
public:
    struct Parts {
        Ledger& ledger;
        Syncer& syncer;
        Registry& registry;
        Services& services;
        Disk& disk;
        Settings& settings;
        Executor main;
        QString logDirectory; ///< of the tasks' logs
    };
    explicit Queue(Parts parts);
    ~Queue();

    /// Recovers intents, loads tasks and holds; running ones of the last life become waiting. Starts nothing.
    Result<void> load(const std::vector<TaskId>& diedRunning);
    void start();                                    ///< from now on tasks are started
    /// Stops all runs; `stopped` is called when the last has ended or `patience` is over, with the names of what still hangs.
    void stop(std::chrono::milliseconds patience, std::function<void(QStringList hanging)> stopped);

    /// All or nothing; answers after COMMIT, in the order given.
    void add(std::vector<NewTask> tasks, std::function<void(Result<QList<TaskId>>)> reply);
    Result<QList<TaskId>> select(const Selection& selection) const; ///< UnknownTask
    using Done = std::function<void(Result<QList<TaskId>>)>;       ///< after COMMIT, with the tasks it concerned
    void pause(const Selection& which, const QString& owner, const QString& reason, qint64 until, Done done);
    void resume(const Selection& which, const QString& owner, Done done);
    void remove(const Selection& which, Removal removal, Done done);
    void restart(const Selection& which, bool fromZero, Done done);
    void move(const Selection& which, int offsetOrEnd, bool absolute, Done done);
    void choose(TaskId task, QJsonObject choice, Done done);
    void relink(TaskId task, const QUrl& url, Done done);
    void finishPartial(TaskId task, Done done);
    void setOptions(const Selection& which, QJsonObject options, Done done); ///< priority, limit, connections, name before start
    void hold(HoldRecord hold, Done done);
    void release(const QString& scope, const QString& key, const QString& owner, Done done);

    /// As in interface.md. `full`: files, sources and options too.
    Result<QJsonObject> task(TaskId task, bool full) const;
    /// Why it is not running, or slow: one sentence, and the parts.
    Result<QJsonObject> why(TaskId task) const;
    Result<QString> logPath(TaskId task) const;
    const TaskTable& table() const { return table_; }
    const Holds& holds() const { return holds_; }
    QJsonObject statistics() const; ///< counts by state, rates, connections

    /// Called after every change that a client may want to know, with the tasks that changed (state, name, progress).
    void onChange(std::function<void(const QList<TaskId>& changed, const QList<TaskId>& removed)> listener);

private:
    // (the implementer's)
    TaskTable table_;
    Holds holds_;
};

} // namespace weir
