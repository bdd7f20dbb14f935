#include "net/curl_shard.h"

#include <algorithm>
#include <utility>

namespace weir {

namespace {

using namespace std::chrono_literals;

/// Limited transfers are let go a little later than they could be: the credit of the pause is kept, and the thread wakes less.
constexpr auto kRateSlack = 25ms;
constexpr auto kSweepAtLeast = 100ms;
constexpr auto kFlushEvery = 1s;
constexpr auto kNudgeEvery = 2ms;
/// Without work for that long, idle connections and the multi handles are given back.
constexpr auto kCloseAfter = 60s;

TimePoint clockNow() { return std::chrono::steady_clock::now(); }

} // namespace

CurlShard::CurlShard(CurlShare& share, int maxIdleConnections, std::unique_ptr<Poller> poller)
    : share_(share),
      poller_(std::move(poller)),
      maxIdle_(maxIdleConnections),
      thread_([this] { run(); })
{}

CurlShard::~CurlShard() { stop(); }

void CurlShard::stop()
{
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    poller_->wake();
    if (thread_.joinable())
        thread_.join();
}

bool CurlShard::submit(CurlOrder& order)
{
    {
        const std::lock_guard lock(mutex_);
        if (stopping_)
            return false;
        submitted_.push_back(std::move(order));
    }
    transfers_.fetch_add(1, std::memory_order_relaxed);
    poller_->wake();
    return true;
}

void CurlShard::cancel(quint64 id)
{
    {
        const std::lock_guard lock(mutex_);
        cancelled_.push_back(id);
    }
    poller_->wake();
}

void CurlShard::keepIdle(int connections) { maxIdle_ = connections; }

void CurlShard::run()
{
    becomeServiceThread("weir-net");
    while (takeCommands()) {
        releaseGated();
        const TimePoint due = nextDue();
        const auto events = due == TimePoint::max()
            ? poller_->wait()
            : poller_->wait(std::chrono::ceil<std::chrono::milliseconds>(due - clockNow()));
        for (const Poller::Event& event : events) {
            const int mask = (event.readable ? CURL_CSELECT_IN : 0) | (event.writable ? CURL_CSELECT_OUT : 0)
                | (event.failed ? CURL_CSELECT_ERR : 0);
            act(multis_[event.owner], event.socket, mask);
        }
        const TimePoint now = clockNow();
        for (Multi& multi : multis_) {
            if (multi.due <= now)
                act(multi, CURL_SOCKET_TIMEOUT, 0);
        }
        if (limitedDue_ <= now)
            resumeLimited(now);
        if (nudgeDue_ <= now)
            nudge(now);
        endSatisfied();
        if (sweepDue_ <= now)
            sweep(now);
        if (closeDue_ <= now)
            close();
    }
    close();
}

TimePoint CurlShard::nextDue() const
{
    return std::min({multis_[0].due, multis_[1].due, limitedDue_, sweepDue_, closeDue_, nudgeDue_});
}

bool CurlShard::takeCommands()
{
    std::vector<CurlOrder> submitted;
    std::vector<quint64> cancelled;
    bool stopping = false;
    {
        const std::lock_guard lock(mutex_);
        submitted.swap(submitted_);
        cancelled.swap(cancelled_);
        stopping = stopping_;
    }
    for (CurlOrder& order : submitted)
        admit(std::move(order));
    if (stopping) {
        for (const auto& [id, active] : active_)
            cancelled.push_back(id);
    }
    for (const quint64 id : cancelled) {
        if (const auto found = active_.find(id); found != active_.end()) {
            found->second.transfer->fail({Code::Cancelled, {}});
            end(*found->second.transfer, CURLE_ABORTED_BY_CALLBACK);
        }
    }
    return !stopping;
}

void CurlShard::open()
{
    for (quint32 index = 0; index < multis_.size(); ++index) {
        Multi& multi = multis_[index];
        multi = {this, curl_multi_init(), index, TimePoint::max()};
        curl_multi_setopt(multi.handle, CURLMOPT_SOCKETFUNCTION, &CurlShard::onSocket);
        curl_multi_setopt(multi.handle, CURLMOPT_SOCKETDATA, &multi);
        curl_multi_setopt(multi.handle, CURLMOPT_TIMERFUNCTION, &CurlShard::onTimer);
        curl_multi_setopt(multi.handle, CURLMOPT_TIMERDATA, &multi);
        curl_multi_setopt(multi.handle, CURLMOPT_PIPELINING, long(index == 0 ? CURLPIPE_NOTHING : CURLPIPE_MULTIPLEX));
    }
}

void CurlShard::close()
{
    closeDue_ = TimePoint::max();
    for (Multi& multi : multis_) {
        if (multi.handle)
            curl_multi_cleanup(std::exchange(multi.handle, nullptr));
        multi.due = TimePoint::max();
    }
    gate_.forget();
}

void CurlShard::admit(CurlOrder order)
{
    if (!multis_[0].handle)
        open();
    closeDue_ = TimePoint::max();
    const quint64 id = order.id;
    const bool gated = order.request.multiplex && order.request.url.scheme() == QLatin1String("https");
    CurlTransfer::Owner& owner = *this;
    auto owned = std::make_unique<CurlTransfer>(std::move(order), owner);
    CurlTransfer& transfer = *owned;
    const auto added = active_.emplace(id, Active{std::move(owned), false, {}}).first;
    if (auto ready = transfer.setUp(share_.handle()); !ready) {
        transfer.fail(std::move(ready.error()));
        end(transfer, CURLE_OK);
        return;
    }
    if (gated) {
        added->second.host = transfer.host();
        if (!gate_.enter(added->second.host, id))
            return;
    }
    approach(transfer);
}

void CurlShard::approach(CurlTransfer& transfer)
{
    const auto wait = transfer.multiplex() && transfer.rate() ? transfer.rate()->wait(clockNow()) : 0us;
    if (wait.count() > 0)
        waitForRate(transfer, wait);
    else
        start(transfer);
}

void CurlShard::start(CurlTransfer& transfer)
{
    active_.at(transfer.id()).started = true;
    adjustIdle();
    const CURLMcode code = curl_multi_add_handle(multiOf(transfer).handle, transfer.easy());
    if (code != CURLM_OK) {
        active_.at(transfer.id()).started = false;
        transfer.fail({Code::CurlInit, QLatin1String(curl_multi_strerror(code)), int(code), {}});
        end(transfer, CURLE_OK);
        return;
    }
    sweepDue_ = std::min(sweepDue_, clockNow() + kSweepAtLeast);
    if (transfer.mayNeedNudge())
        nudgeDue_ = std::min(nudgeDue_, clockNow() + kNudgeEvery);
}

void CurlShard::answered(CurlTransfer& transfer, bool multiplexed)
{
    if (const QByteArray& host = active_.at(transfer.id()).host; !host.isNull())
        gate_.answered(host, multiplexed);
}

void CurlShard::enough(CurlTransfer& transfer) { satisfied_.push_back(transfer.id()); }

void CurlShard::endSatisfied()
{
    for (const quint64 id : std::exchange(satisfied_, {})) {
        if (const auto found = active_.find(id); found != active_.end())
            end(*found->second.transfer, CURLE_OK);
    }
}

void CurlShard::nudge(TimePoint now)
{
    bool nudged = false;
    nudgeDue_ = TimePoint::max();
    for (const auto& [id, active] : active_) {
        if (!active.started || !active.transfer->mayNeedNudge())
            continue;
        nudgeDue_ = now + kNudgeEvery;
        nudged |= active.transfer->nudge();
    }
    if (nudged)
        act(multis_[0], CURL_SOCKET_TIMEOUT, 0);
}

void CurlShard::releaseGated()
{
    for (const quint64 id : gate_.released())
        approach(*active_.at(id).transfer);
}

// libcurl closes connections as soon as there are more than this, busy ones included in the count.
void CurlShard::adjustIdle()
{
    const long keep = long(active_.size()) + maxIdle_.load(std::memory_order_relaxed);
    for (const Multi& multi : multis_)
        curl_multi_setopt(multi.handle, CURLMOPT_MAXCONNECTS, keep);
}

void CurlShard::waitForRate(CurlTransfer& transfer, std::chrono::microseconds atLeast)
{
    limited_.push_back(&transfer);
    limitedDue_ = std::min(limitedDue_, clockNow() + atLeast + kRateSlack);
}

// First come, first served: who goes on takes what credit there is and then queues up again at the end.
void CurlShard::resumeLimited(TimePoint now)
{
    std::deque<CurlTransfer*> queue = std::exchange(limited_, {});
    std::deque<CurlTransfer*> waiting;
    calledAt_ = now;
    limitedDue_ = TimePoint::max();
    for (CurlTransfer* transfer : queue) {
        if (const auto wait = transfer->rate()->wait(now); wait.count() > 0) {
            waiting.push_back(transfer);
            limitedDue_ = std::min(limitedDue_, now + wait + kRateSlack);
        } else if (!active_.at(transfer->id()).started) {
            start(*transfer);
        } else if (!transfer->goOn()) {
            end(*transfer, CURLE_WRITE_ERROR);
        }
    }
    limited_.insert(limited_.begin(), waiting.begin(), waiting.end());
    sweepDue_ = std::min(sweepDue_, now + kSweepAtLeast);
}

void CurlShard::sweep(TimePoint now)
{
    const bool flushes = flushDue_ <= now;
    if (flushes)
        flushDue_ = now + kFlushEvery;
    std::vector<CurlTransfer*> stalled, failed;
    TimePoint next = TimePoint::max();
    for (const auto& [id, active] : active_) {
        if (!active.started)
            continue;
        if (flushes && !active.transfer->flush())
            failed.push_back(active.transfer.get());
        else if (active.transfer->checkStalled(now))
            stalled.push_back(active.transfer.get());
        else
            next = std::min(next, active.transfer->deadline());
    }
    // A transfer that connects or waits for its rate has no deadline now but will have one.
    if (!active_.empty())
        next = std::min(next, now + kFlushEvery);
    sweepDue_ = next == TimePoint::max() ? next : std::max(next, now + kSweepAtLeast);
    for (CurlTransfer* transfer : failed)
        end(*transfer, CURLE_WRITE_ERROR);
    for (CurlTransfer* transfer : stalled)
        end(*transfer, CURLE_OPERATION_TIMEDOUT);
}

void CurlShard::act(Multi& multi, curl_socket_t socket, int mask)
{
    if (!multi.handle)
        return;
    if (socket == CURL_SOCKET_TIMEOUT)
        multi.due = TimePoint::max();
    int running = 0;
    calledAt_ = clockNow();
    curl_multi_socket_action(multi.handle, socket, mask, &running);
    collect(multi);
}

void CurlShard::collect(Multi& multi)
{
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi.handle, &left)) {
        if (message->msg != CURLMSG_DONE)
            continue;
        char* transfer = nullptr;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        end(*reinterpret_cast<CurlTransfer*>(transfer), message->data.result);
    }
}

