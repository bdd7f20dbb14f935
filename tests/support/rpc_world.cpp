#include "support/rpc_world.h"

#include "test_paths.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QJsonArray>
#include <QJsonDocument>
#include <QTimer>

namespace weir::test {

namespace {

PluginRecord httpPlugin()
{
    PluginRecord record;
    record.path = QStringLiteral(WEIR_BUILD_DIR "/lib/weir/plugins/weir-http.so");
    record.descriptor = {{QStringLiteral("name"), QStringLiteral("http")}, {QStringLiteral("version"), QStringLiteral("1")},
        {QStringLiteral("schemes"), QJsonArray{QStringLiteral("http"), QStringLiteral("https")}}};
    return record;
}

} // namespace

namespace {

constexpr qint64 kEpoch = Q_INT64_C(1) << 40;

Paths pathsIn(const QString& home)
{
    qputenv("WEIR_HOME", home.toLocal8Bit());
    Paths paths = *Paths::locate();
    qunsetenv("WEIR_HOME");
    if (auto ok = paths.create(); !ok)
        qFatal("%s", qPrintable(describe(ok.error())));
    return paths;
}

std::unique_ptr<Store> storeAt(const QString& path)
{
    auto store = Store::open(path);
    if (!store)
        qFatal("%s", qPrintable(describe(store.error())));
    return std::move(*store);
}

} // namespace

bool spinUntil(const std::function<bool()>& ready)
{
    QElapsedTimer since;
    since.start();
    QTimer wake; // so that the loop comes back to look at the limit
    wake.start(100);
    while (!ready()) {
        if (since.hasExpired(20'000))
            return false;
        QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
    }
    return true;
}

QJsonObject FakeWire::at(std::size_t i) const { return QJsonDocument::fromJson(written.at(i)).object(); }
QJsonObject FakeWire::last() const { return written.empty() ? QJsonObject() : at(written.size() - 1); }

QByteArray requestText(int id, const QString& method, const QJsonObject& params)
{
    return QJsonDocument(QJsonObject{{QStringLiteral("jsonrpc"), QStringLiteral("2.0")}, {QStringLiteral("id"), id},
                             {QStringLiteral("method"), method}, {QStringLiteral("params"), params}})
        .toJson(QJsonDocument::Compact);
}

QString errorCode(const QJsonObject& reply)
{
    return reply.value(u"error").toObject().value(u"data").toObject().value(u"code").toString();
}

RpcWorld::RpcWorld()
    : paths(pathsIn(home.path())),
      host(curl, buffers, totalRate, totalUpRate, steadyClock(), paths.stateDir, [](Level, const QString&) {}),
      registry({httpPlugin()}, [this](const QString& plugin) { return std::make_unique<PluginServices>(host, plugin); }),
      services(host, QString()),
      capture(registry, loop.executor(), paths, [this](Level level, const QString& text) { logged.emplace_back(level, text); }),
      ledger(storeAt(paths.database), loop.executor()),
      syncer(systemDisk(), ledger, loop.executor(), {}),
      queue({ledger, syncer, registry, services, systemDisk(), settings, loop.executor(), paths.logDir}),
      events(watchedQueue(queue), kEpoch),
      backend{queue, settings, registry, ledger, events, capture, paths, loop.executor(), kEpoch, QStringLiteral("9.9"),
          [this] { ++stops; },
          [] {
              return QJsonObject{{QStringLiteral("pid"), 42}};
          },
          [this](Level level, const QString& text) { logged.emplace_back(level, text); }}
{
    host.registry = &registry;
    if (auto ok = settings.load({}, paths.config); !ok)
        qFatal("%s", qPrintable(describe(ok.error())));
    if (auto ok = queue.load({}); !ok)
        qFatal("%s", qPrintable(describe(ok.error())));
    queue.onChange([this](const QList<TaskId>& changed, const QList<TaskId>& removed) {
        events.changed(changed, removed);
        capture.tasksChanged(queue, changed, removed);
    });
}

RpcWorld::~RpcWorld()
{
    bool stopped = false;
    queue.stop(std::chrono::seconds(5), [&](const QStringList&) { stopped = true; });
    spinUntil([&] { return stopped; });
    syncer.stop(std::chrono::seconds(5));
}

std::unique_ptr<Session> RpcWorld::client(FakeWire& wire, const QString& role)
{
    auto session = std::make_unique<Session>(backend, wire);
    QJsonObject hello{{QStringLiteral("client"), QStringLiteral("test")}, {QStringLiteral("version"), QStringLiteral("1")},
        {QStringLiteral("protocol"), kProtocol}, {QStringLiteral("role"), role}};
    session->receive(requestText(0, QStringLiteral("session.hello"), hello));
    wire.written.clear();
    return session;
}

QJsonObject RpcWorld::call(Session& session, FakeWire& wire, const QString& method, const QJsonObject& params)
{
    const int id = ++lastId_;
    const std::size_t from = wire.written.size();
    QJsonObject reply;
    session.receive(requestText(id, method, params));
    spinUntil([&] {
        for (std::size_t i = from; i < wire.written.size() && reply.isEmpty(); ++i)
            if (wire.at(i).value(u"id").toInt(-1) == id)
                reply = wire.at(i);
        return !reply.isEmpty();
    });
    return reply;
}

QList<TaskId> RpcWorld::addTasks(int count, bool fromBrowser)
{
    std::vector<NewTask> tasks;
    for (int i = 0; i < count; ++i) {
        NewTask task;
        task.url = QUrl(QStringLiteral("http://host.example/file%1.bin").arg(i));
        task.directory = home.path();
        task.fromBrowser = fromBrowser;
        task.held = true;
        tasks.push_back(std::move(task));
    }
    std::optional<QList<TaskId>> ids;
    queue.add(std::move(tasks), [&](const Result<QList<TaskId>>& done) { ids = done.value_or(QList<TaskId>()); });
    spinUntil([&] { return ids.has_value(); });
    return *ids;
}

} // namespace weir::test
