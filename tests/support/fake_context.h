#pragma once
// The world of one task in a simulation: files in memory that survive from run to run, a budget of connections, and a record
// of everything the task said. run() calls the task on this thread, in the virtual time of a FakeClock.
// Members are plain so that a test sets what it needs and reads what came.

#include "support/fake_clock.h"
#include "support/memory_file.h"

#include "transfer/buffer_pool.h"

#include <weir/context.h>

#include <map>

namespace weir::test {

class FakeServices final : public Services {
public:
    explicit FakeServices(FakeClock& clock) : clock_(clock) {}
    RangeFetcher* fetcherFor(const QUrl& url) override;
    CurlEngine& curl() override; ///< there is none: ends the program
    BufferPool& buffers() override { return buffers_; }
    RateBucket& totalRate() override { return total_; }
    RateBucket& totalUpRate() override { return totalUp_; }
    Clock& clock() override { return clock_; }
    QJsonObject settings() const override { return options; }
    QString stateDirectory() const override { return directory; }
    void log(Level level, const QString& text) override { lines.append({level, text}); }

    RangeFetcher* fetcher = nullptr;           ///< for every URL whose scheme is not in `byScheme`
    std::map<QString, RangeFetcher*> byScheme; ///< nullptr: nobody can
    QJsonObject options;
    QString directory;
    QList<QPair<Level, QString>> lines;

private:
    FakeClock& clock_;
    BufferPool buffers_;
    RateBucket total_, totalUp_;
};

class FakeContext final : public TaskContext {
public:
    FakeContext(FakeServices& services, TaskSpec spec);
    ~FakeContext() override;

    /// One run, to its end. May be called again: what the task saved and wrote is still there.
    Result<void> run(DownloadTask& task);
    /// The stop token of the run that is under way fires then.
    void stopAfter(std::chrono::nanoseconds time);
    void requestStop() { stop_.request_stop(); }
    /// What a crash does: of what the file holds, only these ranges are remembered by the next run.
    void remember(const QString& path, RangeSet written) { files_.at(path).written = std::move(written); }
    /// The bytes of a file, also after the run; null if it was never opened.
    QByteArray bytes(const QString& path) const;
    RangeSet written(const QString& path) const;
    qint64 sizeOf(const QString& path) const; ///< as the task said last
    MemoryFileData& storage(const QString& path) { return *file(path).data; }
    QStringList opened() const;

    // What the test sets.
    qint64 maxConnections = 64, maxPerHost = 16;
    std::optional<Error> describeError, openError;
    QString chosenName;                                                     ///< empty: as the task suggested
    std::function<bool(QByteArrayView mime, QByteArrayView first4k)> other; ///< answers belongsToOther()

    // What the task did.
    QList<TaskInfo> described;
    QList<QByteArray> saved;
    Activity activity;
    int reports = 0, runs = 0, completions = 0;
    std::optional<Verified> verified;
    struct Busy {
        QUrl url;
        std::optional<std::chrono::system_clock::time_point> until;
    };
    QList<Busy> busyHosts;
    QList<QUrl> multiplexingHosts;
    std::optional<Prefetched> handedOver;
    QStringList logged;
    int extraConnections = 0, peakExtraConnections = 0, refusedConnections = 0;
    std::function<void()> detached;
    std::optional<Result<void>> left;
    std::chrono::nanoseconds took{0}; ///< virtual time of the last run

    const TaskSpec& spec() const override { return spec_; }
    TaskSpec& changeSpec() { return spec_; } ///< between runs
    std::stop_token stop() const override { return stop_.get_token(); }
    QByteArray savedState() const override { return saved.isEmpty() ? QByteArray() : saved.last(); }
    Result<Choice> describe(const TaskInfo& info) override;
    Result<OutputFile*> open(const QString& path, qint64 size) override;
    quint64 device() const override { return 0; }
    void save(QByteArray state, const QStringList& alsoSync) override;
    void report(const Activity& now) override;
    void setVerified(Verified v) override { verified = v; }
    Result<void> complete() override;
    void detach(std::function<void()> onStop) override { detached = std::move(onStop); }
    void leave(Result<void> outcome) override { left = std::move(outcome); }
    bool belongsToOther(QByteArrayView mime, QByteArrayView first4k) override { return other && other(mime, first4k); }
    Error handOver(Prefetched reply) override;
    bool takeConnection(const QUrl& url) override;
    void releaseConnection(const QUrl& url) override;
    void hostIsBusy(const QUrl& url, std::optional<std::chrono::system_clock::time_point> until) override;
    void hostMultiplexes(const QUrl& url) override { multiplexingHosts.append(url); }
    RateBucket& rate() override { return rate_; }
    void onRate(std::function<void(qint64)> listener) override { listener(rate_.rate()); }
    void log(Level level, const QString& text) override;
    Services& services() override { return services_; }

private:
    struct Stored {
        std::shared_ptr<MemoryFileData> data;
        RangeSet written;
        qint64 size = -1;
        std::unique_ptr<OutputFile> open;
    };
    Stored& file(const QString& path);
    void closeFiles();

    FakeServices& services_;
    TaskSpec spec_;
    std::stop_source stop_;
    RateBucket rate_;
    std::map<QString, Stored> files_;
    std::map<QString, int> perHost_;
    std::mutex logMutex_;
};

} // namespace weir::test
