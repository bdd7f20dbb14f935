#pragma once
// From many threads to the main one, in batches: however many facts come while the main thread is busy, it is woken once.
// post() from any thread. What has not been run when the inbox is destroyed is dropped.

#include "base/executor.h"

#include <memory>
#include <mutex>
#include <vector>

namespace weir {

class Inbox {
public:
    explicit Inbox(Executor main);
    ~Inbox();
    Inbox(const Inbox&) = delete;
    Inbox& operator=(const Inbox&) = delete;

    void post(std::function<void()> fact);

private:
    struct State {
        std::mutex mutex;
        std::vector<std::function<void()>> facts;
        bool woken = false, closed = false;
    };
    static void drain(const std::shared_ptr<State>& state);

    const Executor main_;
    const std::shared_ptr<State> state_ = std::make_shared<State>();
};

} // namespace weir
