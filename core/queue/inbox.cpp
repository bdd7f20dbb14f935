#include "queue/inbox.h"

#include <utility>

namespace weir {

Inbox::Inbox(Executor main) : main_(std::move(main)) {}

Inbox::~Inbox()
{
    const std::lock_guard lock(state_->mutex);
    state_->closed = true;
    state_->facts.clear();
}

void Inbox::post(std::function<void()> fact)
{
    {
        const std::lock_guard lock(state_->mutex);
        if (state_->closed)
            return;
        state_->facts.push_back(std::move(fact));
        if (std::exchange(state_->woken, true))
            return;
    }
    main_([state = state_] { drain(state); });
}

void Inbox::drain(const std::shared_ptr<State>& state)
{
    std::vector<std::function<void()>> facts;
    {
        const std::lock_guard lock(state->mutex);
        facts.swap(state->facts);
        state->woken = false;
    }
    for (const auto& fact : facts) {
        // Both are changed on this thread only, so a fact that destroys the inbox ends the batch.
        if (state->closed)
            return;
        fact();
    }
}

} // namespace weir
