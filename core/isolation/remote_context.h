#pragma once
// A task's context in a worker: every call is a message to the daemon's, and only what a call answers comes back. Files are
// opened there and written here: the daemon is told which bytes are in them. Threads as TaskContext says; the worker owns one
// for each run.

#include "isolation/messages.h"
#include "platform/channel.h"

namespace weir {

class RemoteContext final : public TaskContext {
public:
    RemoteContext(std::shared_ptr<Channel> daemon, Services& services, TaskSpec spec, QByteArray state, quint64 device);
    ~RemoteContext() override;

    // The worker's main thread.
    void requestStop() { stop_.request_stop(); }
    /// `pending` is called, on any thread, when bytes were written that the daemon was not told of: tellWritten() is due soon.
    void onPending(std::function<void()> pending) { onPending_ = std::move(pending); }
    void tellWritten();
    void endSharing();
    void setRate(qint64 bytesPerSecond);
    /// What run() returned; the last word, unless it has detached.
    void end(const Result<void>& outcome);
    int channel() const { return daemon_->descriptor(); }
    bool detached() const { return detached_; }

    const TaskSpec& spec() const override { return spec_; }
    std::stop_token stop() const override { return stop_.get_token(); }
    QByteArray savedState() const override { return state_; }
    Result<Choice> describe(const TaskInfo& info) override;
    Result<OutputFile*> open(const QString& path, qint64 size) override;
    quint64 device() const override { return device_; }
    void save(QByteArray state, const QStringList& alsoSync) override;
    void report(const Activity& now) override;
    void setVerified(Verified verified) override;
    void setGaps(const QJsonArray& gaps) override;
    Result<void> complete() override;
    void detach(std::function<void()> onStop) override;
    void leave(Result<void> outcome) override;
    bool belongsToOther(QByteArrayView mime, QByteArrayView first4k) override;
    QList<DescribedFile> describedBy(QByteArrayView mime, QByteArrayView content, const QUrl& base) override;
    Error handOver(Prefetched reply) override;
    bool takeConnection(const QUrl& url) override;
    void releaseConnection(const QUrl& url) override;
    void hostIsBusy(const QUrl& url, std::optional<std::chrono::system_clock::time_point> until) override;
    void hostMultiplexes(const QUrl& url) override;
    RateBucket& rate() override { return rate_; }
    void onRate(std::function<void(qint64)> listener) override;
    void log(Level level, const QString& text) override;
    Services& services() override { return services_; }

private:
    class PassedFile;
    struct Reply {
        QCborMap map;
        int descriptor = -1;
    };
    Result<void> tell(const QCborMap& message);
    Reply ask(const QCborMap& message);
    void noteWritten(qint64 file, ByteRange range);
    void sendWritten();
    Result<void> send(const QCborMap& message);
    qint64 newlyCharged();

    const std::shared_ptr<Channel> daemon_;
    Services& services_;
    const TaskSpec spec_;
    const QByteArray state_;
    const quint64 device_;
    std::stop_source stop_;
    RateBucket rate_;
    std::atomic<bool> detached_{false};
    std::atomic<qint64> charged_{0}; ///< of the bucket's total, what the daemon was told
    std::function<void()> onPending_;
    std::mutex asking_;                  ///< one question at a time
    std::mutex telling_;                 ///< guards what follows, and keeps messages in order
    std::map<qint64, RangeSet> written_; ///< by the numbers of files; still to be told
    qint64 pendingBytes_ = 0;
    mutable std::mutex mutex_; ///< guards what follows
    std::map<qint64, std::unique_ptr<OutputFile>> files_;
    std::function<void()> endSharing_;
    std::function<void(qint64)> onRate_;
};

} // namespace weir
