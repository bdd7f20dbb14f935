#pragma once
// Where things live: everything below WEIR_HOME, or the XDG folders. Read once at start; a plain value after that. Any thread.

#include <weir/result.h>

#include <QString>
#include <QStringList>

namespace weir {

struct Paths {
    QString config;       ///< the user's config.json
    QString systemConfig; ///< /etc/weir/config.json
    QString stateDir;     ///< weir.db, plugins' folders
    QString database;
    QString runtimeDir; ///< socket, lock, black box
    QString socket;
    QString lockFile;
    QString blackBox;
    QString logDir;
    QStringList pluginDirs; ///< in the order in which they are searched

    /// From the environment. HomeMissing, SocketPathTooLong.
    static Result<Paths> locate();
    /// Everything in one folder, as WEIR_HOME does it. SocketPathTooLong.
    static Result<Paths> below(const QString& home);
    /// Makes the folders (0700). RuntimeDirUnsafe if others could get at the socket; errors of the Disk category.
    Result<void> create() const;
    /// As create(), but for those who only connect: makes nothing. RuntimeDirUnsafe.
    Result<void> check() const;
};

/// Where weir's own plugins lie, beside libweir. All others are somebody else's.
QString ownPluginDirectory();

/// Makes the folder and its parents with mode 0700.
Result<void> makePrivateDirectory(const QString& path);
/// RuntimeDirUnsafe unless it is a real folder of ours with mode 0700.
Result<void> requirePrivateDirectory(const QString& path);

} // namespace weir
