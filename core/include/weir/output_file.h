#pragma once
// The unfinished file of a task, NAME.part beside its target, and what is known to be in it. The task context owns it and
// hands it to the syncer when the run has ended; a task only borrows it. Any thread may write; one mutex guards the ranges.

#include <weir/range_set.h>

#include <QString>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <span>

namespace weir {
class File; // core/platform
inline namespace abi1 {

class OutputFile {
public:
    /// `finalPath` is absolute and safe; `file` is its open NAME.part; `written` are the ranges the ledger knows of.
    OutputFile(QString finalPath, std::unique_ptr<File> file, qint64 size, RangeSet written);
    ~OutputFile();
    OutputFile(const OutputFile&) = delete;
    OutputFile& operator=(const OutputFile&) = delete;

    /// Writes all of `data` (short writes and EINTR are not the caller's concern), then counts it as written.
    /// Errors: DiskFull, DiskReadOnly, DiskIo and the others of the Disk category.
    Result<void> write(qint64 offset, std::span<const char> data);
    /// Another process wrote those bytes into the same file. LengthMismatch.
    Result<void> countWritten(ByteRange range);
    /// Reads what was written. Errors: as write(); ShortRead.
    Result<QByteArray> read(ByteRange range) const;
    /// Those bytes were wrong or the server's file is another one: they are to be fetched again.
    void forget(ByteRange range);
    /// The size is known only now (a reply without a length has ended), or another one than at first. Truncates.
    Result<void> setSize(qint64 size);

    qint64 size() const; ///< -1: not known
    qint64 done() const; ///< bytes written
    RangeSet written() const;
    bool complete() const; ///< the size is known and everything is there
    quint64 device() const;
    const QString& finalPath() const { return finalPath_; }
    QString partPath() const;

    // For the syncer; one thread at a time.
    qint64 unsynced() const; ///< bytes written since the last successful sync
    /// After an error the ranges written since the last good sync are forgotten: a second sync may lie.
    Result<void> sync();
    void startWriting() const; ///< the next sync() then has less to do
    /// Before and after the caller syncs the whole volume instead.
    void beginVolumeSync();
    Result<void> endVolumeSync(); ///< errors as sync()
    struct Checkpoint {
        qint64 size = -1;
        RangeSet written;
        bool operator==(const Checkpoint&) const = default;
    };
    /// What the ledger may know: bytes that were written before the last sync that went well, and not touched since.
    Checkpoint durable() const;
    /// `reached` is called on the writing thread when `bytes` unsynced bytes have gathered, once until the next sync; it must
    /// not block, and own what it uses: a writer may just be calling it while it is replaced. Where the disk is slower than
    /// what comes, writers wait rather than let twice as many gather, until a sync has ended or this is called again.
    void setOnUnsynced(qint64 bytes, std::function<void()> reached);
    File& file() { return *file_; }

private:
    Result<void> settle(Result<void> synced);
    void awaitRoom(qint64 bytes);
    Result<quint64> checked(ByteRange range) const;
    Result<void> count(ByteRange range, quint64 failuresBefore);

    const QString finalPath_;
    const std::unique_ptr<File> file_;
    const quint64 device_;
    mutable std::mutex mutex_;
    qint64 size_;
    RangeSet written_;
    RangeSet fresh_;   ///< written since the last sync began
    RangeSet waiting_; ///< written before that, but not known to be synced
    qint64 freshBytes_ = 0, waitingBytes_ = 0;
    quint64 failures_ = 0; ///< of sync; a write that began before one does not count
    std::shared_ptr<const std::function<void()>> reached_;
    qint64 reachedAt_ = 0;
    bool told_ = false;
    std::condition_variable room_; ///< a sync has ended, or nobody looks after it any more
};

} // namespace abi1
} // namespace weir
