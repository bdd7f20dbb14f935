#include "manifest.h"

#include "extension_ids.h"
#include "platform/disk.h"

#include <QDir>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSaveFile>

#include <cerrno>

namespace weir {

namespace {

constexpr qint64 kMaxManifest = 64 << 10;
constexpr const char* kWrapperMark = "# weir: leads out of the sandbox to the program that the browser asks for\n";

QString listName(Family family)
{
    return family == Family::Chromium ? QStringLiteral("allowed_origins") : QStringLiteral("allowed_extensions");
}

QString allowed(Family family)
{
    return family == Family::Chromium ? QStringLiteral("chrome-extension://%1/").arg(QLatin1String(kChromiumExtension))
                                      : QString::fromLatin1(kFirefoxExtension);
}

QByteArray contents(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.read(kMaxManifest) : QByteArray();
}

bool isLink(const QString& path) { return QFileInfo(path).isSymbolicLink(); }

bool isOurs(const QJsonObject& manifest)
{
    const QString program = QFileInfo(manifest.value(QLatin1String("path")).toString()).fileName();
    return manifest.value(QLatin1String("name")) == QLatin1String(kHostName)
        && (program == QLatin1String("weir") || program == QLatin1String("weir-host"));
}

Result<void> save(const QString& path, const QByteArray& text, QFile::Permissions permissions)
{
    const QString folder = QFileInfo(path).path();
    if (!QDir().mkpath(folder))
        return failure(diskErrorCode(errno), QStringLiteral("make %1").arg(folder), errno);
    // It would write to where a link leads.
    if (isLink(path) && !QFile::remove(path))
        return failure(diskErrorCode(errno), QStringLiteral("remove %1").arg(path), errno);
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size() || !file.setPermissions(permissions)
        || !file.commit())
        return failure(file.error() == QFileDevice::OpenError || file.error() == QFileDevice::PermissionsError
                ? Code::DiskPermission
                : Code::DiskIo,
            QStringLiteral("write %1: %2").arg(path, file.errorString()));
    return {};
}

Result<bool> take(const QString& path)
{
    if (!QFile::remove(path))
        return failure(diskErrorCode(errno), QStringLiteral("remove %1").arg(path), errno);
    return true;
}

constexpr auto kReadable = QFile::ReadOwner | QFile::WriteOwner | QFile::ReadGroup | QFile::ReadOther;
constexpr auto kRunnable = kReadable | QFile::ExeOwner | QFile::ExeGroup | QFile::ExeOther;

} // namespace

QString manifestFile(const QString& folder) { return folder + u'/' + QLatin1String(kHostName) + QStringLiteral(".json"); }

QByteArray manifestText(Family family, const QString& program)
{
    return QJsonDocument(QJsonObject{{QStringLiteral("name"), QLatin1String(kHostName)},
                             {QStringLiteral("description"), QStringLiteral("weir, which downloads for this browser")},
                             {QStringLiteral("path"), program}, {QStringLiteral("type"), QStringLiteral("stdio")},
                             {listName(family), QJsonArray{allowed(family)}}})
        .toJson();
}

ManifestState judgeManifest(QByteArrayView text, Family family, const QString& program)
{
    const QJsonObject manifest = QJsonDocument::fromJson(text.toByteArray()).object();
    if (!isOurs(manifest))
        return ManifestState::Foreign;
    if (manifest.value(QLatin1String("path")) != program || manifest.value(QLatin1String("type")) != QLatin1String("stdio"))
        return ManifestState::OtherProgram;
    if (!manifest.value(listName(family)).toArray().contains(allowed(family)))
        return ManifestState::OtherExtension;
    return ManifestState::Good;
}

ManifestState manifestState(const QString& file, Family family, const QString& program)
{
    if (isLink(file))
        return ManifestState::Foreign;
    return QFileInfo::exists(file) ? judgeManifest(contents(file), family, program) : ManifestState::Missing;
}

QString manifestProgram(const QString& file)
{
    return QJsonDocument::fromJson(contents(file)).object().value(QLatin1String("path")).toString();
}

Result<Written> writeManifest(const QString& folder, Family family, const QString& program, bool force)
{
    const QString file = manifestFile(folder);
    const ManifestState now = manifestState(file, family, program);
    if (now == ManifestState::Good)
        return Written{file, false};
    if (now == ManifestState::Foreign && !force)
        return failure(Code::ManifestForeign, file);
    if (auto ok = save(file, manifestText(family, program), kReadable); !ok)
        return failure(ok.error());
    return Written{file, true};
}

Result<bool> removeManifest(const QString& folder)
{
    const QString file = manifestFile(folder);
    if (isLink(file) || !isOurs(QJsonDocument::fromJson(contents(file)).object()))
        return false;
    return take(file);
}

QByteArray wrapperText(const QString& program)
{
    const QString quoted = u'\'' + QString(program).replace(u'\'', QStringLiteral("'\\''")) + u'\'';
    return QByteArray("#!/bin/sh\n") + kWrapperMark + "exec flatpak-spawn --host --watch-bus " + quoted.toUtf8() + " \"$@\"\n";
}

Result<void> writeWrapper(const QString& path, const QString& program)
{
    if (QFileInfo::exists(path) && !contents(path).contains(kWrapperMark))
        return failure(Code::ManifestForeign, path);
    return save(path, wrapperText(program), kRunnable);
}

Result<bool> removeWrapper(const QString& path)
{
    if (isLink(path) || !contents(path).contains(kWrapperMark))
        return false;
    return take(path);
}

} // namespace weir
