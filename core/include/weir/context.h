#pragma once
// What the host gives: Services to a plugin for the life of the program, a TaskContext to one run of one task.

#include <weir/output_file.h>
#include <weir/task.h>

#include <QJsonArray>

namespace weir {
class BufferPool;
class CurlEngine;
inline namespace abi1 {

class RangeFetcher;

enum class Level : quint8 { Debug, Info, Warning, Error };

/// Outlives every adapter and task. Thread-safe.
class Services {
public:
    virtual ~Services() = default;
    /// Any plugin's; nullptr: nobody can. Owned by the adapter, lives as long as the program.
    virtual RangeFetcher* fetcherFor(const QUrl& url) = 0;
    /// For plugins that wrap a libcurl scheme (makeCurlFetcher).
    virtual CurlEngine& curl() = 0;
    virtual BufferPool& buffers() = 0; ///< what file sinks gather in, under one budget
    virtual RateBucket& totalRate() = 0;
    virtual RateBucket& totalUpRate() = 0; ///< limits.up, for all that plugins send
    virtual Clock& clock() = 0;
    virtual QJsonObject settings() const = 0;   ///< this plugin's section
    virtual QString stateDirectory() const = 0; ///< this plugin's folder; made on demand, mode 0700
    virtual void log(Level level, const QString& text) = 0;
};

struct FileState {
    QString path;
    qint64 size = -1, done = 0;
};
struct SourceState {
    QUrl url;
    double score = 0; ///< 0..1, see source_score.h
    qint64 rate = 0;  ///< bytes per second
    int errors = 0;
    int connections = 0;
};
/// What a task says of itself. What its sinks count (done, rateDown) the host adds; -1: the host's count is right.
struct Activity {
    QString phase;
    qint64 done = -1, total = -1, rateDown = -1, rateUp = 0, uploaded = 0;
    int connections = 0;
    QList<FileState> files;
    QList<SourceState> sources;
    QString trouble;     ///< why it is not faster, in a sentence; empty: nothing to say
    QJsonObject details; ///< what only this kind of task knows (peers, trackers, pieces); in `show ID` under these names
};
/// How sure we are of the bytes.
enum class Verified : quint8 {
    Received,     ///< complete by size and validator; no digest was given
    Verified,     ///< a digest from the user, the server or a piece list matched
    Unverifiable, ///< the size or identity was never known: the server said neither
};

/// The task's whole world. Call from the task's thread; stop() and log() from anywhere.
class TaskContext {
public:
    virtual ~TaskContext() = default;
    virtual const TaskSpec& spec() const = 0;
    /// Pause, removal, shutdown: all the same to a task.
    virtual std::stop_token stop() const = 0;
    /// What the last durable save() held; empty at first.
    virtual QByteArray savedState() const = 0;
    /// Name and contents are known; answers what to take. Never blocks: AwaitingChoice if the user wants to be asked (return
    /// it), FileExists / FileSkipped by --if-exists, NameUnusable. May be said again when the size is known better.
    virtual Result<Choice> describe(const TaskInfo& info) = 0;
    /// Opens or creates `path`.part below the task's directory; it knows what of it is there already. -1: size not known.
    /// Space is reserved first. Owned by the context until the run ends. Errors: Disk category, PathEscapes.
    virtual Result<OutputFile*> open(const QString& path, qint64 size) = 0;
    /// Device of the target directory, for FetchSink::device() of a sink that exists before its file. 0: not known.
    virtual quint64 device() const = 0;
    /// Durable later, and never before the bytes it describes. `alsoSync`: files that the plugin's library wrote itself.
    virtual void save(QByteArray state, const QStringList& alsoSync = {}) = 0;
    virtual void report(const Activity& now) = 0; ///< latest wins; cheap
    virtual void setVerified(Verified verified) = 0;
    /// What is missing of a result that is used all the same, for the task's JSON: stretches of bytes or of time.
    virtual void setGaps(const QJsonArray& gaps) { Q_UNUSED(gaps) }
    /// Syncs and renames now, for tasks that go on as Sharing. Others just return from run().
    virtual Result<void> complete() = 0;
    /// run() may return while the plugin goes on sharing without a thread. `onStop` is called on the main thread when it must
    /// end. Then, or when it has shared enough, leave() ends what run() began; until then the context lives.
    virtual void detach(std::function<void()> onStop) = 0;
    /// As the end of run(), for a task that has detached. Any thread, once.
    virtual void leave(Result<void> outcome) = 0;
    /// True if another adapter knows this content better than ours: then fetch it whole and return handOver().
    virtual bool belongsToOther(QByteArrayView mime, QByteArrayView first4k) = 0;
    /// What another adapter reads in a whole content about files that lie elsewhere; empty: nothing. Then handOver() is to it.
    virtual QList<DescribedFile> describedBy(QByteArrayView mime, QByteArrayView content, const QUrl& base)
    {
        Q_UNUSED(mime)
        Q_UNUSED(content)
        Q_UNUSED(base)
        return {};
    }
    /// The reply goes to the other adapter with the task; return the result from run().
    virtual Error handOver(Prefetched reply) = 0;
    /// Asks for one connection more than the one every task has. False: the host's or the program's limit is reached.
    virtual bool takeConnection(const QUrl& url) = 0;
    virtual void releaseConnection(const QUrl& url) = 0;
    /// That host said "too many" (429, 503, refused extra connections): remember it for all tasks.
    virtual void hostIsBusy(const QUrl& url, std::optional<std::chrono::system_clock::time_point> until) = 0;
    /// One connection to that host carries many requests (FetchHead::multiplexed): more tasks may use it at once.
    virtual void hostMultiplexes(const QUrl& url) { Q_UNUSED(url) }
    virtual RateBucket& rate() = 0; ///< child of totalRate(), carries this task's limit
    /// For a library that can't be held back by a bucket: it is told the task's rate, at once and whenever it changes. Bytes a
    /// second; 0: no limit. Main thread but for the first call; must not block. Such a task reports its rateDown itself.
    virtual void onRate(std::function<void(qint64 bytesPerSecond)> listener) = 0;
    /// For a task that finds its sources by asking others (a torrent's trackers): a person wants them asked now. Refusing says
    /// why, and when it would not. Main thread; must not block. A plugin in a process of its own is not told.
    virtual void onAnnounce(std::function<Result<void>()> listener) { Q_UNUSED(listener) }
    virtual void log(Level level, const QString& text) = 0; ///< the task's own log; secrets are masked
    virtual Services& services() = 0;
};

} // namespace abi1
} // namespace weir
