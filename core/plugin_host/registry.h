#pragma once
// Which adapter takes a URL or a content, and who lends bytes of a scheme. Knows all plugins by their descriptors and opens one
// at the first URL that needs it. adapterFor() and fetcherFor() from any thread (a mutex guards the list); the rest main
// thread.

#include "ledger/records.h"
#include "plugin_host/loader.h"

#include <weir/adapter.h>

#include <QHash>
#include <QJsonArray>

#include <mutex>

namespace weir {

class Registry {
public:
    /// `services` makes the Services of a plugin; the registry owns them.
    using ServicesFor = std::function<std::unique_ptr<Services>(const QString& plugin)>;
    using Opener = std::function<Result<const PluginDescriptor*>(const QString& file)>;
    /// An adapter that stands for the plugin in another process; null: it is to be opened here.
    using Isolator = std::function<Result<std::unique_ptr<ProtocolAdapter>>(const PluginRecord& plugin)>;
    Registry(std::vector<PluginRecord> plugins, ServicesFor services, Opener open = openPlugin, Isolator isolate = {});
    ~Registry();

    struct Match {
        ProtocolAdapter* adapter = nullptr;
        QByteArray plugin;
        bool isolated = false; ///< its code is not in this process
    };
    /// The adapter with the highest confidence; equal ones: by name. NoAdapter, PluginDisabled, PluginQuarantined and the
    /// loader's errors.
    Result<Match> adapterFor(const QUrl& url);
    /// The one that knows this content better than `current` does; nothing: none.
    std::optional<Match> adapterForContent(QByteArrayView mime, QByteArrayView first4k, const QByteArray& current);
    /// One that is no plugin: found by its name only, and not listed. It outlives all tasks.
    void addBuiltIn(const QByteArray& name, ProtocolAdapter& adapter);
    /// As asked for by name (a user's choice, or a task's stored adapter). PluginMissing and the errors of adapterFor().
    Result<Match> adapterNamed(const QByteArray& plugin);
    RangeFetcher* fetcherFor(const QUrl& url);
    QList<Checkup> examine() const;                ///< what open plugins find, each under its plugin's name
    void configureProxy(const ProxyConfig& proxy); ///< for all, also those opened later

    Result<PluginRecord> setEnabled(
        const QString& plugin, bool enabled); ///< ends a quarantine too; UnknownPlugin names the nearest
    /// Its row for the store; nothing: there is no such plugin.
    std::optional<PluginRecord> quarantine(const QString& plugin);
    /// What it did wrong last; shown with it until it is switched on anew. False: it is put aside already.
    bool noteFault(const QString& plugin, const Error& fault);
    QJsonArray list() const; ///< name, version, path, schemes, mimeTypes, state ("open", "known", "disabled", "quarantined",
                             ///< "refused"), isolated, error (a code, or null), reason

private:
    struct Plugin;
    Plugin* find(const QString& name) const;
    Result<void> usable(Plugin& plugin);
    Result<void> openNow(Plugin& plugin);
    Result<Plugin*> best(const QUrl& url);

    ServicesFor services_;
    Opener open_;
    Isolator isolate_;
    /// An adapter that is being made may ask for another plugin's fetcher.
    mutable std::recursive_mutex mutex_;
    std::vector<std::unique_ptr<Plugin>> plugins_; ///< by name
    QHash<QByteArray, ProtocolAdapter*> builtIns_;
    ProxyConfig proxy_;
    bool proxyKnown_ = false;
};

} // namespace weir
