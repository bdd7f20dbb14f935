#pragma once
// Weir inside of another program: queue, plugins, resume and limits, without the daemon and its socket. Made and used on one
// thread, which has a QCoreApplication and runs its event loop; everything is called back there. The caller owns it; its end
// stops all tasks, which go on when an engine is made with the same home again.

#include <weir/result.h>

#include <QHash>
#include <QJsonObject>
#include <QStringList>

#include <functional>
#include <memory>

namespace weir {
inline namespace abi1 {

class Engine {
public:
    struct Options {
        QString home;              ///< the folder of its database, logs and settings; made if needed, one engine at a time
        QStringList pluginFolders; ///< searched before those that an installed weir searches
        QHash<QString, QString> settings; ///< by the keys and in the words of `weir config`; not kept
    };
    /// Errors: DaemonRunning (somebody uses that home), UnknownSetting, BadSetting, those of the Disk and Ledger categories.
    static Result<std::unique_ptr<Engine>> start(Options options);
    /// Waits until the tasks have stopped, at most for the setting daemon.stopTimeout.
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    using Reply = std::function<void(Result<QJsonObject>)>;
    /// A method of docs/rpc.md ("task.add", "task.pause", "config.set") with its parameters. `reply` is called once, perhaps
    /// before this returns; it may be empty. Errors: RpcUnknownMethod, and what the method says.
    void call(const QString& method, const QJsonObject& params, Reply reply = {});
    /// `changed` gets each task that is in another state than before, as task.get answers it. Progress is to be asked for.
    void onTask(std::function<void(const QJsonObject& task)> changed);

    static QString version();

private:
    struct Parts;
    explicit Engine(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

} // namespace abi1
} // namespace weir
