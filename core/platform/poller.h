#pragma once
// Waits for sockets, a time limit and a nudge from other threads: one epoll (or kqueue) descriptor and one to wake it.
// Everything belongs to the thread that waits, but for wake(), which any thread may call.

#include <weir/result.h>

#include <chrono>
#include <memory>
#include <span>
#include <vector>

namespace weir {

class Poller {
public:
    struct Event {
        int socket = -1;
        quint32 owner = 0; ///< as given to watch()
        bool readable = false, writable = false, failed = false;
    };
    static Result<std::unique_ptr<Poller>> create(); ///< SocketLimit
    ~Poller();
    Poller(const Poller&) = delete;
    Poller& operator=(const Poller&) = delete;

    /// Adds the socket, or changes what is waited for.
    void watch(int socket, quint32 owner, bool read, bool write);
    void forget(int socket); ///< also fine after it was closed
    /// Until something happens, wake() was called or the time is up. Valid until the next call.
    std::span<const Event> wait(std::chrono::milliseconds atMost);
    std::span<const Event> wait(); ///< without a time limit
    void wake();

private:
    Poller(int poll, int wakeUp);
    std::span<const Event> waitMs(int milliseconds);

    const int poll_, wakeUp_;
    std::vector<Event> events_;
};

/// The calling thread gets this name (at most 15 letters), and signals go to other threads.
void becomeServiceThread(const char* name);

} // namespace weir
