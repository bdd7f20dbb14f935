#include "isolation/isolated_task.h"

#include "isolation/context_server.h"

#include <thread>

namespace weir {

namespace {

using namespace std::chrono_literals;
using Time = std::chrono::steady_clock;

constexpr auto kLook = 1s;
constexpr auto kStopPatience = 3s; ///< a second is what tasks are promised; the daemon's own stop waits longer

class Conversation {
public:
    Conversation(TaskContext& context, QString plugin, std::shared_ptr<WorkerProcess> worker, WorkerProcess::Run run)
        : context_(context),
          plugin_(std::move(plugin)),
          worker_(std::move(worker)),
          run_(std::move(run)),
          server_(context, [worker = worker_, number = run_.number] {
              worker->tell(fields({{"do", "endSharing"}, {"run", qint64(number)}}));
          })
    {}
    ~Conversation() { worker_->endRun(); }

    Result<void> untilEnd();
    bool goesOn() const { return server_.detached() && !server_.left(); }
    void untilLeft();

private:
    Result<void> hear(const Channel::Message& message);
    std::optional<Error> next();

    TaskContext& context_;
    const QString plugin_;
    const std::shared_ptr<WorkerProcess> worker_;
    const WorkerProcess::Run run_;
    ContextServer server_;
};

/// Tells the process of a rate, now and whenever it changes, and once of a stop.
void follow(TaskContext& context, const std::shared_ptr<WorkerProcess>& worker, quint64 number)
{
    context.onRate([worker, number, &up = context.services().totalUpRate()](qint64 bytesPerSecond) {
        worker->tell(fields({{"do", "rate"}, {"run", qint64(number)}, {"down", bytesPerSecond}, {"up", up.rate()}}));
    });
}

/// What can't go on; nothing: it can.
std::optional<Error> Conversation::next()
{
    auto message = run_.channel->receive(kLook);
    if (!message) {
        const Code why = message.error().code;
        worker_->noteLost();
        if (why == Code::PluginCrashed)
            return Error{Code::PluginCrashed, plugin_};
        if (why == Code::ConnectionLost)
            return Error{Code::PluginRestarted, plugin_};
        const Error bad{Code::PluginAnswerBad, message.error().detail};
        worker_->kill(bad);
        return bad;
    }
    if (*message)
        if (auto ok = hear(**message); !ok)
            return ok.error();
    return {};
}

Result<void> Conversation::hear(const Channel::Message& message)
{
    const auto map = decodeMessage(message.bytes);
    const auto answer = map ? server_.handle(*map) : Result<std::optional<ContextServer::Answer>>(failure(map.error()));
    if (!answer) {
        // What could not be counted is the disk's affair; what makes no sense is the worker's.
        if (answer.error().code == Code::PluginAnswerBad)
            worker_->kill(answer.error());
        return failure(answer.error());
    }
    if (!*answer)
        return {};
    if (!run_.channel->send(encodeMessage((*answer)->reply), (*answer)->descriptor))
        return failure(Code::PluginRestarted, plugin_);
    return {};
}

Result<void> Conversation::untilEnd()
{
    follow(context_, worker_, run_.number);
    const std::stop_callback onStop(context_.stop(), [this] {
        worker_->tell(fields({{"do", "stop"}, {"run", qint64(run_.number)}}));
    });
    std::optional<Time::time_point> stoppedAt;
    while (!server_.ended()) {
        if (const auto over = next())
            return context_.stop().stop_requested() && over->code == Code::PluginRestarted ? failure(Code::Cancelled)
                                                                                           : failure(*over);
        if (context_.stop().stop_requested() && !stoppedAt)
            stoppedAt = Time::now();
        if (stoppedAt && Time::now() - *stoppedAt > kStopPatience) {
            const Error why{Code::PluginUnresponsive, plugin_};
            context_.log(Level::Error, describe(why));
            worker_->kill(why);
            return failure(Code::Cancelled); // which it is now
        }
    }
    return *server_.ended();
}

void Conversation::untilLeft()
{
    while (!server_.left()) {
        if (const auto over = next())
            return context_.leave(failure(*over));
    }
    context_.leave(*server_.left());
}

QCborMap beginning(TaskContext& context)
{
    return fields({{"spec", toCbor(context.spec())}, {"state", context.savedState()}, {"device", qint64(context.device())},
        {"down", context.rate().rate()}});
}

} // namespace

Result<void> IsolatedTask::run(TaskContext& context)
{
    for (int attempt = 0;; ++attempt) {
        const auto worker = workers_->forFolder(context.spec().directory);
        if (!worker)
            return failure(worker.error());
        auto run = (*worker)->beginRun(beginning(context));
        if (!run && run.error().code == Code::PluginRestarted && attempt == 0)
            continue; // it went while we came
        if (!run)
            return failure(run.error());
        const auto conversation = std::make_shared<Conversation>(context, workers_->plugin(), *worker, std::move(*run));
        const Result<void> outcome = conversation->untilEnd();
        if (outcome && conversation->goesOn())
            std::thread([conversation] { conversation->untilLeft(); }).detach();
        return outcome;
    }
}

} // namespace weir
