#include "isolation/worker_process.h"

#include "platform/process.h"

#include <thread>

namespace weir {

namespace {

using namespace std::chrono_literals;
using Time = std::chrono::steady_clock;

constexpr auto kBirthLimit = 5s;
constexpr auto kEndLimit = 1s;  ///< between the end of its channel and that of the process
constexpr auto kIdleLife = 60s; ///< without a task
constexpr auto kLook = 5s;
constexpr qsizetype kLongestLine = 4'000;

Error gone() { return Error{Code::PluginRestarted}; }

} // namespace

Result<std::shared_ptr<WorkerProcess>> WorkerProcess::start(
    const QString& program, const QString& plugin, const QCborMap& birth, Listener listener)
{
    auto ends = Channel::pair();
    if (!ends)
        return failure(Code::PluginWorkerFailed, describe(ends.error()));
    const auto child = spawnWithChannel(program, {QStringLiteral("--plugin-worker")}, ends->second->descriptor());
    if (!child)
        return failure(Code::PluginWorkerFailed, describe(child.error()));
    ends->second.reset();
    const std::shared_ptr<WorkerProcess> worker(new WorkerProcess(plugin, *child, std::move(ends->first), std::move(listener)));
    const auto said = worker->firstWord(birth);
    if (!said || !outcomeFrom(*said)) {
        killChild(*child);
        (void)takeEnd(*child, 0ms);
        return failure(said ? outcomeFrom(*said).error() : said.error());
    }
    if (!flagIn(*said, "confined"))
        worker->listener_.log(Level::Info, QStringLiteral("this system can't keep it from writing outside its folders"));
    std::thread([worker] { worker->listen(); }).detach();
    return worker;
}

WorkerProcess::WorkerProcess(QString plugin, qint64 child, std::unique_ptr<Channel> channel, Listener listener)
    : plugin_(std::move(plugin)),
      child_(child),
      channel_(std::move(channel)),
      listener_(std::move(listener))
{}

WorkerProcess::~WorkerProcess() = default;

void WorkerProcess::noteLost()
{
    const std::lock_guard lock(mutex_);
    lost_ = true;
}

/// Read by whoever starts it: until it has come there is nobody else to talk to.
Result<QCborMap> WorkerProcess::firstWord(const QCborMap& birth)
{
    if (!channel_->send(encodeMessage(birth)))
        return failure(Code::PluginCrashed, plugin_);
    for (const auto until = Time::now() + kBirthLimit; Time::now() < until;) {
        const auto message = channel_->receive(std::chrono::ceil<std::chrono::milliseconds>(until - Time::now()));
        if (!message)
            return failure(Code::PluginCrashed, plugin_);
        if (!*message)
            break;
        auto said = decodeMessage((*message)->bytes);
        if (!said || flagIn(*said, "ready"))
            return said;
        heard(*said);
    }
    return failure(Code::PluginUnresponsive, plugin_);
}

bool WorkerProcess::alive() const
{
    const std::lock_guard lock(mutex_);
    return usable();
}

Result<QCborMap> WorkerProcess::ask(QCborMap question, std::chrono::milliseconds limit)
{
    qint64 number = 0;
    {
        const std::lock_guard lock(mutex_);
        if (!usable())
            return failure(gone());
        idleSince_ = Time::now();
        number = ++questions_;
        answers_[number] = std::nullopt;
    }
    question.insert(QLatin1StringView("question"), number);
    const auto sent = channel_->send(encodeMessage(question));
    std::unique_lock lock(mutex_);
    const bool over = sent && answered_.wait_for(lock, limit, [&] { return answers_[number] || !alive_; });
    const auto answer = answers_.extract(number);
    if (answer && answer.mapped())
        return *answer.mapped();
    lock.unlock();
    if (sent && !over) {
        const Error error{Code::PluginUnresponsive, plugin_};
        kill(error);
        return failure(error);
    }
    return failure(gone());
}

void WorkerProcess::tell(const QCborMap& message)
{
    if (alive())
        (void)channel_->send(encodeMessage(message)); // if that fails, it is about to end
}

Result<WorkerProcess::Run> WorkerProcess::beginRun(QCborMap message)
{
    auto ends = Channel::pair();
    if (!ends)
        return failure(Code::PluginWorkerFailed, describe(ends.error()));
    Run run;
    {
        const std::lock_guard lock(mutex_);
        if (!usable())
            return failure(gone());
        ++runs_;
        run.number = ++runNumbers_;
    }
    message.insert(QLatin1StringView("do"), QLatin1StringView("run"));
    message.insert(QLatin1StringView("run"), qint64(run.number));
    run.channel = std::move(ends->first);
    if (auto ok = channel_->send(encodeMessage(message), ends->second->descriptor()); !ok) {
        endRun();
        return failure(ok.error().code == Code::RpcFrameTooBig ? ok.error() : gone());
    }
    return run;
}

void WorkerProcess::endRun()
{
    const std::lock_guard lock(mutex_);
    --runs_;
    idleSince_ = Time::now();
}

void WorkerProcess::kill(const Error& why)
{
    const std::lock_guard lock(mutex_);
    if (!alive_ || ending_ || killedFor_)
        return;
    killedFor_ = why;
    killChild(child_);
}

void WorkerProcess::dismiss()
{
    std::unique_lock lock(mutex_);
    dismissed_ = true;
    channel_->shutDown();
    answered_.wait_for(lock, 2 * kEndLimit, [this] { return over_; });
}

void WorkerProcess::listen()
{
    for (;;) {
        const auto message = channel_->receive(kLook);
        if (!message)
            break;
        if (*message) {
            const auto map = decodeMessage((*message)->bytes);
            if (!map) {
                kill(map.error());
                break;
            }
            heard(*map);
            continue;
        }
        const std::lock_guard lock(mutex_);
        if (runs_ == 0 && answers_.empty() && Time::now() - idleSince_ > kIdleLife) {
            dismissed_ = true;
            break;
        }
    }
    channel_->shutDown();
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    ended();
}

void WorkerProcess::heard(const QCborMap& message)
{
    if (const QCborValue text = field(message, "log"); text.isString()) {
        const auto level = Level(std::clamp<qint64>(numberIn(message, "level"), qint64(Level::Debug), qint64(Level::Error)));
        listener_.log(level, text.toString().left(kLongestLine));
        return;
    }
    const std::lock_guard lock(mutex_);
    if (const auto open = answers_.find(numberIn(message, "answers")); open != answers_.end())
        open->second = message;
    answered_.notify_all();
}

void WorkerProcess::ended()
{
    const ProgramEnd end = takeEnd(child_, kEndLimit);
    std::optional<Error> fault;
    {
        const std::lock_guard lock(mutex_);
        alive_ = false;
        if (killedFor_)
            fault = killedFor_;
        else if (end.how == ProgramEnd::How::Crashed)
            fault = Error{Code::PluginCrashed, QStringLiteral("%1, signal %2").arg(plugin_).arg(end.status)};
        else if (!dismissed_)
            fault = Error{Code::PluginCrashed, QStringLiteral("%1 ended its process").arg(plugin_)};
    }
    if (fault)
        listener_.faulted(*fault);
    const std::lock_guard lock(mutex_);
    over_ = true;
    answered_.notify_all();
}

} // namespace weir
