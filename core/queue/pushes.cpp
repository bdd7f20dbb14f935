#include "queue/pushes.h"

#include <algorithm>
#include <vector>

namespace weir {

Result<void> Pushes::attach(TaskId task, Sender sender)
{
    const std::lock_guard lock(mutex_);
    if (const auto there = pushes_.find(task); there != pushes_.end()) {
        there->second.sender = sender;
        return {};
    }
    const auto ofSender =
        std::count_if(pushes_.begin(), pushes_.end(), [sender](const auto& entry) { return entry.second.sender == sender; });
    if (ofSender >= kMaxOfSender || pushes_.size() >= std::size_t(kMaxAtOnce))
        return failure(
            Code::TooManyPushes, QStringLiteral("at most %1").arg(ofSender >= kMaxOfSender ? kMaxOfSender : kMaxAtOnce));
    pushes_[task].sender = sender;
    return {};
}

Result<void> Pushes::put(TaskId task, PushPart part, Answer answer)
{
    const std::lock_guard lock(mutex_);
    Push& push = pushes_[task];
    if (push.answer)
        return failure(Code::RpcBadParams, QStringLiteral("offset: the part before this one is not answered yet"));
    push.part = std::move(part);
    push.answer = std::move(answer);
    changed_.notify_all();
    return {};
}

bool Pushes::waits(TaskId task) const
{
    const std::lock_guard lock(mutex_);
    const auto found = pushes_.find(task);
    return found != pushes_.end() && found->second.answer;
}

void Pushes::refuse(TaskId task, const Error& error)
{
    const std::lock_guard lock(mutex_);
    const auto found = pushes_.find(task);
    if (found == pushes_.end())
        return;
    found->second.part.reset();
    tell(std::exchange(found->second.answer, nullptr), failure(error));
}

void Pushes::end(TaskId task, const Error& error)
{
    refuse(task, error);
    const std::lock_guard lock(mutex_);
    pushes_.erase(task);
    changed_.notify_all();
}

void Pushes::abandon(Sender sender)
{
    const std::lock_guard lock(mutex_);
    // The session that waited for the answer is gone too, but whoever counts answers gets one.
    for (auto& [task, push] : pushes_)
        if (push.sender == sender)
            tell(std::exchange(push.answer, nullptr), failure(Code::PushAbandoned));
    std::erase_if(pushes_, [sender](const auto& entry) { return entry.second.sender == sender; });
    changed_.notify_all();
}

Result<PushPart> Pushes::take(TaskId task, std::stop_token stop)
{
    std::unique_lock lock(mutex_);
    auto found = pushes_.end();
    const bool ready = changed_.wait_for(lock, stop, patience_, [&] {
        found = pushes_.find(task);
        return found == pushes_.end() || found->second.part.has_value();
    });
    if (!ready && stop.stop_requested())
        return failure(Code::Cancelled);
    // The page may be gone while its browser, and so the session, is still there.
    if (!ready || found == pushes_.end())
        return failure(Code::PushAbandoned);
    return *std::exchange(found->second.part, std::nullopt);
}

void Pushes::answer(TaskId task, const Result<qint64>& outcome)
{
    const std::lock_guard lock(mutex_);
    const auto found = pushes_.find(task);
    if (found == pushes_.end())
        return;
    found->second.part.reset(); // a run that ends leaves it where it was
    tell(std::exchange(found->second.answer, nullptr), outcome);
}

void Pushes::tell(Answer answer, const Result<qint64>& outcome)
{
    if (answer)
        main_([answer = std::move(answer), outcome] { answer(outcome); });
}

} // namespace weir
