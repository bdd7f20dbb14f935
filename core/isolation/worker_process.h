#pragma once
// The daemon's side of one process in which a plugin's tasks run: asks it, gives it tasks, and notices its end. Any thread;
// shared by whoever uses it and by its own thread, which reads what it says and goes with it.

#include "isolation/messages.h"
#include "platform/channel.h"

#include <condition_variable>

namespace weir {

class WorkerProcess : public std::enable_shared_from_this<WorkerProcess> {
public:
    struct Listener {
        std::function<void(Level, const QString&)> log;
        /// It has ended, and not because we wanted that: PluginCrashed, or what it was killed for.
        std::function<void(const Error&)> faulted;
    };
    /// Returns when the plugin is open in it; `birth` is its first message. PluginWorkerFailed, PluginUnresponsive,
    /// PluginCrashed and the errors of opening a plugin.
    static Result<std::shared_ptr<WorkerProcess>> start(
        const QString& program, const QString& plugin, const QCborMap& birth, Listener listener);
    ~WorkerProcess();

    bool alive() const;
    /// PluginUnresponsive after `limit`, and then it is killed for that; PluginRestarted: it has just ended.
    Result<QCborMap> ask(QCborMap question, std::chrono::milliseconds limit);
    void tell(const QCborMap& message);
    /// The task's own channel; its number for tell(). One that is idle ends by itself, so a run must be given back with
    /// endRun(). PluginRestarted: it has just ended.
    struct Run {
        quint64 number = 0;
        std::unique_ptr<Channel> channel;
    };
    Result<Run> beginRun(QCborMap message);
    void endRun();
    void kill(const Error& why);
    /// A channel of it has ended: it is about to be noticed that it has, too.
    void noteLost();
    /// Ends it in order, and waits a moment for that.
    void dismiss();

private:
    WorkerProcess(QString plugin, qint64 child, std::unique_ptr<Channel> channel, Listener listener);
    Result<QCborMap> firstWord(const QCborMap& birth);
    void listen();
    void heard(const QCborMap& message);
    void ended();
    bool usable() const { return alive_ && !dismissed_ && !lost_; }

    const QString plugin_;
    const qint64 child_;
    const std::unique_ptr<Channel> channel_;
    const Listener listener_;
    mutable std::mutex mutex_; ///< guards what follows
    std::condition_variable answered_;
    std::map<qint64, std::optional<QCborMap>> answers_; ///< to open questions
    qint64 questions_ = 0;
    quint64 runNumbers_ = 0;
    int runs_ = 0;
    std::chrono::steady_clock::time_point idleSince_ = std::chrono::steady_clock::now();
    bool alive_ = true;
    bool lost_ = false;
    bool ending_ = false; ///< its process id may be somebody else's soon
    bool dismissed_ = false;
    bool over_ = false; ///< nobody hears of it any more
    std::optional<Error> killedFor_;
};

} // namespace weir
