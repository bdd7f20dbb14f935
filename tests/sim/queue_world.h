#pragma once
// The real Queue over a real store, with a scripted plugin, a clock that the test moves and an executor that it drains.

#include "base/json_writer.h"
#include "net/curl_engine.h"
#include "queue/queue.h"
#include "support/fake_clock.h"
#include "support/main_inbox.h"
#include "transfer/buffer_pool.h"

#include <QDateTime>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>

#include <atomic>
#include <condition_variable>

namespace weir::test {

/// What all scripted tasks look at. The path of a task's URL says what it does:
///   /ok/NAME?size=N      writes N bytes and ends well          /slow/NAME?size=N   the same, piece by piece, and heeds its
///   stop /wait/NAME           writes half, then waits for its stop  /fail/CODE          fails with that error /flaky/NAME?n=K
///   fails K times, then as /ok            /ask/NAME           wants a choice /hand/NAME           belongs to the other plugin
///   /full/NAME          DiskFull while `full` is set /hang/NAME           does not stop until `letGo`           /throw throws
///   /share/NAME         writes it whole, then shares without a thread until it is told to stop
struct Script {
    std::mutex mutex;
    std::condition_variable changed;
    bool letGo = false;
    std::map<TaskId, int> runs;
    std::map<TaskId, QJsonObject> options;   ///< of the latest run
    std::map<TaskId, QByteArray> prefetched; ///< bodies that came with a hand-over
    std::map<TaskId, TaskContext*> sharing;
    std::atomic<bool> full{false};
    std::atomic<int> runningNow{0}, mostRunning{0};
};

QByteArray contentOf(qint64 begin, qint64 end);

/// The system's disk, with as much free space as the test says.
class RoomyDisk final : public Disk {
public:
    std::atomic<qint64> freeBytes{qint64(1) << 40};
    std::atomic<int> looks{0};                         ///< at the free space
    std::function<void(std::stop_token)> whileCopying; ///< called when the first bytes of a copy are there

    Result<std::unique_ptr<File>> open(const QString& path, Open mode) override { return systemDisk().open(path, mode); }
    Result<void> rename(const QString& from, const QString& to, bool replace) override
    {
        return systemDisk().rename(from, to, replace);
    }
    Result<void> remove(const QString& path) override { return systemDisk().remove(path); }
    Result<void> moveToTrash(const QString& path) override { return systemDisk().moveToTrash(path); }
    Result<void> makeDirectory(const QString& path) override { return systemDisk().makeDirectory(path); }
    Result<void> syncDirectory(const QString& path) override { return systemDisk().syncDirectory(path); }
    Result<void> syncVolume(const QString& path) override { return systemDisk().syncVolume(path); }
    Result<FileIdentity> identity(const QString& path) override { return systemDisk().identity(path); }
    Result<Volume> volume(const QString& path) override;
    Result<void> copyTree(const QString& from, const QString& to, const CopyWatch& watch) override
    {
        bool told = false;
        return systemDisk().copyTree(from, to, {watch.stop, [&](qint64 bytes) {
                                                    watch.copied(bytes);
                                                    if (whileCopying && !std::exchange(told, true))
                                                        whileCopying(watch.stop);
                                                }});
    }
    Result<void> removeTree(const QString& path) override { return systemDisk().removeTree(path); }
    Result<qint64> treeBytes(const QString& path) override { return systemDisk().treeBytes(path); }
};

class QueueWorld {
public:
    QueueWorld();
    ~QueueWorld();

    /// A new life over the same folder.
    void begin(const Queue::LastLife& last = {});
    /// Orderly. What still hung then.
    QStringList end();

    QList<TaskId> add(const QStringList& paths, const std::function<void(NewTask&)>& adjust = {});
    TaskId addOne(const QString& path, const std::function<void(NewTask&)>& adjust = {}) { return add({path}, adjust).first(); }
    /// Waits for the answer of a verb.
    Result<QList<TaskId>> ask(const std::function<void(Queue::Done)>& verb);
    void until(const std::function<bool()>& ready) { main.runUntil(ready); }
    void untilState(TaskId id, State state)
    {
        until([&] { return stateOf(id) == state; });
    }
    void turn(); ///< runs what has come by now
    void pass(std::chrono::milliseconds time);
    std::optional<State> stateOf(TaskId id) const;
    QString file(const QString& name) const { return folder.filePath(QStringLiteral("down/") + name); }
    QByteArray bytesOf(const QString& name) const;
    QJsonObject inFull(TaskId id) const
    {
        QByteArray json;
        JsonWriter writer(json);
        return queue->writeTask(writer, id, true) ? QJsonDocument::fromJson(json).object() : QJsonObject();
    }
    Code errorOf(TaskId id) const { return Code(queue->table().find(id)->errorCode); }
    std::vector<TaskRecord> rows();

    QTemporaryDir folder;
    FakeClock clock;
    MainInbox main;
    RoomyDisk disk;
    Settings settings;
    RateBucket totalRate, totalUpRate;
    BufferPool buffers;
    std::shared_ptr<Script> script = std::make_shared<Script>();
    std::unique_ptr<CurlEngine> noEngine;
    std::unique_ptr<Services> services;
    std::unique_ptr<Registry> registry;
    std::unique_ptr<Ledger> ledger;
    std::unique_ptr<Syncer> syncer;
    std::unique_ptr<Queue> queue;
};

Selection only(TaskId id);
Selection everything();

} // namespace weir::test
