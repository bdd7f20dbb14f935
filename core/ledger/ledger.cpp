#include "ledger/ledger.h"

#include "ledger/schema.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <QtGlobal>

#include <algorithm>
#include <utility>

namespace weir {
namespace {

// A full disk or a lock may be gone a moment later.
constexpr std::chrono::milliseconds kRetryAfter{500};
// What is waiting gets its commits first; then erased secrets leave the log file.
constexpr std::chrono::milliseconds kTidyAfter{1000};

} // namespace

struct Ledger::Waiter {
    std::mutex mutex;
    std::condition_variable changed;
    std::optional<Result<void>> result;

    void set(Result<void> value)
    {
        // Notified under the lock: the waiter is gone as soon as it can have it.
        const std::lock_guard lock(mutex);
        result = std::move(value);
        changed.notify_one();
    }
    Result<void> get()
    {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return result.has_value(); });
        return std::move(*result);
    }
};

Ledger::Ledger(std::unique_ptr<Store> store, Executor main)
    : store_(std::move(store)),
      main_(std::move(main)),
      thread_([this] { run(); })
{}

Ledger::~Ledger()
{
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

bool Ledger::push(Entry entry)
{
    {
        const std::lock_guard lock(mutex_);
        if (stopping_)
            return false;
        queue_.push_back(std::move(entry));
    }
    changed_.notify_one();
    return true;
}

void Ledger::write(Operation operation, std::function<void(Result<void>)> durable)
{
    if (!push({std::move(operation), durable}) && durable)
        main_([durable = std::move(durable)] { durable(failure(Code::LedgerClosed)); });
}

Result<void> Ledger::wait(Entry entry)
{
    Waiter waiter;
    entry.waiter = &waiter;
    if (!push(std::move(entry)))
        return failure(Code::LedgerClosed);
    return waiter.get();
}

Result<void> Ledger::writeNow(Operation operation) { return wait({std::move(operation), {}}); }

Result<void> Ledger::ask(Operation question, bool barrier) { return wait({std::move(question), {}, nullptr, true, barrier}); }

Result<void> Ledger::flush()
{
    return ask([](Store&) {}, true);
}

qint64 Ledger::commits() const
{
    const std::lock_guard lock(mutex_);
    return commits_;
}

void Ledger::run()
{
    std::deque<Entry> batch; // what could not be kept the last time comes first
    std::unique_lock lock(mutex_);
    for (;;) {
        const auto ready = [&] { return stopping_ || !queue_.empty(); };
        if (!batch.empty())
            changed_.wait_for(lock, kRetryAfter, [&] { return stopping_; });
        else if (!store_->wantsTidy())
            changed_.wait(lock, ready);
        else if (!changed_.wait_for(lock, kTidyAfter, ready)) {
            lock.unlock();
            try {
                store_->tidy();
            } catch (const SQLite::Exception& thrown) {
                qWarning("ledger: tidying failed: %s", thrown.what());
            }
            lock.lock();
            continue;
        }
        std::move(queue_.begin(), queue_.end(), std::back_inserter(batch));
        queue_.clear();
        const bool last = stopping_;
        lock.unlock();
        const bool kept = batch.empty() || apply(batch);
        lock.lock();
        if (last && queue_.empty()) {
            if (!kept)
                qWarning("ledger: %lld changes could not be kept", static_cast<long long>(batch.size()));
            return;
        }
    }
}

bool Ledger::apply(std::deque<Entry>& batch)
{
    const std::optional<Error> failed = transact(batch);
    if (failed) {
        for (Entry& entry : batch)
            if (!entry.error)
                entry.error = failed;
    }
    std::deque<Entry> answered, again;
    std::optional<Error> notKept;
    for (Entry& entry : batch) {
        const bool silent = !entry.durable && !entry.waiter;
        if (entry.barrier && !entry.error)
            entry.error = notKept;
        if (silent && entry.error && mayPass(entry.error->code)) {
            notKept = std::exchange(entry.error, std::nullopt);
            again.push_back(std::move(entry));
        } else {
            if (silent && entry.error)
                qWarning("ledger: a change was refused: %s", qUtf8Printable(describe(*entry.error)));
            answered.push_back(std::move(entry));
        }
    }
    answer(answered);
    batch = std::move(again);
    return batch.empty();
}

std::optional<Error> Ledger::transact(std::deque<Entry>& batch)
{
    try {
        store_->begin();
        for (Entry& entry : batch) {
            if (auto ok = store_->nested([&] { entry.operation(*store_); }); !ok)
                entry.error = ok.error();
        }
        store_->commit();
    } catch (const SQLite::Exception& thrown) {
        const Error error = ledgerError(thrown, QStringLiteral("commit"));
        try {
            store_->rollback();
        } catch (const SQLite::Exception& worse) {
            qWarning("ledger: rolling back failed: %s", worse.what());
        }
        return error;
    }
    if (std::any_of(batch.begin(), batch.end(), [](const Entry& entry) { return !entry.question; })) {
        const std::lock_guard lock(mutex_);
        ++commits_;
    }
    return {};
}

void Ledger::answer(std::deque<Entry>& batch)
{
    std::vector<std::function<void()>> callbacks;
    for (Entry& entry : batch) {
        Result<void> result;
        if (entry.error)
            result = failure(*entry.error);
        entry.operation = {}; // what it owns goes before anybody is told
        if (entry.waiter)
            entry.waiter->set(result);
        else if (entry.durable)
            callbacks.push_back([durable = std::move(entry.durable), result] { durable(result); });
    }
    if (!callbacks.empty())
        main_([callbacks = std::move(callbacks)] {
            for (const auto& callback : callbacks)
                callback();
        });
}

} // namespace weir
