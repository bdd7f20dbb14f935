#include "isolation/isolated_plugin.h"

#include "isolation/isolated_task.h"
#include "platform/paths.h"

#include <QCborArray>
#include <QDir>
#include <QFileInfo>

namespace weir {

namespace {

using namespace std::chrono_literals;

constexpr auto kAnswerLimit = 2s;
constexpr auto kQuiet = 60s; ///< who did not answer is not asked for so long: the main thread waits for each answer

bool isBelow(const QString& path, const QString& folder)
{
    return !folder.isEmpty() && (path == folder || path.startsWith(folder.endsWith(u'/') ? folder : folder + u'/'));
}

/// Rules can be made only about what is there. Making it here would hide that a volume is gone.
QString nearestThere(QString folder)
{
    while (!folder.isEmpty() && folder != u"/" && !QFileInfo(folder).isDir())
        folder = QFileInfo(folder).path();
    return folder;
}

} // namespace

void WorkerPool::dismissAll()
{
    const std::lock_guard lock(mutex_);
    closed_ = true;
    for (const Member& member : members_)
        member.worker->dismiss();
}

Result<std::shared_ptr<WorkerProcess>> WorkerPool::any()
{
    const std::lock_guard lock(mutex_);
    for (const Member& member : members_)
        if (member.worker->alive())
            return member.worker;
    return startFor(nearestThere(QDir::cleanPath(recipe_.usualFolder)));
}

Result<std::shared_ptr<WorkerProcess>> WorkerPool::forFolder(const QString& folder)
{
    if (folder.isEmpty()) // a look, which writes nothing
        return any();
    const QString clean = QDir::cleanPath(folder);
    const std::lock_guard lock(mutex_);
    for (const Member& member : members_)
        if (member.worker->alive() && isBelow(clean, member.folder))
            return member.worker;
    return startFor(nearestThere(clean));
}

/// Under the lock.
Result<std::shared_ptr<WorkerProcess>> WorkerPool::startFor(const QString& folder)
{
    if (closed_)
        return failure(Code::Cancelled);
    std::erase_if(members_, [](const Member& member) { return !member.worker->alive(); });
    const QString temporary = recipe_.stateFolder + QStringLiteral("/tmp"); // that of all is everybody's
    if (auto made = makePrivateDirectory(temporary); !made)
        return failure(made.error());
    QCborMap birth = recipe_.birth();
    birth.insert(QLatin1StringView("writable"), QCborArray::fromStringList({folder, recipe_.stateFolder}));
    birth.insert(QLatin1StringView("temporary"), temporary);
    auto worker = WorkerProcess::start(recipe_.program, recipe_.plugin, birth, recipe_.listener);
    if (worker)
        members_.push_back({folder, *worker});
    return worker;
}

void WorkerPool::tellAll(const QCborMap& message)
{
    std::vector<Member> members;
    {
        const std::lock_guard lock(mutex_);
        members = members_;
    }
    for (const Member& member : members)
        member.worker->tell(message);
}

QCborMap IsolatedAdapter::ask(const QCborMap& question) const
{
    if (std::chrono::steady_clock::now() < quietUntil_.load())
        return {};
    for (int attempt = 0; attempt < 2; ++attempt) {
        const auto worker = workers_->any();
        if (!worker)
            return {};
        const auto answer = (*worker)->ask(question, kAnswerLimit);
        if (answer)
            return *answer;
        if (answer.error().code != Code::PluginRestarted) {
            quietUntil_ = std::chrono::steady_clock::now() + kQuiet;
            return {};
        }
    }
    return {};
}

int IsolatedAdapter::sure(const QCborMap& question) const
{
    return int(std::clamp<qint64>(numberIn(ask(question), "sure"), 0, 100));
}

int IsolatedAdapter::support(const QUrl& url) const { return sure(fields({{"do", "support"}, {"url", urlText(url)}})); }

int IsolatedAdapter::supportContent(QByteArrayView mime, QByteArrayView first4k) const
{
    return sure(fields({{"do", "content"}, {"mime", mime.toByteArray()}, {"first", first4k.toByteArray()}}));
}

QList<DescribedFile> IsolatedAdapter::describes(QByteArrayView content, const QUrl& base) const
{
    return describedFilesFrom(ask(fields({{"do", "describes"}, {"content", content.toByteArray()}, {"base", urlText(base)}})));
}

std::unique_ptr<DownloadTask> IsolatedAdapter::createTask(const QUrl&) { return std::make_unique<IsolatedTask>(workers_); }

} // namespace weir
