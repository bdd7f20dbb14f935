#pragma once
// The last word of a stop: when the time is up and something still hangs, its name goes to the log and the process ends at
// once, without destructors, since those would wait for, or destroy what is used by, whatever hangs. The ledger holds only
// synced facts, so nothing is lost. Main thread, except for its own.

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace weir {

class StopGuard {
public:
    /// `cutOff` is told what was under way; it must not return.
    explicit StopGuard(std::function<void(const std::string& underWay)> cutOff) : cutOff_(std::move(cutOff)) {}
    ~StopGuard(); ///< the stop has come to its end

    void arm(std::chrono::milliseconds limit);
    void nowStopping(std::string part);
    std::chrono::milliseconds left() const;

private:
    const std::function<void(const std::string&)> cutOff_;
    std::mutex mutex_;
    std::condition_variable ended_;
    bool over_ = false;
    std::string part_ = "the start of the stop";
    std::chrono::steady_clock::time_point until_{};
    std::thread thread_;
};

} // namespace weir
