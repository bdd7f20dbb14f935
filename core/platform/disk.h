#pragma once
// The only door to files whose bytes matter. Blocking; any thread. A test's LossyDisk stands in its place and forgets
// everything that was not synced. Every error is of the Disk category and names the path and what was being done.

#include <weir/range_set.h>

#include <QString>

#include <functional>
#include <memory>
#include <span>
#include <stop_token>

namespace weir {

/// Tells a file from every other one, also after a rename.
struct FileIdentity {
    quint64 device = 0, inode = 0;
    qint64 size = 0;
    qint64 born = 0; ///< nanoseconds since 1970; 0: the file system does not know
    /// Device numbers may change with a reboot and inode numbers are used again, so the time of birth decides where it is
    /// known.
    bool sameFile(const FileIdentity& other) const
    {
        if (inode != other.inode)
            return false;
        return born && other.born ? born == other.born : device == other.device;
    }
    bool operator==(const FileIdentity&) const = default;
};

/// The setting transfer.preallocate.
enum class Reserve : quint8 {
    Auto, ///< really reserved where that is cheap, a sparse file elsewhere; nothing for files below 1 MiB
    None, ///< nothing but a look at the free space
    Full, ///< really reserved wherever the file system can
};

class File {
public:
    virtual ~File() = default; ///< closes
    /// All of `data`, or an error; short writes and EINTR are handled inside.
    virtual Result<void> write(qint64 offset, std::span<const char> data) = 0;
    /// Exactly `into.size()` bytes, or ShortRead.
    virtual Result<void> read(qint64 offset, std::span<char> into) const = 0;
    /// Makes room for `size` bytes as the file system likes it best (fallocate where that is cheap, sparse elsewhere; never
    /// writes zeros, so on FAT the file just grows later). DiskFull before the first byte. A longer file is cut to `size`.
    virtual Result<void> reserve(qint64 size, Reserve mode) = 0;
    virtual Result<void> truncate(qint64 size) = 0;
    /// Data, and what is needed to find it again. DiskSyncFailed, or DiskFull, DiskQuota, DiskReadOnly where those are why.
    virtual Result<void> sync() = 0;
    /// Lets the system begin to write what it still keeps in memory. Waits for nothing, promises nothing: the next sync() has
    /// less to do, and tells of errors.
    virtual void startWriting() {}
    /// After a successful Disk::syncVolume: were all bytes of this file among what was written well? Costs no flush.
    virtual Result<void> checkWritten() = 0;
    virtual Result<FileIdentity> identity() const = 0;
    virtual QString path() const = 0;
    /// Those bytes are no longer counted as written. Only a file that is known in another process wants to hear it.
    virtual void forget(ByteRange range) { Q_UNUSED(range) }
    /// To be passed to another process; -1: this file has none.
    virtual int descriptor() const { return -1; }
};

struct Volume {
    quint64 device = 0;
    qint64 freeBytes = 0; ///< for us
    qint64 totalBytes = 0;
    bool readOnly = false;
    QString type; ///< "ext4", "tmpfs", "exfat" ..., empty if unknown
};

/// Of a long copy: whether it is still wanted, and how far it is. Both from the copying thread.
struct CopyWatch {
    std::stop_token stop;
    std::function<void(qint64 bytesMore)> copied;
};

class Disk {
public:
    enum class Open { Existing, New /* DiskFileExists if there */, NewOrExisting };

    virtual ~Disk() = default;
    virtual Result<std::unique_ptr<File>> open(const QString& path, Open mode) = 0; ///< for reading and writing, close-on-exec
    /// Atomic. Without `replace` an existing target is DiskFileExists and stays untouched.
    virtual Result<void> rename(const QString& from, const QString& to, bool replace) = 0;
    virtual Result<void> remove(const QString& path) = 0; ///< a missing file is no error
    virtual Result<void> moveToTrash(const QString& path) = 0;
    virtual Result<void> makeDirectory(const QString& path) = 0; ///< with parents, durable; there already: fine
    virtual Result<void> syncDirectory(const QString& path) = 0; ///< names in it are durable
    virtual Result<void> syncVolume(const QString& anyPathOnIt) = 0;
    virtual Result<FileIdentity> identity(const QString& path) = 0; ///< DiskNoSuchFile; does not follow a final link
    virtual Result<Volume> volume(const QString& path) = 0;         ///< of the path or its nearest existing parent

    // A tree is a file, or a folder with all that is in it. No link in it is ever followed.
    /// To a name that is not there yet. Durable at the end, but for that name in its folder. Links that stay inside the tree
    /// are made anew. PathEscapes, TargetNotRegular, DiskBusy (it changed meanwhile), Cancelled: what was copied is still
    /// there.
    virtual Result<void> copyTree(const QString& from, const QString& to, const CopyWatch& watch) = 0;
    virtual Result<void> removeTree(const QString& path) = 0;  ///< a missing one is no error
    virtual Result<qint64> treeBytes(const QString& path) = 0; ///< what it takes on its volume
};

/// The real one. Lives for ever.
Disk& systemDisk();

/// A file that another process has opened and passed to us; takes the descriptor. TargetNotRegular.
Result<std::unique_ptr<File>> adoptFile(int descriptor, const QString& path);

/// errno to a code of the Disk category.
Code diskErrorCode(int errnoValue);

} // namespace weir
