#pragma once
// One thread that moves bytes for one device: an epoll set and two libcurl multi handles, "bulk" (one reply for each
// connection; waits for rate limits by pausing) and "small" (replies share connections; waits by starting later). The engine
// owns it; submit(), cancel() and the counters are for any thread.

#include "net/curl_share.h"
#include "net/curl_transfer.h"
#include "net/stream_gate.h"
#include "platform/poller.h"

#include <thread>
#include <unordered_map>

namespace weir {

class CurlShard final : private CurlTransfer::Owner {
public:
    CurlShard(CurlShare& share, int maxIdleConnections, std::unique_ptr<Poller> poller);
    ~CurlShard();

    void stop(); ///< everything ends with Cancelled; joins the thread

    /// False: it was stopped; the order was not taken.
    bool submit(CurlOrder& order);
    void cancel(quint64 id);
    void keepIdle(int connections);
    int transfers() const { return transfers_.load(std::memory_order_relaxed); }
    qint64 connectionsMade() const { return connectionsMade_.load(std::memory_order_relaxed); }

private:
    /// One libcurl multi handle and what it waits for.
    struct Multi {
        CurlShard* shard = nullptr;
        CURLM* handle = nullptr;
        quint32 index = 0;
        TimePoint due = TimePoint::max();
    };
    using Owned = std::unique_ptr<CurlTransfer>;

    static int onSocket(CURL*, curl_socket_t socket, int what, void* multi, void*);
    static int onTimer(CURLM*, long milliseconds, void* multi);

    void run();
    bool takeCommands(); ///< false: stop
    void open();
    void close();
    void admit(CurlOrder order);
    void approach(CurlTransfer& transfer);
    void start(CurlTransfer& transfer);
    void releaseGated();
    void waitForRate(CurlTransfer& transfer, std::chrono::microseconds atLeast) override;
    void answered(CurlTransfer& transfer, bool multiplexed) override;
    void enough(CurlTransfer& transfer) override;
    TimePoint calledAt() const override { return calledAt_; }
    void endSatisfied();
    void nudge(TimePoint now);
    void resumeLimited(TimePoint now);
    void sweep(TimePoint now);
    void collect(Multi& multi);
    void act(Multi& multi, curl_socket_t socket, int mask);
    void end(CurlTransfer& transfer, CURLcode code);
    void adjustIdle();
    TimePoint nextDue() const;
    Multi& multiOf(const CurlTransfer& transfer) { return multis_[transfer.multiplex() ? 1 : 0]; }

    CurlShare& share_;
    const std::unique_ptr<Poller> poller_;

    std::mutex mutex_; ///< guards the next three
    std::vector<CurlOrder> submitted_;
    std::vector<quint64> cancelled_;
    bool stopping_ = false;

    std::atomic<int> transfers_{0}, maxIdle_;
    std::atomic<qint64> connectionsMade_{0};

    // The thread's own.
    std::array<Multi, 2> multis_;
    struct Active {
        Owned transfer;
        bool started = false; ///< added to its multi
        QByteArray host;      ///< null: not gated
    };
    std::unordered_map<quint64, Active> active_;
    StreamGate gate_;
    std::vector<quint64> satisfied_;    ///< that want no more
    std::deque<CurlTransfer*> limited_; ///< in the order in which they may go on
    TimePoint calledAt_{}, nudgeDue_ = TimePoint::max();
    TimePoint limitedDue_ = TimePoint::max(), sweepDue_ = TimePoint::max(), flushDue_{}, closeDue_ = TimePoint::max();
    std::thread thread_; ///< last: starts when everything else is there
};

} // namespace weir
