// Tasks that go, and files that are taken as they are. What touches the disk runs on a thread of the runner.

#include "base/file_name.h"
#include "queue/files_beside.h"
#include "queue/live.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>

#include <algorithm>

namespace weir {

namespace {

const QString kPart = QStringLiteral(".part");
const QString kSpool = QStringLiteral(".spool"); // a folder: what a stream's recording has gathered

QString spoolOf(const TaskRecord& task) { return task.directory + u'/' + task.name + kSpool; }
bool hasSpool(const TaskRecord& task) { return !task.name.isEmpty() && QFileInfo(spoolOf(task)).isDir(); }

Result<void> drop(Disk& disk, const QString& path, Removal removal)
{
    if (!disk.identity(path))
        return {};
    if (removal == Removal::DeleteFile && QFileInfo(path).isDir() && !QFileInfo(path).isSymLink())
        return QDir(path).removeRecursively() ? Result<void>() : failure(Code::DiskPermission, path);
    if (removal == Removal::DeleteFile)
        return disk.remove(path);
    auto moved = disk.moveToTrash(path);
    return moved ? moved : failure(Code::TrashFailed, describe(moved.error()), moved.error().native);
}

Result<void> dropFiles(Disk& disk, Ledger& ledger, const TaskRecord& task, bool described, Removal removal)
{
    struct Kept {
        std::vector<ProgressRecord> progress;
        QStringList beside;
    };
    const auto kept = ledger.read<Kept>([id = task.id](Store& store) {
        return Kept{store.progress(id), filesBeside(store, id)};
    });
    if (!kept)
        return failure(kept.error());
    QStringList paths;
    for (const ProgressRecord& row : kept->progress)
        paths.append(task.directory + u'/' + row.path + kPart);
    if (task.state == State::Done)
        for (const QString& path : kept->beside)
            paths.append(task.directory + u'/' + path);
    if (described && !task.name.isEmpty()) {
        const QString path = task.directory + u'/' + task.name;
        // What was whole and was shared has its own name already.
        const bool whole =
            task.state == State::Done || (task.size > 0 && task.done >= task.size && !disk.identity(path + kPart));
        paths.append(whole ? path : path + kPart);
    }
    if (described && hasSpool(task)) {
        const QString folder = spoolOf(task);
        if (removal != Removal::DeleteFile)
            paths.append(folder);
        else if (!QDir(folder).removeRecursively())
            return failure(Code::DiskPermission, folder);
    }
    paths.removeDuplicates();
    for (const QString& path : std::as_const(paths))
        if (auto ok = drop(disk, path, removal); !ok)
            return ok;
    return {};
}

struct Taken {
    QString name;
    qint64 size = 0, done = 0;
    RangeSet gaps;
};

/// The part file under a free name of its own, cut behind its last byte.
Result<Taken> takePart(Disk& disk, Ledger& ledger, const TaskRecord& task)
{
    const auto rows = ledger.read<std::vector<ProgressRecord>>([id = task.id](Store& store) { return store.progress(id); });
    if (!rows)
        return failure(rows.error());
    const auto row = std::find_if(rows->begin(), rows->end(), [](const ProgressRecord& each) { return !each.written.empty(); });
    if (row == rows->end())
        return failure(Code::NothingToFinish, QStringLiteral("task %1").arg(task.id));
    const QString path = task.directory + u'/' + row->path;
    auto file = disk.open(path + kPart, Disk::Open::Existing);
    if (!file)
        return failure(file.error());
    const qint64 end = row->written.ranges().back().end;
    if (auto ok = (*file)->truncate(end); !ok)
        return failure(ok.error());
    if (auto ok = (*file)->sync(); !ok)
        return failure(ok.error());
    const QString folder = path.left(path.lastIndexOf(u'/')), name = path.mid(folder.size() + 1);
    constexpr int kMostNumbers = 1'000;
    for (int n = 0; n < kMostNumbers; ++n) {
        const QString target = folder + u'/' + numbered(name, n);
        const auto renamed = disk.rename(path + kPart, target, false);
        if (!renamed && renamed.error().code == Code::DiskFileExists)
            continue;
        if (!renamed)
            return failure(renamed.error());
        if (auto ok = disk.syncDirectory(folder); !ok)
            return failure(ok.error());
        return Taken{target.mid(task.directory.size() + 1), std::max(row->size, end), row->written.bytes(),
            row->written.gaps(std::max(row->size, end))};
    }
    return failure(Code::NoFreeName, path);
}

} // namespace

void Queue::remove(const Selection& which, Removal removal, Done done)
{
    const auto ids = select(which);
    if (!ids)
        return done(failure(ids.error()));
    if (ids->isEmpty())
        return commit({}, std::move(done));
    auto batch = std::make_shared<Batch>();
    batch->open = ids->size();
    batch->done = std::move(done);
    for (const TaskId id : *ids)
        whenIdle(id, [this, batch, id, removal] { removeOne(batch, id, removal); });
}

void Queue::removeOne(const std::shared_ptr<Batch>& batch, TaskId id, Removal removal)
{
    const Task* task = table_.find(id);
    if (!task || removal == Removal::KeepFile)
        return removedOne(batch, id, {});
    runner_->background([this, batch, id, removal, record = TaskRecord(*task), described = task->described] {
        auto result = dropFiles(parts_.disk, parts_.ledger, record, described, removal);
        inbox_.post([this, batch, id, result = std::move(result)] { removedOne(batch, id, result); });
    });
}

void Queue::removedOne(const std::shared_ptr<Batch>& batch, TaskId id, const Result<void>& filesGone)
{
    if (!filesGone)
        batch->error = filesGone.error();
    else if (table_.find(id)) {
        forget(id);
        batch->ended.append(id);
    }
    idleAgain(id);
    if (--batch->open > 0)
        return;
    if (!parts_.logDirectory.isEmpty())
        runner_->background([folder = parts_.logDirectory, ids = batch->ended] {
            for (const TaskId removed : ids) {
                const QString log = QStringLiteral("%1/task-%2.log").arg(folder).arg(removed);
                QFile::remove(log);
                QFile::remove(log + QStringLiteral(".1"));
            }
        });
    commit(batch->ended, [batch](const Result<QList<TaskId>>& ids) {
        batch->done(batch->error ? Result<QList<TaskId>>(failure(*batch->error)) : ids);
    });
}

void Queue::finishPartial(TaskId id, Done done)
{
    const Task* task = table_.find(id);
    if (!task)
        return done(failure(Code::UnknownTask, QString::number(id)));
    if (task->state == State::Done)
        return done(failure(Code::WrongState, QStringLiteral("task %1 is done").arg(id)));
    whenIdle(id, [this, id, done = std::move(done)] {
        const Task* there = table_.find(id);
        if (!there || there->state == State::Done) {
            idleAgain(id);
            return done(failure(there ? Code::WrongState : Code::UnknownTask, QString::number(id)));
        }
        if (there->described && hasSpool(*there)) {
            finishSpool(id, done);
            return;
        }
        runner_->background([this, id, done, record = TaskRecord(*there)] {
            auto taken = takePart(parts_.disk, parts_.ledger, record);
            inbox_.post([this, id, done, taken = std::move(taken)] {
                Task* task = table_.find(id);
                if (!taken || !task) {
                    idleAgain(id);
                    return done(failure(taken ? Error{Code::UnknownTask, QString::number(id)} : taken.error()));
                }
                QJsonArray gaps;
                for (const ByteRange& gap : taken->gaps.ranges())
                    gaps.append(QJsonArray{gap.begin, gap.end});
                if (task->state == State::Choosing)
                    apply(*task, Event::Restart);
                apply(*task, Event::Finish);
                task->name = taken->name;
                task->size = taken->size;
                task->done = taken->done;
                task->verified = quint8(Verified::Unverifiable);
                task->finished = wall_.now();
                task->errorCode = 0;
                task->errorDetail.clear();
                gaps_[id] = gaps;
                claims_.releaseAll(id);
                mergeOptions(*task, {{QStringLiteral("gaps"), gaps}});
                write([id](Store& store) {
                    store.dropProgress(id);
                    store.eraseSecrets(id);
                });
                changed(*task);
                idleAgain(id);
                commit({id}, done);
            });
        });
    });
}

} // namespace weir
