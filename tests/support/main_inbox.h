#pragma once
// The main thread of a test: what other threads post waits here until the test's thread runs it.

#include "base/executor.h"

#include <chrono>
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
    /// Runs what comes until `done()`, which is asked after each, and again and again: what it looks at may change elsewhere.
    void runUntil(const std::function<bool()>& done)
    {
        while (!done()) {
            std::unique_lock lock(mutex_);
            if (!changed_.wait_for(lock, std::chrono::milliseconds(5), [&] { return !queue_.empty(); }))
                continue;
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
