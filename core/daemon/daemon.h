#pragma once
// The program: owns every part, starts them from the ground up, stops them in reverse. Main thread, inside a QCoreApplication.

#include "base/text_log.h"
#include "config/settings_watch.h"
#include "daemon/crash_note.h"
#include "daemon/main_loop.h"
#include "daemon/stop_guard.h"
#include "isolation/isolation.h"
#include "net/curl_engine.h"
#include "platform/black_box.h"
#include "platform/paths.h"
#include "platform/process.h"
#include "plugin_host/services.h"
#include "rpc/capture.h"
#include "rpc/events.h"
#include "rpc/local_server.h"
#include "transfer/buffer_pool.h"
#include "transfer/syncer.h"

#include <QElapsedTimer>

namespace weir {

class Daemon {
public:
    static QString version();

    /// `logToTerminal`: log lines go to standard error too.
    explicit Daemon(bool logToTerminal);
    ~Daemon();
    Daemon(const Daemon&) = delete;
    Daemon& operator=(const Daemon&) = delete;

    /// Returns when clients can connect. What failed is named; nothing that lies on the disk was changed then.
    Result<void> start();
    /// Begins the stop; QCoreApplication::quit() follows. After daemon.stopTimeout the process ends in any case.
    void stop(const QString& why);
    bool stopping() const { return guard_ != nullptr; }
    /// Reads config.json again.
    void reload();

private:
    using Step = Result<void> (Daemon::*)();
    Result<void> takePlace();
    Result<void> readSettings();
    Result<void> openStore();
    Result<void> openPlugins();
    Result<void> loadQueue();
    Result<void> openDoor();
    void watchSettings();
    void watchSupervisor();

    void applySetting(const QString& key);
    void applyNetwork();
    bool isOfPlugin(const QString& name) const;
    void pluginFaulted(const QString& plugin, const Error& fault);
    void stopParts(const QStringList& hanging);
    [[noreturn]] void cutOff(const QString& hanging);
    void considerIdleExit();
    void log(Level level, const QString& text);
    QJsonObject statistics() const;

    const bool logToTerminal_;
    QElapsedTimer age_;
    MainLoop loop_;
    Paths paths_;
    std::unique_ptr<InstanceLock> lock_;
    std::unique_ptr<TextLog> log_;
    std::unique_ptr<StopGuard> guard_; ///< from the beginning of the stop; outlives all that may hang
    Settings settings_;
    std::unique_ptr<CrashNote> crashNote_;
    std::unique_ptr<BlackBox> blackBox_;
    std::vector<TaskId> suspects_; ///< ran when the last life crashed
    std::vector<PluginRecord> plugins_;
    std::unique_ptr<Ledger> ledger_;
    std::unique_ptr<CurlEngine> curl_;
    BufferPool buffers_;
    RateBucket totalRate_, totalUpRate_;
    std::unique_ptr<HostParts> host_;
    std::unique_ptr<Isolation> isolation_;
    std::unique_ptr<Registry> registry_;
    std::unique_ptr<PluginServices> queueServices_;
    std::unique_ptr<Capture> capture_;
    std::unique_ptr<Syncer> syncer_;
    std::unique_ptr<Queue> queue_;
    std::unique_ptr<Events> events_;
    std::unique_ptr<Backend> backend_;
    std::unique_ptr<LocalServer> server_;
    std::unique_ptr<SettingsWatch> settingsWatch_;
    QTimer watchdog_, idle_;
};

} // namespace weir
