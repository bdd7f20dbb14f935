#include <weir/fetch.h>

#include <algorithm>

namespace weir {
inline namespace abi1 {

struct FetchGroup::Inbox {
    std::mutex mutex;
    std::condition_variable_any changed;
    std::deque<FetchDone> ended;
    bool woken = false;
};

FetchGroup::FetchGroup(Clock& clock, std::stop_token stop)
    : clock_(clock),
      stop_(std::move(stop)),
      inbox_(std::make_shared<Inbox>())
{}

FetchGroup::~FetchGroup()
{
    cancelAll();
    // In steps of an hour: a clock that runs hours in milliseconds can't jump to the end of time.
    std::unique_lock lock(inbox_->mutex);
    while (inbox_->ended.size() < running_.size()) {
        clock_.wait(lock, inbox_->changed, {}, clock_.now() + std::chrono::hours(1),
            [this] { return inbox_->ended.size() >= running_.size(); });
    }
}

quint64 FetchGroup::start(RangeFetcher& fetcher, FetchRequest request, FetchSink& sink)
{
    const quint64 id = nextId_++;
    running_.push_back({id, {&fetcher, 0}}); // first: it may end within start()
    const quint64 theirs = fetcher.start(std::move(request), sink, [inbox = inbox_, id](FetchDone done) {
        done.id = id;
        {
            const std::lock_guard lock(inbox->mutex);
            inbox->ended.push_back(std::move(done));
        }
        inbox->changed.notify_all();
    });
    running_.back().second.second = theirs;
    return id;
}

void FetchGroup::cancel(quint64 id)
{
    for (const auto& [ours, fetch] : running_) {
        if (ours == id)
            fetch.first->cancel(fetch.second);
    }
}

void FetchGroup::cancelAll()
{
    for (const auto& [ours, fetch] : running_)
        fetch.first->cancel(fetch.second);
}

std::optional<FetchDone> FetchGroup::next(std::chrono::milliseconds atMost)
{
    if (running_.empty() || stop_.stop_requested())
        return std::nullopt;
    std::unique_lock lock(inbox_->mutex);
    clock_.wait(
        lock, inbox_->changed, stop_, clock_.now() + atMost, [this] { return !inbox_->ended.empty() || inbox_->woken; });
    if (stop_.stop_requested() || std::exchange(inbox_->woken, false) || inbox_->ended.empty())
        return std::nullopt;
    FetchDone done = std::move(inbox_->ended.front());
    inbox_->ended.pop_front();
    std::erase_if(running_, [&done](const auto& entry) { return entry.first == done.id; });
    return done;
}

void FetchGroup::wake()
{
    {
        const std::lock_guard lock(inbox_->mutex);
        inbox_->woken = true;
    }
    inbox_->changed.notify_all();
}

} // namespace abi1
} // namespace weir
