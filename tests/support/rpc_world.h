#pragma once
// A real queue over a real store in a temporary folder, with the method table on top and a wire that tests look at. No plugins
// but those that the test gives. Main thread.

#include "daemon/main_loop.h"
#include "net/curl_engine.h"
#include "plugin_host/services.h"
#include "rpc/capture.h"
#include "rpc/events.h"
#include "transfer/buffer_pool.h"
#include "transfer/syncer.h"

#include <QTemporaryDir>

namespace weir::test {

/// Runs the event loop until `ready()`; false after 20 s.
bool spinUntil(const std::function<bool()>& ready);

/// Keeps what a session writes; `stuck` makes it a client that does not read.
struct FakeWire : Session::Transport {
    qint64 pending() const override { return stuck ? Session::kTransportWindow : 0; }
    void write(const QByteArray& json) override { written.push_back(json); }
    void inputWanted() override { ++wanted; }
    void close() override { closed = true; }
    QJsonObject last() const;
    QJsonObject at(std::size_t i) const;

    std::vector<QByteArray> written;
    bool stuck = false, closed = false;
    int wanted = 0;
};

class RpcWorld {
public:
    /// With the real plugin for http, which lies in the build tree.
    RpcWorld();
    ~RpcWorld();

    /// Says hello in that role and forgets the reply.
    std::unique_ptr<Session> client(FakeWire& wire, const QString& role = QStringLiteral("client"));
    /// The whole reply.
    QJsonObject call(Session& session, FakeWire& wire, const QString& method, const QJsonObject& params = {});
    /// Adds held tasks and gives their ids.
    QList<TaskId> addTasks(int count, bool fromBrowser = false);

    QTemporaryDir home;
    Paths paths;
    MainLoop loop;
    Settings settings;
    CurlEngine curl{CurlEngine::Config{}};
    BufferPool buffers;
    RateBucket totalRate, totalUpRate;
    HostParts host;
    Registry registry;
    PluginServices services;
    Capture capture;
    Ledger ledger;
    Syncer syncer;
    Queue queue;
    Events events;
    std::vector<std::pair<Level, QString>> logged;
    int stops = 0;
    Backend backend;

private:
    int lastId_ = 0;
};

QByteArray requestText(int id, const QString& method, const QJsonObject& params = {});
/// The "data.code" of an error reply; empty: it is none.
QString errorCode(const QJsonObject& reply);

} // namespace weir::test
