#pragma once
// An Executor over Qt's event loop that may outlive it: what comes after the end is dropped. Made on the main thread, which
// also ends it; the executors from any thread.

#include "base/executor.h"

#include <QObject>

#include <memory>
#include <mutex>

namespace weir {

class MainLoop {
public:
    MainLoop() : target_(std::make_shared<Target>()) { target_->object = &object_; }
    ~MainLoop()
    {
        std::lock_guard lock(target_->mutex);
        target_->object = nullptr;
    }
    MainLoop(const MainLoop&) = delete;
    MainLoop& operator=(const MainLoop&) = delete;

    Executor executor() const
    {
        return [target = target_](std::function<void()> work) {
            std::lock_guard lock(target->mutex);
            if (target->object)
                QMetaObject::invokeMethod(target->object, std::move(work), Qt::QueuedConnection);
        };
    }

private:
    struct Target {
        std::mutex mutex;
        QObject* object = nullptr;
    };
    QObject object_;
    std::shared_ptr<Target> target_;
};

} // namespace weir
