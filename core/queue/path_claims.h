#pragma once
// Which final paths the living tasks write, so that two tasks never write one NAME.part. Any thread; the queue owns it.
// A claim lasts until its task has ended for good or is removed.

#include "ledger/records.h"

#include <QHash>
#include <QSet>
#include <QString>

#include <mutex>

namespace weir {

class PathClaims {
public:
    /// True if the path is that task's now (also if it was before).
    bool claim(const QString& path, TaskId task);
    std::optional<TaskId> owner(const QString& path) const;
    void release(const QString& path, TaskId task);
    void releaseAll(TaskId task);
    std::size_t size() const;

    /// Where to begin counting for a name that is taken, so that 5,000 files of one name don't try 5,000 numbers each.
    int firstNumber(const QString& path) const;
    void noteNumber(const QString& path, int tried);

private:
    static constexpr qsizetype kRememberedNumbers = 4'096;
    mutable std::mutex mutex_;
    QHash<QString, TaskId> owners_;
    QMultiHash<TaskId, QString> paths_;
    QHash<QString, int> numbers_;
};

} // namespace weir
