#include "queue/relocation_plan.h"

#include "base/file_name.h"
#include "queue/target_name.h"

#include <QFileInfo>

#include <algorithm>

namespace weir {

namespace {

constexpr int kMostNumbers = 10'000;
const QString kPart = QStringLiteral(".part");
const QString kSpool = QStringLiteral(".spool");

Result<bool> isThere(Disk& disk, const QString& path)
{
    const auto found = disk.identity(path);
    if (found)
        return true;
    const Code code = found.error().code;
    if (code == Code::DiskNoSuchFile || code == Code::DiskNoSuchDirectory)
        return false;
    return failure(found.error());
}

Result<QStringList> present(Disk& disk, const RelocationWish& wish)
{
    QStringList there;
    for (const QString& path : footprint(wish.task, wish.begun, wish.progress, wish.beside)) {
        const auto found = isThere(disk, wish.task.directory + u'/' + path);
        if (!found)
            return failure(found.error());
        if (*found)
            there.append(path);
    }
    // Its final name is another file's as long as it has a part.
    const bool unfinished = there.contains(wish.task.name + kPart) || wish.task.size <= 0 || wish.task.done < wish.task.size;
    if (wish.task.state != State::Done && unfinished
        && std::none_of(wish.progress.begin(), wish.progress.end(),
            [&](const ProgressRecord& row) { return row.path.startsWith(wish.task.name + u'/'); }))
        there.removeAll(wish.task.name);
    return there;
}

/// A mount point that lost its volume is an empty folder, or none.
Result<void> requireSource(const RelocationWish& wish, const QStringList& there)
{
    const QString& from = wish.task.directory;
    if (wish.task.state == State::Done && !there.contains(wish.task.name))
        return failure(Code::DiskNoSuchFile, from + u'/' + wish.task.name);
    if (wish.begun && wish.task.done > 0 && there.isEmpty())
        return failure(Code::DiskGone, from);
    return {};
}

Result<void> requireOutside(const RelocationWish& wish, const QStringList& there)
{
    const QString to = QFileInfo(wish.to).canonicalFilePath();
    for (const QString& path : there) {
        const QString own = QFileInfo(wish.task.directory + u'/' + path).canonicalFilePath();
        if (!own.isEmpty() && (to == own || to.startsWith(own + u'/')))
            return failure(Code::BadOption, QStringLiteral("%1 lies inside what is to be moved").arg(wish.to));
    }
    return {};
}

/// True if the whole task may be called so there.
Result<bool> isFree(Disk& disk, const RelocationWish& wish, const QStringList& there, const QString& name)
{
    QStringList wanted{name, name + kPart, name + kSpool};
    for (const QString& path : there)
        wanted.append(renamed(path, wish.task.name, name));
    wanted.removeDuplicates();
    for (const QString& path : std::as_const(wanted)) {
        const auto taken = isThere(disk, wish.to + u'/' + path);
        if (!taken)
            return failure(taken.error());
        if (!*taken)
            continue;
        // Another number would not help a file that is not called after the task.
        if (there.contains(path) && renamed(path, wish.task.name, numbered(wish.task.name, kMostNumbers)) == path)
            return failure(Code::DiskFileExists, wish.to + u'/' + path);
        return false;
    }
    return true;
}

Result<QString> freeName(Disk& disk, PathClaims& claims, const RelocationWish& wish, const QStringList& there)
{
    for (int n = 0; n < kMostNumbers; ++n) {
        const QString name = numbered(wish.task.name, n);
        const QString path = wish.to + u'/' + name;
        if (!claims.claim(path, wish.task.id))
            continue;
        const auto free = isFree(disk, wish, there, name);
        if (free && *free)
            return name;
        claims.release(path, wish.task.id);
        if (!free)
            return failure(free.error());
    }
    return failure(Code::NoFreeName, wish.to + u'/' + wish.task.name);
}

} // namespace

QStringList footprint(
    const TaskRecord& task, bool begun, const std::vector<ProgressRecord>& progress, const QStringList& beside)
{
    if (task.name.isEmpty() || !begun)
        return {};
    QStringList paths{task.name};
    if (task.state == State::Done)
        return paths + beside;
    paths.append({task.name + kPart, task.name + kSpool});
    for (const ProgressRecord& row : progress)
        if (!row.path.startsWith(task.name + u'/'))
            paths.append(row.path + kPart);
    paths.removeDuplicates();
    return paths;
}

QString renamed(const QString& path, const QString& before, const QString& after)
{
    const auto follows = [&path](QStringView begin) {
        return path.startsWith(begin)
            && (path.size() == begin.size() || path[begin.size()] == u'.' || path[begin.size()] == u'/');
    };
    if (before == after || before.isEmpty())
        return path;
    if (follows(before))
        return after + path.mid(before.size());
    const qsizetype stem = extensionStart(before);
    return follows(before.left(stem)) ? after.left(extensionStart(after)) + path.mid(stem) : path;
}

Result<void> requireFolder(Disk& disk, const QString& folder)
{
    const QFileInfo info(folder);
    if (!info.exists())
        return failure(Code::DiskNoSuchDirectory, folder);
    if (!info.isDir())
        return failure(Code::DiskNotADirectory, folder);
    if (info.isWritable())
        return {};
    const auto volume = disk.volume(folder);
    return failure(volume && volume->readOnly ? Code::DiskReadOnly : Code::DiskPermission, folder);
}

Result<RelocationPlan> planRelocation(Disk& disk, PathClaims& claims, const RelocationWish& wish)
{
    if (auto ok = requireFolder(disk, wish.to); !ok)
        return failure(ok.error());
    RelocationPlan plan{{.task = wish.task.id, .from = wish.task.directory, .to = wish.to}, wish.task.name};
    if (QFileInfo(wish.to).canonicalFilePath() == QFileInfo(wish.task.directory).canonicalFilePath()) {
        plan.record.to = wish.task.directory;
        return plan;
    }
    const auto there = present(disk, wish);
    if (!there)
        return failure(there.error());
    if (auto ok = requireSource(wish, *there); !ok)
        return failure(ok.error());
    if (auto ok = requireOutside(wish, *there); !ok)
        return failure(ok.error());
    if (!wish.begun || wish.task.name.isEmpty())
        return plan;
    auto name = freeName(disk, claims, wish, *there);
    if (!name)
        return failure(name.error());
    plan.name = *name;
    for (const QString& path : *there) {
        const QString to = renamed(path, wish.task.name, *name);
        if (auto ok = requireInside(wish.to, wish.to + u'/' + to); !ok) {
            claims.release(wish.to + u'/' + *name, wish.task.id);
            return failure(ok.error());
        }
        plan.record.entries.push_back({path, to, {}, {}});
    }
    return plan;
}

} // namespace weir
