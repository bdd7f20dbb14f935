#include <weir/engine.h>

#include "base/text_log.h"
#include "daemon/main_loop.h"
#include "daemon/network_settings.h"
#include "net/curl_engine.h"
#include "platform/paths.h"
#include "platform/process.h"
#include "plugin_host/services.h"
#include "rpc/capture.h"
#include "rpc/events.h"
#include "rpc/session.h"
#include "transfer/buffer_pool.h"
#include "transfer/syncer.h"

#include <QDateTime>
#include <QDir>
#include <QEventLoop>
#include <QFileInfo>
#include <QJsonDocument>

namespace weir {

namespace {

using std::chrono::milliseconds;

constexpr qint64 kLogBytes = 4 << 20;
constexpr int kRevisionsPerSecondBits = 20; // as the daemon's

/// What a session would send: here nothing leaves the process.
struct NoTransport final : Session::Transport {
    qint64 pending() const override { return 0; }
    void write(const QByteArray&) override {}
    void inputWanted() override {}
    void close() override {}
};

QStringList pluginFiles(const QStringList& folders)
{
    QStringList files, names;
    for (const QString& folder : folders)
        for (const QFileInfo& file : QDir(folder).entryInfoList({QStringLiteral("weir-*.so")}, QDir::Files, QDir::Name))
            if (!names.contains(file.fileName())) {
                names.append(file.fileName());
                files.append(file.absoluteFilePath());
            }
    return files;
}

/// It looks at plugins in a process of its own.
QString daemonProgram()
{
    const QString library = libraryDirectory();
    for (const char* below : {"/../bin/weir-daemon", "/../../bin/weir-daemon"})
        if (const QString program = QDir::cleanPath(library + QLatin1String(below)); QFileInfo::exists(program))
            return program;
    return QStringLiteral("weir-daemon");
}

} // namespace

/// In the order in which they are made.
struct Engine::Parts {
    MainLoop loop;
    Paths paths;
    std::unique_ptr<InstanceLock> lock;
    std::unique_ptr<TextLog> log;
    Settings settings;
    std::unique_ptr<Ledger> ledger;
    std::unique_ptr<CurlEngine> curl;
    BufferPool buffers;
    RateBucket totalRate, totalUpRate;
    std::unique_ptr<HostParts> host;
    std::unique_ptr<Registry> registry;
    std::unique_ptr<PluginServices> queueServices;
    std::unique_ptr<Capture> capture;
    std::unique_ptr<Syncer> syncer;
    std::unique_ptr<Queue> queue;
    std::unique_ptr<Events> events;
    std::unique_ptr<Backend> backend;
    NoTransport transport;
    std::unique_ptr<Session> session;
    std::function<void(const QJsonObject&)> onTask;

