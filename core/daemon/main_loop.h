#pragma once
// An Executor over Qt's event loop that may outlive it: what comes after the end is dropped. Made on the main thread, which
// also ends it; the executors from any thread.

#include "base/executor.h"

#include <QCoreApplication>
#include <QEvent>

#include <deque>
#include <memory>
#include <mutex>

namespace weir {

class MainLoop {
public:
    MainLoop() : queue_(std::make_shared<Queue>()), worker_(queue_) { queue_->worker = &worker_; }
    ~MainLoop()
    {
        std::deque<std::function<void()>> dropped; // what it holds may want to post
        const std::lock_guard lock(queue_->mutex);
        queue_->worker = nullptr;
        dropped.swap(queue_->work);
    }
    MainLoop(const MainLoop&) = delete;
    MainLoop& operator=(const MainLoop&) = delete;

    Executor executor() const
    {
        return [queue = queue_](std::function<void()> work) {
            const std::lock_guard lock(queue->mutex);
            if (!queue->worker)
                return;
            queue->work.push_back(std::move(work));
            if (queue->work.size() == 1)
                queue->wake();
        };
    }

private:
    struct Queue {
        std::mutex mutex;
        std::deque<std::function<void()>> work;
        QObject* worker = nullptr; ///< none: the loop has ended
        void wake() const { QCoreApplication::postEvent(worker, new QEvent(QEvent::User)); }
    };
    struct Worker final : QObject {
        explicit Worker(std::shared_ptr<Queue> queue) : queue_(std::move(queue)) {}
        /// Runs what is there now, in order also when one of it runs a loop of its own; the loop's other events come in
        /// between.
        bool event(QEvent* event) override
        {
            const auto queue = queue_; // what runs may end the loop
            std::unique_lock lock(queue->mutex);
            if (event->type() != QEvent::User) {
                lock.unlock();
                return QObject::event(event);
            }
            for (std::size_t left = queue->work.size(); left > 0 && !queue->work.empty(); --left) {
                auto next = std::move(queue->work.front());
                queue->work.pop_front();
                lock.unlock();
                next();
                next = nullptr;
                lock.lock();
            }
            if (queue->worker && !queue->work.empty())
                queue->wake();
            return true;
        }
        const std::shared_ptr<Queue> queue_;
    };
    const std::shared_ptr<Queue> queue_;
    Worker worker_;
};

} // namespace weir
