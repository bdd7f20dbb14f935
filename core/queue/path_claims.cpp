#include "queue/path_claims.h"

namespace weir {

bool PathClaims::claim(const QString& path, TaskId task)
{
    const std::lock_guard lock(mutex_);
    const auto found = owners_.constFind(path);
    if (found != owners_.cend())
        return *found == task;
    owners_.insert(path, task);
    paths_.insert(task, path);
    return true;
}

std::optional<TaskId> PathClaims::owner(const QString& path) const
{
    const std::lock_guard lock(mutex_);
    const auto found = owners_.constFind(path);
    return found == owners_.cend() ? std::nullopt : std::optional(*found);
}

void PathClaims::release(const QString& path, TaskId task)
{
    const std::lock_guard lock(mutex_);
    const auto found = owners_.find(path);
    if (found == owners_.end() || *found != task)
        return;
    owners_.erase(found);
    paths_.remove(task, path);
}

void PathClaims::releaseAll(TaskId task)
{
    const std::lock_guard lock(mutex_);
    for (auto it = paths_.find(task); it != paths_.end() && it.key() == task; it = paths_.erase(it))
        owners_.remove(it.value());
}

std::size_t PathClaims::size() const
{
    const std::lock_guard lock(mutex_);
    return std::size_t(owners_.size());
}

int PathClaims::firstNumber(const QString& path) const
{
    const std::lock_guard lock(mutex_);
    return numbers_.value(path, 1);
}

void PathClaims::noteNumber(const QString& path, int tried)
{
    const std::lock_guard lock(mutex_);
    if (numbers_.size() >= kRememberedNumbers)
        numbers_.clear();
    numbers_.insert(path, tried);
}

} // namespace weir
