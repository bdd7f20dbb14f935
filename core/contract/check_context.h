#pragma once
// The world of one run under the contract kit: real files in a folder of its own, and answers that the kit chooses. The task's
// thread, as every TaskContext; the kit makes it, and reads what it noted when the run has ended.

#include "plugin_host/registry.h"

#include <weir/context.h>

#include <map>

namespace weir {

/// What a run leaves for the next one, as the ledger would keep it.
struct KeptRun {
    QByteArray state;
    std::map<QString, OutputFile::Checkpoint> files; ///< by their paths
};

class CheckContext final : public TaskContext {
public:
    struct Wishes {
        std::optional<Error> toDescribe, toOpen; ///< answers to these calls
        qint64 rate = 0;                         ///< bytes per second; 0: no limit
        QByteArray plugin;                       ///< whose run it is, for belongsToOther()
    };
    CheckContext(Services& services, Registry& registry, TaskSpec spec, KeptRun kept, Wishes wishes);
    ~CheckContext() override;

    /// `told` is called on any thread, perhaps more than once. Before the run.
    void onFirstByte(std::function<void()> told) { firstByte_ = std::move(told); }

    // The kit, on any thread.
    void requestStop() { stop_.request_stop(); }
    /// What detach() was given; nothing: the task has not detached.
    std::function<void()> detached() const;
    std::optional<Result<void>> left() const;

    // The kit, once the run has ended.
    KeptRun keep() const;
    Result<void> finish();                  ///< gives the files their names
    bool opened() const { return opened_; } ///< it asked for a file
    QByteArray handedTo() const { return otherPlugin_; }
    std::optional<Prefetched> takePrefetched() { return std::exchange(prefetched_, std::nullopt); }

    const TaskSpec& spec() const override { return spec_; }
    std::stop_token stop() const override { return stop_.get_token(); }
    QByteArray savedState() const override { return kept_.state; }
    Result<Choice> describe(const TaskInfo& info) override;
    Result<OutputFile*> open(const QString& path, qint64 size) override;
    quint64 device() const override { return 0; }
    void save(QByteArray state, const QStringList& alsoSync) override;
    void report(const Activity& now) override;
    void setVerified(Verified) override {}
    Result<void> complete() override { return finish(); }
    void detach(std::function<void()> onStop) override;
    void leave(Result<void> outcome) override;
    bool belongsToOther(QByteArrayView mime, QByteArrayView first4k) override;
    Error handOver(Prefetched reply) override;
    bool takeConnection(const QUrl& url) override;
    void releaseConnection(const QUrl& url) override;
    void hostIsBusy(const QUrl&, std::optional<std::chrono::system_clock::time_point>) override {}
    RateBucket& rate() override { return rate_; }
    void onRate(std::function<void(qint64)> listener) override { listener(rate_.rate()); }
    void log(Level, const QString&) override {}
    Services& services() override { return services_; }

private:
    Services& services_;
    Registry& registry_;
    const TaskSpec spec_;
    const KeptRun kept_;
    const Wishes wishes_;
    std::function<void()> firstByte_;
    std::stop_source stop_;
    RateBucket rate_;
    QByteArray otherPlugin_;
    std::optional<Prefetched> prefetched_;
    bool opened_ = false;
    mutable std::mutex mutex_; ///< guards what follows
    QByteArray state_;
    std::map<QString, std::unique_ptr<OutputFile>> files_;
    std::function<void()> detached_;
    std::optional<Result<void>> left_;
    int extraConnections_ = 0;
};

} // namespace weir
