#pragma once
// What `weir get` shows while it waits: on a terminal, in a log, or to a program. Single thread; outputs are borrowed.

#include "progress.h"

#include <QJsonObject>

#include <memory>

namespace weir {

enum class GetEvent : char { Added, Described, Choosing, Held, Progress, Done, Failed };
const char* toString(GetEvent event);

/// One task as `get` has seen it. Times are milliseconds of a steady clock.
struct Tracked {
    QJsonObject raw;
    TaskView view;
    bool described = false, ended = false;
    qint64 started = -1;   ///< when it was first seen running
    qint64 stoppedAt = -1; ///< when it was first seen ended
    qint64 doneAtStart = 0;
    qint64 toldAt = -1; ///< last Progress
    double fractionTold = 0;
    QString standing; ///< hold or choice that was told
};

class Reporter {
public:
    virtual ~Reporter() = default;
    virtual void event(GetEvent what, const Tracked& task, qint64 now) = 0;
    /// Five times a second at least while tasks run.
    virtual void tick(const std::vector<const Tracked*>& tasks, qint64 now) = 0;
    /// Something about the command itself ("the daemon went away").
    virtual void note(const QString& text) = 0;
    /// Takes moving lines away: a question follows, or the end.
    virtual void rest() {}
    virtual void finish(const std::vector<const Tracked*>& tasks, qint64 began, qint64 now) = 0;
};

std::unique_ptr<Reporter> terminalReporter(Output& output);
std::unique_ptr<Reporter> plainReporter(Output& output, std::size_t tasks);
std::unique_ptr<Reporter> jsonReporter(Output& output, Output& diagnostics);
/// Failures only.
std::unique_ptr<Reporter> quietReporter(Output& output);

/// "628 MiB in 51 s (12.3 MiB/s), checksum right"
QString endingText(const Tracked& task);
/// Its path as one would type it here.
QString shortPath(const TaskView& task);
/// "2 done, 1 failed: 3.2 GiB in 1 min 3 s (52 MiB/s)"
QString summaryText(const std::vector<const Tracked*>& tasks, qint64 began, qint64 now);

} // namespace weir
