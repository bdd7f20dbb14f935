#pragma once
// What one plugin sees of the program. The registry owns one for each plugin it opened; the daemon owns the HostParts, which
// outlive them all. Thread-safe.

#include <weir/context.h>

#include <mutex>

namespace weir {

class Registry;

/// What all plugins have in common.
class HostParts {
public:
    HostParts(CurlEngine& curl, BufferPool& buffers, RateBucket& totalRate, RateBucket& totalUpRate, Clock& clock,
        QString stateRoot, std::function<void(Level, const QString&)> log)
        : curl(curl),
          buffers(buffers),
          totalRate(totalRate),
          totalUpRate(totalUpRate),
          clock(clock),
          stateRoot(std::move(stateRoot)),
          log(std::move(log))
    {}

    /// A plugin's section of the settings. The main thread writes, any reads.
    void setSettings(const QString& plugin, QJsonObject section);
    QJsonObject settings(const QString& plugin) const;

    CurlEngine& curl;
    BufferPool& buffers;
    RateBucket &totalRate, &totalUpRate;
    Clock& clock;
    const QString stateRoot; ///< plugins' folders are made below it
    const std::function<void(Level, const QString& text)> log;
    Registry* registry = nullptr; ///< set when it is made, before the first plugin is opened

private:
    mutable std::mutex mutex_;
    QHash<QString, QJsonObject> settings_;
};

class PluginServices final : public Services {
public:
    /// An empty `plugin`: the program's own, for the queue.
    PluginServices(HostParts& host, QString plugin) : host_(host), plugin_(std::move(plugin)) {}

    RangeFetcher* fetcherFor(const QUrl& url) override;
    CurlEngine& curl() override { return host_.curl; }
    BufferPool& buffers() override { return host_.buffers; }
    RateBucket& totalRate() override { return host_.totalRate; }
    RateBucket& totalUpRate() override { return host_.totalUpRate; }
    Clock& clock() override { return host_.clock; }
    QJsonObject settings() const override { return host_.settings(plugin_); }
    QString stateDirectory() const override;
    void log(Level level, const QString& text) override;

private:
    HostParts& host_;
    const QString plugin_;
};

} // namespace weir
