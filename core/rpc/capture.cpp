#include "rpc/capture.h"

#include "base/json_writer.h"
#include "platform/process.h"
#include "rpc/session.h"

#include <QDir>
#include <QFileInfo>

#include <algorithm>

namespace weir {

namespace {

/// Beside the installed programs, or in the source tree whose build/PRESET/bin this is.
QStringList usualRules()
{
    const QString programs = programDirectory();
    return {QDir::cleanPath(programs + QStringLiteral("/../share/weir/rules.json")),
        QDir::cleanPath(programs + QStringLiteral("/../../../browser-extension/rules.json"))};
}

} // namespace

Capture::Capture(Registry& registry, Executor main, const Paths& paths, std::function<void(Level, const QString&)> log)
    : rules(QFileInfo(paths.config).path() + QStringLiteral("/capture-rules.json"), usualRules()),
      pushes(std::move(main)),
      adapter_(pushes)
{
    registry.addBuiltIn(PushAdapter::kName, adapter_);
    rules.onChange([this, log = std::move(log)](const Result<CaptureRules::Set>& now) {
        if (!now)
            log(Level::Error, QStringLiteral("the capture rules stay as they were: %1").arg(describe(now.error())));
        else
            rulesChanged();
    });
}

Capture::~Capture()
{
    for (const auto& [session, action] : readers_)
        session->forget(action);
}

Result<void> Capture::attach(Session& session, TaskId task)
{
    if (auto ok = pushes.attach(task, &session); !ok)
        return ok;
    if (senders_.insert(&session).second)
        session.atEnd([this, gone = &session] {
            senders_.erase(gone);
            pushes.abandon(gone);
        });
    return {};
}

void Capture::tellRules(Session& session)
{
    const auto known =
        std::any_of(readers_.begin(), readers_.end(), [&](const auto& entry) { return entry.first == &session; });
    if (known)
        return;
    const quint64 action = session.atEnd(
        [this, gone = &session] { std::erase_if(readers_, [gone](const auto& entry) { return entry.first == gone; }); });
    readers_.emplace_back(&session, action);
}

void Capture::rulesChanged()
{
    QByteArray message;
    JsonWriter writer(message);
    writer.beginObject().key("jsonrpc").text(u"2.0").key("method").text(u"capture.rulesChanged").key("params").beginObject();
    writer.key("revision").text(rules.current()->revision).endObject().endObject();
    for (const auto& [session, action] : readers_)
        session->notify(message, message);
}

void Capture::tasksChanged(Queue& queue, const QList<TaskId>& changed, const QList<TaskId>& removed)
{
    for (const TaskId id : removed) {
        pushes.end(id, Error{Code::UnknownTask, QString::number(id)});
        pushedTasks.removeIf([id](const auto& entry) { return entry.value() == id; });
    }
    for (const TaskId id : changed) {
        const Task* task = queue.table().find(id);
        if (!task || task->adapter != PushAdapter::kName)
            continue;
        if (task->state == State::Done) {
            pushes.end(id, Error{Code::WrongState, QString::fromLatin1(toString(task->state))});
        } else if (task->state == State::Failed) {
            // A run of an earlier sender ended just when the next one came: that one waits for a run of its own.
            if (Code(task->errorCode) == Code::PushAbandoned && pushes.waits(id))
                queue.resume({.ids = {id}}, QStringLiteral("user"), [](const Result<QList<TaskId>>&) {});
            else
                pushes.end(id, Error{Code(task->errorCode), task->errorDetail});
        }
    }
}

} // namespace weir
