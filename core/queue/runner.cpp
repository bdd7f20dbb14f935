#include "queue/runner.h"

#include "plugin_host/guarded.h"

#include <condition_variable>
#include <deque>
#include <thread>

namespace weir {

namespace {

constexpr std::chrono::seconds kIdleLife{10};
constexpr std::chrono::seconds kLastPatience{1};

} // namespace

struct Runner::Pool : std::enable_shared_from_this<Pool> {
    Pool(Inbox& inbox, BlackBox* blackBox, Sink ended) : inbox(&inbox), blackBox(blackBox), ended(std::move(ended)) {}

    /// With the mutex: the thread counts as idle before anybody learns of the end and wants one for the next run.
    void report(Ended end)
    {
        if (inbox)
            inbox->post([pool = shared_from_this(), end = std::move(end)] { pool->ended(end); });
    }

    std::mutex mutex;
    std::condition_variable changed;
    std::deque<Work> work;
    std::size_t alive = 0, idle = 0;
    Inbox* inbox; ///< null once the runner is gone
    BlackBox* const blackBox;
    const Sink ended;
};

Runner::Runner(Inbox& inbox, BlackBox* blackBox, Sink ended) : pool_(std::make_shared<Pool>(inbox, blackBox, std::move(ended)))
{}

Runner::~Runner()
{
    std::unique_lock lock(pool_->mutex);
    pool_->inbox = nullptr;
    pool_->work.clear();
    pool_->changed.notify_all();
    pool_->changed.wait_for(lock, kLastPatience, [this] { return pool_->alive == 0; });
}

void Runner::start(TaskId task, QByteArray plugin, std::function<Result<void>()> run)
{
    enqueue([pool = pool_.get(), task, plugin = std::move(plugin), run = std::move(run)]() mutable -> std::optional<Ended> {
        const int slot = pool->blackBox ? pool->blackBox->enter(task, plugin) : -1;
        Ended end{task, guarded(run)};
        run = nullptr; // what the run owned dies here, while it is still noted
        if (pool->blackBox)
            pool->blackBox->leave(slot);
        return std::optional(std::move(end));
    });
}

void Runner::background(std::function<void()> work)
{
    enqueue([work = std::move(work)]() -> std::optional<Ended> {
        work();
        return std::nullopt;
    });
}

std::size_t Runner::threads() const
{
    const std::lock_guard lock(pool_->mutex);
    return pool_->alive;
}

void Runner::enqueue(Work work)
{
    const std::lock_guard lock(pool_->mutex);
    pool_->work.push_back(std::move(work));
    if (pool_->idle >= pool_->work.size()) {
        pool_->changed.notify_one();
        return;
    }
    ++pool_->alive;
    std::thread([pool = pool_] { serve(pool); }).detach();
}

void Runner::serve(const std::shared_ptr<Pool>& pool)
{
    std::unique_lock lock(pool->mutex);
    while (pool->inbox) {
        if (pool->work.empty()) {
            ++pool->idle;
            const bool called = pool->changed.wait_for(lock, kIdleLife, [&] { return !pool->work.empty() || !pool->inbox; });
            --pool->idle;
            if (!called)
                break;
            continue;
        }
        Work work = std::move(pool->work.front());
        pool->work.pop_front();
        lock.unlock();
        std::optional<Ended> end = work();
        work = nullptr;
        lock.lock();
        if (end)
            pool->report(std::move(*end));
    }
    --pool->alive;
    pool->changed.notify_all();
}

} // namespace weir
