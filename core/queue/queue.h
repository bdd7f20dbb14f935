#pragma once
// The queue: all tasks, their holds, and who runs. Main thread. It owns the TaskTable, the Holds and the Runner; it is told
// what users want (RPC) and how runs ended (Runner), asks the pure functions next() and plan(), and writes every change to the
// ledger before anybody is told.

#include "config/settings.h"
#include "ledger/ledger.h"
#include "queue/holds.h"
#include "queue/lifecycle.h"
#include "queue/ready_index.h"
#include "queue/relocation_plan.h"
#include "queue/retry_rule.h"
#include "queue/runner.h"
#include "queue/task_context.h"
#include "queue/task_json.h"
#include "queue/task_table.h"
#include "queue/timers.h"
#include "queue/traffic.h"
#include "queue/wall_time.h"
#include "transfer/relocation.h"

#include <weir/context.h>

#include <QJsonArray>

#include <deque>
#include <random>
#include <unordered_map>
#include <unordered_set>

namespace weir {

class Disk;
/// Which tasks a verb means.
struct Selection {
    QList<TaskId> ids;
    bool all = false;
    QByteArray kind; ///< adapter name
    std::optional<State> state;
    bool browserOnly = false; ///< role Browser sees only its own
    bool empty() const { return ids.isEmpty() && !all && kind.isEmpty() && !state; }
};

struct NewTask {
    QUrl url;
    QString directory, name;
    SpecRecord spec;  ///< options (mirrors, connections, digests, ifExists, limit ...), secrets (headers, cookies, auth, body)
    QByteArray token; ///< the same token twice is the same task
    QByteArray mime;
    QByteArray adapter; ///< empty: the one that knows the address best
    int priority = 0;
    bool fromBrowser = false, unlisted = false;
    bool held = false; ///< added but not started: a user hold is placed with it
};

enum class Removal : quint8 { KeepFile, Trash, DeleteFile };

constexpr qsizetype kMaxTasksPerCall = 10'000;
constexpr int kMostHandOvers = 4; ///< of one task in one life: what each adapter takes for another's must end somewhere

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
        QString logDirectory; ///< of the tasks' logs; empty: none are kept
        BlackBox* blackBox = nullptr;
        quint64 seed = 0; ///< of the back-off's dice; 0: a random one
    };
    explicit Queue(Parts parts);
    ~Queue();

    struct LastLife {
        bool keptAll = true;          ///< it stopped in order, with its last change in the ledger
        std::vector<TaskId> suspects; ///< may have crashed it; none after a kill from outside. It counts against them
    };
    /// Recovers intents, loads tasks and holds; running ones of the last life become waiting. Starts nothing.
    Result<void> load(const LastLife& last);
    void start(); ///< from now on tasks are started
    /// Stops all runs; `stopped` is called when the last has ended or `patience` is over, with the names of what still hangs.
    void stop(std::chrono::milliseconds patience, std::function<void(QStringList hanging)> stopped);

    /// All or nothing; answers after COMMIT, in the order given.
    void add(std::vector<NewTask> tasks, std::function<void(Result<QList<TaskId>>)> reply);
    Result<QList<TaskId>> select(const Selection& selection) const; ///< UnknownTask
    using Done = std::function<void(Result<QList<TaskId>>)>;        ///< after COMMIT, with the tasks it concerned
    void pause(const Selection& which, const QString& owner, const QString& reason, qint64 until, Done done);
    void resume(const Selection& which, const QString& owner, Done done);
    void remove(const Selection& which, Removal removal, Done done);
    void restart(const Selection& which, bool fromZero, Done done);
    /// By so many places, down if positive; or `absolute`: to the end, the last if positive, else the first. Among tasks of the
    /// same priority.
    void move(const Selection& which, int offsetOrEnd, bool absolute, Done done);
    /// What they have on disk goes to `directory`, a folder that is there; answers when all that could be moved are. They are
    /// moved one after the other, and go on by themselves. A pause, a removal and whatever else stops a task ends the moving
    /// first.
    void relocate(const Selection& which, const QString& directory, Done done);
    bool movesFiles() const { return !moves_.empty(); }
    /// As readChoice(); it is on offer as "choices" where the task is written in full. One that has begun, or is done and can
    /// go on, takes other files ("files" alone) from then on.
    void choose(TaskId task, QJsonObject choice, Done done);
    void relink(TaskId task, const QUrl& url, Done done); ///< the next run finds "relinked": true among its options
    /// What it asks for sources is asked now. WrongState: it does not run, or was announced just now; Unsupported.
    Result<void> announce(TaskId task);
    void finishPartial(TaskId task, Done done); ///< then the task in full has "path" and "gaps"
    /// What a task of that plugin would find there, found by its run, which writes nothing. `stop` ends it early.
    void look(const Registry::Match& with, TaskSpec spec, std::stop_token stop, std::function<void(Result<TaskInfo>)> found);
    void setOptions(
        const Selection& which, QJsonObject options, Done done); ///< priority, limit, connections, name before start
    void forgetTraffic(Done done);                               ///< what was received and sent, of all days
    void hold(HoldRecord hold, Done done);
    void release(const QString& scope, const QString& key, const QString& owner, Done done);

    /// As in interface.md. `full`: files, sources and options too. UnknownTask: nothing was written.
    Result<void> writeTask(JsonWriter& writer, TaskId task, bool full) const;
    std::vector<const HoldRecord*> holdsOn(const Task& task) const; ///< valid until the next change
    /// Why it is not running, or slow: one sentence, and the parts.
    Result<QJsonObject> why(TaskId task) const;
    /// The file that its log is in, if it has logged anything; what a running one said last is written there first.
    Result<QString> logPath(TaskId task) const;
    const TaskTable& table() const { return table_; }
    const Holds& holds() const { return holds_; }
    QJsonObject statistics() const; ///< counts by state, rates, connections

    /// Called after every change that a client may want to know, with the tasks that changed (state, name, progress).
    void onChange(std::function<void(const QList<TaskId>& changed, const QList<TaskId>& removed)> listener);

    /// What the timer calls: does everything whose time has come. Tests call it after they moved their clock.
    void wake();

