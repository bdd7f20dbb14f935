#include "folder_opener.h"

#include "platform/process.h"

#include <QFileInfo>
#include <QStandardPaths>
#include <QUrl>

namespace weir {

using namespace std::chrono_literals;

namespace {

constexpr auto kFileManagerPatience = 10s;

/// org.freedesktop.FileManager1 marks the file. False: nobody answers to that name.
bool markFile(const QString& path)
{
    const QString gdbus = QStandardPaths::findExecutable(QStringLiteral("gdbus"));
    if (gdbus.isEmpty())
        return false;
    // It stands between quotes in the text form of an array, so it may have none itself.
    const QString url = QString::fromLatin1(QUrl::fromLocalFile(path).toEncoded()).replace(u'\'', QStringLiteral("%27"));
    const auto end = runWithLimit(gdbus,
        {QStringLiteral("call"), QStringLiteral("--session"), QStringLiteral("--dest"),
            QStringLiteral("org.freedesktop.FileManager1"), QStringLiteral("--object-path"),
            QStringLiteral("/org/freedesktop/FileManager1"), QStringLiteral("--method"),
            QStringLiteral("org.freedesktop.FileManager1.ShowItems"), QStringLiteral("['%1']").arg(url), QStringLiteral("")},
        kFileManagerPatience);
    return end && end->how == ProgramEnd::How::Exited && end->status == 0;
}

} // namespace

Result<void> showInFolder(const QString& path)
{
    const QFileInfo file(path);
    const QString folder = file.absolutePath();
    if (path.isEmpty() || !QFileInfo(folder).isDir())
        return failure(Code::DiskNoSuchDirectory, folder);
    if (file.exists() && markFile(path))
        return {};
    const QString opener = QStandardPaths::findExecutable(QStringLiteral("xdg-open"));
    if (opener.isEmpty())
        return failure(Code::FolderOpenFailed, folder);
    if (const auto started = spawnDetached(opener, {folder}, QStringLiteral("/dev/null")); !started)
        return failure(Code::FolderOpenFailed, describe(started.error()));
    return {};
}

} // namespace weir
