#include "config/settings_watch.h"

#include <QFileInfo>

namespace weir {

SettingsWatch::SettingsWatch(Settings& settings, std::function<void(const Error&)> failed)
    : settings_(settings),
      failed_(std::move(failed))
{
    // Editors write in several steps, some of them by a rename, after which only the folder's watch still sees the file.
    constexpr std::chrono::milliseconds kQuiet{100};
    quiet_.setSingleShot(true);
    quiet_.setInterval(kQuiet);
    const auto changed = [this] { quiet_.start(); };
    QObject::connect(&watcher_, &QFileSystemWatcher::fileChanged, &quiet_, changed);
    QObject::connect(&watcher_, &QFileSystemWatcher::directoryChanged, &quiet_, changed);
    QObject::connect(&quiet_, &QTimer::timeout, &quiet_, [this] { reread(); });
    watcher_.addPath(QFileInfo(settings_.userFile()).absolutePath());
    if (QFileInfo::exists(settings_.userFile()))
        watcher_.addPath(settings_.userFile());
}

void SettingsWatch::reread()
{
    if (QFileInfo::exists(settings_.userFile()) && !watcher_.files().contains(settings_.userFile()))
        watcher_.addPath(settings_.userFile());
    if (auto ok = settings_.reload(); !ok && failed_)
        failed_(ok.error());
}

} // namespace weir
