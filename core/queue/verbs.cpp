// What users can do to tasks.

#include "queue/files_beside.h"
#include "queue/live.h"
#include "queue/request_context.h"

#include <QJsonArray>

#include <algorithm>

namespace weir {

namespace {

const QString kTaskScope = QStringLiteral("task");
const QString kUser = QStringLiteral("user");

bool hasEnded(const Task& task) { return task.state == State::Done || task.state == State::Failed; }

std::optional<int> priorityFrom(const QString& text)
{
    return text == u"low"   ? std::optional(-1)
        : text == u"normal" ? std::optional(0)
        : text == u"high"   ? std::optional(1)
                            : std::nullopt;
}

} // namespace

Holds::Subject Queue::subjectOf(const Task& task) const
{
    return {task.id, task.adapter, task.device != 0 ? task.device : devices_.value(task.directory), task.host};
}

void Queue::enforceHolds()
{
    std::vector<LivePtr> covered;
    for (const auto& [id, live] : live_)
        if (const Task* task = table_.find(id); task && !live->ended && holds_.covers(subjectOf(*task)))
            covered.push_back(live);
    for (const LivePtr& live : covered)
        requestStop(*live);
}

void Queue::releaseExpired()
{
    const auto expired = holds_.expire(wall_.now());
    for (const HoldRecord& hold : expired)
        write([hold](Store& store) { store.dropHold(hold.scope, hold.key, hold.owner); });
    if (!expired.empty()) {
        for (const auto& [order, task] : table_.waitingInOrder())
            shown(*task);
        refreshAll();
    }
    timers_.cancel(Timers::Wake::Expiry);
    if (const auto soonest = holds_.nextExpiry())
        timers_.at(Timers::Wake::Expiry, wall_.pointOf(*soonest));
}

void Queue::pause(const Selection& which, const QString& owner, const QString& reason, qint64 until, Done done)
{
    const auto ids = select(which);
    if (!ids)
        return done(failure(ids.error()));
    QList<TaskId> held;
    std::vector<HoldRecord> placed;
    for (const TaskId id : *ids) {
        Task& task = *table_.find(id);
        const bool moved = cancelMove(id);
        if (hasEnded(task) && !moved)
            continue;
        held.append(id);
        if (hasEnded(task))
            continue;
        HoldRecord hold{kTaskScope, QString::number(id), owner, reason, until};
        if (!holds_.place(hold))
            continue;
        placed.push_back(std::move(hold));
        refresh(task);
        shown(task);
        if (const auto live = live_.find(id); live != live_.end())
            requestStop(*live->second);
    }
    if (held.isEmpty() && !which.ids.isEmpty())
        return done(failure(Code::WrongState, QStringLiteral("task %1 has ended").arg(which.ids.first())));
    write([placed = std::move(placed)](Store& store) {
        for (const HoldRecord& hold : placed)
            store.saveHold(hold);
    });
    releaseExpired();
    commit(held, std::move(done));
}

void Queue::resume(const Selection& which, const QString& owner, Done done)
{
    const auto ids = select(which);
    if (!ids)
        return done(failure(ids.error()));
    QList<TaskId> concerned;
    std::vector<TaskId> released;
    const bool failedToo = !which.ids.isEmpty() || which.state == State::Failed;
    for (const TaskId id : *ids) {
        Task& task = *table_.find(id);
        bool moved = holds_.release(kTaskScope, QString::number(id), owner);
        if (moved)
            released.push_back(id);
        if (task.state == State::Failed && failedToo && !busy_.contains(id)) {
            tryAgain(task, false);
            moved = true;
        } else if (task.state == State::Waiting && task.notBefore != 0) {
            task.notBefore = 0;
            changed(task);
            moved = true;
        }
        if (!moved)
            continue;
        concerned.append(id);
        shown(task);
        refresh(task);
    }
    write([released = std::move(released), owner](Store& store) {
        for (const TaskId id : released)
            store.dropHold(kTaskScope, QString::number(id), owner);
    });
    if (which.all && !which.browserOnly && holds_.release(QStringLiteral("all"), QString(), owner)) {
        write([owner](Store& store) { store.dropHold(QStringLiteral("all"), QString(), owner); });
        refreshAll();
    }
    releaseExpired();
    commit(concerned, std::move(done));
}

void Queue::hold(HoldRecord hold, Done done)
{
    if (!Holds::isScope(hold.scope))
        return done(failure(Code::BadOption,
            QStringLiteral("scope \"%1\": task, kind, volume, host, network or all is expected").arg(hold.scope)));
    if (hold.scope == u"task" && !table_.find(hold.key.toLongLong()))
        return done(failure(Code::UnknownTask, hold.key));
    if (holds_.place(hold))
        write([hold](Store& store) { store.saveHold(hold); });
    refreshAll();
    enforceHolds();
    releaseExpired();
    QList<TaskId> ids;
    for (const auto& [id, task] : table_.all())
        if (!hasEnded(*task) && holds_.covers(subjectOf(*task))) {
            ids.append(id);
            shown(*task);
        }
    commit(ids, std::move(done));
}

void Queue::release(const QString& scope, const QString& key, const QString& owner, Done done)
{
    QList<TaskId> ids;
    for (const auto& [id, task] : table_.all())
        if (!hasEnded(*task) && holds_.covers(subjectOf(*task)))
            ids.append(id);
    if (holds_.release(scope, key, owner))
        write([=](Store& store) { store.dropHold(scope, key, owner); });
    ids.removeIf([&](TaskId id) { return holds_.covers(subjectOf(*table_.find(id))); });
    for (const TaskId id : ids)
        shown(*table_.find(id));
    refreshAll();
    releaseExpired();
    commit(ids, std::move(done));
}

// `work` runs once nothing uses the task's files; until idleAgain() it is not started.
void Queue::whenIdle(TaskId id, std::function<void()> work)
{
    ++busy_[id];
    ready_.drop(id);
    cancelMove(id);
    if (const auto move = moves_.find(id); move != moves_.end())
        move->second->afterEnd.push_back(std::move(work));
    else
        whenEnded(id, std::move(work));
}

void Queue::whenEnded(TaskId id, std::function<void()> work)
{
    const auto found = live_.find(id);
    if (found == live_.end())
        return work();
    found->second->afterEnd.push_back(std::move(work));
    requestStop(*found->second);
}

void Queue::idleAgain(TaskId id)
{
    const auto found = busy_.find(id);
    if (--found->second == 0)
        busy_.erase(found);
    if (Task* task = table_.find(id))
        refresh(*task);
}

void Queue::tryAgain(Task& task, bool fromZero)
{
    apply(task, Event::Restart);
    task.errorCode = 0;
    task.errorNative = 0;
    task.errorDetail.clear();
    task.attempts = task.crashes = 0;
    task.notBefore = task.finished = 0;
    atOnce_.erase(task.id);
    handedOver_.erase(task.id);
    offers_.erase(task.id);
    gaps_.erase(task.id);
    write([id = task.id](Store& store) { keepFilesBeside(store, id, {}); }); // the next run's may be others
    if (fromZero) {
        task.adapter.clear(); // another one may have taken it over, by what it found
        task.done = 0;
        task.size = -1;
        task.verified = 0;
        write([id = task.id](Store& store) {
            store.dropProgress(id);
            store.savePluginState(id, QByteArray());
        });
    }
    changed(task);
}

void Queue::restart(const Selection& which, bool fromZero, Done done)
{
    const auto ids = select(which);
    if (!ids)
        return done(failure(ids.error()));
    if (ids->isEmpty())
        return commit({}, std::move(done));
    auto open = std::make_shared<qsizetype>(ids->size());
    auto all = std::make_shared<std::pair<QList<TaskId>, Done>>(*ids, std::move(done));
    for (const TaskId id : *ids) {
        whenIdle(id, [this, id, fromZero, open, all] {
            if (Task* task = table_.find(id)) {
                const bool wasDone = task->state == State::Done;
                const bool zero = fromZero || wasDone || needsFreshStart(Code(task->errorCode));
                if (wasDone)
                    task->described = false; // the finished file keeps its name
                tryAgain(*task, zero);
                if (holds_.release(kTaskScope, QString::number(id), kUser))
                    write([id](Store& store) { store.dropHold(kTaskScope, QString::number(id), kUser); });
            }
            idleAgain(id);
            if (--*open == 0)
                commit(all->first, all->second);
        });
    }
}

/// Its own task knows how to make a file of it: another run does, and fetches nothing more.
void Queue::finishSpool(TaskId id, const Done& done)
{
    Task& task = *table_.find(id);
    mergeOptions(task, {{QStringLiteral("partial"), true}});
    tryAgain(task, false);
    if (holds_.release(kTaskScope, QString::number(id), kUser))
        write([id](Store& store) { store.dropHold(kTaskScope, QString::number(id), kUser); });
    idleAgain(id);
    commit({id}, done);
}

void Queue::move(const Selection& which, int offsetOrEnd, bool absolute, Done done)
{
    const auto ids = select(which);
    if (!ids)
        return done(failure(ids.error()));
    std::unordered_set<TaskId> chosen(ids->begin(), ids->end());
    std::map<int, std::vector<Task*>> lines; // by priority
    for (Task* task : table_.waiting())
        lines[task->priority].push_back(task);
    QList<TaskId> moved;
    for (const auto& [priority, line] : lines) {
        std::vector<Task*> block, rest;
        std::optional<std::size_t> first;
        for (Task* task : line) {
            if (!chosen.contains(task->id)) {
                rest.push_back(task);
                continue;
            }
            first = first ? first : rest.size();
            block.push_back(task);
        }
        if (block.empty())
            continue;
        const qint64 wanted = !absolute ? qint64(*first) + offsetOrEnd : offsetOrEnd > 0 ? qint64(rest.size()) : 0;
        const auto place = std::clamp<qint64>(wanted, 0, qint64(rest.size()));
        std::vector<qint64> positions;
        for (const Task* task : line)
            positions.push_back(task->position);
        rest.insert(rest.begin() + place, block.begin(), block.end());
        for (std::size_t i = 0; i < rest.size(); ++i) {
            if (rest[i]->position == positions[i])
                continue;
            rest[i]->position = positions[i];
            changed(*rest[i]);
            refresh(*rest[i]);
        }
        for (const Task* task : block)
            moved.append(task->id);
    }
    commit(moved, std::move(done));
}

Result<void> Queue::announce(TaskId id)
{
    if (!table_.find(id))
        return failure(Code::UnknownTask, QString::number(id));
    const auto live = live_.find(id);
    if (live == live_.end() || live->second->ended || !live->second->context)
        return failure(Code::WrongState, QStringLiteral("task %1 does not run").arg(id));
    return live->second->context->announce();
}

void Queue::relink(TaskId id, const QUrl& given, Done done)
{
    Task* task = table_.find(id);
    if (!task)
        return done(failure(Code::UnknownTask, QString::number(id)));
    if (task->state == State::Done)
        return done(failure(Code::WrongState, QStringLiteral("task %1 is done").arg(id)));
    const auto match = parts_.registry.adapterFor(given);
    if (!match)
        return done(failure(match.error()));
    whenIdle(id, [this, id, given, plugin = match->plugin, done = std::move(done)] {
        Task* there = table_.find(id);
        if (!there) {
            idleAgain(id);
            return done(failure(Code::UnknownTask, QString::number(id)));
        }
        QUrl url = given;
        QJsonObject secrets;
        takeCredentials(url, secrets);
        there->url = url.toString(QUrl::FullyEncoded);
        there->host = hostKey(url);
        there->adapter = plugin;
        tryAgain(*there, false);
        mergeSpec(*there, {{QStringLiteral("relinked"), true}}, secrets);
        idleAgain(id);
        commit({id}, done);
    });
}

void Queue::mergeOptions(Task& task, const QJsonObject& more) { mergeSpec(task, more, {}); }

void Queue::mergeSpec(Task& task, const QJsonObject& options, const QJsonObject& secrets)
{
    const auto merge = [](QJsonObject& into, const QJsonObject& more) {
        for (auto it = more.begin(); it != more.end(); ++it)
            into.insert(it.key(), it.value());
    };
    if (task.spec) {
        auto merged = std::make_shared<SpecRecord>(*task.spec);
        merge(merged->options, options);
        merge(merged->secrets, secrets);
        task.spec = std::move(merged);
    }
    write([id = task.id, options, secrets, unlisted = task.unlisted, merge](Store& store) {
        SpecRecord spec = store.spec(id);
        merge(spec.options, options);
        if (!unlisted)
            merge(spec.secrets, secrets);
        store.updateSpec(id, spec);
    });
}

void Queue::setOptionsOf(Task& task, const QJsonObject& options)
{
    if (const auto priority = priorityFrom(options.value(QLatin1String("priority")).toString()))
        task.priority = qint8(*priority);
    if (options.contains(QLatin1String("name")) && !task.described)
        task.name = options.value(QLatin1String("name")).toString();
    const auto live = live_.find(task.id);
    if (options.contains(QLatin1String("limit")) && live != live_.end()) {
        const qint64 limit = options.value(QLatin1String("limit")).toInteger();
        live->second->context->setOwnLimit(limit);
        live->second->context->allot(limit); // not the bucket alone: a library or another process must hear of it, too
    }
    QJsonObject kept = options;
    kept.remove(QStringLiteral("priority"));
    kept.remove(QStringLiteral("name"));
    if (!kept.isEmpty())
        mergeOptions(task, kept);
    changed(task);
    refresh(task);
}

void Queue::setOptions(const Selection& which, QJsonObject options, Done done)
{
    const auto ids = select(which);
    if (!ids)
        return done(failure(ids.error()));
    if (options.contains(QLatin1String("priority")) && !priorityFrom(options.value(QLatin1String("priority")).toString()))
        return done(failure(Code::BadOption, QStringLiteral("priority: low, normal or high is expected")));
    for (const TaskId id : *ids)
        setOptionsOf(*table_.find(id), options);
    commit(*ids, std::move(done));
}

} // namespace weir
