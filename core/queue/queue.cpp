// The queue as an owner: tasks that come, rows that are written, listeners that are told. What it does is in the files beside.

#include "queue/live.h"
#include "queue/look.h"
#include "queue/request_context.h"
#include "queue/why.h"

#include <QJsonArray>

namespace weir {

namespace {

constexpr qint64 kPositionStep = 1'024; // room between two for one that is moved there
constexpr qsizetype kLongestUrl = 64 << 10;

} // namespace

Queue::Queue(Parts parts)
    : parts_(std::move(parts)),
      clock_(parts_.services.clock()),
      wall_(clock_),
      runParts_{
          parts_.ledger, parts_.syncer, parts_.registry, parts_.services, parts_.disk, budget_, claims_, parts_.logDirectory},
      inbox_(parts_.main),
      timers_(clock_, [this] { wake(); }),
      dice_(parts_.seed ? parts_.seed : std::random_device{}()),
      runner_(std::make_unique<Runner>(inbox_, parts_.blackBox, [this](const Runner::Ended& ended) { onEnded(ended); }))
{
    parts_.settings.onChange(whileAlive([this](const QString& key) {
        Q_UNUSED(key)
        readSettings();
        planWanted_ = true;
        turnSoon();
    }));
    readSettings();
    parts_.syncer.onFailure(whileAlive([this](TaskId id, const Error& error) { startAnew(id, error); }));
}

Queue::~Queue()
{
    looks_.request_stop();
    for (const auto& [id, live] : live_)
        live->context->requestStop();
    for (const auto& [id, move] : moves_)
        move->stop.request_stop();
    settle();
}

void Queue::look(const Registry::Match& with, TaskSpec spec, std::stop_token stop, std::function<void(Result<TaskInfo>)> found)
{
    const std::shared_ptr<DownloadTask> task = with.adapter->createTask(spec.url);
    runner_->background([this, task, spec = std::move(spec), stop = std::move(stop), all = looks_.get_token(),
                            found = std::move(found)]() mutable {
        std::stop_source either;
        const std::stop_callback byClient(stop, [&either] { either.request_stop(); });
        const std::stop_callback byEnd(all, [&either] { either.request_stop(); });
        auto info = lookAt(*task, std::move(spec), parts_.services, either.get_token());
        inbox_.post([found = std::move(found), info = std::move(info)] { found(info); });
    });
}

void Queue::start()
{
    started_ = true;
    refreshAll();
}

void Queue::onChange(std::function<void(const QList<TaskId>&, const QList<TaskId>&)> listener)
{
    listener_ = std::move(listener);
}

Result<void> Queue::checkNew(const std::vector<NewTask>& tasks)
{
    if (tasks.empty())
        return failure(Code::NoInput);
    if (qsizetype(tasks.size()) > kMaxTasksPerCall)
        return failure(Code::TooManyTasks, QString::number(tasks.size()));
    for (const NewTask& task : tasks) {
        const QString text = task.url.toDisplayString(QUrl::RemoveUserInfo);
        if (!task.url.isValid() || task.url.scheme().isEmpty())
            return failure(Code::BadUrl, text.left(200));
        if (text.size() > kLongestUrl)
            return failure(Code::UrlTooLong, text.left(200));
        if (!task.directory.startsWith(u'/'))
            return failure(Code::BadOption, QStringLiteral("the folder \"%1\" is not absolute").arg(task.directory));
        const auto match =
            task.adapter.isEmpty() ? parts_.registry.adapterFor(task.url) : parts_.registry.adapterNamed(task.adapter);
        if (task.url.isLocalFile() && (task.fromBrowser || !match))
            return failure(Code::SchemeNotAllowed, text.left(200));
        if (!match && match.error().code == Code::NoAdapter)
            return failure(match.error());
    }
    return {};
}

Task Queue::makeTask(const NewTask& wanted, TaskId id, qint64 position) const
{
    QUrl url = wanted.url;
    auto spec = std::make_shared<SpecRecord>(wanted.spec);
    takeCredentials(url, spec->secrets);
    Task task;
    task.id = id;
    task.url = url.toString(QUrl::FullyEncoded);
    task.mime = wanted.mime;
    task.adapter = wanted.adapter;
    task.priority = qint8(std::clamp(wanted.priority, -1, 1));
    task.position = position;
    task.name = wanted.name;
    task.directory = wanted.directory;
    task.created = wall_.now();
    task.fromBrowser = wanted.fromBrowser;
    task.unlisted = wanted.unlisted;
    task.host = hostKey(url);
    task.spec = std::move(spec);
    return task;
}

void Queue::add(std::vector<NewTask> tasks, std::function<void(Result<QList<TaskId>>)> reply)
{
    if (auto ok = checkNew(tasks); !ok)
        return reply(failure(ok.error()));
    struct Batch {
        std::vector<Task> added;
        std::vector<QByteArray> tokens;
        std::vector<std::pair<std::size_t, HoldRecord>> holds; ///< with the place of their task
        QList<TaskId> ids;
        std::vector<bool> isNew;
    };
    auto batch = std::make_shared<Batch>();
    for (const NewTask& wanted : tasks) {
        lastPosition_ += kPositionStep;
        batch->added.push_back(makeTask(wanted, ++lastId_, lastPosition_));
        batch->tokens.push_back(wanted.token);
        // Many tasks of one call have the same options: they are kept once.
        Task& task = batch->added.back();
        if (batch->added.size() > 1) {
            const auto& before = batch->added[batch->added.size() - 2].spec;
            if (before->options == task.spec->options && before->secrets == task.spec->secrets)
                task.spec = before;
        }
        if (wanted.held)
            batch->holds.push_back({batch->added.size() - 1,
                HoldRecord{QStringLiteral("task"), QString::number(task.id), QStringLiteral("user"),
                    QStringLiteral("added to be started later"), 0}});
    }
    const auto insert = [batch](Store& store) {
        batch->ids.clear();
        batch->isNew.clear();
        for (std::size_t i = 0; i < batch->added.size(); ++i) {
            const Task& task = batch->added[i];
            const auto known = batch->tokens[i].isEmpty() ? std::nullopt : store.taskByToken(batch->tokens[i]);
            batch->ids.append(known.value_or(task.id));
            batch->isNew.push_back(!known);
            if (!known)
                store.insertTask(task, task.unlisted ? SpecRecord{task.spec->options, {}} : *task.spec, batch->tokens[i]);
        }
        for (const auto& [place, hold] : batch->holds)
            if (batch->isNew[place])
                store.saveHold(hold);
    };
    parts_.ledger.write(insert, whileAlive([this, batch, reply = std::move(reply)](const Result<void>& durable) {
        if (!durable)
            return reply(failure(durable.error()));
        std::vector<Task> added;
        for (const auto& [place, hold] : batch->holds)
            if (batch->isNew[place])
                holds_.place(hold);
        for (std::size_t i = 0; i < batch->added.size(); ++i)
            if (batch->isNew[i])
                added.push_back(std::move(batch->added[i]));
        adopt(std::move(added));
        reply(batch->ids);
    }));
}

void Queue::adopt(std::vector<Task> added)
{
    for (Task& each : added) {
        each.device = devices_.value(each.directory);
        Task& task = table_.insert(std::move(each));
        tellChanged_.insert(task.id);
        refresh(task);
    }
    turnSoon();
}

bool Queue::apply(Task& task, Event event)
{
    const auto state = next(task.state, event);
    if (state)
        task.state = *state;
    return state.has_value();
}

void Queue::changed(Task& task)
{
    dirty_.insert(task.id);
    shown(task);
}

void Queue::shown(Task& task)
{
    table_.touch(task);
    tellChanged_.insert(task.id);
    turnSoon();
}

void Queue::write(Ledger::Operation operation)
{
    writes_.push_back(std::move(operation));
    turnSoon();
}

Ledger::Operation Queue::takeWrites()
{
    auto rows = std::make_shared<std::vector<TaskRecord>>();
    rows->reserve(dirty_.size());
    for (const TaskId id : dirty_)
        if (const Task* task = table_.find(id))
            rows->push_back(*task);
    dirty_.clear();
    return [rows, others = std::exchange(writes_, {})](Store& store) {
        for (const TaskRecord& row : *rows)
            store.updateTask(row);
        for (const Ledger::Operation& operation : others)
            operation(store);
    };
}

void Queue::settle()
{
    if (!dirty_.empty() || !writes_.empty())
        parts_.ledger.write(takeWrites());
    if (tellChanged_.empty() && tellRemoved_.isEmpty())
        return;
    QList<TaskId> ids(tellChanged_.begin(), tellChanged_.end());
    std::sort(ids.begin(), ids.end());
    tellChanged_.clear();
    const QList<TaskId> removed = std::exchange(tellRemoved_, {});
    if (listener_)
        listener_(ids, removed);
}

void Queue::commit(QList<TaskId> ids, Done done)
{
    const auto operation = takeWrites();
    parts_.ledger.write(
        operation, whileAlive([this, operation, ids = std::move(ids), done = std::move(done)](const Result<void>& durable) {
            if (durable)
                return done(ids);
            // It is true in memory by now, so it has to become durable as soon as the ledger can.
            parts_.ledger.write(operation);
            done(failure(durable.error()));
        }));
}

void Queue::turnSoon()
{
    if (std::exchange(turnPending_, true))
        return;
    parts_.main(whileAlive([this] { turn(); }));
}

void Queue::turn()
{
    turnPending_ = false;
    if (std::exchange(planWanted_, false))
        planNow();
    settle();
}

void Queue::wake()
{
    for (const Timers::Wake what : timers_.take()) {
        switch (what) {
        case Timers::Wake::Plan: planWanted_ = true; break;
        case Timers::Wake::Expiry: releaseExpired(); break;
        case Timers::Wake::Sample: sampleAll(); break;
        case Timers::Wake::Rates: divideRates(); break;
        case Timers::Wake::Volumes: watchVolumes(); break;
        case Timers::Wake::Hanging: reportHanging(); break;
        case Timers::Wake::Patience: reportStopped(true); break;
        }
    }
    timers_.rearm();
    turnSoon();
}

void Queue::forget(TaskId id)
{
    ready_.drop(id);
    claims_.releaseAll(id);
    for (const HoldRecord& hold : holds_.on(QStringLiteral("task"), QString::number(id)))
        holds_.release(hold.scope, hold.key, hold.owner);
    prefetched_.erase(id);
    offers_.erase(id);
    gaps_.erase(id);
    atOnce_.erase(id);
    handedOver_.erase(id);
    dirty_.erase(id);
    tellChanged_.erase(id);
    table_.remove(id);
    tellRemoved_.append(id);
    write([id](Store& store) { store.removeTask(id); });
}

Result<QList<TaskId>> Queue::select(const Selection& selection) const
{
    if (selection.empty())
        return failure(Code::BadSelection);
    const auto fits = [&](const Task& task) {
        return (!selection.browserOnly || task.fromBrowser) && (selection.kind.isEmpty() || task.adapter == selection.kind)
            && (!selection.state || task.state == *selection.state);
    };
    QList<TaskId> ids;
    if (selection.ids.isEmpty()) {
        for (const auto& [id, task] : table_.all())
            if (fits(*task))
                ids.append(id);
        return ids;
    }
    std::unordered_set<TaskId> seen;
    for (const TaskId id : selection.ids) {
        const Task* task = table_.find(id);
        if (!task || (selection.browserOnly && !task->fromBrowser))
            return failure(Code::UnknownTask, QString::number(id));
        if (fits(*task) && seen.insert(id).second)
            ids.append(id);
    }
    return ids;
}

std::vector<const HoldRecord*> Queue::holdsOn(const Task& task) const
{
    if (task.state == State::Done || task.state == State::Failed || holds_.all().empty())
        return {};
    return holds_.covering(subjectOf(task));
}

Result<void> Queue::writeTask(JsonWriter& writer, TaskId id, bool full) const
{
    const Task* task = table_.find(id);
    if (!task)
        return failure(Code::UnknownTask, QString::number(id));
    const auto found = live_.find(id);
    std::optional<LiveState> live;
    if (found != live_.end())
        live = liveState(*found->second);
    else if (const QString phase = moving(id, false); !phase.isEmpty())
        live = LiveState{.phase = phase};
    writer.beginObject();
    writeMembers(writer, *task, live ? &*live : nullptr, holdsOn(*task));
    const auto gaps = gaps_.find(id);
    if (gaps != gaps_.end())
        writer.key("gapCount").number(qint64(gaps->second.size()));
    if (full) {
        writeDetailMembers(writer, *task, live ? &*live : nullptr);
        if (task->spec)
            writer.key("options").value(task->spec->options);
        if (const auto offer = offers_.find(id); offer != offers_.end())
            writer.key("choices").value(offer->second);
        if (gaps != gaps_.end())
            writer.key("gaps").value(gaps->second);
    }
    writer.endObject();
    return {};
}

Result<QJsonObject> Queue::why(TaskId id) const
{
    const Task* task = table_.find(id);
    if (!task)
        return failure(Code::UnknownTask, QString::number(id));
    WhyFacts facts;
    facts.state = task->state;
    for (const HoldRecord* hold : holds_.covering(subjectOf(*task)))
        facts.holds.push_back(*hold);
    facts.error = {Code(task->errorCode), task->errorDetail, task->errorNative};
    facts.attempts = task->attempts;
    facts.now = wall_.now();
    facts.notBefore = task->notBefore;
    facts.host = QString::fromUtf8(task->host);
    const TimePoint now = clock_.now();
    if (const TimePoint rest = budget_.notBefore(task->host); rest > now)
        facts.hostNotBefore = facts.now + std::chrono::duration_cast<std::chrono::milliseconds>(rest - now).count();
    facts.started = started_;
    const Policy policy = policyNow();
    facts.hostFull = !task->host.isEmpty() && budget_.inUse(task->host) >= budget_.limit(task->host, now);
    facts.programFull = budget_.inUse() >= policy.maxConnections || running_ >= policy.maxRunning;
    if (facts.programFull)
        for (const auto& [order, other] : table_.waitingInOrder()) {
            if (other == task)
                break;
            facts.ahead += ready_.contains(other->id) ? 1 : 0;
        }
    facts.hanging = hanging_.contains(id);
    facts.moving = moving(id, true);
    facts.totalLimit = tuning_.downLimit;
    if (const auto found = live_.find(id); found != live_.end()) {
        const LiveState live = liveState(*found->second);
        facts.stopping = found->second->stopAt.has_value();
        facts.finishing = found->second->finishing;
        facts.rateDown = live.rateDown;
        facts.activity = live.activity;
        facts.ownLimit = found->second->context->ownLimit();
    }
    return explainWhy(facts);
}

Result<QString> Queue::logPath(TaskId id) const
{
    if (!table_.find(id))
        return failure(Code::UnknownTask, QString::number(id));
    if (const auto live = live_.find(id); live != live_.end())
        live->second->context->flushLog();
    return QStringLiteral("%1/task-%2.log").arg(parts_.logDirectory).arg(id);
}

QJsonObject Queue::statistics() const
{
    QJsonObject tasks;
    for (const State state : {State::Waiting, State::Running, State::Sharing, State::Choosing, State::Done, State::Failed})
        tasks.insert(QString::fromLatin1(toString(state)), qint64(table_.count(state)));
    double down = 0;
    qint64 up = 0;
    for (const auto& [id, live] : live_) {
        down += live->ended ? 0 : live->rate;
        up += live->ended ? 0 : live->last.activity.rateUp;
    }
    return {{QStringLiteral("tasks"), tasks}, {QStringLiteral("rateDown"), qint64(down)}, {QStringLiteral("rateUp"), up},
        {QStringLiteral("connections"), budget_.inUse()}, {QStringLiteral("runnerThreads"), qint64(runner_->threads())},
        {QStringLiteral("traffic"), traffic_.toJson(today())}};
}

} // namespace weir
