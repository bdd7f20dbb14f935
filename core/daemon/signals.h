#pragma once
// Signals as ordinary events: the handler writes one byte into a pipe, the event loop reads it. Main thread; one at a time in
// a process; the daemon's main() owns it. Crashes have no handler: the black box tells who was at work.

#include <QSocketNotifier>

#include <functional>
#include <initializer_list>
#include <memory>
#include <vector>

namespace weir {

class SignalWatch {
public:
    SignalWatch(std::initializer_list<int> signalNumbers, std::function<void(int)> arrived);
    ~SignalWatch(); ///< the signals have their default meaning again
    SignalWatch(const SignalWatch&) = delete;
    SignalWatch& operator=(const SignalWatch&) = delete;

private:
    void read();

    const std::vector<int> signals_;
    const std::function<void(int)> arrived_;
    int pipe_[2] = {-1, -1};
    std::unique_ptr<QSocketNotifier> notifier_;
};

} // namespace weir
