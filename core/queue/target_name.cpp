#include "queue/target_name.h"

#include "base/file_name.h"

#include <QDir>
#include <QFileInfo>

namespace weir {

namespace {

constexpr int kMostNumbers = 100'000;

class Chooser {
public:
    Chooser(const NameWish& wish, Disk& disk, PathClaims& claims) : wish_(wish), disk_(disk), claims_(claims) {}

    Result<TargetName> rename();
    Result<TargetName> resume();
    Result<TargetName> overwrite();
    Result<TargetName> skip();

private:
    QString path(const QString& name) const { return wish_.directory + u'/' + name; }
    QString part() const { return path(wish_.name) + QStringLiteral(".part"); }
    Result<std::optional<FileIdentity>> look(const QString& path);
    Result<bool> isFree(const QString& path);
    Result<void> claimFile(bool folder = false);
    Result<TargetName> continueFinished(const FileIdentity& file);
    Result<TargetName> takeOver(const FileIdentity& part) const;

    const NameWish& wish_;
    Disk& disk_;
    PathClaims& claims_;
};

Result<std::optional<FileIdentity>> Chooser::look(const QString& path)
{
    auto found = disk_.identity(path);
    if (found)
        return std::optional(*found);
    if (found.error().code == Code::DiskNoSuchFile || found.error().code == Code::DiskNoSuchDirectory)
        return std::optional<FileIdentity>();
    return failure(found.error());
}

Result<bool> Chooser::isFree(const QString& path)
{
    const auto file = look(path);
    if (!file)
        return failure(file.error());
    if (*file)
        return false;
    const auto part = look(path + QStringLiteral(".part"));
    if (!part)
        return failure(part.error());
    return !*part || wish_.ours(path, **part);
}

Result<TargetName> Chooser::rename()
{
    const QString plain = path(wish_.name);
    for (int n = 0; n < kMostNumbers; n = n == 0 ? claims_.firstNumber(plain) : n + 1) {
        const QString name = numbered(wish_.name, n);
        const QString candidate = path(name);
        if (!claims_.claim(candidate, wish_.task))
            continue;
        const auto free = isFree(candidate);
        if (free && *free) {
            if (n > 0)
                claims_.noteNumber(plain, n);
            return TargetName{name};
        }
        claims_.release(candidate, wish_.task);
        if (!free)
            return failure(free.error());
    }
    return failure(Code::NoFreeName, plain);
}

Result<void> Chooser::claimFile(bool folder)
{
    const QString file = path(wish_.name);
    if (!claims_.claim(file, wish_.task))
        return failure(Code::PartFileInUse, file);
    const QFileInfo info(file);
    if (!info.exists() || (folder ? info.isDir() && !info.isSymLink() : info.isFile()))
        return {};
    claims_.release(file, wish_.task);
    return failure(info.isDir() ? Code::DiskIsADirectory : Code::TargetNotRegular, file);
}

// A part that is as long as the file may be reserved space full of holes: only a shorter one says how far it got.
Result<TargetName> Chooser::takeOver(const FileIdentity& part) const
{
    const bool useful = wish_.resumable && part.size > 0 && part.size < wish_.size;
    return TargetName{wish_.name, useful ? part.size : 0};
}

Result<TargetName> Chooser::continueFinished(const FileIdentity& file)
{
    const QString name = path(wish_.name);
    if (wish_.verifiable) {
        if (auto ok = disk_.rename(name, part(), false); !ok)
            return failure(ok.error());
        return TargetName{wish_.name, 0};
    }
    if (wish_.size >= 0 && file.size == wish_.size)
        return failure(Code::FileSkipped, QStringLiteral("%1 has its full size already").arg(name));
    if (!wish_.resumable || wish_.size < 0 || file.size > wish_.size)
        return failure(Code::DiskFileExists, QStringLiteral("%1 can't be continued").arg(name));
    if (auto ok = disk_.rename(name, part(), false); !ok)
        return failure(ok.error());
    return TargetName{wish_.name, file.size};
}

Result<TargetName> Chooser::resume()
{
    if (auto ok = claimFile(wish_.verifiable && wish_.folder); !ok)
        return failure(ok.error());
    const auto unfinished = look(part());
    const auto finished = look(path(wish_.name));
    if (!unfinished || !finished)
        return failure(unfinished ? finished.error() : unfinished.error());
    Result<TargetName> result = TargetName{wish_.name};
    if (*unfinished && !wish_.ours(path(wish_.name), **unfinished))
        result = takeOver(**unfinished);
    else if (!*unfinished && *finished)
        result = continueFinished(**finished);
    if (!result)
        claims_.release(path(wish_.name), wish_.task);
    return result;
}

Result<TargetName> Chooser::overwrite()
{
    if (auto ok = claimFile(); !ok)
        return failure(ok.error());
    const auto unfinished = look(part());
    if (!unfinished)
        return failure(unfinished.error());
    const bool foreign = *unfinished && !wish_.ours(path(wish_.name), **unfinished);
    return TargetName{wish_.name, foreign ? 0 : -1};
}

Result<TargetName> Chooser::skip()
{
    const QString file = path(wish_.name);
    if (!claims_.claim(file, wish_.task))
        return failure(Code::PartFileInUse, file);
    const auto finished = look(file);
    const auto unfinished = look(part());
    if (!finished || !unfinished)
        return failure(finished ? unfinished.error() : finished.error());
    const bool foreign = *unfinished && !wish_.ours(file, **unfinished);
    if (!*finished && !foreign)
        return TargetName{wish_.name};
    claims_.release(file, wish_.task);
    return *finished ? failure(Code::FileSkipped, file) : failure(Code::DiskFileExists, part());
}

} // namespace

Result<TargetName> chooseTargetName(const NameWish& wish, Disk& disk, PathClaims& claims)
{
    Chooser chooser(wish, disk, claims);
    switch (wish.ifExists) {
    case IfExists::Rename: return chooser.rename();
    case IfExists::Resume: return chooser.resume();
    case IfExists::Overwrite: return chooser.overwrite();
    case IfExists::Skip: return chooser.skip();
    }
    return failure(Code::Internal, QStringLiteral("if-exists"));
}

std::optional<IfExists> ifExistsFrom(QStringView text)
{
    if (text == u"rename")
        return IfExists::Rename;
    if (text == u"resume")
        return IfExists::Resume;
    if (text == u"overwrite")
        return IfExists::Overwrite;
    if (text == u"skip")
        return IfExists::Skip;
    return std::nullopt;
}

Result<void> requireInside(const QString& directory, const QString& finalPath)
{
    if (QFileInfo(finalPath + QStringLiteral(".part")).isSymLink())
        return failure(Code::PathEscapes, QStringLiteral("%1.part is a symbolic link").arg(finalPath));
    QFileInfo folder(QFileInfo(finalPath).path());
    if (QDir::cleanPath(folder.filePath()) == QDir::cleanPath(directory))
        return {};
    while (!folder.exists() && folder.filePath().size() > directory.size())
        folder = QFileInfo(folder.path());
    const QString root = QFileInfo(directory).canonicalFilePath();
    const QString real = folder.canonicalFilePath();
    if (!root.isEmpty() && real != root && !real.startsWith(root + u'/'))
        return failure(Code::PathEscapes, finalPath);
    return {};
}

} // namespace weir
