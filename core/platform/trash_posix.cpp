// The trash of freedesktop.org, version 1.0: a file goes to the home trash if it lies on the same volume, else to that of its
// volume's top folder. The .trashinfo is written first, so that nothing is ever in the trash without its origin.

#include "platform/posix_calls.h"

#include <QDateTime>
#include <QDir>
#include <QUrl>

#include <sys/stat.h>

namespace weir {
namespace {

constexpr int kNameTries = 1000;

tl::unexpected<Error> trashFailure(const QString& path, int error)
{
    return diskFailure(Code::TrashFailed, "move to the trash", path, error);
}

bool deviceOf(const QString& path, dev_t& device)
{
    struct stat info = {};
    if (::lstat(native(path).constData(), &info) != 0)
        return false;
    device = info.st_dev;
    return true;
}

QString topFolder(const QString& path, dev_t device)
{
    QString top = parentOf(path);
    dev_t above = 0;
    while (top != u"/" && deviceOf(parentOf(top), above) && above == device)
        top = parentOf(top);
    return top;
}

// A folder that others could have placed there must be ours and no link.
bool ownFolder(const QString& path)
{
    if (::mkdir(native(path).constData(), 0700) != 0 && errno != EEXIST)
        return false;
    struct stat info = {};
    return ::lstat(native(path).constData(), &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == ::getuid();
}

QString homeTrash()
{
    QString data = qEnvironmentVariable("XDG_DATA_HOME");
    if (!data.startsWith(u'/'))
        data = QDir::homePath() + QStringLiteral("/.local/share");
    QDir().mkpath(data);
    return data + QStringLiteral("/Trash");
}

// Empty: this volume has no place for a trash.
QString volumeTrash(const QString& top)
{
    const QString uid = QString::number(::getuid());
    const QString shared = top + QStringLiteral("/.Trash");
    struct stat info = {};
    if (::lstat(native(shared).constData(), &info) == 0 && S_ISDIR(info.st_mode) && (info.st_mode & S_ISVTX)
        && ownFolder(shared + u'/' + uid))
        return shared + u'/' + uid;
    const QString own = top + QStringLiteral("/.Trash-") + uid;
    return ownFolder(own) ? own : QString();
}

} // namespace

Result<void> moveToTrashPosix(Disk& disk, const QString& path)
{
    const QString file = QDir::cleanPath(QDir().absoluteFilePath(path));
    dev_t device = 0, homeDevice = 0;
    if (!deviceOf(file, device))
        return errno == ENOENT ? diskFailure("move to the trash", file, ENOENT) : trashFailure(file, errno);

    QString trash = homeTrash(), origin = file;
    if (!ownFolder(trash) || !deviceOf(trash, homeDevice) || homeDevice != device) {
        const QString top = topFolder(file, device);
        trash = volumeTrash(top);
        if (trash.isEmpty())
            return trashFailure(file, errno);
        origin = file.mid(top == u"/" ? 1 : top.size() + 1);
    }
    const QString infos = trash + QStringLiteral("/info/"), files = trash + QStringLiteral("/files/");
    if (!ownFolder(trash + QStringLiteral("/info")) || !ownFolder(trash + QStringLiteral("/files")))
        return trashFailure(file, errno);

    const QByteArray text = "[Trash Info]\nPath=" + QUrl::toPercentEncoding(QString::fromUtf8(native(origin)), "/")
        + "\nDeletionDate=" + QDateTime::currentDateTime().toString(QStringLiteral("yyyy-MM-ddTHH:mm:ss")).toLatin1() + "\n";
    const QString base = file.mid(file.lastIndexOf(u'/') + 1);
    for (int n = 0; n < kNameTries; ++n) {
        const QString name = n ? base + u'.' + QString::number(n) : base;
        const QString info = infos + name + QStringLiteral(".trashinfo");
        auto written = disk.open(info, Disk::Open::New);
        if (!written && written.error().code == Code::DiskFileExists)
            continue;
        if (!written)
            return trashFailure(file, written.error().native);
        auto moved = (*written)->write(0, {text.constData(), std::size_t(text.size())});
        if (moved)
            moved = disk.rename(file, files + name, false);
        if (moved)
            return {};
        (void)disk.remove(info);
        if (moved.error().code != Code::DiskFileExists)
            return trashFailure(file, moved.error().native);
    }
    return trashFailure(file, EEXIST);
}

} // namespace weir
