#pragma once
// TaskContext for real: the world of one run of one task. The queue makes it, the task's thread uses it, and when the run has
// ended the queue takes its files to the syncer. What is told to the main thread goes through the inbox.

#include "base/text_log.h"
#include "ledger/ledger.h"
#include "plugin_host/registry.h"
#include "queue/connection_budget.h"
#include "queue/inbox.h"
#include "queue/path_claims.h"
#include "transfer/syncer.h"

#include <weir/context.h>

#include <atomic>

namespace weir {

/// What all runs have in common; lives as long as any of them.
struct RunParts {
    Ledger& ledger;
    Syncer& syncer;
    Registry& registry;
    Services& services;
    Disk& disk;
    ConnectionBudget& budget;
    PathClaims& claims;
    QString logDirectory;
};

/// What the queue knows when a run begins.
struct RunFacts {
    TaskRecord record;
    quint64 device = 0;                     ///< of its directory; 0: not known
    std::shared_ptr<const SpecRecord> spec; ///< null: in the store
    std::optional<Prefetched> prefetched;
    bool fresh = false;     ///< it never ran: nothing of it is in the store but what was asked for
    bool described = false; ///< the record's name is that of its file
    bool mayHandOver = true;
    bool crowded = false;    ///< as TaskSpec::crowded
    bool lookBeside = false; ///< as TaskSpec::lookBeside
    qint64 orphansBornBefore =
        0; ///< the last life did not keep all it knew, and may have left NAME.part without a row until then; 0: it did
    IfExists ifExists = IfExists::Rename;
    Reserve reserve = Reserve::Auto;
    int connections = 0;
    ScoreWeights weights;
    int maxAttempts = 10;
    Level logLevel = Level::Info;
};

class RunContext final : public TaskContext {
public:
    struct Described {
        QString name;
        qint64 size = -1;
        QByteArray mime;
        quint64 device = 0;
        bool resumable = false, verifiable = false;
        int files = 0; ///< that one can choose from
    };
    /// Called on the task's thread.
    struct Listener {
        std::function<void(const Described&)> described;
        std::function<void()> sharing;
        std::function<void(Result<void>)> left; ///< on any thread
    };
    RunContext(RunParts& parts, RunFacts facts);
    ~RunContext() override;

    const TaskSpec& spec() const override { return spec_; }
    std::stop_token stop() const override { return stop_.get_token(); }
    QByteArray savedState() const override { return savedState_; }
    Result<Choice> describe(const TaskInfo& info) override;
    Result<OutputFile*> open(const QString& path, qint64 size) override;
    quint64 device() const override { return device_; }
    void save(QByteArray state, const QStringList& alsoSync) override;
    void report(const Activity& now) override;
    void setVerified(Verified verified) override { verified_ = verified; }
    void setGaps(const QJsonArray& gaps) override { gaps_ = gaps; }
    Result<void> complete() override;
    void detach(std::function<void()> onStop) override;
    void leave(Result<void> outcome) override { listener_.left(std::move(outcome)); }
    bool belongsToOther(QByteArrayView mime, QByteArrayView first4k) override;
    QList<DescribedFile> describedBy(QByteArrayView mime, QByteArrayView content, const QUrl& base) override;
    Error handOver(Prefetched reply) override;
    bool takeConnection(const QUrl& url) override;
    void releaseConnection(const QUrl& url) override;
    void hostIsBusy(const QUrl& url, std::optional<std::chrono::system_clock::time_point> until) override;
    void hostMultiplexes(const QUrl& url) override;
    RateBucket& rate() override { return rate_; }
    void onRate(std::function<void(qint64)> listener) override;
    void onAnnounce(std::function<Result<void>()> listener) override;
    void log(Level level, const QString& text) override;
    Services& services() override { return parts_.services; }

    void listen(Listener listener) { listener_ = std::move(listener); } ///< before the run

    // The task's thread, before and after run().
    Result<void> prepare();                     ///< reads what the store has; errors in what was asked for
    void conclude(const Result<void>& outcome); ///< looks at the volume if it is to blame

    // The main thread, at any time.
    void requestStop() { stop_.request_stop(); }
    struct Sample {
        qint64 done = 0, charged = 0;
        int connections = 1;
        Activity activity;
        QList<FileState> files;
    };
    Sample sample() const;
    void flushLog(); ///< what it said so far can be read
    void setOwnLimit(qint64 bytesPerSecond) { ownLimit_ = bytesPerSecond; }
    qint64 ownLimit() const { return ownLimit_; }
    void allot(qint64 bytesPerSecond); ///< 0: no limit
    Result<void> announce();

    // The main thread, once the run has ended.
    void giveConnectionsBack();
    struct Volume {
        quint64 device = 0;
        qint64 freeBytes = 0;
    };
    const RunFacts& facts() const { return facts_; }
    const QJsonObject& options() const { return spec_.options; }
    bool hasSecrets() const { return !secrets_.isEmpty(); }
    Verified verified() const { return verified_; }
    IfExists ifExists() const { return facts_.ifExists; }
    int maxAttempts() const { return facts_.maxAttempts; }
    Volume volume() const { return volume_; }
    bool completed() const { return completed_; }
    bool saved() const { return saved_; }                     ///< a plugin's state, perhaps not durable yet
    qint64 completedBytes() const { return completedBytes_; } ///< of the files that complete() took
    std::function<void()> takeDetached();
    QJsonObject offer() const { return offer_; } ///< what there is to choose from
    QJsonArray gaps() const { return gaps_; }
    QByteArray handedTo() const { return otherPlugin_; }
    std::optional<Prefetched> takePrefetched() { return std::exchange(handedOver_, std::nullopt); }
    std::vector<std::unique_ptr<OutputFile>> takeFiles();

private:
    Result<void> readStore();
    void applyOptions();
    Result<QString> targetName(const TaskInfo& info);
    bool isOurs(const QString& finalPath, const FileIdentity& part) const;
    const ProgressRecord* progressOf(const QString& finalPath) const;
    Result<QString> claimFile(const QString& path);
    Result<std::unique_ptr<OutputFile>> openPart(const QString& finalPath, qint64 size);
    RangeSet trusted(const QString& finalPath, const FileIdentity& part, qint64 size);
    OutputFile* find(const QString& finalPath) const;

    RunParts& parts_;
    RunFacts facts_;
    Listener listener_;
    TaskSpec spec_;
    QJsonObject secrets_;
    QStringList secretTexts_;
    std::stop_source stop_;
    QByteArray savedState_;
    std::vector<ProgressRecord> progress_;
    RateBucket rate_;
    std::atomic<qint64> ownLimit_{0};
    std::atomic<Verified> verified_{Verified::Received};
    QString chosenName_; ///< by describe() in this run
    qint64 adopted_ = -1;
    QJsonObject offer_;
    QJsonArray gaps_;
    QByteArray otherPlugin_;
    std::optional<Prefetched> handedOver_;
    Volume volume_;
    std::atomic<quint64> device_{0};
    std::atomic<bool> completed_{false}, saved_{false};
    std::atomic<qint64> completedBytes_{0};

    mutable std::mutex mutex_; ///< guards what follows
    std::vector<std::unique_ptr<OutputFile>> files_;
    Activity activity_;
    QHash<QByteArray, int> extraConnections_;
    std::function<void()> onStop_;
    std::function<void(qint64)> onRate_;
    std::function<Result<void>()> onAnnounce_;
    std::unique_ptr<TextLog> log_;
};

} // namespace weir
