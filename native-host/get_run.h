#pragma once
// The waiting part of `weir get`: events in, progress out, until all tasks have ended or the user has had enough. Lives through
// the daemon's death. Single thread; the Cli is borrowed.

#include "cli.h"
#include "get_tracker.h"

namespace weir {

class Interrupts;

class GetRun {
public:
    enum class OnInterrupt : char { Ask, Leave, Pause };
    struct Options {
        GetTracker::Policy policy;
        OnInterrupt onInterrupt = OnInterrupt::Ask;
        bool printPaths = false;
    };
    GetRun(Cli& cli, const QList<qint64>& ids, Options options, std::unique_ptr<Reporter> reporter);

    /// The exit status.
    Result<int> run();

private:
    enum class Answer : char { Background, Pause, Continue };

    Result<void> subscribe();
    Result<void> absent(const QList<qint64>& ids);
    Result<void> takeNotifications();
    Result<void> outlive(const Error& error);
    Result<bool> interrupted(int signal); ///< true: leave
    Answer ask();
    Result<int> finish();

    Cli& cli_;
    const QList<qint64> ids_;
    const Options options_;
    std::unique_ptr<Reporter> reporter_;
    GetTracker tracker_;
    Interrupts* interrupts_ = nullptr;
    int deaths_ = 0;
    qint64 diedAt_ = 0;
    const qint64 began_;
};

} // namespace weir
