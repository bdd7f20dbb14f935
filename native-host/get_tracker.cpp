#include "get_tracker.h"

#include <weir/error.h>

#include <algorithm>

namespace weir {

namespace {

constexpr int kStopped = 31;

bool known(const TaskView& task) { return task.size || task.done > 0; }

QJsonObject removedError()
{
    const ErrorRow& row = errorRow(Code::Cancelled);
    return {{QStringLiteral("code"), QLatin1String(row.name)}, {QStringLiteral("number"), int(row.code)},
        {QStringLiteral("category"), QLatin1String(toString(row.category))},
        {QStringLiteral("retry"), QLatin1String(toString(row.retry))}, {QStringLiteral("message"), QLatin1String(row.text)},
        {QStringLiteral("detail"), QStringLiteral("the task was removed")}, {QStringLiteral("hint"), QLatin1String(row.hint)}};
}

} // namespace

int worse(int a, int b)
{
    const auto rank = [](int status) { return status == 0 ? -1 : status == kStopped ? 0 : status; };
    return rank(a) >= rank(b) ? a : b;
}

int holdExit(const TaskView& task)
{
    if (task.error)
        return task.error->exit;
    for (const HoldView& hold : task.holds) {
        // The owner of a hold that an error placed has the error's name in other letters: disk-full.
        if (const ErrorRow* row = findErrorRow(QString(hold.owner).remove(u'-')))
            return row->exitStatus;
    }
    return kStopped;
}

GetTracker::GetTracker(const QList<qint64>& ids, Policy policy, Reporter& reporter) : policy_(policy), reporter_(reporter)
{
    for (qint64 id : ids)
        tasks_[id].view.id = id;
    open_ = tasks_.size();
}

void GetTracker::update(const QJsonObject& change, qint64 now)
{
    const auto found = tasks_.find(qint64(change.value(QLatin1String("id")).toDouble()));
    if (found == tasks_.end() || found->second.ended)
        return;
    Tracked& task = found->second;
    const bool isNew = task.raw.isEmpty();
    for (auto member = change.begin(); member != change.end(); ++member)
        task.raw.insert(member.key(), member.value());
    task.view = TaskView(task.raw);
    if (isNew) {
        task.doneAtStart = task.view.done;
        reporter_.event(GetEvent::Added, task, now);
    }
    if (task.started < 0 && (task.view.running() || task.view.state == u"done"))
        task.started = now;
    if (!task.described && (known(task.view) || task.view.state == u"done")) {
        task.described = true;
        task.toldAt = now;
        reporter_.event(GetEvent::Described, task, now);
    }
    if (task.view.state == u"failed")
        end(task, GetEvent::Failed, task.view.error ? std::max(1, task.view.error->exit) : 1, now);
    else if (task.view.ended())
        end(task, GetEvent::Done, 0, now);
    else if (task.view.held() || task.view.state == u"choosing")
        stand(task, now);
    else
        progress(task, now);
}

void GetTracker::removed(qint64 id, qint64 now)
{
    if (!isOpen(id))
        return;
    Tracked& task = tasks_[id];
    task.raw.insert(QStringLiteral("id"), id);
    task.raw.insert(QStringLiteral("state"), QStringLiteral("failed"));
    task.raw.insert(QStringLiteral("error"), removedError());
    task.view = TaskView(task.raw);
    end(task, GetEvent::Failed, kStopped, now);
}

void GetTracker::end(Tracked& task, GetEvent event, int exit, qint64 now)
{
    task.ended = true;
    task.stoppedAt = now;
    --open_;
    exit_ = worse(exit_, exit);
    reporter_.event(event, task, now);
}

void GetTracker::stand(Tracked& task, qint64 now)
{
    const bool choosing = task.view.state == u"choosing";
    const QString why = choosing ? QStringLiteral("choice") : QStringLiteral("hold ") + task.view.holdText();
    if (task.standing != why) {
        task.standing = why;
        reporter_.event(choosing ? GetEvent::Choosing : GetEvent::Held, task, now);
    }
    if (choosing ? policy_.waitForHolds || policy_.waitForChoice : policy_.waitForHolds)
        return;
    task.ended = true;
    task.stoppedAt = now;
    --open_;
    exit_ = worse(exit_, choosing ? errorRow(Code::AwaitingChoice).exitStatus : holdExit(task.view));
}

void GetTracker::progress(Tracked& task, qint64 now)
{
    task.standing.clear();
    if (!task.described || !task.view.running())
        return;
    const double fraction = std::max(0.0, task.view.fraction());
    const bool step = policy_.progressStep > 0 && fraction - task.fractionTold >= policy_.progressStep;
    if (task.toldAt == now || (now - task.toldAt < policy_.progressEvery && !step))
        return;
    task.toldAt = now;
    task.fractionTold = fraction;
    reporter_.event(GetEvent::Progress, task, now);
}

void GetTracker::tick(qint64 now) { reporter_.tick(all(), now); }

bool GetTracker::isOpen(qint64 id) const
{
    const auto found = tasks_.find(id);
    return found != tasks_.end() && !found->second.ended;
}

QList<qint64> GetTracker::open() const
{
    QList<qint64> out;
    for (const auto& [id, task] : tasks_) {
        if (!task.ended)
            out += id;
    }
    return out;
}

std::vector<const Tracked*> GetTracker::all() const
{
    std::vector<const Tracked*> out;
    out.reserve(tasks_.size());
    for (const auto& [id, task] : tasks_)
        out.push_back(&task);
    return out;
}

} // namespace weir
