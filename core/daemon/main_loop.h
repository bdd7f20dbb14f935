#pragma once
// An Executor over Qt's event loop that may outlive it: what comes after the end is dropped. Made on the main thread, which
// also ends it; the executors from any thread.

#include "base/executor.h"

#include <QCoreApplication>
#include <QEvent>

#include <memory>
#include <mutex>

namespace weir {

class MainLoop {
public:
    MainLoop() : target_(std::make_shared<Target>()) { target_->worker = &worker_; }
    ~MainLoop()
    {
        std::lock_guard lock(target_->mutex);
        target_->worker = nullptr;
    }
    MainLoop(const MainLoop&) = delete;
    MainLoop& operator=(const MainLoop&) = delete;

    Executor executor() const
    {
        return [target = target_](std::function<void()> work) {
            std::lock_guard lock(target->mutex);
            if (target->worker)
                QCoreApplication::postEvent(target->worker, new Work(std::move(work)));
        };
    }

private:
    /// The loop's own once it is posted.
    struct Work final : QEvent {
        explicit Work(std::function<void()> given) : QEvent(kind()), work(std::move(given)) {}
        static Type kind()
        {
            static const int own = registerEventType();
            return Type(own);
        }
        const std::function<void()> work;
    };
    struct Worker final : QObject {
        bool event(QEvent* event) override
        {
            if (event->type() != Work::kind())
                return QObject::event(event);
            static_cast<const Work*>(event)->work();
            return true;
        }
    };
    struct Target {
        std::mutex mutex;
        Worker* worker = nullptr;
    };
    Worker worker_;
    std::shared_ptr<Target> target_;
};

} // namespace weir
