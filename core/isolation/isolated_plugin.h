#pragma once
// A plugin of somebody else as the registry and the queue see it: its adapter answers from a process of its own, its tasks run
// there. The registry owns the adapter for ever; tasks and processes share the rest with it. Threads as ProtocolAdapter says.

#include "isolation/worker_process.h"

#include <weir/adapter.h>

namespace weir {

/// What a plugin's processes are made from, and all of them. Any thread.
class WorkerPool {
public:
    struct Recipe {
        QString program; ///< weir-daemon
        QString plugin;
        QString stateFolder;             ///< of the plugin
        QString usualFolder;             ///< where downloads usually go; empty: nowhere
        std::function<QCborMap()> birth; ///< the first message, without "writable"; any thread
        WorkerProcess::Listener listener;
    };
    explicit WorkerPool(Recipe recipe) : recipe_(std::move(recipe)) {}

    /// One that runs, or a new one.
    Result<std::shared_ptr<WorkerProcess>> any();
    /// One that may write below that folder.
    Result<std::shared_ptr<WorkerProcess>> forFolder(const QString& folder);
    void tellAll(const QCborMap& message);
    void dismissAll();
    const QString& plugin() const { return recipe_.plugin; }

private:
    struct Member {
        QString folder;
        std::shared_ptr<WorkerProcess> worker;
    };
    Result<std::shared_ptr<WorkerProcess>> startFor(const QString& folder);

    const Recipe recipe_;
    std::mutex mutex_; ///< guards what follows
    std::vector<Member> members_;
    bool closed_ = false;
};

class IsolatedAdapter final : public ProtocolAdapter {
public:
    explicit IsolatedAdapter(std::shared_ptr<WorkerPool> workers) : workers_(std::move(workers)) {}

    int support(const QUrl& url) const override;
    int supportContent(QByteArrayView mime, QByteArrayView first4k) const override;
    QList<DescribedFile> describes(QByteArrayView content, const QUrl& base) const override;
    std::unique_ptr<DownloadTask> createTask(const QUrl& url) override;
    /// The processes are told by their pool's owner, with all else of the network.
    void configureProxy(const ProxyConfig&) override {}

private:
    /// Empty: there is no answer.
    QCborMap ask(const QCborMap& question) const;
    int sure(const QCborMap& question) const;

    const std::shared_ptr<WorkerPool> workers_;
    mutable std::atomic<std::chrono::steady_clock::time_point> quietUntil_{}; ///< it did not answer
};

} // namespace weir
