#pragma once
// The SQLite database: schema, migrations, statements. Knows no threads: the Ledger's thread owns it and calls everything
// here inside its transactions. Statements throw SQLite::Exception, which the Ledger turns into an Error.

#include "ledger/records.h"

#include <weir/result.h>

#include <functional>
#include <memory>

namespace weir {

class Store {
public:
    static constexpr int kSchema = 3;

    /// Opens or creates (mode 0600, WAL, synchronous FULL, secure_delete), and holds it alone until the end. LedgerDamaged,
    /// LedgerNewer, LedgerNotOurs (nothing is deleted or changed then), LedgerLocked, LedgerIo, LedgerFull, LedgerPermission.
    static Result<std::unique_ptr<Store>> open(const QString& path);
    ~Store();
    /// Reads the whole file: LedgerDamaged. After a crash open() has done so unless the file is large.
    Result<void> check();

    void begin();
    void commit();
    void rollback();
    /// begin(), `operation`, commit(), with errors instead of exceptions; within the ledger's transaction, nested().
    Result<void> transaction(const std::function<void()>& operation);
    /// A transaction within the transaction: what `operation` did is kept as a whole or not at all. LedgerError if a statement
    /// is wrong; throws where the whole transaction is lost (no space, damaged ...).
    Result<void> nested(const std::function<void()>& operation);
    /// Erased secrets are still in the log file; tidy() empties that.
    bool wantsTidy() const;
    void tidy();
    /// For tests: asked before each commit; anything but 0 is the SQLite error with which it fails.
    void failCommits(std::function<int()> with);

    void insertTask(const TaskRecord& task, const SpecRecord& spec, const QByteArray& token);
    std::optional<TaskId> taskByToken(const QByteArray& token);
    void updateTask(const TaskRecord& task);
    void updateSpec(TaskId task, const SpecRecord& spec);
    void eraseSecrets(TaskId task);
    void removeTask(TaskId task);    ///< with everything that hangs on it
    std::vector<TaskRecord> tasks(); ///< by position
    /// Ended ones, newest first: whose name or URL contains `search`, of `state` (unset: Done and Failed), with ids below
    /// `before` (0: from the newest), at most `limit`.
    std::vector<TaskRecord> history(const QString& search, std::optional<State> state, int limit, TaskId before);
    std::vector<TaskId> purge(qint64 finishedBefore); ///< removes ended ones; says which
    TaskId lastTaskId();                              ///< that was ever given, also to a task that is gone
    SpecRecord spec(TaskId task);

    // What belongs to a task that is gone by now is not kept: removal wins over a checkpoint that comes late.
    void saveProgress(const ProgressRecord& progress);
    void dropProgress(TaskId task);
    std::vector<ProgressRecord> progress(TaskId task); ///< a damaged one comes with no ranges

    void savePluginState(TaskId task, const QByteArray& state);
    QByteArray pluginState(TaskId task);

    void saveIntent(const IntentRecord& intent);
    void dropIntents(TaskId task);
    std::vector<IntentRecord> intents();

    void saveRelocation(const RelocationRecord& relocation); ///< replaces that of the same task
    void dropRelocation(TaskId task);
    std::vector<RelocationRecord> relocations();
    std::optional<RelocationRecord> relocation(TaskId task);

    void saveHold(const HoldRecord& hold); ///< replaces one of the same scope, key and owner
    void dropHold(const QString& scope, const QString& key, const QString& owner);
    std::vector<HoldRecord> holds();

    void addTraffic(const TrafficRecord& more); ///< to what that day has
    std::vector<TrafficRecord> traffic();       ///< the oldest day first
    void dropTraffic();

    void savePlugin(const PluginRecord& plugin);
    std::vector<PluginRecord> plugins();
    void addStrike(const StrikeRecord& strike);
    std::vector<StrikeRecord> strikes(qint64 since);
    void dropStrikes(const QString& plugin);

private:
    struct Database;
    explicit Store(std::unique_ptr<Database> db);
    friend class Query;
    std::unique_ptr<Database> db_;
};

} // namespace weir
