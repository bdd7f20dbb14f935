#include "queue/task_json.h"

#include "base/file_name.h"
#include "queue/lifecycle.h"

#include <QJsonArray>

#include <ctime>

namespace weir {

namespace {

QJsonValue sizeValue(qint64 size) { return size < 0 ? QJsonValue() : QJsonValue(size); }

QJsonValue remaining(const Task& task, const LiveState* live)
{
    if (!live || live->rateDown <= 0 || task.size < 0 || task.size < task.done)
        return {};
    return (task.size - task.done + live->rateDown - 1) / live->rateDown;
}

QJsonArray holdsJson(const std::vector<const HoldRecord*>& holds)
{
    QJsonArray result;
    for (const HoldRecord* hold : holds)
        result.append(QJsonObject{{QStringLiteral("scope"), hold->scope}, {QStringLiteral("owner"), hold->owner},
            {QStringLiteral("reason"), hold->reason}, {QStringLiteral("until"), isoTime(hold->until)}});
    return result;
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
    if (ms == 0)
        return {};
    const std::time_t seconds = ms / 1000;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[32];
    const std::size_t length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return QString::fromLatin1(text, qsizetype(length));
}

QJsonObject taskJson(const Task& task, const LiveState* live, const std::vector<const HoldRecord*>& holds)
{
    const QString name = shownName(task);
    const bool whole = task.state == State::Done || task.state == State::Sharing;
    QJsonObject json{{QStringLiteral("id"), task.id}, {QStringLiteral("url"), task.url},
        {QStringLiteral("kind"), QString::fromUtf8(task.adapter)},
        {QStringLiteral("state"), QString::fromLatin1(toString(task.state))}, {QStringLiteral("name"), name},
        {QStringLiteral("directory"), task.directory}, {QStringLiteral("path"), QString(task.directory + u'/' + name)},
        {QStringLiteral("mime"), QString::fromUtf8(task.mime)}, {QStringLiteral("size"), sizeValue(task.size)},
        {QStringLiteral("done"), task.done},
        {QStringLiteral("verified"), whole ? QJsonValue(QString::fromLatin1(toString(Verified(task.verified)))) : QJsonValue()},
        {QStringLiteral("priority"), QString::fromLatin1(priorityName(task.priority))},
        {QStringLiteral("rateDown"), live ? live->rateDown : 0}, {QStringLiteral("rateUp"), live ? live->activity.rateUp : 0},
        {QStringLiteral("uploaded"), live ? std::max(task.uploaded, live->activity.uploaded) : task.uploaded},
        {QStringLiteral("connections"), live ? live->connections : 0}, {QStringLiteral("eta"), remaining(task, live)},
        {QStringLiteral("phase"), live ? live->phase : QString()}, {QStringLiteral("holds"), holdsJson(holds)},
        {QStringLiteral("error"), QJsonValue()}, {QStringLiteral("attempts"), task.attempts},
        {QStringLiteral("notBefore"), isoTime(task.notBefore)}, {QStringLiteral("created"), isoTime(task.created)},
        {QStringLiteral("finished"), isoTime(task.finished)}};
    if (task.errorCode != 0)
        json.insert(QStringLiteral("error"), errorJson({Code(task.errorCode), task.errorDetail, task.errorNative}));
    return json;
}

void addDetails(QJsonObject& json, const Task& task, const LiveState* live)
{
    QJsonArray files, sources;
    QList<FileState> states = live ? (live->activity.files.isEmpty() ? live->files : live->activity.files) : QList<FileState>();
    if (states.isEmpty() && !task.name.isEmpty())
        states.append({QString(task.directory + u'/' + task.name), task.size, task.done});
    for (const FileState& file : std::as_const(states))
        files.append(QJsonObject{{QStringLiteral("path"), file.path}, {QStringLiteral("size"), sizeValue(file.size)},
            {QStringLiteral("done"), file.done}});
    if (live)
        for (const SourceState& source : live->activity.sources)
            sources.append(QJsonObject{{QStringLiteral("url"), source.url.toDisplayString(QUrl::RemoveUserInfo)},
                {QStringLiteral("score"), source.score}, {QStringLiteral("rate"), source.rate},
                {QStringLiteral("errors"), source.errors}, {QStringLiteral("connections"), source.connections}});
    json.insert(QStringLiteral("files"), files);
    json.insert(QStringLiteral("sources"), sources);
}

} // namespace weir
