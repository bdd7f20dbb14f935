#pragma once
// The main thread of a test: what other threads post waits here until the test's thread runs it.

#include "base/executor.h"

#include <condition_variable>
#include <deque>
#include <mutex>

namespace weir::test {

class MainInbox {
public:
    /// Outlives whoever got it.
    Executor executor()
    {
        return [this](std::function<void()> work) { post(std::move(work)); };
    }
    void post(std::function<void()> work)
    {
        const std::lock_guard lock(mutex_);
        queue_.push_back(std::move(work));
        changed_.notify_one();
    }
    /// Runs what comes until `done()`, which is asked after each.
    void runUntil(const std::function<bool()>& done)
    {
        while (!done()) {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [&] { return !queue_.empty(); });
            auto work = std::move(queue_.front());
            queue_.pop_front();
            lock.unlock();
            work();
        }
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::function<void()>> queue_;
};

} // namespace weir::test
