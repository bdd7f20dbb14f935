#pragma once
// A download is one blocking function. Pause = its stop token fires; resume = it is called again with what it last saved.

#include <weir/fetch.h>
#include <weir/source_score.h>

#include <QJsonObject>

#include <stop_token>

namespace weir {
inline namespace abi1 {

using TaskId = qint64;

/// What a metalink or a torrent says of one file that lies elsewhere, or what else is known of that file.
struct DescribedFile {
    struct Pieces {
        QByteArray algorithm; ///< as ExpectedDigest::algorithm
        qint64 length = 0;    ///< of each but the last, in bytes
        QList<QByteArray> digests;
    };
    QString name;
    qint64 size = -1;
    QList<ExpectedDigest> digests;
    Pieces pieces;
    QList<QUrl> sources; ///< where it lies
};
/// What another adapter had already fetched when it found that the content is not its own (at most 16 MiB).
struct Prefetched {
    QUrl finalUrl;
    Headers headers;
    QByteArray body;
    /// The body only describes what was asked for, and this is known of it: the sources, the best first, and perhaps more.
    std::optional<DescribedFile> describes;
};

/// What was asked for. Immutable during a run.
struct TaskSpec {
    TaskId id = 0;
    QUrl url;
    QList<QUrl> mirrors;
    std::shared_ptr<const RequestContext> request;
    QString mime;      ///< as the browser saw it; a hint
    QString directory; ///< absolute; everything the task writes stays inside
    QString name;      ///< what the user wants the file to be called; empty: the task decides
    std::optional<Prefetched> prefetched;
    QList<ExpectedDigest> digests; ///< given by the user
    bool crowded = false;          ///< many tasks wait for the same host: share connections where the protocol can
    bool lookBeside = false;       ///< descriptions that nobody names may be looked for
    int connections = 0;           ///< 0: adaptive; else exactly so many
    ScoreWeights weights;          ///< by which its sources are ranked
    QJsonObject options;           ///< everything else that was given, by the names of `weir help get`
};

struct FileItem {
    QString path; ///< relative to the task's directory, '/' between parts
    qint64 size = -1;
};
struct Variant {
    QString label, language;
    qint64 bitrate = 0;
    QString codecs;
};
/// What a task has found behind its URL.
struct TaskInfo {
    QString name; ///< suggested; the host makes it safe and unique
    qint64 size = -1;
    QList<FileItem> files; ///< empty: one file called `name`
    QList<Variant> variants;
    QString mime;
    bool resumable = false;
    /// The task itself tells good bytes from bad ones: `--if-exists resume` takes over whatever has the name, file or folder,
    /// as NAME.part.
    bool verifiable = false;
};
/// What to take of it.
struct Choice {
    QString name; ///< safe and free; the first argument of TaskContext::open() for a single file
    QList<int> files, variants;
};

class TaskContext;

/// Lives on a thread of its own from run()'s first line to its last; blocking is welcome there.
class DownloadTask {
public:
    virtual ~DownloadTask() = default;
    /// Ok: every file that was opened is whole; the host syncs and renames them. `Cancelled` soon (1 s) after ctx.stop()
    /// fires. Any other error: its retry column decides. What it throws becomes PluginThrew.
    virtual Result<void> run(TaskContext& ctx) = 0;
};

} // namespace abi1
} // namespace weir
