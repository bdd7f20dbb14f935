#pragma once
// Tells a crash from a kill: a fault of our own process leaves one byte in a file, SIGKILL and power cuts leave nothing. Only
// after a crash is the black box asked who was at work. The handler writes that byte and hands on to whoever handled the
// signal before, so core dumps and sanitizers work as ever. Main thread; one in a process; the daemon owns it.

#include <weir/result.h>

#include <QString>

#include <memory>

namespace weir {

class CrashNote {
public:
    /// Reads what the last life left and begins a new one. Errors of the Disk category.
    static Result<std::unique_ptr<CrashNote>> open(const QString& path);
    ~CrashNote();
    CrashNote(const CrashNote&) = delete;
    CrashNote& operator=(const CrashNote&) = delete;

    /// The signal that ended the last life; 0: it did not crash.
    int lastCrash() const { return lastCrash_; }

private:
    explicit CrashNote(int lastCrash) : lastCrash_(lastCrash) {}
    const int lastCrash_;
};

} // namespace weir
