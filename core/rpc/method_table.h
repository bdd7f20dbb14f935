#pragma once
// The one table of methods. Every transport serves it; docs/rpc.md, system.listMethods and completion are printed from it.
// Main thread.

#include "config/settings.h"
#include "plugin_host/registry.h"
#include "queue/queue.h"

#include <QJsonObject>
#include <QJsonValue>

#include <functional>
#include <span>

namespace weir {

class Events;
class Session;

/// By transport and hello, checked in one place (callMethod).
enum class Role : quint8 { Browser, Client };

/// What methods act upon; owned by the daemon.
struct Backend {
    Queue& queue;
    Settings& settings;
    Registry& registry;
    Ledger& ledger;
    Events& events;
    QString version;
    std::function<void()> stopDaemon;          ///< begins an orderly stop
    std::function<QJsonObject()> statistics;   ///< of the process: pid, rss, threads, uptime, shards
};

/// Called exactly once; may come later (after the ledger).
using Reply = std::function<void(Result<QJsonValue>)>;

struct Method {
    const char* name;   ///< "task.add"
    Role atLeast;       ///< Browser: extensions may call it too
    void (*call)(Backend&, Session&, const QJsonObject& params, Reply);
    const char* params; ///< "urls: [string], dir?: string": names the reader can use; "" if none
    const char* help;   ///< one sentence
};
std::span<const Method> methods();
const Method* findMethod(QStringView name);

/// A whole JSON-RPC 2.0 request object to a reply object (RpcInvalid, RpcUnknownMethod, RpcNotAllowed, RpcBadParams ...).
/// Errors travel as {"code": number, "message": text, "data": the error object of interface.md}.
void callMethod(Backend& backend, Session& session, const QJsonObject& request, std::function<void(QJsonObject)> reply);

/// The error object of interface.md: {"code", "number", "category", "retry", "message", "detail", "hint", "exit"}.
QJsonObject toJson(const Error& error);

} // namespace weir
