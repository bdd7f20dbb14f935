#pragma once
// Keeps other people's plugins out of the daemon: makes their adapters, and tells their processes what changes. Main thread;
// the daemon owns it, and it outlives the queue. What it was given is used on other threads, too.

#include "isolation/isolated_plugin.h"
#include "ledger/records.h"
#include "plugin_host/services.h"

namespace weir {

class Isolation {
public:
    struct Parts {
        QString program; ///< weir-daemon
        HostParts& host;
        std::vector<PluginRecord> own; ///< what each process may fetch through
        QString usualFolder;           ///< where downloads go if nobody says otherwise; may be empty
        /// A process of the plugin crashed, or was killed for this. Any thread.
        std::function<void(const QString& plugin, const Error& fault)> faulted;
    };
    explicit Isolation(Parts parts) : parts_(std::move(parts)) {}
    ~Isolation(); ///< ends all processes

    /// Starts the plugin's process. The errors of WorkerProcess::start().
    Result<std::unique_ptr<ProtocolAdapter>> adapterOf(const PluginRecord& plugin);
    void setNetwork(const CurlEngine::Config& network);
    void settingsChanged(const QString& plugin);

private:
    QCborMap birthOf(const PluginRecord& plugin);
    QCborMap settingsOf(const QStringList& plugins) const;

    const Parts parts_;
    std::vector<std::shared_ptr<WorkerPool>> pools() const;

    mutable std::mutex mutex_; ///< guards what follows: a plugin is opened on whatever thread needs it
    CurlEngine::Config network_;
    std::vector<std::shared_ptr<WorkerPool>> pools_;
};

} // namespace weir
