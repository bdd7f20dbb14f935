#pragma once
// What this machine remembers of releases: a random number of its own, and the last version that it began to take of each
// product. One small file in the plugin's folder. The adapter owns it; any thread.

#include <weir/context.h>

#include <mutex>

namespace weir {

class MachineMemory {
public:
    /// Nothing is read or made before it is asked for.
    explicit MachineMemory(Services& services) : services_(services) {}

    /// InputUnreadable, DiskError: then nothing may be taken, it could be older than the last.
    Result<QByteArray> machine();
    Result<QString> lastTaken(const QString& product);
    Result<void> take(const QString& product, const QString& version);

private:
    Result<void> load();
    Result<void> store(const QJsonObject& all);
    QString path() const { return services_.stateDirectory() + QStringLiteral("/releases.json"); }

    Services& services_;
    std::mutex mutex_;
    QJsonObject all_; ///< empty: not loaded yet
};

} // namespace weir
