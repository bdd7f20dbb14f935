#include "daemon/stop_guard.h"

#include <algorithm>

namespace weir {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

void StopGuard::arm(milliseconds limit)
{
    until_ = steady_clock::now() + limit;
    thread_ = std::thread([this] {
        std::unique_lock lock(mutex_);
        if (!ended_.wait_until(lock, until_, [this] { return over_; }))
            cutOff_(part_);
    });
}

StopGuard::~StopGuard()
{
    {
        std::lock_guard lock(mutex_);
        over_ = true;
    }
    ended_.notify_all();
    if (thread_.joinable())
        thread_.join();
}

void StopGuard::nowStopping(std::string part)
{
    std::lock_guard lock(mutex_);
    part_ = std::move(part);
}

milliseconds StopGuard::left() const
{
    return std::max(milliseconds(0), std::chrono::floor<milliseconds>(until_ - steady_clock::now()));
}

} // namespace weir
