// The half of RunContext that names and opens files.

#include "base/file_name.h"
#include "queue/choice.h"
#include "queue/target_name.h"
#include "queue/task_context.h"

#include <QDir>

#include <algorithm>

namespace weir {

namespace {

// Space for smaller ones is found by writing them; asking first costs more than it saves.
constexpr qint64 kReserveFrom = 1 << 20;

} // namespace

Result<Choice> RunContext::describe(const TaskInfo& info)
{
    const QJsonObject given = spec_.options.value(QLatin1String("choice")).toObject();
    const bool choosable = info.variants.size() > 1 || info.files.size() > 1;
    if (given.isEmpty() && choosable && spec_.options.value(QLatin1String("ask")).toBool()) {
        offer_ = offerOf(info);
        return failure(Code::AwaitingChoice, info.name);
    }
    QJsonObject wanted = given;
    if (!wanted.contains(QLatin1String("files")) && spec_.options.contains(QLatin1String("files")) && !info.files.isEmpty())
        wanted.insert(QLatin1String("files"), spec_.options.value(QLatin1String("files")));
    auto choice = readChoice(wanted, offerOf(info));
    if (!choice)
        return failure(choice.error());
    if (choice->files.isEmpty())
        for (int i = 0; i < info.files.size(); ++i)
            choice->files.append(i);
    if (spec_.name.isEmpty() && !choice->name.isEmpty())
        spec_.name = choice->name;
    const auto name = targetName(info);
    if (!name)
        return failure(name.error());
    choice->name = *name;
    return choice;
}

Result<QString> RunContext::targetName(const TaskInfo& info)
{
    Described described{.size = info.size,
        .mime = info.mime.toUtf8(),
        .device = device_,
        .resumable = info.resumable,
        .verifiable = info.verifiable,
        .files = int(info.files.size())};
    if (!chosenName_.isEmpty()) {
        // Said again, since more is known now.
    } else if (facts_.described && parts_.claims.claim(spec_.directory + u'/' + facts_.record.name, spec_.id)) {
        chosenName_ = facts_.record.name;
    } else {
        const QString suggested = spec_.name.isEmpty() ? info.name : spec_.name;
        NameWish wish{.directory = spec_.directory,
            .name = safeName(suggested, spec_.name.isEmpty() ? info.mime.toUtf8() : QByteArray()),
            .task = spec_.id,
            .size = info.size,
            .resumable = info.resumable,
            .verifiable = info.verifiable,
            .folder = !info.files.isEmpty(),
            .ifExists = facts_.ifExists};
        wish.ours = [this](const QString& path, const FileIdentity& part) { return isOurs(path, part); };
        const auto target = chooseTargetName(wish, parts_.disk, parts_.claims);
        if (!target)
            return failure(target.error());
        chosenName_ = target->name;
        adopted_ = target->adopted;
    }
    described.name = chosenName_;
    listener_.described(described);
    return chosenName_;
}

const ProgressRecord* RunContext::progressOf(const QString& finalPath) const
{
    const QString relative = finalPath.mid(spec_.directory.size() + 1);
    const auto found =
        std::find_if(progress_.begin(), progress_.end(), [&](const ProgressRecord& each) { return each.path == relative; });
    return found == progress_.end() ? nullptr : &*found;
}

// An end between the making of NAME.part and the commit of the task's name leaves a file that no row speaks of. It is known by
// its birth: after the task was added, before this life began.
bool RunContext::isOurs(const QString& finalPath, const FileIdentity& part) const
{
    if (progressOf(finalPath) || (facts_.described && finalPath == spec_.directory + u'/' + facts_.record.name))
        return true;
    const qint64 born = part.born / 1'000'000;
    // File systems look at a clock that ticks a hundred times a second at least: it may be behind.
    constexpr qint64 kTick = 10;
    return facts_.orphansBornBefore > 0 && born + kTick >= facts_.record.created && born < facts_.orphansBornBefore;
}

Result<QString> RunContext::claimFile(const QString& path)
{
    auto safe = safeRelativePath(path);
    if (!safe)
        return failure(safe.error());
    const QString finalPath = QDir::cleanPath(spec_.directory + u'/' + *safe);
    if (!parts_.claims.claim(finalPath, spec_.id))
        return failure(Code::PartFileInUse, finalPath);
    if (auto ok = requireInside(spec_.directory, finalPath); !ok)
        return failure(ok.error());
    return finalPath;
}

Result<OutputFile*> RunContext::open(const QString& path, qint64 size)
{
    const auto finalPath = claimFile(path);
    if (!finalPath)
        return failure(finalPath.error());
    if (OutputFile* there = find(*finalPath))
        return there;
    auto file = openPart(*finalPath, size);
    if (!file)
        return failure(file.error());
    OutputFile* const opened = file->get();
    {
        const std::lock_guard lock(mutex_);
        files_.push_back(std::move(*file));
    }
    parts_.syncer.watch(spec_.id, spec_.directory, opened);
    return opened;
}

Result<std::unique_ptr<OutputFile>> RunContext::openPart(const QString& finalPath, qint64 size)
{
    // A folder that held part of the file and is not there any more is an unmounted volume: making it anew would fill the
    // mount point.
    if (!progress_.empty() && !parts_.disk.identity(spec_.directory))
        return failure(Code::DiskGone, spec_.directory);
    if (auto ok = parts_.disk.makeDirectory(finalPath.left(finalPath.lastIndexOf(u'/'))); !ok)
        return failure(ok.error());
    const QString partPath = finalPath + QStringLiteral(".part");
    const auto there = parts_.disk.identity(partPath);
    const bool described = finalPath == spec_.directory + u'/' + chosenName_;
    if (there && !(described && adopted_ >= 0) && !isOurs(finalPath, *there))
        return failure(Code::DiskFileExists, partPath);
    auto file = parts_.disk.open(partPath, there ? Disk::Open::Existing : Disk::Open::New);
    if (!file)
        return failure(file.error());
    RangeSet written;
    if (there && described && adopted_ >= 0)
        written = adopted_ > 0 ? RangeSet{{0, std::min(adopted_, there->size)}} : RangeSet{};
    else
        written = trusted(finalPath, there.value_or(FileIdentity{}), size);
    if (there && written.empty())
        if (auto ok = (*file)->truncate(0); !ok)
            return failure(ok.error());
    if (size >= kReserveFrom)
        if (auto ok = (*file)->reserve(size, facts_.reserve); !ok)
            return failure(ok.error());
    return std::make_unique<OutputFile>(finalPath, std::move(*file), size, std::move(written));
}

RangeSet RunContext::trusted(const QString& finalPath, const FileIdentity& part, qint64 size)
{
    const ProgressRecord* known = progressOf(finalPath);
    if (!known || known->written.empty())
        return {};
    const qint64 end = known->written.ranges().back().end;
    if (part.size < end) {
        const Error changed{Code::PartFileChanged,
            QStringLiteral("%1.part has %2 bytes, it had at least %3").arg(finalPath).arg(part.size).arg(end)};
        log(Level::Warning, weir::describe(changed));
        return {};
    }
    RangeSet written = known->written;
    if (size >= 0 && end > size)
        written.remove({size, end});
    return written;
}

} // namespace weir