private:
    struct Live;        ///< a task that runs, or whose files are being finished
    struct VolumeWatch; ///< a volume that is held until it is well again
    struct Batch;       ///< tasks of one order that are done with one by one
    struct Move;        ///< a task whose files are to get to another folder
    using MovePtr = std::shared_ptr<Move>;
    using LivePtr = std::shared_ptr<Live>;

    // queue.cpp: tasks that come, and what is written
    Task makeTask(const NewTask& wanted, TaskId id, qint64 position) const;
    Result<void> checkNew(const std::vector<NewTask>& tasks);
    void adopt(std::vector<Task> added);
    void changed(Task& task); ///< columns that are kept: the row is written at the end of this turn
    void shown(Task& task);   ///< columns that are only shown
    void write(Ledger::Operation operation);
    Ledger::Operation takeWrites();
    void settle(); ///< the end of a turn: writes rows, then tells listeners
    void commit(QList<TaskId> ids, Done done);
    void turnSoon();
    void turn();
    template <class F> auto whileAlive(F work)
    {
        return [alive = std::weak_ptr<bool>(alive_), work = std::move(work)](auto&&... values) mutable {
            if (!alive.expired())
                work(std::forward<decltype(values)>(values)...);
        };
    }
    void forget(TaskId id); ///< the task is gone
    bool apply(Task& task, Event event);

    // load.cpp
    struct Kept;
    Result<Kept> readStore();
    void adoptKept(Kept& kept, const std::vector<TaskId>& crashed);
    void becomeWaiting(Task& task, const Kept& kept);

    // verbs.cpp
    Holds::Subject subjectOf(const Task& task) const;
    void enforceHolds(); ///< stops running tasks that are held now
    void refreshAll();
    void releaseExpired();
    QList<TaskId> placeTaskHolds(const QList<TaskId>& ids, const HoldRecord& like);
    void tryAgain(Task& task, bool fromZero);
    void whenIdle(TaskId id, std::function<void()> work);
    void whenEnded(TaskId id, std::function<void()> work);
    void idleAgain(TaskId id);
    void setOptionsOf(Task& task, const QJsonObject& options);
    void mergeOptions(Task& task, const QJsonObject& more);
    void mergeSpec(Task& task, const QJsonObject& options, const QJsonObject& secrets);

    // choosing.cpp
    void noteTree(Task& task, const RunContext::Described& described);
    void chooseFiles(TaskId id, QJsonObject choice, Done done);

    // removal.cpp
    void removeOne(const std::shared_ptr<Batch>& batch, TaskId id, Removal removal);
    void finishSpool(TaskId id, const Done& done);
    void removedOne(const std::shared_ptr<Batch>& batch, TaskId id, const Result<void>& filesGone);

    // moves.cpp
    void moveNext();
    void moveFiles(const MovePtr& move);
    void moveEnded(const MovePtr& move, const RelocationPlan& plan, const Relocated& result);
    void switchFolder(const MovePtr& move, const RelocationPlan& plan);
    void clearMoved(const MovePtr& move, const RelocationRecord& left);
    void endMove(const MovePtr& move, const Result<void>& outcome);
    bool cancelMove(TaskId id);                     ///< true: there was one
    QString moving(TaskId id, bool sentence) const; ///< for people; empty: it is not moved

    // dispatch.cpp: plan and start
    void refresh(Task& task); ///< is it a candidate?
    bool isReady(const Task& task) const;
    void planNow();
    std::vector<Candidate> runningNow() const;
    Policy policyNow() const;
    void startTask(Task& task);
    Result<Registry::Match> adapterOf(const Task& task);
    RunFacts factsOf(Task& task);
    void requestStop(Live& live);
    void startAnew(TaskId id, const Error& error);
    std::function<Result<void>()> runOf(const LivePtr& live, std::unique_ptr<DownloadTask> download);
    void onSharing(TaskId id);
    void reportStopped(bool patienceIsOver);
    void onDescribed(TaskId id, const RunContext* from, const RunContext::Described& described);

    // outcome.cpp: what the end of a run means
    void onEnded(const Runner::Ended& ended);
    void concludeRun(const LivePtr& live, Result<void> outcome);
    void giveSlotBack(Live& live);
    void beginSharing(const LivePtr& live);
    void onLeft(TaskId id, const RunContext* from, const Result<void>& outcome);
    void finishFiles(const LivePtr& live);
    void finished(const LivePtr& live, const TaskRecord& row, const Result<QStringList>& paths);
    void keepFiles(const LivePtr& live);
    void endWith(const LivePtr& live, const Error& error, bool stopRequested);
    void applyVerdict(Task& task, const LivePtr& live, const Error& error, const Verdict& verdict);
    void retired(const LivePtr& live);
    void fail(Task& task, const Error& error);
    void reportHanging();

    // volumes.cpp: volumes that are full, read-only or gone
    void holdVolume(const Task& task, VolumeTrouble trouble, RunContext::Volume volume);
    void watchVolumes();
    qint64 neededOn(quint64 device) const;
    void judgeVolume(quint64 device, const Result<Volume>& now, bool directoryThere);

    // progress.cpp: sampling and rates
    void sampleAll();
    void sample(Live& live, TimePoint now);
    void readSettings();
    void countTraffic(const Live& live, const RunContext::Sample& next);
    void keepTraffic();
    QString today() const;
    void divideRates();
    LiveState liveState(const Live& live) const;

    /// Settings that are looked at for every task.
    struct Tuning {
        int totalConnections = 64, perHost = 16, perTask = 0, running = 256, attempts = 5;
        qint64 downLimit = 0;
        BackoffPolicy backoff;
        IfExists ifExists = IfExists::Rename;
        Reserve reserve = Reserve::Auto;
        bool lookBeside = false;
        ScoreWeights weights;
        Level logLevel = Level::Info;
    };

    Parts parts_;
    Tuning tuning_;
    const Clock& clock_;
    WallTime wall_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
    TaskTable table_;
    Holds holds_;
    ReadyIndex ready_;
    ConnectionBudget budget_;
    PathClaims claims_;
    RunParts runParts_;
    Inbox inbox_;
    Timers timers_;
    Traffic traffic_;
    TimePoint trafficKept_{};
    std::mt19937_64 dice_;

    std::unordered_map<TaskId, LivePtr> live_;
    std::unordered_map<TaskId, LivePtr> hanging_; ///< given up; their threads may still come back
    std::unordered_map<TaskId, MovePtr> moves_;
    std::deque<TaskId> moveLine_;          ///< of moves_, in their order; the first is being moved
    std::unordered_map<TaskId, int> busy_; ///< something else is being done with the task: it must not start
    std::unordered_map<TaskId, Prefetched> prefetched_;
    std::unordered_map<TaskId, QJsonObject> offers_; ///< of tasks that wait for a choice
    std::unordered_map<TaskId, QJsonArray> gaps_;    ///< of those that are done and not whole: [from, to] or a plugin's objects
    std::unordered_map<TaskId, int> atOnce_;
    std::unordered_map<TaskId, int> handedOver_; ///< how often
    std::map<quint64, VolumeWatch> watched_;
    QHash<QString, quint64> devices_; ///< of folders
    std::stop_source looks_;          ///< of all that look() began
    int running_ = 0;                 ///< of live_, those whose thread has not ended
    int sharing_ = 0;                 ///< of live_, those that go on without one

    TaskId lastId_ = 0;
    qint64 lastPosition_ = 0;
    qint64 orphansBornBefore_ = 0;
    bool started_ = false, turnPending_ = false, planWanted_ = false;
    std::function<void(QStringList)> stopped_; ///< set while stopping

    std::unordered_set<TaskId> dirty_; ///< rows to be written
    std::vector<Ledger::Operation> writes_;
    std::unordered_set<TaskId> tellChanged_;
    QList<TaskId> tellRemoved_;
    std::function<void(const QList<TaskId>&, const QList<TaskId>&)> listener_;
    std::unique_ptr<Runner> runner_; ///< last: its threads use what is above
};

} // namespace weir
