#include "isolation/worker.h"

#include "isolation/remote_context.h"
#include "platform/confinement.h"
#include "platform/poller.h"
#include "platform/process.h"
#include "plugin_host/guarded.h"
#include "plugin_host/plugin_world.h"

#include <QCborArray>
#include <QCoreApplication>
#include <QTimer>

#include <cstdlib>
#include <map>
#include <thread>

namespace weir {

namespace {

using namespace std::chrono_literals;

/// Of the task whose thread this is. Where it lies is known from the start: a signal handler reads it.
__attribute__((tls_model("initial-exec"))) thread_local int taskChannel = -1;

PluginRecord recordFrom(const QCborValue& value)
{
    const QCborMap map = value.toMap();
    PluginRecord record;
    record.path = textIn(map, "path");
    record.modified = numberIn(map, "modified");
    record.size = numberIn(map, "size");
    record.descriptor = mapIn(map, "descriptor").toJsonObject();
    return record;
}

std::vector<PluginRecord> recordsFrom(const QCborMap& birth)
{
    std::vector<PluginRecord> records;
    for (const QCborValue& each : field(birth, "plugins").toArray())
        records.push_back(recordFrom(each));
    return records;
}

constexpr auto kSoon = 100ms;

/// Progress is seen, and kept for the next run, though the plugin may say nothing for long.
void tellSoon(const std::weak_ptr<RemoteContext>& context)
{
    const auto tell = [context] {
        if (const auto run = context.lock())
            run->tellWritten();
    };
    QMetaObject::invokeMethod(
        QCoreApplication::instance(), [tell] { QTimer::singleShot(kSoon, QCoreApplication::instance(), tell); },
        Qt::QueuedConnection);
}

/// Everything that belongs to the main thread. What the daemon says comes in on a thread of its own, so that a plugin that
/// hangs there can still be told to stop.
class Worker {
public:
    Worker(std::shared_ptr<Channel> daemon, const QCborMap& birth)
        : daemon_(std::move(daemon)),
          plugin_(textIn(birth, "plugin")),
          world_(recordsFrom(birth), textIn(birth, "state"), [this](Level level, const QString& text) { log(level, text); }),
          services_(world_.host, plugin_)
    {
        settings(birth);
        network(birth);
    }

    Result<void> open();
    /// Until the daemon is gone. Its own thread.
    void listen();
    void reply(QCborMap answer) { (void)daemon_->send(encodeMessage(answer)); }

private:
    void heard(Channel::Message message);
    void handle(const QCborMap& message);
    void settings(const QCborMap& message);
    void network(const QCborMap& message);
    void support(const QCborMap& message);
    void content(const QCborMap& message);
    void describes(const QCborMap& message);
    void begin(const QCborMap& message, const std::shared_ptr<RemoteContext>& context);
    void serve(quint64 run, RemoteContext& context, std::shared_ptr<DownloadTask> task);
    void forget(quint64 run);
    void log(Level level, const QString& text) { reply(fields({{"log", text}, {"level", qint64(level)}})); }
    std::shared_ptr<RemoteContext> runOf(const QCborMap& message)
    {
        const std::lock_guard lock(mutex_);
        const auto found = runs_.find(quint64(numberIn(message, "run")));
        return found == runs_.end() ? nullptr : found->second;
    }

