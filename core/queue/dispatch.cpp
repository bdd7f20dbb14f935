// Plan and start.

#include "queue/live.h"

namespace weir {

namespace {

constexpr std::chrono::seconds kHangs{10};
// From so many waiting tasks of one host on, a shared connection serves them better than one each.
constexpr std::size_t kCrowd = 8;
constexpr std::chrono::milliseconds kSampleEvery{500};

} // namespace

bool Queue::isReady(const Task& task) const
{
    return started_ && task.state == State::Waiting && !live_.contains(task.id) && !hanging_.contains(task.id)
        && !busy_.contains(task.id) && (holds_.all().empty() || !holds_.covers(subjectOf(task)));
}

void Queue::refresh(Task& task)
{
    if (!isReady(task)) {
        ready_.drop(task.id);
        return;
    }
    ready_.put({task.priority, task.position, task.id}, task.host, wall_.pointOf(task.notBefore), clock_.now());
    planWanted_ = true;
    turnSoon();
}

void Queue::refreshAll()
{
    for (const auto& [order, task] : table_.waitingInOrder())
        refresh(*task);
    planWanted_ = true;
    turnSoon();
}

Policy Queue::policyNow() const
{
    Policy policy;
    policy.maxConnections = tuning_.totalConnections;
    policy.maxPerHost = tuning_.perHost;
    policy.maxRunning = tuning_.running;
    policy.perHost = [this, now = clock_.now()](const QByteArray& host) { return budget_.limit(host, now); };
    policy.hostNotBefore = [this](const QByteArray& host) { return budget_.notBefore(host); };
    return policy;
}

// Each running task with its one connection; what the tasks of a host have taken beyond that is put on the first of them.
std::vector<Candidate> Queue::runningNow() const
{
    std::vector<Candidate> running;
    QHash<QByteArray, std::size_t> first;
    for (const auto& [id, live] : live_) {
        if (live->ended || live->sharing)
            continue;
        const auto place = first.constFind(live->host);
        if (place == first.cend()) {
            first.insert(live->host, running.size());
            running.push_back({.id = id, .host = live->host, .connections = budget_.inUse(live->host)});
        } else {
            running.push_back({.id = id, .host = live->host, .connections = 1});
            --running[*place].connections;
        }
    }
    return running;
}

void Queue::planNow()
{
    if (!started_)
        return;
    const TimePoint now = clock_.now();
    ready_.ripen(now);
    Policy policy = policyNow();
    const int freeConnections = policy.maxConnections - budget_.inUse();
    const int freeTasks = policy.maxRunning - running_;
    std::optional<TimePoint> wakeAt = ready_.nextRipe();
    if (freeConnections > 0 && freeTasks > 0 && !ready_.empty()) {
        const auto candidates =
            ready_.candidates(std::min(freeConnections, freeTasks), [&](const QByteArray& host) -> ReadyIndex::HostRoom {
                if (policy.hostNotBefore(host) > now)
                    return {.resting = true};
                return {.free = host.isEmpty() ? freeTasks : policy.perHost(host) - budget_.inUse(host)};
            });
        const auto running = runningNow();
        int counted = 0;
        for (const Candidate& task : running)
            counted += task.connections;
        policy.maxConnections -= budget_.inUse() - counted; // those to mirrors, which are no task's own host
        const Plan chosen = plan(candidates, running, policy, now);
        for (const TaskId id : chosen.start)
            if (Task* task = table_.find(id))
                startTask(*task);
        if (chosen.wakeAt)
            wakeAt = wakeAt ? std::min(*wakeAt, *chosen.wakeAt) : chosen.wakeAt;
    }
    budget_.setContended(!ready_.empty());
    timers_.cancel(Timers::Wake::Plan);
    if (wakeAt)
        timers_.at(Timers::Wake::Plan, *wakeAt);
}

Result<Registry::Match> Queue::adapterOf(const Task& task)
{
    if (!task.adapter.isEmpty()) {
        auto stored = parts_.registry.adapterNamed(task.adapter);
        if (stored || task.described || handedOver_.contains(task.id))
            return stored;
    }
    auto match = parts_.registry.adapterFor(QUrl(task.url));
    if (match && !task.mime.isEmpty())
        if (const auto better = parts_.registry.adapterForContent(task.mime, {}, match->plugin))
            return *better;
    return match;
}

RunFacts Queue::factsOf(Task& task)
{
    RunFacts facts;
    facts.record = task;
    facts.device = subjectOf(task).device;
    facts.spec = task.spec;
    facts.fresh = !task.hasRun;
    facts.described = task.described;
    const auto handed = handedOver_.find(task.id);
    facts.mayHandOver = handed == handedOver_.end() || handed->second < kMostHandOvers;
    facts.orphansBornBefore = task.hasRun ? orphansBornBefore_ : 0;
    facts.crowded = ready_.waitingFor(task.host) >= kCrowd;
    facts.ifExists = tuning_.ifExists;
    facts.reserve = tuning_.reserve;
    facts.lookBeside = tuning_.lookBeside;
    facts.connections = tuning_.perTask;
    facts.weights = tuning_.weights;
    facts.maxAttempts = tuning_.attempts;
    facts.logLevel = tuning_.logLevel;
    if (auto kept = prefetched_.extract(task.id))
        facts.prefetched = std::move(kept.mapped());
    return facts;
}

void Queue::startTask(Task& task)
{
    ready_.drop(task.id);
    const auto match = adapterOf(task);
    if (!match) {
        fail(task, match.error());
        return;
    }
    std::unique_ptr<DownloadTask> download;
    try {
        download = match->adapter->createTask(QUrl(task.url));
    } catch (...) {
        download = nullptr;
    }
    if (!download) {
        fail(task, Error{Code::PluginCreateFailed, QString::fromUtf8(match->plugin)});
        return;
    }
    task.adapter = match->plugin;
    const auto live = std::make_shared<Live>();
    live->id = task.id;
    live->plugin = match->plugin;
    live->host = task.host;
    live->startedAt = live->sampledAt = live->dividedAt = clock_.now();
    live->doneBefore = task.done;
    const TaskId id = task.id;
    live->context = std::make_shared<RunContext>(runParts_, factsOf(task));
    RunContext* const context = live->context.get();
    context->listen({[this, id, context](const RunContext::Described& what) {
                         inbox_.post([this, id, context, what] { onDescribed(id, context, what); });
                     },
        [this, id] { inbox_.post([this, id] { onSharing(id); }); },
        [this, id, context](
            const Result<void>& outcome) { inbox_.post([this, id, context, outcome] { onLeft(id, context, outcome); }); }});
    task.hasRun = true;
    if (!task.unlisted)
        task.spec.reset(); // the store has it; another run reads it there
    apply(task, Event::Start);
    shown(task);
    live_[id] = live;
    ++running_;
    budget_.take(live->host);
    timers_.at(Timers::Wake::Sample, clock_.now() + kSampleEvery);
    if (tuning_.downLimit > 0)
        timers_.at(Timers::Wake::Rates, clock_.now());
    // Whose code is elsewhere is not to blame for what happens here.
    runner_->start(id, match->isolated ? QByteArray() : live->plugin, runOf(live, std::move(download)));
}

std::function<Result<void>()> Queue::runOf(const LivePtr& live, std::unique_ptr<DownloadTask> download)
{
    return [context = live->context, download = std::shared_ptr<DownloadTask>(std::move(download))] {
        Result<void> outcome = context->prepare();
        if (outcome)
            outcome = download->run(*context);
        if (!outcome && outcome.error().code != Code::Cancelled)
            context->log(outcome.error().code == Code::OtherAdapter ? Level::Info : Level::Error, describe(outcome.error()));
        context->conclude(outcome);
        return outcome;
    };
}

void Queue::onDescribed(TaskId id, const RunContext* from, const RunContext::Described& described)
{
    const auto found = live_.find(id);
    Task* task = table_.find(id);
    if (!task || found == live_.end() || found->second->context.get() != from)
        return;
    task->name = described.name;
    task->size = described.size;
    task->described = true;
    if (!std::exchange(found->second->treeNoted, true))
        noteTree(*task, described);
    task->device = described.device;
    if (!described.mime.isEmpty())
        task->mime = described.mime;
    if (described.device != 0)
        devices_.insert(task->directory, described.device);
    changed(*task);
}

void Queue::onSharing(TaskId id)
{
    const auto live = live_.find(id);
    Task* task = table_.find(id);
    if (!task || live == live_.end() || !apply(*task, Event::Share))
        return;
    // A library that writes its files itself says how much; our own files count themselves.
    const qint64 ours = live->second->context->completedBytes();
    task->done = ours > 0 ? ours : std::max<qint64>(0, live->second->context->sample().activity.done);
    task->verified = quint8(live->second->context->verified());
    if (task->size < 0)
        task->size = task->done;
    if (const QJsonArray gaps = live->second->context->gaps(); !gaps.isEmpty())
        gaps_[id] = gaps; // whoever waits for the result is told with it; the end of the run writes them down
    changed(*task);
}

void Queue::onLeft(TaskId id, const RunContext* from, const Result<void>& outcome)
{
    const auto found = live_.find(id);
    const bool itself = found != live_.end() && found->second->context.get() == from;
    if (itself && !found->second->sharing)
        found->second->left = outcome;
    else
        onEnded({id, outcome});
}

void Queue::requestStop(Live& live)
{
    if (live.ended || live.stopAt)
        return;
    live.stopAt = clock_.now();
    if (live.onStop)
        live.onStop();
    else
        live.context->requestStop();
    timers_.at(Timers::Wake::Hanging, *live.stopAt + kHangs);
}

// What was not durable is forgotten, though the run may believe that it is there.
void Queue::startAnew(TaskId id, const Error& error)
{
    const auto found = live_.find(id);
    if (found == live_.end() || found->second->ended || found->second->stopAt)
        return;
    found->second->stoppedFor = error;
    requestStop(*found->second);
}

void Queue::reportHanging()
{
    const TimePoint now = clock_.now();
    std::vector<LivePtr> given;
    for (const auto& [id, live] : live_) {
        if (!live->stopAt || live->ended)
            continue;
        if (*live->stopAt + kHangs <= now)
            given.push_back(live);
        else
            timers_.at(Timers::Wake::Hanging, *live->stopAt + kHangs);
    }
    for (const LivePtr& live : given) {
        live_.erase(live->id);
        hanging_[live->id] = live;
        live->sharing ? --sharing_ : --running_;
        if (!live->sharing)
            budget_.release(live->host);
        const Error error{Code::PluginUnresponsive,
            QStringLiteral("%1 did not end its run of task %2").arg(QString::fromUtf8(live->plugin)).arg(live->id)};
        parts_.services.log(Level::Error, describe(error));
        parts_.registry.noteFault(QString::fromUtf8(live->plugin), error);
        if (Task* task = table_.find(live->id))
            fail(*task, error);
        for (const auto& work : std::exchange(live->afterEnd, {}))
            work();
    }
    planWanted_ = true;
    reportStopped(false);
}

void Queue::stop(std::chrono::milliseconds patience, std::function<void(QStringList)> stopped)
{
    looks_.request_stop();
    started_ = false;
    stopped_ = std::move(stopped);
    for (const auto& [id, live] : live_)
        requestStop(*live);
    const std::deque<TaskId> line = moveLine_;
    for (const TaskId id : line)
        cancelMove(id);
    timers_.at(Timers::Wake::Patience, clock_.now() + patience);
    reportStopped(false);
}

void Queue::reportStopped(bool patienceIsOver)
{
    if (!stopped_ || ((running_ + sharing_ > 0 || !moves_.empty()) && !patienceIsOver))
        return;
    QStringList names;
    const auto name = [&](const Live& live) {
        names.append(QStringLiteral("task %1 (%2)").arg(live.id).arg(QString::fromUtf8(live.plugin)));
    };
    for (const auto& [id, live] : live_)
        if (!live->ended)
            name(*live);
    for (const auto& [id, live] : hanging_)
        name(*live);
    for (const auto& [id, move] : moves_)
        names.append(QStringLiteral("task %1 (moving its files)").arg(id));
    timers_.cancel(Timers::Wake::Patience);
    settle();
    std::exchange(stopped_, nullptr)(names);
}

} // namespace weir
