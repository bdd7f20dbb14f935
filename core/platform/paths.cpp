#include "platform/paths.h"

#include "platform/process.h"

#include <QDir>
#include <QFile>

namespace weir {
namespace {

// Those of sockaddr_un, less the closing zero.
constexpr qsizetype kMaxSocketPath = 107;

// XDG says that a relative path is to be ignored.
QString absoluteVariable(const char* name)
{
    const QString value = qEnvironmentVariable(name);
    return value.startsWith(u'/') ? QDir::cleanPath(value) : QString();
}

Result<QString> xdg(const char* variable, const QString& belowHome)
{
    if (const QString value = absoluteVariable(variable); !value.isEmpty())
        return value;
    const QString home = absoluteVariable("HOME");
    if (home.isEmpty())
        return failure(Code::HomeMissing, QString::fromLatin1(variable));
    return home + u'/' + belowHome;
}

// A job without a session (cron, ssh) must meet the same daemon as the desktop does.
QString runtimeFolder(const QString& stateDir)
{
    if (const QString value = absoluteVariable("XDG_RUNTIME_DIR"); !value.isEmpty())
        return value + QStringLiteral("/weir");
    const QString session = sessionRuntimeDirectory();
    return session.isEmpty() ? stateDir + QStringLiteral("/run") : session + QStringLiteral("/weir");
}

QStringList pluginFolders(const QString& own)
{
    const QString given = qEnvironmentVariable("WEIR_PLUGIN_PATH");
    if (!given.isEmpty()) {
        QStringList folders;
        for (const QString& folder : given.split(QDir::listSeparator(), Qt::SkipEmptyParts))
            folders += QDir().absoluteFilePath(folder);
        return folders;
    }
    QStringList folders{ownPluginDirectory()};
    if (!own.isEmpty())
        folders += own;
    return folders;
}

Paths belowOneFolder(const QString& home)
{
    Paths paths;
    paths.config = home + QStringLiteral("/config.json");
    paths.stateDir = home + QStringLiteral("/state");
    paths.runtimeDir = home + QStringLiteral("/run");
    paths.logDir = home + QStringLiteral("/log");
    paths.pluginDirs = pluginFolders(home + QStringLiteral("/plugins"));
    return paths;
}

Result<Paths> belowXdg()
{
    Paths paths;
    auto config = xdg("XDG_CONFIG_HOME", QStringLiteral(".config"));
    auto state = xdg("XDG_STATE_HOME", QStringLiteral(".local/state"));
    auto data = xdg("XDG_DATA_HOME", QStringLiteral(".local/share"));
    for (const auto* folder : {&config, &state, &data})
        if (!*folder)
            return failure(folder->error());
    paths.config = *config + QStringLiteral("/weir/config.json");
    paths.stateDir = *state + QStringLiteral("/weir");
    paths.runtimeDir = runtimeFolder(paths.stateDir);
    paths.logDir = paths.stateDir + QStringLiteral("/log");
    paths.pluginDirs = pluginFolders(*data + QStringLiteral("/weir/plugins"));
    return paths;
}

Result<Paths> withFiles(Paths paths)
{
    paths.systemConfig = QStringLiteral("/etc/weir/config.json");
    paths.database = paths.stateDir + QStringLiteral("/weir.db");
    paths.socket = paths.runtimeDir + QStringLiteral("/weir.sock");
    paths.lockFile = paths.runtimeDir + QStringLiteral("/weir.lock");
    paths.blackBox = paths.runtimeDir + QStringLiteral("/black-box");
    if (QFile::encodeName(paths.socket).size() > kMaxSocketPath)
        return failure(Code::SocketPathTooLong, paths.socket);
    return paths;
}

} // namespace

QString ownPluginDirectory() { return libraryDirectory() + QStringLiteral("/weir/plugins"); }

Result<Paths> Paths::locate()
{
    if (const QString home = qEnvironmentVariable("WEIR_HOME"); !home.isEmpty())
        return below(home);
    auto paths = belowXdg();
    return paths ? withFiles(std::move(*paths)) : paths;
}

Result<Paths> Paths::below(const QString& home)
{
    return withFiles(belowOneFolder(QDir::cleanPath(QDir().absoluteFilePath(home))));
}

Result<void> Paths::create() const
{
    const QString configDir = config.left(config.lastIndexOf(u'/'));
    for (const QString& folder : {configDir, stateDir, runtimeDir, logDir})
        if (auto ok = makePrivateDirectory(folder); !ok)
            return ok;
    return check();
}

Result<void> Paths::check() const { return requirePrivateDirectory(runtimeDir); }

} // namespace weir
