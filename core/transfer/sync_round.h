#pragma once
// One round of the syncer over some tasks of one device, from the first sync to the last commit. Knows no threads: a worker of
// the syncer runs it, and keeps the tasks meanwhile.

#include "transfer/syncer.h"

#include <map>
#include <set>

namespace weir {

/// A file and what the ledger knows of it.
struct SyncedFile {
    OutputFile* file = nullptr;
    QString path;                      ///< final, relative to the task's directory
    bool named = false;                ///< the part file's name is durable
    OutputFile::Checkpoint saved = {}; ///< the row in the ledger

    SyncedFile(OutputFile* file, const QString& directory);
    bool dirty() const { return !named || file->unsynced() > 0 || file->durable() != saved; }
};

struct PluginSave {
    QByteArray state;
    QStringList alsoSync;
};

struct SyncTask {
    TaskId id = 0;
    std::vector<SyncedFile> files;
    std::optional<PluginSave> save;
    std::optional<Error> error;       ///< the task's own failure in this round
    std::optional<Error> ledgerError; ///< nobody's fault: again in the next round

    std::optional<Retirement> ending; ///< owns `files`
    std::function<void(Result<QStringList>)> tell;
    QStringList finals;      ///< chosen names, then real ones
    std::size_t renamed = 0; ///< how many of them, and not undone
    bool intended = false, recorded = false;

    /// The ledger has its intents, and not yet what became of them.
    bool unrecorded() const { return ending && ending->finish && !ledgerError && intended && !recorded; }
    bool finishing() const { return ending && ending->finish && !error && !ledgerError; }
};

class SyncRound {
public:
    SyncRound(Disk& disk, Ledger& ledger, std::size_t batchForVolumeSync)
        : disk_(disk),
          ledger_(ledger),
          batch_(batchForVolumeSync)
    {}

    /// Afterwards each task has its error, or what was asked for is durable; but one that is still unrecorded() is to be given
    /// to record() until the ledger takes it, before anybody may touch its files.
    void run(std::vector<SyncTask>& tasks);
    void record(std::vector<SyncTask>& tasks);

private:
    void prepare(SyncTask& task);
    void syncFiles(std::vector<SyncTask>& tasks);
    void syncGroup(std::vector<std::pair<SyncTask*, SyncedFile*>>& group);
    void syncNames(std::vector<SyncTask>& tasks);
    void syncForeign(SyncTask& task);
    void checkComplete(SyncTask& task);
    void chooseNames(SyncTask& task);
    Result<QString> freeName(const QString& wanted, IfExists ifExists, const QString& notThis);
    void commit(std::vector<SyncTask>& tasks);
    void renameAll(SyncTask& task);
    Result<void> renameOne(SyncTask& task, std::size_t index);
    Result<std::vector<IntentRecord>> intents(const SyncTask& task) const;
    void syncFolders(std::vector<SyncTask>& tasks);
    void undo(SyncTask& task);

    Disk& disk_;
    Ledger& ledger_;
    const std::size_t batch_;
    std::set<QString> taken_;       ///< final names given out in this round
    std::set<quint64> syncedWhole_; ///< devices
};

/// The folder that a path lies in.
QString folderOf(const QString& path);

} // namespace weir
