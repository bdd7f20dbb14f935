#pragma once
// The SQLite database: schema, migrations, statements. Knows no threads: the Ledger's thread owns it and calls everything
// here inside its transactions. Statements throw SQLite::Exception, which the Ledger turns into an Error.

#include "ledger/records.h"

#include <weir/result.h>

#include <memory>

namespace weir {

class Store {
public:
    static constexpr int kSchema = 1;

    /// Opens or creates (mode 0600, WAL, synchronous FULL, secure_delete). LedgerDamaged, LedgerNewer (nothing is deleted or
    /// changed then), LedgerLocked, LedgerIo, LedgerFull.
    static Result<std::unique_ptr<Store>> open(const QString& path);
    ~Store();

    void begin();
    void commit();
    void rollback();

    void insertTask(const TaskRecord& task, const SpecRecord& spec, const QByteArray& token);
    std::optional<TaskId> taskByToken(const QByteArray& token);
    void updateTask(const TaskRecord& task);
    void updateSpec(TaskId task, const SpecRecord& spec);
    void eraseSecrets(TaskId task);
    void removeTask(TaskId task); ///< with everything that hangs on it
    std::vector<TaskRecord> tasks();  ///< by position
    TaskId lastTaskId();
    SpecRecord spec(TaskId task);

    void saveProgress(const ProgressRecord& progress);
    void dropProgress(TaskId task);
    std::vector<ProgressRecord> progress(TaskId task);

    void savePluginState(TaskId task, const QByteArray& state);
    QByteArray pluginState(TaskId task);

    void saveIntent(const IntentRecord& intent);
    void dropIntents(TaskId task);
    std::vector<IntentRecord> intents();

    void saveHold(const HoldRecord& hold); ///< replaces one of the same scope, key and owner
    void dropHold(const QString& scope, const QString& key, const QString& owner);
    std::vector<HoldRecord> holds();

    void savePlugin(const PluginRecord& plugin);
    std::vector<PluginRecord> plugins();
    void addStrike(const StrikeRecord& strike);
    std::vector<StrikeRecord> strikes(qint64 since);
    void dropStrikes(const QString& plugin);

private:
    explicit Store(const QString& path);
    struct Database;
    std::unique_ptr<Database> db_;
};

} // namespace weir
