#include "bt/bt_place.h"

#include "bt/bt_errors.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QSet>

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace weir {

namespace {

constexpr qsizetype kLongestPart = 240; // room for a number, and for ".part"
constexpr int kTriesInFolder = 8;       // then the folder itself is what is in the way

QString safePart(const QString& given)
{
    QString part;
    for (const QChar c : given)
        if (c.category() != QChar::Other_Control && c.category() != QChar::Other_Format && c != u'\\' && c != u'/')
            part += c;
    part = part.trimmed();
    if (part.isEmpty() || part == u"." || part == u"..")
        return QStringLiteral("_");
    QByteArray bytes = part.toUtf8();
    if (bytes.size() <= kLongestPart)
        return part;
    const qsizetype dot = part.lastIndexOf(u'.');
    const QString suffix = dot > 0 && part.size() - dot <= 12 ? part.mid(dot) : QString();
    QString stem = suffix.isEmpty() ? part : part.left(dot);
    while (stem.toUtf8().size() + suffix.toUtf8().size() > kLongestPart)
        stem.chop(stem.back().isLowSurrogate() ? 2 : 1);
    return stem + suffix;
}

QString safePath(const QString& given, bool dropFirst)
{
    QStringList parts = given.split(u'/', Qt::SkipEmptyParts);
    if (dropFirst && parts.size() > 1)
        parts.removeFirst();
    for (QString& part : parts)
        part = safePart(part);
    return parts.isEmpty() ? QStringLiteral("_") : parts.join(u'/');
}

// Two files of one name, or a file where another needs a folder.
QString uniquePath(const QString& path, QSet<QString>& files, QSet<QString>& folders)
{
    const auto foldersOf = [](const QString& of) {
        QStringList all;
        for (qsizetype slash = of.indexOf(u'/'); slash > 0; slash = of.indexOf(u'/', slash + 1))
            all.append(of.left(slash).toLower());
        return all;
    };
    QString free = path;
    const auto taken = [&](const QString& candidate) {
        const QString lower = candidate.toLower();
        const QStringList above = foldersOf(candidate);
        return files.contains(lower) || folders.contains(lower)
            || std::any_of(above.begin(), above.end(), [&](const QString& folder) { return files.contains(folder); });
    };
    for (int n = 1; taken(free); ++n) {
        const QString base = n > kTriesInFolder ? QString(path).replace(u'/', u'_') : path;
        const qsizetype name = base.lastIndexOf(u'/') + 1;
        free = base.left(name) + QString::number(n) + u'_' + base.mid(name);
    }
    files.insert(free.toLower());
    for (const QString& folder : foldersOf(free))
        folders.insert(folder);
    return free;
}

Result<void> syncPath(const QString& path)
{
    const int descriptor = ::open(QFile::encodeName(path).constData(), O_RDONLY | O_CLOEXEC);
    // A file of size 0 or one that nobody wanted is not there.
    if (descriptor < 0 && errno == ENOENT)
        return {};
    const bool synced = descriptor >= 0 && ::fsync(descriptor) == 0;
    const int native = errno;
    if (descriptor >= 0)
        ::close(descriptor);
    if (synced)
        return {};
    return failure(torrentError(lt::error_code(native, boost::system::system_category()), QStringLiteral("sync ") + path));
}

} // namespace

bool isSingleFile(const lt::torrent_info& info)
{
    // Padding follows the only file of a torrent of version 2.
    const lt::file_storage& files = info.files();
    int real = 0;
    for (const lt::file_index_t file : files.file_range())
        real += files.pad_file_at(file) ? 0 : 1;
    const lt::file_index_t first(0);
    return real == 1 && !files.pad_file_at(first) && files.file_path(first).find('/') == std::string::npos;
}

std::vector<TorrentFile> torrentFiles(const lt::torrent_info& info)
{
    const lt::file_storage& storage = info.files();
    const bool folder = !isSingleFile(info);
    std::vector<TorrentFile> files;
    QSet<QString> names, folders;
    for (const lt::file_index_t index : storage.file_range()) {
        if (storage.pad_file_at(index))
            continue;
        const QString path = safePath(QString::fromStdString(storage.file_path(index)), folder);
        files.push_back({uniquePath(path, names, folders), storage.file_size(index), index});
    }
    return files;
}

void TorrentPlace::apply(lt::add_torrent_params& params, const std::vector<TorrentFile>& files, bool whole) const
{
    const QString root = whole ? final() : part();
    params.renamed_files.clear();
    if (single_) {
        params.save_path = directory_.toStdString();
        params.renamed_files[files.front().index] = QFileInfo(root).fileName().toStdString();
        return;
    }
    params.save_path = root.toStdString();
    for (const TorrentFile& file : files)
        params.renamed_files[file.index] = file.path.toStdString();
}

QStringList TorrentPlace::paths(const std::vector<TorrentFile>& files, bool whole) const
{
    const QString root = whole ? final() : part();
    QStringList all;
    for (const TorrentFile& file : files)
        all.append(single_ ? root : root + u'/' + file.path);
    return all;
}

QByteArray TorrentPlace::identity(bool whole) const
{
    struct stat status {};
    if (::stat(QFile::encodeName(whole ? final() : part()).constData(), &status) != 0)
        return {};
    return QByteArray::number(quint64(status.st_dev)) + ':' + QByteArray::number(quint64(status.st_ino));
}

Result<void> TorrentPlace::finish(const std::vector<TorrentFile>& files) const
{
    QStringList all = paths(files, false);
    if (!single_) {
        QSet<QString> folders{part()};
        for (const QString& path : std::as_const(all))
            for (QString folder = path; folder != part() && folders.size() <= all.size() * 64;) {
                folder = folder.left(folder.lastIndexOf(u'/'));
                folders.insert(folder);
            }
        all.append(folders.values());
    }
    for (const QString& path : std::as_const(all))
        if (auto ok = syncPath(path); !ok)
            return ok;
    // Torrents of empty files, or of none that are wanted, make no folder.
    if (!single_ && !QFileInfo::exists(part()))
        QDir().mkpath(part());
    if (single_ && !QFileInfo::exists(part()))
        QFile(part()).open(QIODevice::WriteOnly);
    if (QFileInfo::exists(final()))
        return failure(Code::DiskFileExists, final());
    return rename(part(), final());
}

Result<void> TorrentPlace::reopen() const
{
    if (QFileInfo::exists(part()))
        return failure(Code::DiskFileExists, part());
    return rename(final(), part());
}

Result<void> TorrentPlace::rename(const QString& from, const QString& to) const
{
    if (!QDir().rename(from, to))
        return failure(torrentError(lt::error_code(errno, boost::system::system_category()), QStringLiteral("rename ") + from));
    return syncPath(directory_);
}

} // namespace weir
