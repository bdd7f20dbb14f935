#pragma once
// A file of a folder as a task of its own: what the segmented task asks of its host is answered for this file and otherwise
// passed on to the folder's task. Lives on a worker's thread; the folder's context is one thread's at a time by `lock`.

#include <weir/context.h>

namespace weir {

class OneFile final : public TaskContext {
public:
    struct Listener {
        std::function<Result<OutputFile*>(qint64 size)> open; ///< called under the lock
        std::function<void(QByteArray)> save;                 ///< likewise
        std::function<void(const Activity&)> report;          ///< likewise
    };
    OneFile(TaskContext& folder, std::mutex& lock, TaskSpec spec, QByteArray state, std::stop_token stop, Listener listener)
        : folder_(folder),
          lock_(lock),
          spec_(std::move(spec)),
          state_(std::move(state)),
          stop_(std::move(stop)),
          listener_(std::move(listener))
    {}

    const TaskSpec& spec() const override { return spec_; }
    std::stop_token stop() const override { return stop_; }
    QByteArray savedState() const override { return state_; }
    Result<Choice> describe(const TaskInfo&) override { return Choice{spec_.name, {}, {}}; }
    Result<OutputFile*> open(const QString&, qint64 size) override
    {
        const std::lock_guard held(lock_);
        return listener_.open(size);
    }
    quint64 device() const override
    {
        const std::lock_guard held(lock_);
        return folder_.device();
    }
    void save(QByteArray state, const QStringList&) override
    {
        const std::lock_guard held(lock_);
        listener_.save(std::move(state));
    }
    void report(const Activity& now) override
    {
        const std::lock_guard held(lock_);
        listener_.report(now);
    }
    void setVerified(Verified verified) override { verified_ = verified; }
    Verified verified() const { return verified_; }
    Result<void> complete() override { return {}; }
    void detach(std::function<void()>) override {}
    void leave(Result<void>) override {}
    bool belongsToOther(QByteArrayView, QByteArrayView) override { return false; } // a file is wanted as it is
    Error handOver(Prefetched) override { return {Code::Internal, QStringLiteral("a file of a folder was handed over")}; }
    bool takeConnection(const QUrl& url) override
    {
        const std::lock_guard held(lock_);
        return folder_.takeConnection(url);
    }
    void releaseConnection(const QUrl& url) override
    {
        const std::lock_guard held(lock_);
        folder_.releaseConnection(url);
    }
    void hostIsBusy(const QUrl& url, std::optional<std::chrono::system_clock::time_point> until) override
    {
        const std::lock_guard held(lock_);
        folder_.hostIsBusy(url, until);
    }
    RateBucket& rate() override { return folder_.rate(); }
    void onRate(std::function<void(qint64)>) override {}
    void log(Level level, const QString& text) override { folder_.log(level, text); }
    Services& services() override { return folder_.services(); }

private:
    TaskContext& folder_;
    std::mutex& lock_;
    const TaskSpec spec_;
    const QByteArray state_;
    const std::stop_token stop_;
    const Listener listener_;
    Verified verified_ = Verified::Received;
};

} // namespace weir
