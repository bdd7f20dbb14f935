#include "config/file_watch.h"

#include <QFileInfo>

namespace weir {

FileWatch::FileWatch(QString path, std::function<void()> changed) : path_(std::move(path))
{
    // Editors write in several steps, some of them by a rename, after which only the folder's watch still sees the file.
    constexpr std::chrono::milliseconds kQuiet{100};
    quiet_.setSingleShot(true);
    quiet_.setInterval(kQuiet);
    const auto touched = [this] { quiet_.start(); };
    QObject::connect(&watcher_, &QFileSystemWatcher::fileChanged, &quiet_, touched);
    QObject::connect(&watcher_, &QFileSystemWatcher::directoryChanged, &quiet_, touched);
    QObject::connect(&quiet_, &QTimer::timeout, &quiet_, [this, changed = std::move(changed)] {
        rewatch();
        changed();
    });
    watcher_.addPath(QFileInfo(path_).absolutePath());
    rewatch();
}

void FileWatch::rewatch()
{
    if (QFileInfo::exists(path_) && !watcher_.files().contains(path_))
        watcher_.addPath(path_);
}

} // namespace weir
