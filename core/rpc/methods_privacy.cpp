// What weir keeps of its user beside the downloads: all of it in one answer, and gone in one call.

#include "rpc/method_lists.h"

#include "base/text_log.h"
#include "rpc/params.h"

#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QJsonArray>
#include <QSet>

#include <thread>

namespace weir {

namespace {

constexpr int kMostLogLines = 100'000;
constexpr qint64 kMostOfAFile = 4 << 20; // of what plugins keep

bool hasEnded(const Task& task) { return task.state == State::Done || task.state == State::Failed; }

/// What plugins keep for themselves.
QStringList pluginFiles(const QString& stateDir)
{
    QStringList files;
    QDirIterator each(
        stateDir + QStringLiteral("/plugins"), QDir::Files | QDir::Hidden | QDir::NoSymLinks, QDirIterator::Subdirectories);
    while (each.hasNext())
        files.append(each.next());
    return files;
}

QJsonArray filesJson(const QString& stateDir)
{
    QJsonArray files;
    const QStringList paths = pluginFiles(stateDir);
    for (const QString& path : paths) {
        QFile file(path);
        if (file.open(QIODevice::ReadOnly))
            files.append(QJsonObject{{QStringLiteral("path"), path}, {QStringLiteral("size"), file.size()},
                {QStringLiteral("content"), QString::fromLatin1(file.read(kMostOfAFile).toBase64())}});
    }
    return files;
}

QJsonObject ownSettings(const Settings& settings)
{
    QJsonObject own;
    for (const SettingRow& row : settingRows()) {
        const QString key = QString::fromLatin1(row.key);
        bool isDefault = false;
        if (settings.layerOf(key, &isDefault) == Settings::Layer::User && !isDefault)
            own.insert(key, settingText(row, settings.value(key)));
    }
    return own;
}

void exportAll(Backend& backend, Session&, const QJsonObject& given, Reply reply)
{
    if (const auto problem = Params(given).problem())
        return reply(failure(*problem));
    const auto log = readLog(backend.paths.logDir + QStringLiteral("/daemon.log"), kMostLogLines);
    QJsonArray holds;
    for (const HoldRecord& hold : backend.queue.holds().all())
        holds.append(QJsonObject{{QStringLiteral("scope"), hold.scope}, {QStringLiteral("key"), hold.key},
            {QStringLiteral("owner"), hold.owner}, {QStringLiteral("reason"), hold.reason}});
    reply(QJsonObject{{QStringLiteral("settings"), ownSettings(backend.settings)}, {QStringLiteral("holds"), holds},
        {QStringLiteral("traffic"), backend.queue.statistics().value(QStringLiteral("traffic"))},
        {QStringLiteral("log"), log ? QString::fromUtf8(*log) : QString()},
        {QStringLiteral("plugins"), filesJson(backend.paths.stateDir)}});
}

/// Plugins' files, and logs of tasks that are gone.
QStringList doomedFiles(const Backend& backend)
{
    QStringList doomed = pluginFiles(backend.paths.stateDir);
    QSet<QString> kept;
    for (const auto& [id, task] : backend.queue.table().all())
        for (const char* end : {".log", ".log.1"})
            kept.insert(QStringLiteral("task-%1%2").arg(id).arg(QLatin1StringView(end)));
    const QDir logs(backend.paths.logDir + QStringLiteral("/tasks"));
    const QStringList names = logs.entryList({QStringLiteral("task-*.log*")}, QDir::Files);
    for (const QString& name : names)
        if (!kept.contains(name))
            doomed.append(logs.filePath(name));
    return doomed;
}

// What the queue forgets is durable by now; what is left are files.
void eraseFiles(Backend& backend, qsizetype tasks, Reply reply)
{
    if (backend.clearLog)
        backend.clearLog();
    std::thread([main = backend.main, doomed = doomedFiles(backend), tasks, reply = std::move(reply)] {
        QString left;
        for (const QString& path : doomed)
            if (!QFile::remove(path) && QFile::exists(path))
                left = path;
        main([tasks, left, reply] {
            if (!left.isEmpty())
                return reply(failure(Code::DiskPermission, left));
            reply(QJsonObject{{QStringLiteral("tasks"), qint64(tasks)}});
        });
    }).detach();
}

void erase(Backend& backend, Session&, const QJsonObject& given, Reply reply)
{
    if (const auto problem = Params(given).problem())
        return reply(failure(*problem));
    Selection ended;
    for (const auto& [id, task] : backend.queue.table().all())
        if (hasEnded(*task))
            ended.ids.append(id);
    const auto rest = [&backend, reply](const Result<QList<TaskId>>& removed) {
        if (!removed)
            return reply(failure(removed.error()));
        backend.queue.forgetTraffic([&backend, reply, tasks = removed->size()](const Result<QList<TaskId>>& durable) {
            if (!durable)
                return reply(failure(durable.error()));
            eraseFiles(backend, tasks, reply);
        });
    };
    if (ended.ids.isEmpty())
        return rest(QList<TaskId>());
    backend.queue.remove(ended, Removal::KeepFile, rest);
}

constexpr Method kMethods[] = {
    {"privacy.export", Role::Client, exportAll, "",
        "What is kept beside tasks and their logs: own settings, holds, traffic by day, the daemon's log, files of plugins."},
    {"privacy.erase", Role::Client, erase, "",
        "Forgets ended tasks with their logs, traffic, the daemon's log and what plugins keep; downloads, settings and tasks "
        "that "
        "have not ended stay. Answers how many tasks."},
};

} // namespace

std::span<const Method> privacyMethods() { return kMethods; }

} // namespace weir
