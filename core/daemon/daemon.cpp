#include "daemon/daemon.h"

#include "daemon/network_settings.h"
#include "plugin_host/quarantine.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QDir>
#include <QFileInfo>

#include <cstdio>
#include <cstdlib>

namespace weir {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

namespace {

constexpr qint64 kLogBytes = 4 << 20;
constexpr auto kStartBudget = 500ms;
constexpr auto kForLedger = 1s; // of the stop's time, kept for what comes after the tasks
/// Revisions start where no earlier life can have been: it would have needed a million changes in each second.
constexpr int kRevisionsPerSecondBits = 20;

TextLog* qtLog = nullptr;

void logQtMessage(QtMsgType type, const QMessageLogContext&, const QString& text)
{
    const Level level = type == QtDebugMsg || type == QtInfoMsg ? Level::Debug
        : type == QtWarningMsg                                  ? Level::Warning
                                                                : Level::Error;
    if (qtLog)
        qtLog->write(level, text);
    else
        std::fprintf(stderr, "%s\n", qPrintable(text));
}

std::optional<quint32> fileMask(const QString& octal)
{
    bool ok = false;
    const uint mask = octal.toUInt(&ok, 8);
    return ok ? std::optional(mask) : std::nullopt;
}

} // namespace

QString Daemon::version() { return QStringLiteral(WEIR_VERSION); }

Daemon::Daemon(bool logToTerminal) : logToTerminal_(logToTerminal)
{
    age_.start();
    idle_.setSingleShot(true);
    QObject::connect(&idle_, &QTimer::timeout, &idle_, [this] { stop(QStringLiteral("nothing to do for daemon.idleExit")); });
}

Daemon::~Daemon()
{
    qInstallMessageHandler(nullptr);
    qtLog = nullptr;
}

Result<void> Daemon::start()
{
    struct {
        const char* name;
        Step step;
    } const steps[] = {
        {"lock", &Daemon::takePlace},
        {"settings", &Daemon::readSettings},
        {"store", &Daemon::openStore},
        {"plugins", &Daemon::openPlugins},
        {"queue", &Daemon::loadQueue},
        {"socket", &Daemon::openDoor},
    };
    for (const auto& [name, step] : steps) {
        QElapsedTimer took;
        took.start();
        if (auto ok = (this->*step)(); !ok)
            return ok;
        if (took.hasExpired(kStartBudget.count()))
            log(Level::Warning, QStringLiteral("start: %1 took %2 ms").arg(QLatin1StringView(name)).arg(took.elapsed()));
    }
    queue_->start();
    watchSettings();
    watchSupervisor();
    considerIdleExit();
    log(Level::Info,
        QStringLiteral("weir-daemon %1, process %2, ready after %3 ms with %4 tasks at %5")
            .arg(version())
            .arg(QCoreApplication::applicationPid())
            .arg(age_.elapsed())
            .arg(queue_->table().size())
            .arg(paths_.socket));
    return log_->flush();
}

Result<void> Daemon::takePlace()
{
    auto paths = Paths::locate();
    if (!paths)
        return failure(paths.error());
    paths_ = std::move(*paths);
    if (auto ok = paths_.create(); !ok)
        return ok;
    auto lock = InstanceLock::take(paths_.lockFile);
    if (!lock)
        return failure(lock.error());
    lock_ = std::move(*lock);
    log_ = std::make_unique<TextLog>(paths_.logDir + QStringLiteral("/daemon.log"), kLogBytes);
    qtLog = log_.get();
    qInstallMessageHandler(logQtMessage);
    auto note = CrashNote::open(paths_.runtimeDir + QStringLiteral("/crash"));
    if (!note)
        return failure(note.error());
    crashNote_ = std::move(*note);
    auto box = BlackBox::open(paths_.blackBox);
    if (!box)
        return failure(box.error());
    blackBox_ = std::move(*box);
    return {};
}

Result<void> Daemon::readSettings()
{
    if (auto ok = settings_.load(paths_.systemConfig, paths_.config); !ok)
        return ok;
    applySetting(QStringLiteral("log.level"));
    applySetting(QStringLiteral("transfer.buffers"));
    applySetting(QStringLiteral("downloads.umask"));
    return {};
}

Result<void> Daemon::openStore()
{
    auto store = Store::open(paths_.database);
    if (!store)
        return failure(store.error());
    plugins_ = (*store)->plugins();
    std::vector<CrashSuspect> suspects;
    for (const BlackBox::Note& note : blackBox_->lastLife()) {
        suspects.push_back({note.task, QString::fromUtf8(note.plugin)});
        if (crashNote_->lastCrash() != 0)
            suspects_.push_back(note.task);
    }
    Blame blamed;
    if (const int signal = crashNote_->lastCrash()) {
        const qint64 now = QDateTime::currentMSecsSinceEpoch();
        blamed = blame(suspects, (*store)->strikes(now - kStrikeWindowMs), now);
        log(Level::Error,
            QStringLiteral("the last daemon crashed with signal %1 while %2 tasks ran").arg(signal).arg(suspects.size()));
    }
    ledger_ = std::make_unique<Ledger>(std::move(*store), loop_.executor());
    for (const StrikeRecord& strike : blamed.strikes)
        ledger_->write([strike](Store& into) { into.addStrike(strike); });
    for (PluginRecord& plugin : plugins_) {
        if (!blamed.quarantine.contains(plugin.descriptor.value(QStringLiteral("name")).toString()))
            continue;
        plugin.quarantined = true;
        log(Level::Error, QStringLiteral("plugin %1 is quarantined after crashes").arg(plugin.path));
        ledger_->write([plugin](Store& into) { into.savePlugin(plugin); });
    }
    return {};
}

Result<void> Daemon::openPlugins()
{
    curl_ = std::make_unique<CurlEngine>(CurlEngine::Config{});
    host_ = std::make_unique<HostParts>(*curl_, buffers_, totalRate_, totalUpRate_, steadyClock(),
        paths_.stateDir + QStringLiteral("/plugins"), [this](Level level, const QString& text) { log(level, text); });
    const auto known = std::exchange(plugins_, {});
    plugins_ = probePlugins(QCoreApplication::applicationFilePath(), findPlugins(), known);
    for (const PluginRecord& plugin : plugins_) {
        const QString name = plugin.descriptor.value(QStringLiteral("name")).toString();
        if (plugin.errorCode)
            log(Level::Warning,
                QStringLiteral("plugin %1: %2").arg(plugin.path, describe(Error{Code(plugin.errorCode), plugin.errorDetail})));
        else
            host_->setSettings(name, settings_.section(name));
        ledger_->write([plugin](Store& into) { into.savePlugin(plugin); });
    }
    std::vector<PluginRecord> own;
    std::copy_if(plugins_.begin(), plugins_.end(), std::back_inserter(own),
        [](const PluginRecord& plugin) { return !plugin.errorCode && isOwnPlugin(plugin.path); });
    isolation_ = std::make_unique<Isolation>(Isolation::Parts{QCoreApplication::applicationFilePath(), *host_, std::move(own),
        settings_.text(QStringLiteral("downloads.dir")), [this](const QString& plugin, const Error& fault) {
            loop_.executor()([this, plugin, fault] { pluginFaulted(plugin, fault); });
        }});
    const QJsonArray trusted = settings_.value(QStringLiteral("plugins.inProcess")).toArray();
    registry_ = std::make_unique<Registry>(
        plugins_, [this](const QString& plugin) { return std::make_unique<PluginServices>(*host_, plugin); }, openPlugin,
        [this, trusted](const PluginRecord& plugin) -> Result<std::unique_ptr<ProtocolAdapter>> {
            if (isOwnPlugin(plugin.path) || trusted.contains(plugin.descriptor.value(QStringLiteral("name"))))
                return nullptr;
            return isolation_->adapterOf(plugin);
        });
    host_->registry = registry_.get();
    capture_ = std::make_unique<Capture>(
        *registry_, loop_.executor(), paths_, [this](Level level, const QString& text) { log(level, text); });
    applyNetwork();
    return {};
}

Result<void> Daemon::loadQueue()
{
    Syncer::Policy policy;
    policy.interval = milliseconds(settings_.integer(QStringLiteral("sync.interval")));
    policy.bytes = settings_.integer(QStringLiteral("sync.bytes"));
    syncer_ = std::make_unique<Syncer>(systemDisk(), *ledger_, loop_.executor(), policy);
    queueServices_ = std::make_unique<PluginServices>(*host_, QString());
    QDir().mkpath(paths_.logDir + QStringLiteral("/tasks"));
    queue_ = std::make_unique<Queue>(Queue::Parts{*ledger_, *syncer_, *registry_, *queueServices_, systemDisk(), settings_,
        loop_.executor(), paths_.logDir + QStringLiteral("/tasks"), blackBox_.get()});
    return queue_->load({.keptAll = blackBox_->endedCleanly(), .suspects = suspects_});
}

Result<void> Daemon::openDoor()
{
    const qint64 epoch = QDateTime::currentSecsSinceEpoch() << kRevisionsPerSecondBits;
    events_ = std::make_unique<Events>(watchedQueue(*queue_), epoch);
    queue_->onChange([this](const QList<TaskId>& changed, const QList<TaskId>& removed) {
        events_->changed(changed, removed);
        capture_->tasksChanged(*queue_, changed, removed);
        considerIdleExit();
    });
    backend_ = std::unique_ptr<Backend>(
        new Backend{*queue_, settings_, *registry_, *ledger_, *events_, *capture_, paths_, loop_.executor(), epoch, version(),
            [this] { loop_.executor()([this] { stop(QStringLiteral("a client asked for it")); }); },
            [this] { return statistics(); }, [this](Level level, const QString& text) { log(level, text); },
            [this] { log_->clear(); }});
    server_ = std::make_unique<LocalServer>(*backend_);
    server_->onClients([this] { considerIdleExit(); });
    return server_->listen(paths_.socket);
}

void Daemon::watchSettings()
{
    settings_.onChange([this](const QString& key) { applySetting(key); });
    settingsWatch_ = std::make_unique<SettingsWatch>(settings_, [this](const Error& error) {
        log(Level::Error, QStringLiteral("the settings stay as they were: %1").arg(describe(error)));
    });
}

void Daemon::reload()
{
    if (auto ok = settings_.reload(); !ok)
        log(Level::Error, QStringLiteral("the settings stay as they were: %1").arg(describe(ok.error())));
    else
        log(Level::Info, QStringLiteral("settings read again"));
}

void Daemon::applySetting(const QString& key)
{
    if (key == QLatin1StringView("log.level"))
        log_->setLevel(levelFromText(settings_.text(key)).value_or(Level::Info));
    else if (key == QLatin1StringView("transfer.buffers"))
        buffers_.setBudget(settings_.integer(key));
    else if (key == QLatin1StringView("downloads.umask"))
        setFileMask(fileMask(settings_.text(key)));
    else if (key == QLatin1StringView("daemon.idleExit"))
        considerIdleExit();
    else if (key.startsWith(QLatin1StringView("network.")))
        applyNetwork();
    else if (const QString plugin = isPluginKey(key) ? key.section(u'.', 1, 1) : key.section(u'.', 0, 0); isOfPlugin(plugin)) {
        host_->setSettings(plugin, settings_.section(plugin));
        isolation_->settingsChanged(plugin);
    }
    log(Level::Debug, QStringLiteral("setting %1 is in force").arg(key));
}

bool Daemon::isOfPlugin(const QString& name) const
{
    return std::any_of(plugins_.begin(), plugins_.end(),
        [&](const PluginRecord& plugin) { return plugin.descriptor.value(QStringLiteral("name")).toString() == name; });
}

/// As after a crash of the daemon itself, but only the plugin was hurt.
void Daemon::pluginFaulted(const QString& plugin, const Error& fault)
{
    log(Level::Error, describe(fault));
    if (!registry_->noteFault(plugin, fault))
        return;
    const qint64 now = QDateTime::currentMSecsSinceEpoch();
    const auto blamed = std::make_shared<Blame>();
    ledger_->write(
        [plugin, now, blamed](Store& store) {
            *blamed = blame({{0, plugin}}, store.strikes(now - kStrikeWindowMs), now);
            for (const StrikeRecord& strike : blamed->strikes)
                store.addStrike(strike);
        },
        [this, plugin, blamed](const Result<void>&) {
            if (blamed->quarantine.isEmpty())
                return;
            log(Level::Error, QStringLiteral("plugin %1 is quarantined after crashes").arg(plugin));
            if (const auto record = registry_->quarantine(plugin))
                ledger_->write([record = *record](Store& store) { store.savePlugin(record); });
        });
}

void Daemon::applyNetwork()
{
    const QString userAgent = settings_.text(QStringLiteral("network.userAgent"));
    CurlEngine::Config config;
    config.proxy = proxyFromSettings(settings_);
    config.userAgent = userAgent.isEmpty() ? QStringLiteral("weir/" WEIR_VERSION) : userAgent;
    config.bindTo = settings_.text(QStringLiteral("network.bindTo"));
    config.stallTimeout = milliseconds(settings_.integer(QStringLiteral("network.stallTimeout")));
    config.connectTimeout = milliseconds(settings_.integer(QStringLiteral("network.connectTimeout")));
    config.http3 = settings_.flag(QStringLiteral("network.http3"));
    curl_->configure(config);
    isolation_->setNetwork(config);
    registry_->configureProxy(config.proxy);
}

void Daemon::watchSupervisor()
{
    notifySupervisor("READY=1\nSTATUS=" + paths_.socket.toUtf8());
    // The main loop itself says that it lives: when it hangs, nobody does.
    const qint64 limit = qEnvironmentVariable("WATCHDOG_USEC").toLongLong();
    const QByteArray whom = qgetenv("WATCHDOG_PID");
    if (limit <= 0 || (!whom.isEmpty() && whom.toLongLong() != QCoreApplication::applicationPid()))
        return;
    QObject::connect(&watchdog_, &QTimer::timeout, &watchdog_, [] { notifySupervisor("WATCHDOG=1"); });
    watchdog_.start(std::chrono::duration_cast<milliseconds>(std::chrono::microseconds(limit / 2)));
}

void Daemon::considerIdleExit()
{
    const qint64 after = settings_.integer(QStringLiteral("daemon.idleExit"));
    const TaskTable& table = queue_->table();
    const bool busy = server_->clients() > 0 || queue_->movesFiles()
        || table.count(State::Waiting) + table.count(State::Running) + table.count(State::Sharing) > 0;
    if (after <= 0 || busy || stopping())
        idle_.stop();
    else if (!idle_.isActive())
        idle_.start(milliseconds(after));
}

void Daemon::stop(const QString& why)
{
    if (stopping())
        return;
    const milliseconds limit(settings_.integer(QStringLiteral("daemon.stopTimeout")));
    log(Level::Info, QStringLiteral("stopping: %1").arg(why));
    guard_ = std::make_unique<StopGuard>([this](const std::string& part) { cutOff(QString::fromStdString(part)); });
    guard_->arm(limit);
    notifySupervisor(
        "STOPPING=1\nEXTEND_TIMEOUT_USEC=" + QByteArray::number(std::chrono::microseconds(limit + kForLedger).count()));
    idle_.stop();
    settingsWatch_.reset();
    server_->stopAccepting();
    guard_->nowStopping("tasks");
    queue_->stop(
        std::max<milliseconds>(limit - kForLedger, limit / 2), [this](const QStringList& hanging) { stopParts(hanging); });
}

void Daemon::stopParts(const QStringList& hanging)
{
    guard_->nowStopping("syncer");
    if (!syncer_->stop(guard_->left()))
        log(Level::Warning, QStringLiteral("the last checkpoint did not end in time; what it held is fetched again"));
    guard_->nowStopping("ledger");
    if (auto ok = ledger_->flush(); ok)
        blackBox_->markClean();
    else
        log(Level::Error, describe(ok.error()));
    // A hung run still uses what we would destroy.
    if (!hanging.isEmpty())
        cutOff(hanging.join(QLatin1StringView(", ")));
    guard_->nowStopping("connections");
    log(Level::Info, QStringLiteral("stopped"));
    QCoreApplication::quit();
}

void Daemon::cutOff(const QString& hanging)
{
    const Error error{Code::StopTimeout, hanging};
    log(Level::Error, describe(error));
    [[maybe_unused]] const auto flushed = log_->flush();
    std::_Exit(errorRow(error.code).exitStatus);
}

void Daemon::log(Level level, const QString& text)
{
    if (!log_)
        return;
    log_->write(level, text);
    if (logToTerminal_ && log_->wants(level))
        std::fprintf(stderr, "%s: %s\n", toString(level), qPrintable(maskSecrets(text)));
}

QJsonObject Daemon::statistics() const
{
    const ProcessStatistics process = processStatistics();
    const CurlEngine::Statistics network = curl_->statistics();
    return {
        {QStringLiteral("pid"), QCoreApplication::applicationPid()},
        {QStringLiteral("uptime"), age_.elapsed() / 1000},
        {QStringLiteral("rss"), process.residentBytes},
        {QStringLiteral("threads"), process.threads},
        {QStringLiteral("cpu"), double(process.cpu.count()) / 1e6},
        {QStringLiteral("shards"), network.shards},
        {QStringLiteral("transfers"), network.transfers},
        {QStringLiteral("limitDown"), totalRate_.rate()},
        {QStringLiteral("clients"), server_->clients()},
        {QStringLiteral("commits"), ledger_->commits()},
        {QStringLiteral("home"), QFileInfo(paths_.config).path()},
        {QStringLiteral("log"), log_->path()},
    };
}

} // namespace weir
