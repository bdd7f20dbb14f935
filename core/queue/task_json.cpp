#include "queue/task_json.h"

#include "base/file_name.h"
#include "queue/lifecycle.h"

#include <ctime>

namespace weir {

namespace {

/// 0: the moment is none.
qsizetype writeTime(char (&text)[32], qint64 ms)
{
    if (ms == 0)
        return 0;
    const std::time_t seconds = ms / 1000;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    return qsizetype(std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts));
}

void writeMoment(JsonWriter& writer, qint64 ms)
{
    char text[32];
    const qsizetype length = writeTime(text, ms);
    length ? writer.ascii({text, length}) : writer.null();
}

void writeSize(JsonWriter& writer, qint64 size) { size < 0 ? writer.null() : writer.number(size); }

void writeRemaining(JsonWriter& writer, const Task& task, const LiveState* live)
{
    if (!live || live->rateDown <= 0 || task.size < 0 || task.size < task.done)
        writer.null();
    else
        writer.number((task.size - task.done + live->rateDown - 1) / live->rateDown);
}

void writeHolds(JsonWriter& writer, const std::vector<const HoldRecord*>& holds)
{
    writer.beginArray();
    for (const HoldRecord* hold : holds) {
        writer.beginObject().key("scope").text(hold->scope).key("owner").text(hold->owner).key("reason").text(hold->reason);
        writeMoment(writer.key("until"), hold->until);
        writer.endObject();
    }
    writer.endArray();
}

} // namespace

const char* toString(Verified verified)
{
    switch (verified) {
    case Verified::Received: return "received";
    case Verified::Verified: return "verified";
    case Verified::Unverifiable: return "unverifiable";
    }
    return "received";
}

const char* priorityName(int priority) { return priority > 0 ? "high" : priority < 0 ? "low" : "normal"; }

QString shownName(const Task& task)
{
    if (!task.name.isEmpty())
        return task.name;
    return safeName(nameFromUrl(QUrl(task.url)));
}

QJsonValue isoTime(qint64 ms)
{
    char text[32];
    const qsizetype length = writeTime(text, ms);
    return length ? QJsonValue(QString::fromLatin1(text, length)) : QJsonValue();
}

void writeMembers(JsonWriter& writer, const Task& task, const LiveState* live, const std::vector<const HoldRecord*>& holds)
{
    const QString name = shownName(task);
    const bool whole = task.state == State::Done || task.state == State::Sharing;
    writer.key("id").number(task.id).key("url").text(task.url).key("kind").text(QString::fromUtf8(task.adapter));
    writer.key("state").ascii(toString(task.state)).key("name").text(name).key("directory").text(task.directory);
    writer.key("path").text(task.directory + u'/' + name).key("mime").text(QString::fromUtf8(task.mime));
    writeSize(writer.key("size"), task.size);
    writer.key("done").number(task.done).key("verified");
    whole ? writer.ascii(toString(Verified(task.verified))) : writer.null();
    writer.key("priority").ascii(priorityName(task.priority));
    writer.key("rateDown").number(live ? live->rateDown : 0).key("rateUp").number(live ? live->activity.rateUp : 0);
    writer.key("uploaded").number(live ? std::max(task.uploaded, live->activity.uploaded) : task.uploaded);
    writer.key("connections").number(qint64(live ? live->connections : 0));
    writeRemaining(writer.key("eta"), task, live);
    writer.key("phase").text(live ? live->phase : QString());
    writeHolds(writer.key("holds"), holds);
    writer.key("error");
    if (task.errorCode != 0)
        writer.value(errorJson({Code(task.errorCode), task.errorDetail, task.errorNative}));
    else
        writer.null();
    writer.key("attempts").number(qint64(task.attempts));
    writeMoment(writer.key("notBefore"), task.notBefore);
    writeMoment(writer.key("created"), task.created);
    writeMoment(writer.key("finished"), task.finished);
}

void writeDetailMembers(JsonWriter& writer, const Task& task, const LiveState* live)
{
    QList<FileState> states = live ? (live->activity.files.isEmpty() ? live->files : live->activity.files) : QList<FileState>();
    if (states.isEmpty() && !task.name.isEmpty())
        states.append({QString(task.directory + u'/' + task.name), task.size, task.done});
    writer.key("files").beginArray();
    for (const FileState& file : std::as_const(states)) {
        writer.beginObject().key("path").text(file.path);
        writeSize(writer.key("size"), file.size);
        writer.key("done").number(file.done).endObject();
    }
    writer.endArray().key("sources").beginArray();
    if (live) {
        for (const SourceState& source : std::as_const(live->activity.sources)) {
            writer.beginObject().key("url").text(source.url.toDisplayString(QUrl::RemoveUserInfo));
            writer.key("score").number(source.score).key("rate").number(qint64(source.rate));
            writer.key("errors")
                .number(qint64(source.errors))
                .key("connections")
                .number(qint64(source.connections))
                .endObject();
        }
    }
    writer.endArray();
    if (live)
        for (auto each = live->activity.details.begin(); each != live->activity.details.end(); ++each)
            writer.key(each.key().toLatin1().constData()).value(each.value());
}

} // namespace weir
