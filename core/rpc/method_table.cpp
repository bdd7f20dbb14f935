#include "rpc/method_table.h"

#include "base/json_writer.h"
#include "queue/task_json.h"
#include "rpc/method_lists.h"
#include "rpc/session.h"

#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>

namespace weir {

namespace {

constexpr qsizetype kMaxBatch = 1000;

using Send = std::function<void(QByteArray)>;

QByteArray errorReply(const QJsonValue& id, const Error& error)
{
    QByteArray out;
    JsonWriter writer(out);
    writer.beginObject().key("jsonrpc").text(u"2.0").key("id").value(id).key("error").beginObject();
    writer.key("code").number(qint64(error.code)).key("message").text(describe(error)).key("data").value(errorJson(error));
    writer.endObject().endObject();
    return out;
}

QByteArray resultReply(const QJsonValue& id, const Answer& answer)
{
    QByteArray out;
    out.reserve(answer.json.size() + 128);
    JsonWriter writer(out);
    writer.beginObject().key("jsonrpc").text(u"2.0").key("id").value(id).key("result");
    if (answer.json.isEmpty())
        writer.value(answer.value);
    else
        writer.raw(answer.json);
    writer.endObject();
    return out;
}

struct Call {
    const Method* method = nullptr;
    QJsonObject params;
};

Result<Call> understand(const Session& session, const QJsonObject& request)
{
    if (request.value(QStringLiteral("jsonrpc")) != QLatin1StringView("2.0"))
        return failure(Code::RpcInvalid, QStringLiteral("\"jsonrpc\" must be \"2.0\""));
    const QJsonValue id = request.value(QStringLiteral("id"));
    if (!id.isUndefined() && !id.isNull() && !id.isDouble() && !id.isString())
        return failure(Code::RpcInvalid, QStringLiteral("\"id\" must be a number or a string"));
    const QJsonValue name = request.value(QStringLiteral("method"));
    if (!name.isString())
        return failure(Code::RpcInvalid, QStringLiteral("\"method\" must be a string"));
    Call call;
    call.method = findMethod(name.toString());
    if (!session.greeted() && name.toString() != QLatin1StringView("session.hello"))
        return failure(Code::RpcHelloExpected, name.toString().left(64));
    if (!call.method)
        return failure(Code::RpcUnknownMethod, name.toString().left(64));
    if (session.greeted() && session.role() < call.method->atLeast)
        return failure(Code::RpcNotAllowed, name.toString());
    const QJsonValue params = request.value(QStringLiteral("params"));
    if (!params.isUndefined() && !params.isNull() && !params.isObject())
        return failure(Code::RpcBadParams, QStringLiteral("params: an object with the parameters' names is expected"));
    call.params = params.toObject();
    return call;
}

void callOne(Backend& backend, Session& session, const QJsonValue& message, Send send)
{
    if (!message.isObject())
        return send(errorReply({}, Error{Code::RpcInvalid, QStringLiteral("a request is an object")}));
    const QJsonObject request = message.toObject();
    const bool wantsReply = request.contains(QStringLiteral("id"));
    const QJsonValue id = request.value(QStringLiteral("id"));
    const auto call = understand(session, request);
    if (!call) {
        const bool usableId = id.isDouble() || id.isString();
        // Without an id it is a notification, which gets no answer, unless it is not even a request.
        const bool silent = !wantsReply && call.error().code != Code::RpcInvalid;
        return send(silent ? QByteArray() : errorReply(usableId ? id : QJsonValue(), call.error()));
    }
    const bool toBrowser = session.greeted() && session.fromBrowser();
    const qint64 most = toBrowser ? qint64(kMaxFrameToBrowser) : Session::kMaxReply;
    call->method->call(
        backend, session, call->params, [id, wantsReply, most, send = std::move(send)](const Result<Answer>& result) {
            if (!wantsReply)
                return send({});
            QByteArray reply = result ? resultReply(id, *result) : errorReply(id, result.error());
            if (reply.size() > most)
                reply = errorReply(
                    id, Error{Code::RpcReplyTooBig, QStringLiteral("%1 bytes, at most %2").arg(reply.size()).arg(most)});
            send(std::move(reply));
        });
}

void callBatch(Backend& backend, Session& session, const QJsonArray& batch, Send send)
{
    struct Gathered {
        QByteArray replies;
        qsizetype missing;
        qsizetype most;
        Send send;
    };
    const qsizetype most = session.fromBrowser() ? qsizetype(kMaxFrameToBrowser) : qsizetype(Session::kMaxReply);
    auto gathered = std::make_shared<Gathered>(Gathered{{}, batch.size(), most, std::move(send)});
    for (const QJsonValue request : batch) {
        callOne(backend, session, request, [gathered](QByteArray reply) {
            if (!reply.isEmpty() && gathered->replies.size() + reply.size() + 3 <= gathered->most)
                gathered->replies.append(gathered->replies.isEmpty() ? '[' : ',').append(reply);
            else if (!reply.isEmpty())
                gathered->most = 0; // no later one may slip in: half a batch would look like a whole one
            if (--gathered->missing > 0)
                return;
            if (gathered->most == 0)
                gathered->send(errorMessage(Error{Code::RpcReplyTooBig, QStringLiteral("the batch's replies together")}));
            else
                gathered->send(gathered->replies.isEmpty() ? QByteArray() : gathered->replies + ']');
        });
    }
}

std::vector<Method> allMethods()
{
    std::vector<Method> all;
    for (const auto list : {taskMethods(), queueMethods(), systemMethods(), captureMethods(), privacyMethods()})
        all.insert(all.end(), list.begin(), list.end());
    std::sort(all.begin(), all.end(), [](const Method& a, const Method& b) { return qstrcmp(a.name, b.name) < 0; });
    return all;
}

} // namespace

std::span<const Method> methods()
{
    static const std::vector<Method> table = allMethods();
    return table;
}

const Method* findMethod(QStringView name)
{
    for (const Method& method : methods())
        if (name == QLatin1StringView(method.name))
            return &method;
    return nullptr;
}

void callMethods(Backend& backend, Session& session, const QByteArray& message, Send reply)
{
    QJsonParseError parsed;
    const QJsonDocument document = QJsonDocument::fromJson(message, &parsed);
    if (parsed.error != QJsonParseError::NoError) {
        const QString detail = QStringLiteral("%1 at byte %2").arg(parsed.errorString()).arg(parsed.offset);
        return reply(errorMessage(Error{Code::RpcParse, detail}));
    }
    if (!document.isArray())
        return callOne(backend, session, document.object(), std::move(reply));
    const QJsonArray batch = document.array();
    if (batch.isEmpty() || batch.size() > kMaxBatch)
        return reply(errorMessage(Error{Code::RpcInvalid, QStringLiteral("a batch has 1 to %1 requests").arg(kMaxBatch)}));
    callBatch(backend, session, batch, std::move(reply));
}

QByteArray errorMessage(const Error& error) { return errorReply({}, error); }

QByteArray methodsMarkdown()
{
    QByteArray out =
        "# RPC methods\n\n"
        "JSON-RPC 2.0 over the local socket. Each message is an unsigned 32-bit little-endian length and so many bytes of\n"
        "UTF-8 JSON; batches are served. The first call is `session.hello`. Errors carry the error object in `data`. A `?`\n"
        "marks what may be left out. Made from the table in `core/rpc`; a test compares.\n\n"
        "| method | role | parameters | does |\n|---|---|---|---|\n";
    for (const Method& method : methods()) {
        const QByteArray params = QByteArray(method.params).replace('|', "\\|");
        out.append("| `")
            .append(method.name)
            .append("` | ")
            .append(method.atLeast == Role::Browser ? "browser, client" : "client");
        out.append(" | ").append(params.isEmpty() ? QByteArray() : "`" + params + "`");
        out.append(" | ").append(QByteArray(method.help).replace('|', "\\|")).append(" |\n");
    }
    return out;
}

} // namespace weir
