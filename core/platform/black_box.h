#pragma once
// Who was running when we died. A small file, mapped and shared, in which runners note "this task, this plugin" while they run
// its code; the kernel keeps it whatever ends the process, without a signal handler. The daemon owns it; enter() and leave()
// from any thread, without locks.

#include <weir/result.h>

#include <QByteArray>
#include <QString>

#include <memory>
#include <vector>

namespace weir {

class BlackBox {
public:
    struct Note {
        qint64 task = 0;
        QByteArray plugin;
        bool operator==(const Note&) const = default;
    };

    /// Reads what the last life left, then begins a new one. Errors of the Disk category.
    static Result<std::unique_ptr<BlackBox>> open(const QString& path);
    ~BlackBox(); ///< the file stays as it is: only markClean() says that the end was planned
    BlackBox(const BlackBox&) = delete;
    BlackBox& operator=(const BlackBox&) = delete;

    /// What was running when the last life ended without markClean(). Empty if the whole machine went down: then nobody
    /// here is to blame.
    const std::vector<Note>& lastLife() const { return lastLife_; }
    /// False: the last life did not come to markClean(), whatever ended it.
    bool endedCleanly() const { return endedCleanly_; }

    /// The slot, for leave(); -1: all are taken, nothing was noted.
    int enter(qint64 task, QByteArrayView plugin);
    void leave(int slot);
    /// A planned end, and all that was known is kept: the next start finds nothing.
    void markClean();

private:
    struct Layout;
    explicit BlackBox(Layout* layout) : layout_(layout) {}
    Layout* const layout_;
    std::vector<Note> lastLife_;
    bool endedCleanly_ = true;
};

/// While it lives, the task is noted as running.
class BlackBoxNote {
public:
    BlackBoxNote(BlackBox& box, qint64 task, QByteArrayView plugin) : box_(box), slot_(box.enter(task, plugin)) {}
    ~BlackBoxNote() { box_.leave(slot_); }
    BlackBoxNote(const BlackBoxNote&) = delete;
    BlackBoxNote& operator=(const BlackBoxNote&) = delete;

private:
    BlackBox& box_;
    const int slot_;
};

} // namespace weir
