#include "transfer/relocation.h"

#include "transfer/sync_round.h"

#include <QRandomGenerator>

#include <set>

namespace weir {
namespace {

using Entry = RelocationRecord::Entry;

bool isCopied(const RelocationRecord& record) { return !record.staging.isEmpty(); }

QString originOf(const RelocationRecord& record, const Entry& entry) { return record.from + u'/' + entry.from; }
QString targetOf(const RelocationRecord& record, const Entry& entry) { return record.to + u'/' + entry.to; }

/// Where an entry lies before it gets its new name.
QString sourceOf(const RelocationRecord& record, std::size_t place)
{
    return isCopied(record) ? record.staging + u'/' + QString::number(place) : originOf(record, record.entries[place]);
}

/// A disk that does not answer is no "no": what is left undone then is tried again.
Result<bool> isIt(Disk& disk, const QString& path, const FileIdentity& known)
{
    if (known.inode == 0)
        return false;
    const auto there = disk.identity(path);
    if (there)
        return there->sameFile(known);
    const Code code = there.error().code;
    if (code == Code::DiskNoSuchFile || code == Code::DiskNoSuchDirectory)
        return false;
    return failure(there.error());
}

Result<void> save(Ledger& ledger, const RelocationRecord& record)
{
    return ledger.writeNow([&record](Store& store) { store.saveRelocation(record); });
}

Result<void> syncFolders(Disk& disk, const std::set<QString>& folders)
{
    for (const QString& folder : folders)
        if (auto ok = disk.syncDirectory(folder); !ok && ok.error().code != Code::DiskNoSuchDirectory)
            return ok;
    return {};
}

/// Their places are in the ledger before any name changes.
Result<void> place(Disk& disk, Ledger& ledger, RelocationRecord& record)
{
    for (std::size_t i = 0; i < record.entries.size(); ++i) {
        auto found = disk.identity(sourceOf(record, i));
        if (!found)
            return failure(found.error());
        record.entries[i].placed = *found;
    }
    if (auto ok = save(ledger, record); !ok)
        return ok;
    std::set<QString> folders;
    for (std::size_t i = 0; i < record.entries.size(); ++i) {
        const QString target = targetOf(record, record.entries[i]);
        if (folderOf(target) != record.to)
            if (auto ok = disk.makeDirectory(folderOf(target)); !ok)
                return ok;
        if (auto ok = disk.rename(sourceOf(record, i), target, false); !ok)
            return ok;
        folders.insert(folderOf(target));
    }
    return syncFolders(disk, folders);
}

/// The bytes to copy.
Result<qint64> requireRoom(Disk& disk, const RelocationRecord& record)
{
    qint64 needed = 0;
    for (const Entry& entry : record.entries) {
        const auto bytes = disk.treeBytes(originOf(record, entry));
        if (!bytes)
            return failure(bytes.error());
        needed += *bytes;
    }
    const auto volume = disk.volume(record.to);
    if (!volume)
        return failure(volume.error());
    // Some network systems don't know their size.
    if (volume->totalBytes <= 0 || volume->freeBytes >= needed)
        return needed;
    return failure(Code::DiskFull,
        QStringLiteral("%1: %2 bytes are free, %3 are needed").arg(record.to).arg(volume->freeBytes).arg(needed));
}

/// A folder of our own, so that nothing half copied ever has a name that means something. Nobody can guess it.
Result<void> stage(Disk& disk, Ledger& ledger, RelocationRecord& record, const RelocationWatch& watch)
{
    const auto bytes = requireRoom(disk, record);
    if (!bytes)
        return failure(bytes.error());
    if (watch.willCopy)
        watch.willCopy(*bytes);
    record.staging = QStringLiteral("%1/.weir-move-%2-%3")
                         .arg(record.to)
                         .arg(record.task)
                         .arg(QRandomGenerator::system()->generate64(), 0, 36);
    for (Entry& entry : record.entries)
        entry.placed = {};
    if (auto ok = save(ledger, record); !ok)
        return ok;
    if (auto ok = disk.makeDirectory(record.staging); !ok)
        return ok;
    for (std::size_t i = 0; i < record.entries.size(); ++i)
        if (auto ok = disk.copyTree(originOf(record, record.entries[i]), sourceOf(record, i), watch.copy); !ok)
            return ok;
    return disk.syncDirectory(record.staging);
}

/// One entry. If nothing of it is there at all, nothing can be brought back.
Result<void> takeBack(Disk& disk, const RelocationRecord& record, std::size_t place)
{
    const Entry& entry = record.entries[place];
    const QString source = sourceOf(record, place), target = targetOf(record, entry);
    const auto moved = isIt(disk, target, entry.placed);
    if (!moved)
        return failure(moved.error());
    if (!*moved) {
        if (isCopied(record) || disk.identity(source) || disk.identity(record.to))
            return {};
        return failure(Code::DiskGone, record.to);
    }
    if (isCopied(record))
        return disk.removeTree(target);
    // Where a rename is a link and an unlink, a crash between them leaves both names.
    const auto both = isIt(disk, source, entry.placed);
    if (!both)
        return failure(both.error());
    if (*both)
        return disk.remove(target);
    return disk.rename(target, source, false);
}

Result<void> removeStaging(Disk& disk, const RelocationRecord& record)
{
    if (!disk.identity(record.to))
        return failure(Code::DiskGone, record.to);
    if (auto ok = disk.removeTree(record.staging); !ok)
        return ok;
    return disk.syncDirectory(record.to);
}

Result<void> goBack(Disk& disk, const RelocationRecord& record)
{
    std::set<QString> folders;
    for (std::size_t i = record.entries.size(); i-- > 0;) {
        if (auto ok = takeBack(disk, record, i); !ok)
            return ok;
        if (record.entries[i].placed.inode != 0)
            folders.insert(folderOf(isCopied(record) ? targetOf(record, record.entries[i]) : sourceOf(record, i)));
    }
    if (auto ok = syncFolders(disk, folders); !ok)
        return ok;
    if (!isCopied(record))
        return {};
    return removeStaging(disk, record);
}

/// What was copied and is in use at its new place by now. A stranger's file that has come since is not what was copied.
Result<void> clear(Disk& disk, const RelocationRecord& record)
{
    if (!isCopied(record))
        return {};
    if (!disk.identity(record.from))
        return failure(Code::DiskGone, record.from);
    std::set<QString> folders;
    for (const Entry& entry : record.entries) {
        const QString origin = originOf(record, entry);
        const auto ours = isIt(disk, origin, entry.origin);
        if (!ours)
            return failure(ours.error());
        if (!*ours)
            continue;
        if (auto ok = disk.removeTree(origin); !ok)
            return ok;
        folders.insert(folderOf(origin));
    }
    if (auto ok = syncFolders(disk, folders); !ok)
        return ok;
    return removeStaging(disk, record);
}

} // namespace

Relocated relocate(Disk& disk, Ledger& ledger, RelocationRecord& record, const RelocationWatch& watch)
{
    for (Entry& entry : record.entries) {
        auto found = disk.identity(originOf(record, entry));
        if (!found)
            return {failure(found.error()), true};
        entry.origin = *found;
    }
    // Only the attempt tells whether a name can go there: folders of one device may still be apart.
    Result<void> outcome = place(disk, ledger, record);
    if (!outcome && outcome.error().code == Code::DiskCrossDevice && goBack(disk, record)) {
        outcome = stage(disk, ledger, record, watch);
        if (outcome)
            outcome = place(disk, ledger, record);
    }
    if (outcome)
        return {{}, false};
    const auto back = goBack(disk, record);
    if (back)
        (void)ledger.writeNow([task = record.task](Store& store) { store.dropRelocation(task); });
    // A copy that can't be removed now is removed later; the files themselves never left.
    return {outcome, back || isCopied(record)};
}

Result<void> settleRelocation(Disk& disk, const RelocationRecord& record)
{
    return record.switched ? clear(disk, record) : goBack(disk, record);
}

void recordSwitch(Store& store, RelocationRecord record)
{
    record.switched = true;
    if (isCopied(record))
        store.saveRelocation(record);
    else
        store.dropRelocation(record.task);
}

void renameProgress(Store& store, TaskId task, const std::function<QString(const QString&)>& renamed)
{
    std::vector<ProgressRecord> rows = store.progress(task);
    store.dropProgress(task);
    for (ProgressRecord& row : rows) {
        row.path = renamed(row.path);
        store.saveProgress(row);
    }
}

Result<std::vector<TaskId>> recoverRelocations(Disk& disk, Store& store)
{
    std::vector<TaskId> astray;
    const auto kept = store.nested([&] {
        for (const RelocationRecord& record : store.relocations()) {
            if (settleRelocation(disk, record))
                store.dropRelocation(record.task);
            else if (!record.switched && !isCopied(record))
                astray.push_back(record.task);
        }
    });
    if (!kept)
        return failure(kept.error());
    return astray;
}

} // namespace weir