    const std::shared_ptr<Channel> daemon_;
    const QString plugin_;
    PluginWorld world_;
    PluginServices services_;
    ProtocolAdapter* adapter_ = nullptr;
    std::mutex mutex_;
    std::map<quint64, std::shared_ptr<RemoteContext>> runs_;
};

Result<void> Worker::open()
{
    const auto match = world_.registry.adapterNamed(plugin_.toUtf8());
    if (!match)
        return failure(match.error());
    adapter_ = match->adapter;
    return {};
}

void Worker::listen()
{
    for (;;) {
        auto message = daemon_->receive(1h);
        if (!message)
            std::_Exit(0); // a plugin may hang: no destructors
        if (*message)
            heard(std::move(**message));
    }
}

// What must work while the plugin hangs is done here, the rest in the main thread.
void Worker::heard(Channel::Message received)
{
    const auto message = decodeMessage(received.bytes);
    if (!message)
        std::_Exit(1);
    const QString what = textIn(*message, "do");
    if (what == u"stop" || what == u"rate") {
        if (const auto run = runOf(*message))
            what == u"stop" ? run->requestStop() : run->setRate(numberIn(*message, "down"));
        world_.totalUpRate.setRate(numberIn(*message, "up", world_.totalUpRate.rate()));
        return;
    }
    std::shared_ptr<RemoteContext> run;
    if (what == u"run") { // here, or a stop that comes at once would find nothing
        run = std::make_shared<RemoteContext>(std::make_shared<Channel>(received.take()), services_,
            taskSpecFrom(mapIn(*message, "spec")), bytesIn(*message, "state"), quint64(numberIn(*message, "device")));
        run->setRate(numberIn(*message, "down"));
        run->onPending([context = std::weak_ptr(run)] { tellSoon(context); });
        const std::lock_guard lock(mutex_);
        runs_[quint64(numberIn(*message, "run"))] = run;
    }
    QMetaObject::invokeMethod(
        QCoreApplication::instance(), [this, message = *message, run] { run ? begin(message, run) : handle(message); },
        Qt::QueuedConnection);
}

void Worker::handle(const QCborMap& message)
{
    const QString what = textIn(message, "do");
    if (what == u"support")
        return support(message);
    if (what == u"content")
        return content(message);
    if (what == u"describes")
        return describes(message);
    if (what == u"settings")
        return settings(message);
    if (what == u"network")
        return network(message);
    if (const auto run = what == u"endSharing" ? runOf(message) : nullptr)
        run->endSharing();
}

void Worker::settings(const QCborMap& message)
{
    const QCborMap all = mapIn(message, "settings");
    for (auto each = all.begin(); each != all.end(); ++each)
        world_.host.setSettings(each.key().toString(), each.value().toMap().toJsonObject());
}

void Worker::network(const QCborMap& message)
{
    const CurlEngine::Config config = networkFrom(mapIn(message, "network"));
    world_.curl.configure(config);
    world_.registry.configureProxy(config.proxy);
}

void Worker::support(const QCborMap& message)
{
    int sure = 0;
    (void)guarded([&]() -> Result<void> {
        sure = adapter_->support(urlIn(message, "url"));
        return {};
    });
    reply(fields({{"answers", field(message, "question")}, {"sure", sure}}));
}

void Worker::content(const QCborMap& message)
{
    int sure = 0;
    (void)guarded([&]() -> Result<void> {
        sure = adapter_->supportContent(bytesIn(message, "mime"), bytesIn(message, "first"));
        return {};
    });
    reply(fields({{"answers", field(message, "question")}, {"sure", sure}}));
}

void Worker::describes(const QCborMap& message)
{
    QList<DescribedFile> files;
    (void)guarded([&]() -> Result<void> {
        files = adapter_->describes(bytesIn(message, "content"), urlIn(message, "base"));
        return {};
    });
    QCborMap answer = toCbor(files);
    answer.insert(QLatin1StringView("answers"), field(message, "question"));
    reply(std::move(answer));
}

void Worker::begin(const QCborMap& message, const std::shared_ptr<RemoteContext>& context)
{
    const auto run = quint64(numberIn(message, "run"));
    std::shared_ptr<DownloadTask> task;
    const auto made = guarded([&]() -> Result<void> {
        task = adapter_->createTask(context->spec().url);
        return task ? Result<void>() : failure(Code::PluginCreateFailed, plugin_);
    });
    if (!made) {
        context->end(failure(Code::PluginCreateFailed, describe(made.error())));
        return forget(run);
    }
    std::thread([this, run, context, task = std::move(task)]() mutable {
        serve(run, *context, std::exchange(task, nullptr));
    }).detach();
}

void Worker::serve(quint64 run, RemoteContext& context, std::shared_ptr<DownloadTask> task)
{
    becomeServiceThread("task");
    taskChannel = context.channel();
    const Result<void> outcome = guarded([&] { return task->run(context); });
    task.reset();
    taskChannel = -1;
    context.end(outcome);
    if (!context.detached()) // else its library still uses the context
        forget(run);
}

void Worker::forget(quint64 run)
{
    const std::lock_guard lock(mutex_);
    runs_.erase(run);
}

} // namespace

int runPluginWorker()
{
    const auto daemon = std::make_shared<Channel>(takeStandardInput());
    const auto message = daemon->receive(10s);
    if (!message || !*message)
        return 1;
    const auto birth = decodeMessage((*message)->bytes);
    if (!birth)
        return 1;
    onCrash([] {
        if (taskChannel >= 0)
            Channel::sayCrashed(taskChannel);
    });
    QStringList writable;
    for (const QCborValue& folder : field(*birth, "writable").toArray())
        writable.append(folder.toString());
    qputenv("TMPDIR", textIn(*birth, "temporary").toLocal8Bit());
    const auto confined = confineWrites(writable);

    auto& worker = *new Worker(daemon, *birth); // adapters and their threads live until the process ends
    QCborMap ready = toCbor(worker.open());
    ready.insert(QLatin1StringView("ready"), true);
    ready.insert(QLatin1StringView("confined"), confined.has_value());
    worker.reply(std::move(ready));
    std::thread([&worker] {
        becomeServiceThread("daemon");
        worker.listen();
    }).detach();
    return QCoreApplication::exec();
}

} // namespace weir
