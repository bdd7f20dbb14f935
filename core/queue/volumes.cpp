// Volumes that are full, read-only or gone: a hold on them that ends by itself. A timer runs only while there is one.

#include "queue/live.h"

#include <algorithm>

namespace weir {

namespace {

constexpr std::chrono::seconds kLookEvery{2};
constexpr int kMostDoublings = 5;
constexpr int kLooksUntilTried = 8; ///< although nothing has come free
// So much must have come free before the next try: enough to be worth it, but possible on a small volume too.
constexpr qint64 kLeastFree = 64 << 20;
constexpr qint64 kLeastPart = 64;     // of the whole volume
constexpr qint64 kMostFree = 1 << 30; // more than this nobody has to free before small files may go on

qint64 leastFree(const Volume& volume) { return std::clamp<qint64>(volume.totalBytes / kLeastPart, 1 << 20, kLeastFree); }

QString ownerOf(VolumeTrouble trouble)
{
    switch (trouble) {
    case VolumeTrouble::ReadOnly: return QStringLiteral("disk-read-only");
    case VolumeTrouble::Gone: return QStringLiteral("disk-gone");
    default: return QStringLiteral("disk-full");
    }
}

QString reasonOf(VolumeTrouble trouble, const QString& directory)
{
    switch (trouble) {
    case VolumeTrouble::ReadOnly: return QStringLiteral("the volume of %1 is read-only").arg(directory);
    case VolumeTrouble::Gone: return QStringLiteral("the volume of %1 is not there").arg(directory);
    default: return QStringLiteral("no space is left on the volume of %1").arg(directory);
    }
}

} // namespace

void Queue::holdVolume(const Task& task, VolumeTrouble trouble, RunContext::Volume volume)
{
    // What is mounted in its place has another number: a volume that is gone goes by the one it had.
    const quint64 device = trouble == VolumeTrouble::Gone && task.device != 0 ? task.device : volume.device;
    if (device == 0)
        return;
    devices_.insert(task.directory, device);
    VolumeWatch& watch = watched_[device];
    watch.rounds = watch.held && watch.trouble == trouble ? watch.rounds : watch.rounds + 1;
    watch.trouble = trouble;
    watch.directory = task.directory;
    watch.freeAtTrouble = volume.freeBytes;
    watch.held = true;
    watch.lookAt = clock_.now() + kLookEvery * (1 << std::clamp(watch.rounds - 1, 0, kMostDoublings));
    timers_.at(Timers::Wake::Volumes, watch.lookAt);
    const HoldRecord hold{
        QStringLiteral("volume"), QString::number(device), ownerOf(trouble), reasonOf(trouble, task.directory), 0};
    if (!holds_.place(hold))
        return;
    write([hold](Store& store) { store.saveHold(hold); });
    refreshAll();
    enforceHolds();
}

void Queue::watchVolumes()
{
    const TimePoint now = clock_.now();
    for (auto& [device, watch] : watched_) {
        if (!watch.held || watch.looking)
            continue;
        if (watch.lookAt > now) {
            timers_.at(Timers::Wake::Volumes, watch.lookAt);
            continue;
        }
        watch.looking = true;
        // A volume that hangs must hang a thread of its own, not this one.
        runner_->background([this, device = device, directory = watch.directory] {
            auto volume = parts_.disk.volume(directory);
            const bool there = parts_.disk.identity(directory).has_value();
            inbox_.post([this, device, there, volume = std::move(volume)] { judgeVolume(device, volume, there); });
        });
    }
}

qint64 Queue::neededOn(quint64 device) const
{
    qint64 needed = 0;
    for (const auto& [order, task] : table_.waitingInOrder()) {
        if (subjectOf(*task).device == device && task->size > task->done)
            needed += task->size - task->done;
        if (needed >= kMostFree)
            break;
    }
    return std::min(needed, kMostFree);
}

void Queue::judgeVolume(quint64 device, const Result<Volume>& now, bool directoryThere)
{
    const auto found = watched_.find(device);
    if (found == watched_.end() || !found->second.held)
        return;
    VolumeWatch& watch = found->second;
    watch.looking = false;
    bool well = false;
    if (!now)
        parts_.services.log(Level::Warning, describe(Error{Code::DiskWatchFailed, describe(now.error())}));
    else if (watch.trouble == VolumeTrouble::ReadOnly)
        well = !now->readOnly;
    else if (watch.trouble == VolumeTrouble::Gone)
        well = directoryThere;
    else // the second: a file that is too big for what is free must not start and fail every two seconds
        well = now->freeBytes >= std::max(neededOn(device), watch.freeAtTrouble + leastFree(*now));
    if (!well) {
        // What was free then may have been measured when the space had come already: the demand eases with every look.
        if (now)
            watch.freeAtTrouble -= leastFree(*now) / kLooksUntilTried;
        watch.lookAt = clock_.now() + kLookEvery;
        timers_.at(Timers::Wake::Volumes, watch.lookAt);
        return;
    }
    watch.held = false;
    const QString key = QString::number(device), owner = ownerOf(watch.trouble);
    if (holds_.release(QStringLiteral("volume"), key, owner))
        write([key, owner](Store& store) { store.dropHold(QStringLiteral("volume"), key, owner); });
    for (const auto& [order, task] : table_.waitingInOrder())
        if (subjectOf(*task).device == device)
            shown(*task);
    refreshAll();
}

} // namespace weir