    Result<void> open(const Options& options);
    Result<void> openPlugins(std::vector<PluginRecord> known, const QStringList& folders);
    Result<void> openQueue();
    void applyNetwork();
    void tell(const QList<TaskId>& changed);
};

Result<void> Engine::Parts::open(const Options& options)
{
    auto located = Paths::below(options.home);
    if (!located)
        return failure(located.error());
    paths = std::move(*located);
    if (auto ok = paths.create(); !ok)
        return ok;
    auto taken = InstanceLock::take(paths.lockFile);
    if (!taken)
        return failure(taken.error());
    lock = std::move(*taken);
    log = std::make_unique<TextLog>(paths.logDir + QStringLiteral("/engine.log"), kLogBytes);
    if (auto ok = settings.load({}, paths.config); !ok)
        return ok;
    for (auto each = options.settings.begin(); each != options.settings.end(); ++each)
        if (auto ok = settings.set(each.key(), each.value(), Settings::Layer::CommandLine); !ok)
            return ok;
    log->setLevel(levelFromText(settings.text(QStringLiteral("log.level"))).value_or(Level::Info));
    buffers.setBudget(settings.integer(QStringLiteral("transfer.buffers")));
    auto store = Store::open(paths.database);
    if (!store)
        return failure(store.error());
    auto known = (*store)->plugins();
    ledger = std::make_unique<Ledger>(std::move(*store), loop.executor());
    if (auto ok = openPlugins(std::move(known), options.pluginFolders + paths.pluginDirs); !ok)
        return ok;
    return openQueue();
}

Result<void> Engine::Parts::openPlugins(std::vector<PluginRecord> known, const QStringList& folders)
{
    const auto write = [this](Level level, const QString& text) { log->write(level, text); };
    curl = std::make_unique<CurlEngine>(CurlEngine::Config{});
    host = std::make_unique<HostParts>(
        *curl, buffers, totalRate, totalUpRate, steadyClock(), paths.stateDir + QStringLiteral("/plugins"), write);
    const auto plugins = probePlugins(daemonProgram(), pluginFiles(folders), known);
    for (const PluginRecord& plugin : plugins) {
        const QString name = plugin.descriptor.value(QStringLiteral("name")).toString();
        if (plugin.errorCode)
            write(Level::Warning,
                QStringLiteral("plugin %1: %2").arg(plugin.path, describe(Error{Code(plugin.errorCode), plugin.errorDetail})));
        else
            host->setSettings(name, settings.section(name));
        ledger->write([plugin](Store& into) { into.savePlugin(plugin); });
    }
    registry = std::make_unique<Registry>(
        plugins, [this](const QString& plugin) { return std::make_unique<PluginServices>(*host, plugin); });
    host->registry = registry.get();
    capture = std::make_unique<Capture>(*registry, loop.executor(), paths, write);
    applyNetwork();
    return {};
}

void Engine::Parts::applyNetwork()
{
    const QString userAgent = settings.text(QStringLiteral("network.userAgent"));
    CurlEngine::Config config;
    config.proxy = proxyFromSettings(settings);
    config.userAgent = userAgent.isEmpty() ? QStringLiteral("weir/" WEIR_VERSION) : userAgent;
    config.bindTo = settings.text(QStringLiteral("network.bindTo"));
    config.stallTimeout = milliseconds(settings.integer(QStringLiteral("network.stallTimeout")));
    config.connectTimeout = milliseconds(settings.integer(QStringLiteral("network.connectTimeout")));
    config.http3 = settings.flag(QStringLiteral("network.http3"));
    curl->configure(config);
    registry->configureProxy(config.proxy);
}

Result<void> Engine::Parts::openQueue()
{
    Syncer::Policy policy;
    policy.interval = milliseconds(settings.integer(QStringLiteral("sync.interval")));
    policy.bytes = settings.integer(QStringLiteral("sync.bytes"));
    syncer = std::make_unique<Syncer>(systemDisk(), *ledger, loop.executor(), policy);
    queueServices = std::make_unique<PluginServices>(*host, QString());
    const QString taskLogs = paths.logDir + QStringLiteral("/tasks");
    QDir().mkpath(taskLogs);
    queue = std::make_unique<Queue>(
        Queue::Parts{*ledger, *syncer, *registry, *queueServices, systemDisk(), settings, loop.executor(), taskLogs, nullptr});
    if (auto ok = queue->load({}); !ok)
        return ok;
    const qint64 epoch = QDateTime::currentSecsSinceEpoch() << kRevisionsPerSecondBits;
    events = std::make_unique<Events>(watchedQueue(*queue), epoch);
    queue->onChange([this](const QList<TaskId>& changed, const QList<TaskId>& removed) {
        events->changed(changed, removed);
        capture->tasksChanged(*queue, changed, removed);
        tell(changed);
    });
    settings.onChange([this](const QString& key) {
        if (key.startsWith(QLatin1StringView("network.")))
            applyNetwork();
    });
    backend = std::unique_ptr<Backend>(new Backend{*queue, settings, *registry, *ledger, *events, *capture, paths,
        loop.executor(), epoch, Engine::version(), [] {}, [] { return QJsonObject(); },
        [this](Level level, const QString& text) { log->write(level, text); }, [this] { log->clear(); }});
    session = std::make_unique<Session>(*backend, transport);
    if (auto ok = session->hello(QStringLiteral("engine"), kProtocol, QStringLiteral("client"), {}); !ok)
        return ok;
    queue->start();
    return {};
}

void Engine::Parts::tell(const QList<TaskId>& changed)
{
    if (!onTask)
        return;
    const Method* get = findMethod(u"task.get");
    for (const TaskId id : changed)
        get->call(*backend, *session, {{QStringLiteral("id"), id}}, [this](const Result<Answer>& answer) {
            if (answer && onTask)
                onTask(answer->json.isEmpty() ? answer->value : QJsonDocument::fromJson(answer->json).object());
        });
}

Result<std::unique_ptr<Engine>> Engine::start(Options options)
{
    auto parts = std::make_unique<Parts>();
    if (auto ok = parts->open(options); !ok)
        return failure(ok.error());
    return std::unique_ptr<Engine>(new Engine(std::move(parts)));
}

Engine::Engine(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Engine::~Engine()
{
    parts_->onTask = {};
    const milliseconds limit(parts_->settings.integer(QStringLiteral("daemon.stopTimeout")));
    QEventLoop waiting;
    bool hanging = false, stopped = false;
    parts_->queue->stop(limit, [&](const QStringList& tasks) {
        hanging = !tasks.isEmpty();
        stopped = true;
        waiting.quit();
    });
    if (!stopped)
        waiting.exec();
    static_cast<void>(parts_->syncer->stop(limit));
    static_cast<void>(parts_->ledger->flush());
    // A run that ignores its stop still uses all of it: whoever embeds it lives on, so that memory is lost.
    if (hanging)
        static_cast<void>(parts_.release());
}

void Engine::call(const QString& method, const QJsonObject& params, Reply reply)
{
    const auto answer = [reply = std::move(reply)](const Result<Answer>& result) {
        if (!reply)
            return;
        if (!result)
            return reply(failure(result.error()));
        reply(result->json.isEmpty() ? result->value : QJsonDocument::fromJson(result->json).object());
    };
    const Method* found = findMethod(method);
    if (!found || method.startsWith(QLatin1String("session.")))
        return answer(failure(Code::RpcUnknownMethod, method.left(64)));
    found->call(*parts_->backend, *parts_->session, params, answer);
}

void Engine::onTask(std::function<void(const QJsonObject& task)> changed) { parts_->onTask = std::move(changed); }

QString Engine::version() { return QStringLiteral(WEIR_VERSION); }

} // namespace weir
