#pragma once
// The one table of methods. Every transport serves it; docs/rpc.md, system.listMethods and completion are printed from it.
// Main thread.

#include "config/settings.h"
#include "platform/paths.h"
#include "plugin_host/registry.h"
#include "queue/queue.h"

#include <QJsonObject>
#include <QJsonValue>

#include <functional>
#include <span>

namespace weir {

class Capture;
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
    Capture& capture;
    const Paths& paths;
    Executor main;
    qint64 epoch; ///< greater than any revision that an earlier life gave out, and added to all of this one
    QString version;
    std::function<void()> stopDaemon;        ///< begins an orderly stop
    std::function<QJsonObject()> statistics; ///< of the process: pid, rss, threads, uptime, shards
    std::function<void(Level, const QString&)> log;
    std::function<void()> clearLog; ///< forgets what was logged so far
};

/// What a method gives back: a value, or JSON that is written already (long lists).
struct Answer {
    Answer() = default;
    Answer(QJsonObject object) : value(std::move(object)) {}
    static Answer written(QByteArray json)
    {
        Answer answer;
        answer.json = std::move(json);
        return answer;
    }

    QJsonObject value;
    QByteArray json; ///< if not empty, this is it
};

/// Called exactly once; may come later (after the ledger), also after the session has ended.
using Reply = std::function<void(Result<Answer>)>;

struct Method {
    const char* name; ///< "task.add"
    Role atLeast;     ///< Browser: extensions may call it too
    void (*call)(Backend&, Session&, const QJsonObject& params, Reply);
    const char* params; ///< "urls: [string], dir?: string": names the reader can use; "" if none
    const char* help;   ///< one sentence
};
std::span<const Method> methods();
const Method* findMethod(QStringView name);

/// A JSON-RPC 2.0 message, one request or a batch, to the reply's bytes (RpcParse, RpcInvalid, RpcHelloExpected,
/// RpcUnknownMethod, RpcNotAllowed, RpcBadParams, RpcReplyTooBig ...). `reply` is called exactly once; empty: nothing is to be
/// sent, since all were notifications. Errors travel as {"code": number, "message": text, "data": errorJson(error)}.
void callMethods(Backend& backend, Session& session, const QByteArray& message, std::function<void(QByteArray)> reply);
/// {"jsonrpc": "2.0", "id": null, "error": ...}: what is said before a connection is closed.
QByteArray errorMessage(const Error& error);

/// docs/rpc.md, made from the table.
QByteArray methodsMarkdown();

} // namespace weir
