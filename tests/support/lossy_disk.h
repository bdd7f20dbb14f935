#pragma once
// A disk that loses power. It works on a real folder and remembers beside it what a real disk would still have after a crash:
// per file what was synced, per folder which names were. crash() turns the folder into that, plus a random part of the rest.
// It counts its operations and can die after any of them. Any thread; owned by the test.

#include "platform/disk.h"

#include <functional>
#include <map>
#include <mutex>
#include <random>

namespace weir::test {

class LossyDisk final : public Disk {
public:
    /// `folder` is an empty one for it alone; files go below root().
    LossyDisk(const QString& folder, quint64 seed);
    QString root() const { return root_; }

    // Faults. An operation is every call of a Disk or File, and step().
    void dieAfter(qint64 operations); ///< later ones fail and have no effect
    /// No rename leads into that folder or out of it, as if it were another volume.
    void setApart(const QString& folder);
    void failAt(qint64 operation, Code code, int native); ///< only that one; a failed sync loses data, as real ones do
    void onDeath(std::function<void()> told);
    enum class Fate { Fine, Faulty, Dead };
    Fate step(); ///< for what else belongs to the machine: the ledger's commits
    qint64 operations() const;
    bool dead() const;
    /// Power goes and comes back: files that were open are dead, the folder has what was durable, counting begins anew.
    void crash();

    Result<std::unique_ptr<File>> open(const QString& path, Open mode) override;
    Result<void> rename(const QString& from, const QString& to, bool replace) override;
    Result<void> remove(const QString& path) override;
    Result<void> moveToTrash(const QString& path) override;
    Result<void> makeDirectory(const QString& path) override;
    Result<void> syncDirectory(const QString& path) override;
    Result<void> syncVolume(const QString& anyPathOnIt) override;
    Result<FileIdentity> identity(const QString& path) override;
    Result<Volume> volume(const QString& path) override;
    // Of files, and for removal of folders of files.
    Result<void> copyTree(const QString& from, const QString& to, const CopyWatch& watch) override;
    Result<void> removeTree(const QString& path) override;
    Result<qint64> treeBytes(const QString& path) override;

private:
    friend class LossyFile;
    struct Change {
        qint64 offset = 0;
        QByteArray data; ///< null: a truncation to `offset`
    };
    struct Node {
        QString kept; ///< a second name, so that the inode outlives the visible one
        QByteArray durable;
        std::vector<Change> changes;
        bool hurt = false; ///< a write-back failed and nobody was told
    };
    struct NameChange {
        QString gone; ///< empty: nothing
        QString name; ///< empty: nothing
        qint64 node = 0;
    };

    Result<void> operation(const char* what, const QString& path);
    Fate stepLocked();
    qint64 nodeAt(const QString& path);
    void changeName(NameChange change);
    void apply(Node& node, const Change& change);
    void settle(Node& node);
    void lose(Node& node);
    void crashNode(Node& node);

    const QString root_, keep_;
    QString apart_;
    mutable std::mutex mutex_;
    std::mt19937_64 random_;
    qint64 operations_ = 0, deadAfter_ = -1, faultyAt_ = -1;
    Error fault_{Code::DiskIo, {}, 0, {}};
    std::function<void()> onDeath_;
    bool dead_ = false;
    int life_ = 0;
    qint64 lastNode_ = 0;
    std::map<qint64, Node> nodes_;
    std::map<QString, qint64> names_, durableNames_;
    std::map<QString, std::vector<NameChange>> unsyncedNames_; ///< by folder
};

} // namespace weir::test
