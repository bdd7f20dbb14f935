#include "transfer/syncer.h"

#include "transfer/sync_round.h"

#include <algorithm>

namespace weir {
namespace {

enum class Found { Renamed, NotYet, Gone };

bool isIt(const Result<FileIdentity>& there, const IntentRecord& intent)
{
    return there && there->size == intent.size && there->sameFile({intent.device, intent.inode, intent.size, intent.born});
}

Found find(Disk& disk, const IntentRecord& intent)
{
    const bool atPart = isIt(disk.identity(intent.partPath), intent);
    if (!isIt(disk.identity(intent.finalPath), intent))
        return atPart ? Found::NotYet : Found::Gone;
    // Where a rename is a link and an unlink, a crash between them leaves both names.
    if (atPart && !disk.remove(intent.partPath))
        return Found::Gone;
    return Found::Renamed;
}

// The ledger's own word that nothing is missing; a row that was dropped or shrunk since means that the part began anew.
bool knownWhole(Store& store, const std::vector<IntentRecord>& intents)
{
    const std::vector<ProgressRecord> known = store.progress(intents.front().task);
    return std::all_of(intents.begin(), intents.end(), [&](const IntentRecord& intent) {
        return std::any_of(known.begin(), known.end(), [&](const ProgressRecord& progress) {
            return progress.path == intent.path && progress.size == intent.size
                && (progress.size == 0 || progress.written.contains({0, progress.size}));
        });
    });
}

enum class Outcome { Whole, Undone, Unknown };

// Whole: all files of the task have their final names, durably. Undone: none has, durably.
Outcome recover(Disk& disk, Store& store, const std::vector<IntentRecord>& intents)
{
    for (const IntentRecord& intent : intents)
        if (!disk.identity(folderOf(intent.finalPath)))
            return Outcome::Unknown;
    std::vector<const IntentRecord*> renamed;
    bool all = knownWhole(store, intents);
    for (const IntentRecord& intent : intents) {
        Found found = find(disk, intent);
        if (all && found == Found::NotYet && disk.rename(intent.partPath, intent.finalPath, false))
            found = Found::Renamed;
        if (found == Found::Renamed)
            renamed.push_back(&intent);
        else
            all = false;
    }
    for (const IntentRecord& intent : intents)
        all = all && disk.syncDirectory(folderOf(intent.finalPath));
    if (all)
        return Outcome::Whole;
    bool undone = true;
    for (const IntentRecord* intent : renamed)
        undone =
            undone && disk.rename(intent->finalPath, intent->partPath, false) && disk.syncDirectory(folderOf(intent->partPath));
    return undone ? Outcome::Undone : Outcome::Unknown;
}

} // namespace

Result<std::vector<IntentRecord>> recoverIntents(Disk& disk, Store& store)
{
    std::vector<IntentRecord> whole;
    const auto kept = store.nested([&] {
        std::map<TaskId, std::vector<IntentRecord>> byTask;
        for (IntentRecord& intent : store.intents())
            byTask[intent.task].push_back(std::move(intent));
        for (auto& [task, intents] : byTask) {
            switch (recover(disk, store, intents)) {
            case Outcome::Whole: std::move(intents.begin(), intents.end(), std::back_inserter(whole)); break;
            case Outcome::Undone: store.dropIntents(task); break;
            case Outcome::Unknown: break; // a missing volume or a sick disk: asked again at the next start
            }
        }
    });
    if (!kept)
        return failure(kept.error());
    return whole;
}

} // namespace weir
