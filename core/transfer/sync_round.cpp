#include "transfer/sync_round.h"

#include "base/file_name.h"

#include <QDir>

#include <algorithm>

namespace weir {
namespace {

constexpr int kNameTries = 10'000;

void fail(SyncTask& task, const Error& error)
{
    if (!task.error)
        task.error = error;
}

// A reply without a length has ended: what came without a hole is the file.
Result<void> settleSize(OutputFile& file)
{
    const RangeSet written = file.written();
    const bool whole = written.empty() || (written.ranges().size() == 1 && written.ranges()[0].begin == 0);
    return file.size() >= 0 || !whole ? Result<void>{} : file.setSize(written.bytes());
}

} // namespace

QString folderOf(const QString& path)
{
    const qsizetype slash = path.lastIndexOf(u'/');
    return slash <= 0 ? QStringLiteral("/") : path.left(slash);
}

SyncedFile::SyncedFile(OutputFile* file, const QString& directory)
    : file(file),
      path(QDir(directory).relativeFilePath(file->finalPath()))
{}

void SyncRound::run(std::vector<SyncTask>& tasks)
{
    for (SyncTask& task : tasks)
        prepare(task);
    syncFiles(tasks);
    syncNames(tasks);
    for (SyncTask& task : tasks)
        if (task.save && !task.error)
            syncForeign(task);
    for (SyncTask& task : tasks) {
        if (task.finishing())
            checkComplete(task);
        if (task.finishing())
            chooseNames(task);
    }
    commit(tasks);
    for (SyncTask& task : tasks)
        if (task.finishing())
            renameAll(task);
    syncFolders(tasks);
    record(tasks);
}

void SyncRound::prepare(SyncTask& task)
{
    if (!task.finishing())
        return;
    for (const SyncedFile& file : task.files)
        if (auto ok = settleSize(*file.file); !ok)
            fail(task, ok.error());
}

void SyncRound::syncFiles(std::vector<SyncTask>& tasks)
{
    std::map<quint64, std::vector<std::pair<SyncTask*, SyncedFile*>>> groups;
    for (SyncTask& task : tasks)
        for (SyncedFile& file : task.files)
            if (file.file->unsynced() > 0 || task.finishing() || file.file->size() != file.saved.size)
                groups[file.file->device()].emplace_back(&task, &file);
    for (auto& [device, group] : groups) {
        if (device != 0 && group.size() >= batch_) {
            for (auto& [task, file] : group)
                file->file->beginVolumeSync();
            // Where it fails, syncing each file tells whose bytes were hurt.
            if (disk_.syncVolume(group.front().second->file->partPath()))
                syncedWhole_.insert(device);
        }
        syncGroup(group);
    }
}

void SyncRound::syncGroup(std::vector<std::pair<SyncTask*, SyncedFile*>>& group)
{
    for (auto& [task, file] : group) {
        const bool whole = syncedWhole_.contains(file->file->device());
        if (auto ok = whole ? file->file->endVolumeSync() : file->file->sync(); !ok)
            fail(*task, ok.error());
        else if (whole)
            file->named = true;
    }
}

// The ledger must not know ranges of a part file whose name a crash would take away.
void SyncRound::syncNames(std::vector<SyncTask>& tasks)
{
    std::map<QString, Result<void>> folders;
    for (SyncTask& task : tasks) {
        for (SyncedFile& file : task.files) {
            if (file.named)
                continue;
            const QString folder = folderOf(file.file->partPath());
            auto known = folders.find(folder);
            if (known == folders.end())
                known = folders.emplace(folder, disk_.syncDirectory(folder)).first;
            file.named = known->second.has_value();
            if (!known->second)
                fail(task, known->second.error());
        }
    }
}

void SyncRound::syncForeign(SyncTask& task)
{
    for (const QString& path : task.save->alsoSync) {
        auto file = disk_.open(path, Disk::Open::Existing);
        auto ok = file ? (*file)->sync() : failure(file.error());
        if (ok)
            ok = disk_.syncDirectory(folderOf(path));
        // A file that its plugin has removed or renamed since, perhaps with its folder, can't be what the state describes.
        const bool gone = !ok && (ok.error().code == Code::DiskNoSuchFile || ok.error().code == Code::DiskNoSuchDirectory);
        if (!ok && !gone)
            return fail(task, ok.error());
    }
}

void SyncRound::checkComplete(SyncTask& task)
{
    for (const SyncedFile& file : task.files)
        if (!file.file->complete())
            fail(task,
                Error{Code::Internal,
                    QStringLiteral("finish %1: %2 of %3 bytes are there")
                        .arg(file.file->finalPath())
                        .arg(file.file->done())
                        .arg(file.file->size())});
}

Result<QString> SyncRound::freeName(const QString& wanted, IfExists ifExists, const QString& notThis)
{
    const QString folder = folderOf(wanted), name = wanted.mid(wanted.lastIndexOf(u'/') + 1);
    for (int n = 0; n < kNameTries; ++n) {
        const QString path = QDir(folder).filePath(numbered(name, n));
        if (taken_.contains(path) || path == notThis)
            continue;
        if (ifExists == IfExists::Overwrite)
            return path;
        const auto there = disk_.identity(path);
        if (there)
            continue;
        if (there.error().code != Code::DiskNoSuchFile)
            return failure(there.error());
        return path;
    }
    return failure(Code::NoFreeName, wanted);
}

void SyncRound::chooseNames(SyncTask& task)
{
    for (const SyncedFile& file : task.files) {
        auto path = freeName(file.file->finalPath(), task.ending->ifExists, {});
        if (!path)
            return fail(task, path.error());
        taken_.insert(*path);
        task.finals.append(*path);
    }
}

Result<std::vector<IntentRecord>> SyncRound::intents(const SyncTask& task) const
{
    std::vector<IntentRecord> records;
    for (std::size_t i = 0; i < task.files.size(); ++i) {
        const auto identity = task.files[i].file->file().identity();
        if (!identity)
            return failure(identity.error());
        records.push_back({task.id, task.files[i].path, task.files[i].file->partPath(), task.finals[qsizetype(i)],
            identity->device, identity->inode, identity->born, identity->size});
    }
    return records;
}

void SyncRound::commit(std::vector<SyncTask>& tasks)
{
    std::vector<std::vector<IntentRecord>> allIntents(tasks.size());
    std::vector<std::vector<OutputFile::Checkpoint>> points(tasks.size());
    std::vector<char> refused(tasks.size());
    for (std::size_t i = 0; i < tasks.size(); ++i) {
        for (const SyncedFile& file : tasks[i].files)
            points[i].push_back(file.file->durable());
        if (!tasks[i].finishing())
            continue;
        if (auto records = intents(tasks[i]))
            allIntents[i] = std::move(*records);
        else
            fail(tasks[i], records.error());
    }
    const auto written = ledger_.writeNow([&](Store& store) {
        for (std::size_t i = 0; i < tasks.size(); ++i) {
            SyncTask& task = tasks[i];
            const auto kept = store.nested([&] {
                for (std::size_t f = 0; f < task.files.size(); ++f)
                    if (task.files[f].named && points[i][f] != task.files[f].saved)
                        store.saveProgress({task.id, task.files[f].path, points[i][f].size, points[i][f].written});
                if (task.save && !task.error)
                    store.savePluginState(task.id, task.save->state);
                if (task.finishing())
                    for (const IntentRecord& intent : allIntents[i])
                        store.saveIntent(intent);
                else if (task.ending && !task.error && task.ending->record)
                    task.ending->record(store);
            });
            if (!kept)
                fail(task, kept.error());
            refused[i] = !kept;
        }
    });
    for (std::size_t i = 0; i < tasks.size(); ++i) {
        if (!written) {
            tasks[i].ledgerError = written.error();
            continue;
        }
        tasks[i].intended = !allIntents[i].empty() && !refused[i];
        if (refused[i])
            continue;
        for (std::size_t f = 0; f < tasks[i].files.size(); ++f)
            if (tasks[i].files[f].named)
                tasks[i].files[f].saved = std::move(points[i][f]);
    }
}

void SyncRound::renameAll(SyncTask& task)
{
    for (std::size_t i = 0; i < task.files.size(); ++i) {
        if (auto ok = renameOne(task, i); !ok) {
            fail(task, ok.error());
            return;
        }
        ++task.renamed;
    }
}

Result<void> SyncRound::renameOne(SyncTask& task, std::size_t index)
{
    const QString part = task.files[index].file->partPath();
    for (int n = 0; n < kNameTries; ++n) {
        QString& final = task.finals[qsizetype(index)];
        auto renamed = disk_.rename(part, final, task.ending->ifExists == IfExists::Overwrite);
        if (renamed || renamed.error().code != Code::DiskFileExists)
            return renamed;
        // Somebody took the name just now. The ledger hears of another one before it is used.
        auto other = freeName(task.files[index].file->finalPath(), task.ending->ifExists, final);
        if (!other)
            return failure(other.error());
        taken_.insert(*other);
        final = *other;
        auto records = intents(task);
        if (!records)
            return failure(records.error());
        auto kept = ledger_.writeNow([&](Store& store) { store.saveIntent((*records)[index]); });
        if (!kept)
            return kept;
    }
    return failure(Code::NoFreeName, task.files[index].file->finalPath());
}

void SyncRound::syncFolders(std::vector<SyncTask>& tasks)
{
    std::map<QString, Result<void>> folders;
    for (SyncTask& task : tasks) {
        if (task.finishing()) {
            for (const QString& final : task.finals) {
                auto known = folders.find(folderOf(final));
                if (known == folders.end())
                    known = folders.emplace(folderOf(final), disk_.syncDirectory(folderOf(final))).first;
                if (!known->second)
                    fail(task, known->second.error());
            }
        }
        if (task.error && task.renamed > 0)
            undo(task);
    }
}

// The names go back, durably, so that the next run finds its part files. What can't go back is left to recoverIntents().
void SyncRound::undo(SyncTask& task)
{
    for (std::size_t i = task.renamed; i-- > 0;)
        if (!disk_.rename(task.finals[qsizetype(i)], task.files[i].file->partPath(), false))
            return;
    for (std::size_t i = 0; i < task.renamed; ++i)
        if (!disk_.syncDirectory(folderOf(task.files[i].file->partPath())))
            return;
    task.renamed = 0;
}

void SyncRound::record(std::vector<SyncTask>& tasks)
{
    if (std::none_of(tasks.begin(), tasks.end(), [](const SyncTask& task) { return task.unrecorded(); }))
        return;
    const auto written = ledger_.writeNow([&](Store& store) {
        for (SyncTask& task : tasks) {
            if (!task.unrecorded())
                continue;
            const auto kept = store.nested([&] {
                if (task.error) {
                    if (task.renamed == 0)
                        store.dropIntents(task.id);
                    return;
                }
                if (task.ending->record)
                    task.ending->record(store);
                store.dropIntents(task.id);
                store.dropProgress(task.id);
            });
            if (!kept)
                fail(task, kept.error());
        }
    });
    if (written)
        for (SyncTask& task : tasks)
            task.recorded = true;
}

} // namespace weir
