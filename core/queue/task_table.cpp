#include "queue/task_table.h"

namespace weir {

namespace {

template <class Text> void shareWith(QSet<Text>& pool, Text& text)
{
    if (!text.isEmpty())
        text = *pool.insert(text);
}

// What only the pool still refers to is forgotten, or hosts seen once would stay for the life of the daemon.
template <class Text> void letGo(QSet<Text>& pool, Text& text)
{
    const auto found = pool.find(text);
    text = Text();
    if (found != pool.end() && found->isDetached())
        pool.erase(found);
}

} // namespace

Task& TaskTable::insert(Task task)
{
    remove(task.id);
    shareWith(sharedTexts_, task.directory);
    shareWith(sharedBytes_, task.host);
    auto& slot = byId_[task.id];
    slot = std::make_unique<Task>(std::move(task));
    slot->place_ = {};
    slot->revision = 0;
    touch(*slot);
    return *slot;
}

void TaskTable::remove(TaskId id)
{
    const auto found = byId_.find(id);
    if (found == byId_.end())
        return;
    Task& task = *found->second;
    delist(task);
    byRevision_.erase(task.revision);
    letGo(sharedTexts_, task.directory);
    letGo(sharedBytes_, task.host);
    letGo(sharedBytes_, task.adapter);
    letGo(sharedBytes_, task.mime);
    byId_.erase(found);
    removals_.emplace_back(++revision_, id);
    if (removals_.size() > kRememberedRemovals) {
        forgottenUntil_ = removals_.front().first;
        removals_.pop_front();
    }
}

Task* TaskTable::find(TaskId id)
{
    const auto found = byId_.find(id);
    return found == byId_.end() ? nullptr : found->second.get();
}

const Task* TaskTable::find(TaskId id) const
{
    const auto found = byId_.find(id);
    return found == byId_.end() ? nullptr : found->second.get();
}

void TaskTable::touch(Task& task)
{
    shareWith(sharedBytes_, task.adapter);
    shareWith(sharedBytes_, task.mime);
    const Task::Place& place = task.place_;
    if (!place.listed || place.state != task.state || place.priority != task.priority || place.position != task.position) {
        delist(task);
        enlist(task);
    }
    if (task.revision != 0) {
        auto node = byRevision_.extract(task.revision);
        task.revision = ++revision_;
        node.key() = task.revision;
        byRevision_.insert(byRevision_.end(), std::move(node));
    } else {
        task.revision = ++revision_;
        byRevision_.emplace_hint(byRevision_.end(), task.revision, &task);
    }
}

std::vector<Task*> TaskTable::waiting() const
{
    std::vector<Task*> tasks;
    tasks.reserve(waiting_.size());
    for (const auto& [order, task] : waiting_)
        tasks.push_back(task);
    return tasks;
}

std::optional<TaskTable::Changes> TaskTable::since(quint64 revision) const
{
    if (revision < forgottenUntil_ || revision > revision_)
        return std::nullopt;
    Changes changes;
    for (auto it = byRevision_.upper_bound(revision); it != byRevision_.end(); ++it)
        changes.changed.push_back(it->second);
    for (auto it = removals_.rbegin(); it != removals_.rend() && it->first > revision; ++it)
        if (!byId_.contains(it->second))
            changes.removed.push_back(it->second);
    return changes;
}

void TaskTable::enlist(Task& task)
{
    task.place_ = {true, task.state, task.priority, task.position};
    ++counts_[std::size_t(task.state)];
    if (task.state == State::Waiting)
        waiting_.emplace(Order{task.priority, task.position, task.id}, &task);
}

void TaskTable::delist(Task& task)
{
    const Task::Place& place = task.place_;
    if (!place.listed)
        return;
    --counts_[std::size_t(place.state)];
    if (place.state == State::Waiting)
        waiting_.erase(Order{place.priority, place.position, task.id});
    task.place_.listed = false;
}

} // namespace weir