void CurlShard::end(CurlTransfer& transfer, CURLcode code)
{
    const auto found = active_.find(transfer.id());
    const Active active = std::move(found->second);
    active_.erase(found);
    if (active.started)
        curl_multi_remove_handle(multiOf(transfer).handle, transfer.easy());
    if (!active.host.isNull())
        gate_.leave(active.host, transfer.id());
    std::erase(limited_, &transfer);
    connectionsMade_.fetch_add(transfer.connectionsMade(), std::memory_order_relaxed);
    transfers_.fetch_sub(1, std::memory_order_relaxed);
    if (active_.empty())
        closeDue_ = clockNow() + kCloseAfter;
    transfer.finish(code);
}

int CurlShard::onSocket(CURL*, curl_socket_t socket, int what, void* multi, void*)
{
    const auto& owner = *static_cast<Multi*>(multi);
    if (what == CURL_POLL_REMOVE)
        owner.shard->poller_->forget(socket);
    else
        owner.shard->poller_->watch(socket, owner.index, what != CURL_POLL_OUT, what != CURL_POLL_IN);
    return 0;
}

int CurlShard::onTimer(CURLM*, long milliseconds, void* multi)
{
    static_cast<Multi*>(multi)->due =
        milliseconds < 0 ? TimePoint::max() : clockNow() + std::chrono::milliseconds(milliseconds);
    return 0;
}

} // namespace weir
