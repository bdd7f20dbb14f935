#pragma once
// The one place where things become durable. A thread of its own owns the Store: it drains all waiting operations into one
// transaction, commits, and then tells everybody who asked.

#include "base/executor.h"
#include "ledger/store.h"

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

namespace weir {

class Ledger {
public:
    /// `main` runs the `durable` callbacks.
    Ledger(std::unique_ptr<Store> store, Executor main);
    ~Ledger(); ///< flushes

    using Operation = std::function<void(Store&)>;
    /// Any thread. Operations are applied in order. With `durable`: called on the main thread after COMMIT, or with the error
    /// (LedgerFull, LedgerIo, LedgerDamaged ...), and then nothing of the operation was kept. Without: it is tried again until
    /// it works.
    void write(Operation operation, std::function<void(Result<void>)> durable = {});
    /// As write(), and waits for the commit. Not on the main thread.
    Result<void> writeNow(Operation operation);
    /// Waits until everything queued by now is durable; fails if a change is still to be tried again.
    Result<void> flush();
    /// Runs on the ledger's thread, sees all operations queued before; waits for the answer.
    template <class T> Result<T> read(std::function<T(Store&)> question)
    {
        std::optional<T> answer;
        if (auto ok = ask([&](Store& store) { answer = question(store); }); !ok)
            return tl::unexpected(ok.error());
        return std::move(*answer);
    }
    /// Transactions so far; for tests and system.status.
    qint64 commits() const;

private:
    struct Waiter;
    struct Entry {
        Operation operation;
        std::function<void(Result<void>)> durable;
        Waiter* waiter = nullptr; ///< of writeNow() and ask()
        bool question = false;    ///< changes nothing
        bool barrier = false;     ///< of flush(): fails with what came before it
        std::optional<Error> error = {};
    };
    Result<void> ask(Operation question, bool barrier = false);
    Result<void> wait(Entry entry);
    bool push(Entry entry);
    void run();
    /// False: some are to be tried again; they are in the batch.
    bool apply(std::deque<Entry>& batch);
    std::optional<Error> transact(std::deque<Entry>& batch);
    void answer(std::deque<Entry>& batch);

    const std::unique_ptr<Store> store_;
    const Executor main_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Entry> queue_;
    bool stopping_ = false;
    qint64 commits_ = 0;
    std::thread thread_;
};

} // namespace weir
