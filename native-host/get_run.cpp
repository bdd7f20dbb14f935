#include "get_run.h"

#include "interrupts.h"
#include "task_feed.h"
#include "text.h"

#include <QJsonArray>
#include <QSet>

#include <chrono>

#include <fcntl.h>
#include <unistd.h>

namespace weir {

using namespace std::chrono_literals;

namespace {

constexpr int kStopped = 31;
constexpr std::chrono::milliseconds kTick = 200ms;
/// So many deaths of the daemon, each within a minute of the last, and we stop starting it.
constexpr int kMostDeaths = 5;
constexpr qint64 kDeathsForgotten = 60'000;

qint64 nowMs()
{
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

QJsonArray toArray(const QList<qint64>& ids)
{
    QJsonArray out;
    for (qint64 id : ids)
        out += id;
    return out;
}

} // namespace

GetRun::GetRun(Cli& cli, const QList<qint64>& ids, Options options, std::unique_ptr<Reporter> reporter)
    : cli_(cli),
      ids_(ids),
      options_(options),
      reporter_(std::move(reporter)),
      tracker_(ids, options.policy, *reporter_),
      began_(nowMs())
{}

Result<int> GetRun::run()
{
    Interrupts interrupts;
    interrupts_ = &interrupts;
    auto stepped = subscribe();
    for (;;) {
        if (!stepped) {
            const auto alive = outlive(stepped.error());
            if (!alive) {
                reporter_->rest();
                return failure(alive.error());
            }
            stepped = subscribe();
            continue;
        }
        if (const int signal = interrupts.take()) {
            const auto leaves = interrupted(signal);
            if (leaves && *leaves)
                return kStopped;
            stepped = leaves ? Result<void>{} : failure(leaves.error());
            continue;
        }
        stepped = takeNotifications();
        tracker_.tick(nowMs());
        if (tracker_.finished())
            return finish();
        if (!stepped)
            continue;
        const auto client = cli_.daemon();
        stepped = client ? (*client)->wait(kTick, interrupts.descriptor()) : failure(client.error());
    }
}

Result<void> GetRun::subscribe()
{
    const auto client = cli_.daemon();
    if (!client)
        return failure(client.error());
    const auto tasks = subscribeToTasks(**client, toArray(ids_));
    if (!tasks)
        return failure(tasks.error());
    QSet<qint64> seen;
    for (const QJsonValue& task : *tasks) {
        const QJsonObject object = task.toObject();
        seen.insert(qint64(object.value(QLatin1String("id")).toDouble()));
        tracker_.update(object, nowMs());
    }
    QList<qint64> missing = tracker_.open();
    missing.removeIf([&](qint64 id) { return seen.contains(id); });
    return absent(missing);
}

/// Tasks of ours that a snapshot lacks: asked for one by one, since "not in the list" may mean gone.
Result<void> GetRun::absent(const QList<qint64>& ids)
{
    for (qint64 id : ids) {
        const auto client = cli_.daemon();
        if (!client)
            return failure(client.error());
        const auto task = (*client)->call(QStringLiteral("task.get"), {{QStringLiteral("id"), id}});
        if (task)
            tracker_.update(*task, nowMs());
        else if (task.error().code == Code::UnknownTask)
            tracker_.removed(id, nowMs());
        else
            return failure(task.error());
    }
    return {};
}

Result<void> GetRun::takeNotifications()
{
    const auto client = cli_.daemon();
    if (!client)
        return failure(client.error());
    while (const auto message = (*client)->takeNotification()) {
        const QString method = message->value(QLatin1String("method")).toString();
        if (method == u"events.resync")
            return subscribe();
        if (method != u"events.delta")
            continue;
        const QJsonObject params = message->value(QLatin1String("params")).toObject();
        const QJsonArray tasks = params.value(QLatin1String("tasks")).toArray();
        for (const QJsonValue& task : tasks)
            tracker_.update(task.toObject(), nowMs());
        const QJsonArray removed = params.value(QLatin1String("removed")).toArray();
        for (const QJsonValue& id : removed)
            tracker_.removed(qint64(id.toDouble()), nowMs());
    }
    return {};
}

/// Whether the wait can go on after this error; the next subscribe() connects, and starts the daemon if it is gone.
Result<void> GetRun::outlive(const Error& error)
{
    const bool gone = error.code == Code::ConnectionLost || error.code == Code::RpcFrameTruncated;
    if (!gone)
        return failure(error);
    const qint64 now = nowMs();
    deaths_ = now - diedAt_ < kDeathsForgotten ? deaths_ + 1 : 1;
    diedAt_ = now;
    if (deaths_ > kMostDeaths)
        return failure(Code::DaemonUnreachable, QStringLiteral("it went away %1 times in a row").arg(deaths_));
    reporter_->note(QStringLiteral("the daemon went away; starting it again"));
    tracker_.tick(now);
    cli_.forgetDaemon();
    return {};
}

Result<bool> GetRun::interrupted(int signal)
{
    Answer answer = options_.onInterrupt == OnInterrupt::Pause ? Answer::Pause : Answer::Background;
    if (options_.onInterrupt == OnInterrupt::Ask && signal == SIGINT && cli_.err().terminal) {
        reporter_->rest();
        answer = ask();
    }
    if (answer == Answer::Continue)
        return false;
    reporter_->rest();
    const QList<qint64> open = tracker_.open();
    if (answer == Answer::Pause) {
        const auto client = cli_.daemon();
        if (!client)
            return failure(client.error());
        const auto paused = (*client)->call(QStringLiteral("task.pause"),
            {{QStringLiteral("ids"), toArray(open)}, {QStringLiteral("reason"), QStringLiteral("paused by Ctrl-C")}});
        if (!paused)
            return failure(paused.error());
        reporter_->note(QStringLiteral("paused %1; `weir resume` goes on").arg(countText(open.size(), QStringLiteral("task"))));
    } else {
        reporter_->note(QStringLiteral("%1 left to the daemon; `weir watch` shows them")
                            .arg(countText(open.size(), QStringLiteral("task"))));
    }
    reporter_->rest();
    return true;
}

GetRun::Answer GetRun::ask()
{
    const int terminal = ::open("/dev/tty", O_RDWR | O_CLOEXEC);
    if (terminal < 0)
        return Answer::Background;
    cli_.err().write(QStringLiteral("[b]ackground, [p]ause, [c]ontinue? "));
    auto answer = std::optional<Answer>();
    {
        const RawKeys keys(terminal);
        while (!answer) {
            const QByteArray typed = keys.read(-1).toLower();
            // A signal ends the read: a second Ctrl-C means "go away".
            if (interrupts_->take() || typed == "b" || typed == "q" || typed == "\x04")
                answer = Answer::Background;
            else if (typed == "p")
                answer = Answer::Pause;
            else if (typed == "c" || typed == "\n" || typed == "\x1b")
                answer = Answer::Continue;
        }
    }
    ::close(terminal);
    cli_.err().write(QStringLiteral("\r\x1b[K"));
    return *answer;
}

Result<int> GetRun::finish()
{
    reporter_->finish(tracker_.all(), began_, nowMs());
    if (options_.printPaths) {
        for (const Tracked* task : tracker_.all()) {
            if (task->view.ended() && task->view.state != u"failed")
                cli_.out().line(task->view.path);
        }
    }
    return tracker_.exitStatus();
}

} // namespace weir
