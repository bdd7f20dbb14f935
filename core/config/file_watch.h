#pragma once
// Tells when a file may have changed: written in place, replaced by a rename, made or taken away. Main thread, needs its event
// loop.

#include <QFileSystemWatcher>
#include <QTimer>

#include <functional>

namespace weir {

class FileWatch {
public:
    /// The file's folder must exist.
    FileWatch(QString path, std::function<void()> changed);

private:
    void rewatch();

    const QString path_;
    QFileSystemWatcher watcher_;
    QTimer quiet_;
};

} // namespace weir
