#include "rpc/method_lists.h"

#include "rpc/capture.h"
#include "rpc/new_task.h"
#include "rpc/params.h"
#include "rpc/session.h"

namespace weir {

namespace {

constexpr qsizetype kMaxPart = 512 << 10;
constexpr qint64 kMaxPushed = Q_INT64_C(16) << 30; // no browser keeps more of a page in its memory
constexpr qsizetype kMaxToken = 128, kMaxMime = 256, kMaxName = 4096, kMaxBlobAddress = 8192;

void rules(Backend& backend, Session& session, const QJsonObject& given, Reply reply)
{
    if (const auto problem = Params(given).problem())
        return reply(failure(*problem));
    backend.capture.tellRules(session);
    const auto& current = backend.capture.rules.current();
    if (!current)
        return reply(failure(current.error()));
    reply(QJsonObject{{QStringLiteral("revision"), current->revision}, {QStringLiteral("rules"), current->rules}});
}

void foreground(Backend& backend, Session& session, const QJsonObject& given, Reply reply)
{
    Params params(given);
    const int pages = int(params.integer("pages", 0, Foreground::kMost).value_or(0));
    const int playing = int(params.integer("playing", 0, Foreground::kMost).value_or(0));
    if (const auto problem = params.problem())
        return reply(failure(*problem));
    Foreground& counts = backend.capture.foreground;
    if (!counts.knows(&session))
        session.atEnd([&counts, &session] { counts.drop(&session); });
    counts.set(&session, {pages, playing});
    reply(Answer());
}

/// One message of a push: whose it is, what it will become, and the bytes.
struct Pushed {
    QByteArray token;
    NewTask task;
    PushPart part;
    qint64 size = -1;
};

/// A blob's address names its page; a data: address is the data itself.
Result<QUrl> pageAddress(const QString& text, const QByteArray& mime)
{
    if (text.startsWith(QLatin1StringView("data:"), Qt::CaseInsensitive))
        return QUrl(QStringLiteral("data:") + QString::fromUtf8(mime));
    // Another address stands inside, which is no host of this one.
    if (text.startsWith(QLatin1StringView("blob:")) && text.size() <= kMaxBlobAddress)
        if (const QUrl blob(text, QUrl::TolerantMode); blob.isValid())
            return blob;
    auto url = readTaskUrl(text);
    if (url && url->scheme() != QLatin1StringView("http") && url->scheme() != QLatin1StringView("https"))
        return failure(Code::SchemeNotAllowed, url->scheme());
    return url;
}

Result<Pushed> readPushed(const Backend& backend, const QJsonObject& given)
{
    Params params(given);
    Pushed pushed;
    pushed.token = "push:" + params.requiredText("token").toUtf8();
    if (pushed.token.size() > kMaxToken)
        params.fail("token", QStringLiteral("it is too long"));
    const QString address = params.requiredText("url");
    pushed.task.mime = params.text("mime").toUtf8().left(kMaxMime).toLower();
    pushed.task.name = params.text("name");
    if (pushed.task.name.size() > kMaxName)
        params.fail("name", QStringLiteral("it is too long"));
    pushed.size = params.integer("size", 0, kMaxPushed).value_or(-1);
    pushed.part.offset = params.requiredInteger("offset", 0, kMaxPushed);
    const auto data = QByteArray::fromBase64Encoding(
        params.text("data").toLatin1(), QByteArray::Base64Encoding | QByteArray::AbortOnBase64DecodingErrors);
    if (!data)
        params.fail("data", QStringLiteral("base64 is expected"));
    pushed.part.bytes = *data;
    if (pushed.part.bytes.size() > kMaxPart)
        params.fail("data", QStringLiteral("at most %1 bytes at once are possible").arg(kMaxPart));
    pushed.part.last = params.flag("last").value_or(false);
    pushed.task.unlisted = params.flag("private").value_or(false);
    const qint64 end = pushed.part.offset + pushed.part.bytes.size();
    if (end > kMaxPushed)
        params.fail(Error{Code::FileTooBigForLimit, QStringLiteral("at most %1 bytes").arg(kMaxPushed)});
    if (pushed.size >= 0 && (end > pushed.size || (pushed.part.last && end != pushed.size)))
        params.fail("size", QStringLiteral("byte %1 is not its end").arg(end));
    if (const auto problem = params.problem())
        return failure(*problem);
    auto url = pageAddress(address, pushed.task.mime);
    if (!url)
        return failure(url.error());
    pushed.task.url = *url;
    pushed.task.adapter = PushAdapter::kName;
    pushed.task.token = pushed.token;
    pushed.task.fromBrowser = true;
    pushed.task.directory = usualDirectory(backend.settings);
    if (pushed.size >= 0)
        pushed.task.spec.options.insert(QLatin1String(PushAdapter::kSizeOption), pushed.size);
    return pushed;
}

Answer acknowledged(TaskId id, qint64 received)
{
    return QJsonObject{{QStringLiteral("received"), received}, {QStringLiteral("id"), id}};
}

/// Hands the part to the task's run, which answers when it is written.
void deliver(Backend& backend, Session& session, TaskId id, const PushPart& part, Reply reply)
{
    Queue& queue = backend.queue;
    const Task* task = queue.table().find(id);
    if (!task || task->adapter != PushAdapter::kName)
        return reply(failure(Code::UnknownTask, QString::number(id)));
    if (task->state == State::Done) {
        // The answer to the last part was lost on its way.
        if (part.last && part.offset + part.bytes.size() == task->size)
            return reply(acknowledged(id, task->size));
        return reply(failure(Code::WrongState, QStringLiteral("task %1 is done").arg(id)));
    }
    if (const auto holds = queue.holds().on(QStringLiteral("task"), QString::number(id)); !holds.empty())
        return reply(
            failure(Code::WrongState, holds.front().reason.isEmpty() ? QStringLiteral("paused") : holds.front().reason));
    if (auto ok = backend.capture.attach(session, id); !ok)
        return reply(failure(ok.error()));
    const auto answer = [id, reply](const Result<qint64>& received) {
        if (!received)
            return reply(failure(received.error()));
        reply(acknowledged(id, *received));
    };
    if (auto ok = backend.capture.pushes.put(id, part, answer); !ok)
        return reply(failure(ok.error()));
    if (task->state == State::Failed)
        queue.resume({.ids = {id}}, QStringLiteral("user"), [](const Result<QList<TaskId>>&) {});
}

void push(Backend& backend, Session& session, const QJsonObject& given, Reply reply)
{
    auto pushed = readPushed(backend, given);
    if (!pushed)
        return reply(failure(pushed.error()));
    Capture& capture = backend.capture;
    if (const auto known = capture.pushedTasks.constFind(pushed->token); known != capture.pushedTasks.cend())
        return deliver(backend, session, *known, pushed->part, std::move(reply));
    // Only the first part of a token comes here: later ones cost no transaction.
    const QByteArray token = pushed->token;
    backend.queue.add({pushed->task},
        [&backend, self = session.self(), token, part = pushed->part, reply](const Result<QList<TaskId>>& added) {
            if (!added)
                return reply(failure(added.error()));
            Session* const session = *self;
            if (!session)
                return reply(failure(Code::PushAbandoned));
            backend.capture.pushedTasks.insert(token, added->first());
            deliver(backend, *session, added->first(), part, reply);
        });
}

constexpr Method kMethods[] = {
    {"capture.rules", Role::Browser, rules, "",
        "The rules by which an extension finds media, and their revision. Afterwards capture.rulesChanged tells of others."},
    {"capture.push", Role::Browser, push,
        "token: string, url: string, name?: string, mime?: string, size?: int, offset: int, data: base64, last?: bool, "
        "private?: bool",
        "The next part, at most 512 KiB, of data that lies in a page. Answers with the task's id and how much of it is there; "
        "PushOffset names the byte to go on from. One part at a time."},
    {"capture.foreground", Role::Browser, foreground, "pages: int, playing: int",
        "How many pages this browser is loading, and how many play."},
};

} // namespace

std::span<const Method> captureMethods() { return kMethods; }

} // namespace weir
